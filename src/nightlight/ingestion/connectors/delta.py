"""A Delta table elsewhere that only grows; the cursor is its version. A change or deletion there is refused."""

from collections.abc import Iterator
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix
from nightlight.ingestion.connectors.parquet import BLOCK_ROWS, block
from nightlight.ingestion.sources import Source
from nightlight.lakehouse.tables import DataFile, LogGap, Table, TableName


def partitions(source: Source) -> list[Partition]:
    if not _table(source).exists:
        raise NightlightError(f"there is no Delta table at {source.path}", where=source.where)
    return [Partition(Path(source.path).name)]


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    table = _table(source)
    files = _new_files(source, table, start)
    row = 0
    if files:
        rows = ds.dataset([file.path for file in files], schema=table.schema, format="parquet")
        for batch in rows.to_batches(batch_size=BLOCK_ROWS):
            yield block(batch, row + 1, None)
            row += batch.num_rows
    yield block(pa.RecordBatch.from_pylist([], schema=table.schema), row + 1, table.version)


def _new_files(source: Source, table: Table, start: int | None) -> list[DataFile]:
    if start is None:
        return table.files()
    try:
        changes = table.changes(start)
    except LogGap as gap:
        remedy = "its log was cleaned up: take it under a new source name, into a new table"
        raise NightlightError(
            f"the changes since version {start} cannot be told", where=source.where, remedy=remedy
        ) from gap
    if changes.removed:
        what = f"rows that were taken before have been changed or deleted since version {start}"
        raise NightlightError(what, where=source.where, remedy="take it under a new source name, into a new table")
    return changes.added


def _table(source: Source) -> Table:
    return Table(TableName("source", source.name), Path(source.path))
