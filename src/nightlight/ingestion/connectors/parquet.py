"""Parquet files; the cursor is the number of rows taken. A gzipped one is unpacked into a temporary file first."""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix, row_text
from nightlight.ingestion.connectors.files import partitions
from nightlight.ingestion.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["blocks", "partitions"]

BLOCK_ROWS = 65_536


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = start or 0
    try:
        with _opened(partition.path) as stream:
            file = pq.ParquetFile(stream)
            if file.metadata.num_rows < start:
                raise NightlightError(
                    f"{partition.name} has {file.metadata.num_rows:,} rows, fewer than the {start:,} taken before",
                    where=source.where,
                    remedy="restore it, or deliver the new content under a new name",
                )
            yield from _rows_after(file, start)
    except (pa.ArrowInvalid, EOFError, gzip.BadGzipFile) as error:
        what = f"{partition.name} is not a complete Parquet file"
        raise NightlightError(what, where=source.where, remedy="deliver it again") from error


def _rows_after(file: Any, start: int) -> Iterator[Block]:
    row = 0
    for batch in file.iter_batches(BLOCK_ROWS):
        if row + batch.num_rows > start:
            skip = max(start - row, 0)
            yield block(batch.slice(skip), row + skip + 1, row + batch.num_rows)
        row += batch.num_rows
    yield block(_empty(file.schema_arrow), row + 1, row)


def block(batch: "pa.RecordBatch", first: int, end: int | None) -> Block:
    """A block of rows that were typed at the source, numbered from `first`."""
    import pyarrow as pa

    numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
    return Block(batch, numbers, lambda row: row_text(batch.slice(row, 1).to_pylist()[0]), end)


def _empty(schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=schema)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix != ".gz":
        with path.open("rb") as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as unpacked, gzip.open(path) as packed:
        shutil.copyfileobj(packed, unpacked)
        unpacked.seek(0)
        yield unpacked
