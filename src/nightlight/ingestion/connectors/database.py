"""Tables and views of a database through ADBC, read from a little before the cursor; the exact line is drawn later.

The cursor column's last value is the cursor, so a table cannot be cut: its rows and cursor are one commit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition
from nightlight.ingestion.connectors.parquet import block
from nightlight.ingestion.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

Query = Callable[[str, Sequence[str]], str]  # (relation, column names) -> SELECT


def partitions(source: Source) -> list[Partition]:
    return [Partition(relation(source))]


def relation(source: Source) -> str:
    return source.relation or source.table.table


def quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quoted_relation(name: str) -> str:
    """A table's name, possibly `schema.table`, as SQL.

    >>> quoted_relation("public.shifts")
    '"public"."shifts"'
    """
    return ".".join(map(quoted_name, name.split(".")))


def read(
    source: Source, connect: Callable[[], Any], query: Query, explain: Callable[[Exception], str]
) -> Iterator[Block]:
    """The blocks that `query` selects; a driver's error becomes one line in which no value and no password stands."""
    from adbc_driver_manager import Error

    try:
        with closing(connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT * FROM {quoted_relation(relation(source))} WHERE 1 = 0")  # quoted above
            names = cursor.fetch_arrow_table().schema.names
            _check_columns(source, names)
            cursor.execute(query(quoted_relation(relation(source)), names))
            yield from _blocks(cursor.fetch_record_batch())
    except (Error, OSError) as error:
        raise NightlightError(explain(error), where=source.where) from None


def _check_columns(source: Source, names: list[str]) -> None:
    needed = [column for column in source.columns if column.required or column.name in (source.cursor, *source.key)]
    for column in needed:
        if column.origin not in names:
            raise NightlightError(f"{relation(source)} has no column '{column.origin}'", where=source.where)


def _blocks(reader: "pa.RecordBatchReader") -> Iterator[Block]:
    import pyarrow as pa

    row = 0
    for batch in reader:
        yield block(batch, row + 1, None)
        row += batch.num_rows
    yield block(pa.RecordBatch.from_pylist([], schema=reader.schema), row + 1, None)
