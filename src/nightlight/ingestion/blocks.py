"""What a connector hands over: partitions (a file, a table) and, of each, blocks of raw rows in order of delivery.

A connector knows how rows are written and nothing of the lake; types, quarantine and cursors are not its business."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.ingestion.sources import Source


class Prefix(NamedTuple):
    """The part of a file that was taken: its length in bytes (unpacked) and their CRC-32."""

    size: int
    checksum: int


@dataclass(frozen=True)
class Partition:
    """A file or table with a cursor of its own; `name` is what rows carry as `_file`.

    `size` and `changed` (nanoseconds) are the file's when it was looked at; `at_rest` says that nobody is still
    writing it, so that a last line without a line end is whole.
    """

    name: str
    path: Path = Path()
    size: int = 0
    changed: int = 0
    at_rest: bool = False


class Rejected(NamedTuple):
    """A row (or file) that broke the contract: which rule, where it stood, what it was.

    `mark` and `version` say what is recorded once and how far it got (a damaged file and its size); a connector
    leaves them out for rows.
    """

    rule: str
    line: int
    row: str | None
    mark: str | None = None
    version: int = 0


@dataclass(frozen=True)
class Block:
    """Raw rows: columns as the source names them, strings or what the source's own types say.

    `lines` holds each row's line (or number) in the partition, `raw(i)` the i-th row as text. `end` is the
    partition's cursor once the block is taken, None where the partition cannot be cut. `prefix` is what the file
    held up to there. `waits` tells that an unfinished last line was left for the next run.
    """

    rows: "pa.RecordBatch"
    lines: "pa.Array"
    raw: Callable[[int], str]
    end: int | None
    rejected: list[Rejected] = field(default_factory=list)
    prefix: Prefix | None = None
    waits: bool = False


class Connector(Protocol):
    """A kind of source. A module with these two functions is one."""

    def partitions(self, source: "Source") -> list[Partition]:
        """The partitions there are now, in order of delivery; raises NightlightError when there is nothing to read."""
        ...

    def blocks(
        self, source: "Source", partition: Partition, start: int | None, known: Prefix | None
    ) -> Iterator[Block]:
        """The rows after cursor `start` (None: from the beginning), in blocks of about 64 k rows.

        The last block tells the partition's end and may be empty. `known` is what the file held when `start` was
        reached: raises NightlightError when that has changed.
        """
        ...


def row_text(row: dict[str, Any]) -> str:
    """A row that was never text, as one line of JSON."""
    import json

    return json.dumps(row, default=str, ensure_ascii=False)
