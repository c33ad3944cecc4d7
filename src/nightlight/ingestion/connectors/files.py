"""Files of a source, and text files as blocks of whole lines: plain or gzip, growing, truncated, damaged.

The cursor of a text file is its number of lines taken, so that a grown file is read on where it ended."""

import glob
import re
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix, Rejected
from nightlight.ingestion.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 8 << 20
LONGEST_LINE = 64 << 20
STILL_SECONDS = 600  # a file untouched this long is not being written any more
GZIP = 31  # zlib's window bits for a gzip member


@dataclass(frozen=True)
class Lines:
    """Whole lines of a file: `data` ends with a line end, its first line is number `first`, `end` the lines taken."""

    data: bytes
    first: int
    end: int
    prefix: Prefix
    rejected: list[Rejected] = field(default_factory=list)
    waits: bool = False

    def text(self, number: int, encoding: str = "utf-8") -> str:
        """Line `number` as a person can read it, whatever its bytes are."""
        return self._split[number - self.first].decode(encoding, errors="backslashreplace")

    def block(
        self, rows: "pa.RecordBatch", numbers: Sequence[int], rejected: Sequence[Rejected], *, encoding: str = "utf-8"
    ) -> Block:
        """The block of `rows`, which stood in these lines at `numbers`."""
        import pyarrow as pa

        def raw(row: int) -> str:
            return self.text(numbers[row], encoding)

        lines = pa.array(numbers, pa.int64())
        return Block(rows, lines, raw, self.end, [*rejected, *self.rejected], self.prefix, self.waits)

    @cached_property
    def _split(self) -> list[bytes]:
        return self.data.split(b"\n")


class DamagedError(Exception):
    """The file ends before its gzip stream does, or the stream is broken; the argument is the rule's name."""


def partitions(source: Source) -> list[Partition]:
    """The files that match the source's path, by name; raises NightlightError when there are none."""
    folder = _folder(source.path)
    paths = sorted(Path(name) for name in glob.glob(source.path, recursive=True) if Path(name).is_file())
    if not paths:
        remedy = "correct 'path'" if folder.is_dir() else f"there is no folder {folder}"
        raise NightlightError(f"no file matches {source.path}", where=source.where, remedy=remedy)
    return [partition(path, str(path.relative_to(folder))) for path in paths]


def partition(path: Path, name: str, *, at_rest: bool = False) -> Partition:
    status = path.stat()
    still = at_rest or time.time() - status.st_mtime > STILL_SECONDS
    return Partition(name, path, status.st_size, status.st_mtime_ns, still)


def _folder(pattern: str) -> Path:
    """The folder that file names are relative to: the pattern's part before its first wildcard."""
    return Path(re.split(r"[*?\[]", pattern)[0] + "x").parent


def read_lines(file: Partition, start: int, known: Prefix | None, *, where: str) -> Iterator[Lines]:
    """The lines after `start` in blocks of some megabytes, last of all an (often empty) block that tells the end."""
    reader = _LineReader(file, start, known, where)
    try:
        for chunk in _chunks(file):
            yield from reader.take(chunk)
    except DamagedError as damage:
        yield reader.finish(str(damage))
    except OSError as error:
        raise NightlightError(f"cannot be read: {error.strerror}", where=str(file.path)) from error
    else:
        yield reader.finish(None)


class _LineReader:
    """Cuts chunks at line ends, counts, and skips what was taken before after checking that it is still the same."""

    def __init__(self, file: Partition, start: int, known: Prefix | None, where: str) -> None:
        self.file, self.start, self.known, self.where = file, start, known, where
        self.rest = b""
        self.line = self.size = self.checksum = 0

    def take(self, chunk: bytes) -> Iterator[Lines]:
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            self.rest += chunk
            if len(self.rest) > LONGEST_LINE:
                raise self._refusal("has a line longer than 64 MB", "is it the declared kind of file?")
            return
        data, self.rest = self.rest + chunk[:cut], chunk[cut:]
        if self.line == 0 and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise self._refusal("is UTF-16, not an encoding that keeps ASCII", "convert it to UTF-8")
        first = self.line
        self._advance(data, data.count(b"\n"))
        if self.line > self.start:
            skip = max(self.start - first, 0)
            yield self._lines(_without_lines(data, skip), first + skip + 1)

    def finish(self, damage: str | None) -> Lines:
        """The block that ends the file: its last line if that is whole, and what is wrong with the file."""
        whole = bool(self.rest) and damage is None and self._at_rest
        if self.line + bool(self.rest) < self.start:
            raise self._refusal(
                f"has {self.line:,} lines, fewer than the {self.start:,} taken before",
                "restore it, or deliver the new content under a new name",
            )
        first, last = self.line, self.rest if whole else b""
        if whole:
            self._advance(last, 1)
        data = last + b"\n" if whole and self.line > self.start else b""
        rejected = [Rejected(damage, self.line, None, damage, self.file.size)] if damage else []
        block = self._lines(data, first + 1)
        return replace(block, rejected=rejected, waits=bool(self.rest) and not whole and not damage)

    @property
    def _at_rest(self) -> bool:
        return self.file.at_rest or self.file.name.endswith(".gz")  # a gzip stream says itself where it ends

    def _advance(self, data: bytes, lines: int) -> None:
        if self.known and self.size < self.known.size <= self.size + len(data):
            head = data[: self.known.size - self.size]
            if zlib.crc32(head, self.checksum) != self.known.checksum:
                raise self._refusal(
                    "was changed in the part that was taken before",
                    "restore it, or deliver the new content under a new name",
                )
        self.line, self.size, self.checksum = (
            self.line + lines,
            self.size + len(data),
            zlib.crc32(data, self.checksum),
        )

    def _lines(self, data: bytes, first: int) -> Lines:
        return Lines(data, first, max(self.line, self.start), Prefix(self.size, self.checksum))

    def _refusal(self, what: str, remedy: str) -> NightlightError:
        return NightlightError(f"{self.file.name} {what}", where=self.where, remedy=remedy)


def _without_lines(data: bytes, count: int) -> bytes:
    at = 0
    for _ in range(count):
        at = data.index(b"\n", at) + 1
    return data[at:]


def _chunks(file: Partition) -> Iterator[bytes]:
    with file.path.open("rb") as stream:
        packed = iter(lambda: stream.read(BLOCK_BYTES), b"")
        yield from _unpacked(packed) if file.name.endswith(".gz") else packed


def _unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """The content of one or several gzip members; raises DamagedError where the stream ends early or breaks."""
    member = zlib.decompressobj(GZIP)
    begun = False
    for data in packed:
        while data:
            if member.eof:
                data = data.lstrip(b"\0")  # padding after a member is allowed
                member, begun = zlib.decompressobj(GZIP), bool(data)
                continue
            begun = True
            try:
                chunk = member.decompress(data, BLOCK_BYTES)
            except zlib.error as error:
                raise DamagedError("damaged file") from error
            if chunk:
                yield chunk
            data = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof or not begun:
        raise DamagedError("truncated file")
