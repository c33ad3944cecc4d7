"""PostgreSQL through ADBC, in a read-only transaction. No line of an error repeats the URL or a value."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nightlight.ingestion.blocks import Block, Partition, Prefix
from nightlight.ingestion.connectors import database
from nightlight.ingestion.connectors.database import partitions
from nightlight.ingestion.sources import Source

__all__ = ["blocks", "partitions"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROBLEMS = {
    "password": "the server refuses the user name or password",
    "no pg_hba": "the server lets this user in from nowhere near here (pg_hba.conf)",
    "role": "the server does not know this user",
    "42501": "this user may not read the table",
    "42p01": "the database has no such table",
    "does not exist": "the database has no such table, or is not there itself",
    "connect": "the server cannot be reached",
    "translate host": "the server cannot be reached",
}


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    def connect() -> Any:
        from adbc_driver_postgresql import dbapi

        return dbapi.connect(source.url)

    def query(relation: str, names: Sequence[str]) -> str:
        columns = ", ".join(map(database.quoted_name, names))
        return f"SELECT {columns} FROM {relation}{_since(source, start)}"

    yield from database.read(source, connect, query, _explain)


def _since(source: Source, start: int | None) -> str:
    """A condition no row after `start` fails; a time without a zone may be up to a day off."""
    column = source.cursor_column
    if start is None or column is None or column.format:
        return ""
    name, since = database.quoted_name(column.origin), start - source.overlap
    if column.type == "timestamp":
        moment = EPOCH + timedelta(microseconds=since) - timedelta(days=0 if column.time_zone == "UTC" else 1)
        return f" WHERE {name} >= '{moment:%Y-%m-%d %H:%M:%S.%f}+00' OR {name} IS NULL"
    return f" WHERE {name} >= {since} OR {name} IS NULL"


def _explain(error: Exception) -> str:
    message = f"{getattr(error, 'sqlstate', '')} {error}".lower()
    found = (text for sign, text in PROBLEMS.items() if sign in message)
    return next(found, f"the database cannot be read ({type(error).__name__})")
