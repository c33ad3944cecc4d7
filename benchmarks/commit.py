"""What a Delta commit adds: silver.messages' rows written as Parquet files alone (`plain`), or as commits (`delta`).

Both write the same rows in the same pieces with the same settings; reading them is not measured."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import cpu_seconds, report
from nightlight.lakehouse.commit import (
    COMPRESSION,
    COMPRESSION_LEVEL,
    MAXIMUM_FILE_ROWS,
    ROW_GROUP_ROWS,
    has_statistics,
    write,
)
from nightlight.lakehouse.tables import Lake, Table


def write_plain(folder: Path, rows: list[pa.RecordBatch], number: int) -> None:
    schema = rows[0].schema
    bounded = [field.name for field in schema if has_statistics(field.type)]
    options = {"compression": COMPRESSION, "compression_level": COMPRESSION_LEVEL, "write_statistics": bounded}
    with pq.ParquetWriter(folder / f"{number}.parquet", schema, store_schema=False, **options) as writer:
        for batch in rows:
            writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)


def write_delta(table: Table, rows: list[pa.RecordBatch], number: int) -> None:
    write(table, rows, schema=rows[0].schema, transactions={"benchmark": number})


def pieces(table: Table) -> list[list[str]]:
    """Paths of data files, as many together as make one file of the usual size."""
    groups: list[list[str]] = [[]]
    rows = 0
    for file in table.files():
        if groups[-1] and rows + file.rows > MAXIMUM_FILE_ROWS:
            groups.append([])
            rows = 0
        groups[-1].append(file.path)
        rows += file.rows
    return groups


if __name__ == "__main__":
    source, out = Lake(Path(sys.argv[1]) / "lake").table("silver.messages"), Path(sys.argv[3])
    copy = Lake(out).table("silver.messages")
    spent = 0.0
    for number, paths in enumerate(pieces(source)):
        rows = pa.concat_tables([pq.read_table(path) for path in paths]).to_batches(ROW_GROUP_ROWS)
        begun = cpu_seconds()
        if sys.argv[2] == "delta":
            write_delta(copy, rows, number)
        else:
            write_plain(out, rows, number)
        spent += cpu_seconds() - begun
    report(work_seconds=spent)
