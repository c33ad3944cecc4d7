"""What is remembered of each file (`ops.ingest_files`): its size and time, so that an unchanged one is not opened.

Only a hint: the truth is the line count in the table's own transactions, and a lost hint costs one more reading."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from nightlight.ingestion.blocks import Partition, Prefix
from nightlight.ingestion.sources import Column
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake

TABLE = "ops.ingest_files"
COLUMNS = (
    Column("source", comment="Source the file belongs to"),
    Column("file", comment="Path within the source's folder"),
    Column("size", "bigint", comment="Bytes when it was read to its end; -1 while a last line waits to be finished"),
    Column("changed", "bigint", comment="Its time of change, nanoseconds since 1970"),
    Column("end", "bigint", comment="Lines taken"),
    Column("prefix_size", "bigint", comment="Unpacked bytes taken"),
    Column("prefix_checksum", "bigint", comment="CRC-32 of those bytes"),
    Column("taken_at", "timestamp", comment="When"),
)


class FileKey(NamedTuple):
    source: str
    file: str


@dataclass(frozen=True)
class Seen:
    """One file as it was when last read; `end` is its cursor then."""

    size: int
    changed: int
    end: int
    prefix_size: int | None
    prefix_checksum: int | None
    taken_at: datetime

    @classmethod
    def of(cls, partition: Partition, end: int, prefix: Prefix | None, *, waits: bool) -> "Seen":
        size, checksum = prefix or (None, None)
        return cls(-1 if waits else partition.size, partition.changed, end, size, checksum, datetime.now(UTC))

    @property
    def prefix(self) -> Prefix | None:
        if self.prefix_size is None or self.prefix_checksum is None:
            return None
        return Prefix(self.prefix_size, self.prefix_checksum)

    def covers(self, partition: Partition) -> bool:
        """Whether the file is as it was, and was read to its end then."""
        return (self.size, self.changed) == (partition.size, partition.changed)


class SeenFiles(dict[FileKey, Seen]):
    """All that is remembered; `save` writes it when it has changed."""

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self.table = lake.table(TABLE).fresh()
        if self.table.exists:
            for row in self.table.read().to_pylist():
                key = FileKey(row.pop("source"), row.pop("file"))
                self[key] = Seen(**row)

    def of_source(self, source: str) -> dict[str, Seen]:
        return {key.file: seen for key, seen in self.items() if key.source == source}

    def add(self, read: dict[FileKey, Seen]) -> None:
        """Remember these files, durably."""
        if not read:
            return
        self.update(read)
        self._save()

    def _save(self) -> None:
        import pyarrow as pa

        schema = pa.schema([column.field for column in COLUMNS])
        rows = [{**key._asdict(), **asdict(seen)} for key, seen in sorted(self.items())]
        batches = pa.Table.from_pylist(rows, schema).to_batches()
        write(
            self.table,
            batches,
            schema=schema,
            transactions={},
            overwrite=True,
            description="What is remembered of files",
        )
