"""Rows with a history: a row is in force until it is ended, and nothing is ever deleted.

Whoever changes what depends on what is there calls `lock` first: one change of the catalog at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightlight.db import transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def changing(url: str) -> "Iterator[Connection]":
    """A transaction that no other change of the catalog runs beside."""
    from sqlalchemy import text

    with database_errors(), transaction(url) as connection:
        connection.execute(text("UPDATE catalog_revision SET number = number"))  # takes the lock, counts nothing
        yield connection


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn what the database says into one line without its values."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        raise NightlightError(
            f"the catalog's database failed ({type(getattr(error, 'orig', error)).__name__})",
            remedy="check its file or server; `nightlight doctor` says more",
        ) from error


def revision(connection: "Connection") -> int:
    """Grows with every change of the catalog, whoever makes it; decisions may be cached by it."""
    from sqlalchemy import text

    query = "SELECT number FROM catalog_revision"
    if connection.dialect.name == "sqlite":  # a table that is dropped fires no trigger
        query = "SELECT number + schema_version FROM catalog_revision, pragma_schema_version"
    with database_errors():
        return int(connection.execute(text(query)).scalar_one())


def in_force(connection: "Connection", table: str, **match: Any) -> list[dict[str, Any]]:
    """The rows in force that have these values, in the order in which they were added."""
    from sqlalchemy import text

    query = text(f"SELECT * FROM {table} WHERE ended_at IS NULL{_where(match)} ORDER BY id")
    found = connection.execute(query, match)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]  # pages read hundreds: mappings cost twice this


def add(connection: "Connection", table: str, by: str, **values: Any) -> bool:
    """Put a row in force; False when it is there already."""
    from sqlalchemy import text

    if in_force(connection, table, **values):
        return False
    names = ", ".join(values)
    query = text(
        f"INSERT INTO {table} ({names}, added_at, added_by) "
        f"VALUES ({', '.join(f':{name}' for name in values)}, :added_at, :added_by)"
    )
    connection.execute(query, {**values, "added_at": datetime.now(UTC), "added_by": by})
    return True


def end(connection: "Connection", table: str, by: str, **match: Any) -> bool:
    """End the rows in force that have these values; False when there are none."""
    from sqlalchemy import text

    query = text(f"UPDATE {table} SET ended_at = :now, ended_by = :by WHERE ended_at IS NULL{_where(match)}")
    return connection.execute(query, {**match, "now": datetime.now(UTC), "by": by}).rowcount > 0


def _where(match: dict[str, Any]) -> str:
    return "".join(f" AND {name} = :{name}" for name in match)
