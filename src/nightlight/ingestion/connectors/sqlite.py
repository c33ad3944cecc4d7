"""SQLite files, opened for reading only. Every value is read as text: SQLite's columns have no fixed types."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix
from nightlight.ingestion.connectors import database
from nightlight.ingestion.sources import Source

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROBLEMS = {
    "no such table": "the database has no such table",
    "locked": "the database is locked by somebody who writes it; try again later",
    "not a database": "it is not an SQLite database",
    "malformed": "the database is damaged",
}


def partitions(source: Source) -> list[Partition]:
    if not Path(source.path).is_file():
        raise NightlightError(f"there is no database file {source.path}", where=source.where)
    return database.partitions(source)


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    def connect() -> Any:
        from adbc_driver_sqlite import dbapi

        return dbapi.connect(f"file:{quote(source.path)}?mode=ro")

    def query(relation: str, names: Sequence[str]) -> str:
        # A first row of texts fixes the columns' types, which the driver takes from rows that may all be null.
        texts = ", ".join(f"'' AS {database.quoted_name(name)}" for name in names)
        values = ", ".join(_as_text(database.quoted_name(name)) for name in names)
        return f"SELECT {texts} UNION ALL SELECT {values} FROM {relation}{_since(source, start)}"

    for number, block in enumerate(database.read(source, connect, query, _explain)):
        yield _without_first_row(block) if number == 0 else block


def _as_text(column: str) -> str:
    return f"CASE typeof({column}) WHEN 'real' THEN printf('%!.17g', {column}) ELSE CAST({column} AS TEXT) END"


def _since(source: Source, start: int | None) -> str:
    """A condition no row after `start` fails: ISO times of any form and zone are compared by the day before."""
    column = source.cursor_column
    if start is None or column is None or column.format:
        return ""
    name, since = database.quoted_name(column.origin), start - source.overlap
    if column.type == "timestamp":
        day = EPOCH + timedelta(microseconds=since) - timedelta(days=1)
        return f" WHERE {name} >= '{day:%Y-%m-%d}' OR {name} IS NULL"
    return f" WHERE {name} >= {since} OR {name} IS NULL"


def _without_first_row(block: Block) -> Block:
    return replace(block, rows=block.rows.slice(1), lines=block.lines.slice(1), raw=lambda row: block.raw(row + 1))


def _explain(error: Exception) -> str:
    message = str(error).lower()
    found = (text for sign, text in PROBLEMS.items() if sign in message)
    return next(found, f"the database cannot be read ({type(error).__name__})")
