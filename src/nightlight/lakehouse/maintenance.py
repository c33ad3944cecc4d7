"""Care of a table: small files are merged, files no version needs any more are deleted.

Compaction changes no row, so that readers of a table's changes do not see it; it keeps strings without statistics."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from nightlight.lakehouse.commit import COMPRESSION, COMPRESSION_LEVEL, ROW_GROUP_ROWS, has_statistics
from nightlight.lakehouse.tables import Lake, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import WriterProperties

SMALL_FILE = 32 << 20  # bytes; files of 32 to 256 MB serve both scans and look-ups
TARGET_FILE = 128 << 20
MANY = 20  # small files worth a rewrite
KEEP = timedelta(days=7)


@dataclass(frozen=True)
class Care:
    """What was done for one table."""

    table: str
    files_merged: int
    files_deleted: int


def maintain(lake: Lake, *, keep: timedelta = KEEP) -> list[Care]:
    """Compact tables with many small files and delete what is older than `keep`; only tables that needed it."""
    done = []
    for name in lake.tables():
        table = lake.table(name).fresh()
        merged = compact(table) if sum(file.size < SMALL_FILE for file in table.files()) >= MANY else 0
        deleted = len(vacuum(table.fresh(), keep=keep))
        if merged or deleted:
            done.append(Care(str(name), merged, deleted))
        lake.forget(table)
    return done


def compact(table: Table) -> int:
    """Merge small files in one commit; the number of files merged."""
    if table.delta is None:
        return 0
    metrics = table.delta.optimize.compact(target_size=TARGET_FILE, writer_properties=_writer_properties(table.schema))
    return int(metrics["numFilesRemoved"])


def vacuum(table: Table, *, keep: timedelta = KEEP, dry_run: bool = False) -> list[str]:
    """Delete the table's files that no version younger than `keep` names; their names."""
    if table.delta is None:
        return []
    hours = int(keep.total_seconds() // 3600)
    return table.delta.vacuum(retention_hours=hours, dry_run=dry_run, enforce_retention_duration=False, full=True)


def _writer_properties(schema: "pa.Schema") -> "WriterProperties":
    from deltalake import ColumnProperties, WriterProperties

    numeric = {
        field.name: ColumnProperties(statistics_enabled="CHUNK") for field in schema if has_statistics(field.type)
    }
    return WriterProperties(
        compression=COMPRESSION.upper(),  # type: ignore[arg-type]
        compression_level=COMPRESSION_LEVEL,
        max_row_group_size=ROW_GROUP_ROWS,
        default_column_properties=ColumnProperties(statistics_enabled="NONE"),
        column_properties=numeric,
    )
