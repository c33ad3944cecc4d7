"""What the lake holds, as the catalog knows it: the columns of each table at the version last looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import add, changing, database_errors, end, in_force
from nightlight.db import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Column:
    """A column: its Arrow type as words, whether values can hold text, and the sensitivity its table's schema says."""

    name: str
    type: str
    holds_text: bool
    sensitivity: str | None
    comment: str


def register_table(url: str, table: str, version: int, columns: Sequence[Column], *, stamp: str = "") -> None:
    """Take these for the table's columns; those that are gone or other than before keep their history.

    `stamp` tells this version from one of the same number in a table that was made anew.
    """
    with changing(url) as connection:
        known = {row["column_name"]: row for row in in_force(connection, "registered_columns", table_name=table)}
        wanted = {column.name.lower(): _row(table, position, column) for position, column in enumerate(columns)}
        for name, row in known.items():
            if any(row[key] != value for key, value in wanted.get(name, {"column_name": None}).items()):
                end(connection, "registered_columns", "lake", table_name=table, column_name=name)
        for values in wanted.values():
            add(connection, "registered_columns", "lake", **values)
        _set_version(connection, table, version, stamp)


def forget_table(url: str, table: str) -> None:
    """The table is not in the lake any more."""
    from sqlalchemy import text

    with changing(url) as connection:
        end(connection, "registered_columns", "lake", table_name=table)
        connection.execute(text("DELETE FROM registered_tables WHERE table_name = :t"), {"t": table})


def registered_versions(url: str) -> dict[str, int]:
    """The version of each table that the catalog's columns are from."""
    return {table: version for table, (version, _) in registered_stamps(url).items()}


def registered_stamps(url: str) -> dict[str, tuple[int, str]]:
    """The version of each table that the catalog's columns are from, and its stamp."""
    from sqlalchemy import text

    with database_errors(), transaction(url) as connection:
        rows = connection.execute(text("SELECT table_name, version, stamp FROM registered_tables ORDER BY table_name"))
        return {row.table_name: (row.version, row.stamp) for row in rows}


def _row(table: str, position: int, column: Column) -> dict[str, Any]:
    return {
        "table_name": table,
        "column_name": column.name.lower(),
        "schema_name": table.split(".")[0],
        "spelling": column.name,
        "position": position,
        "type": column.type,
        "holds_text": int(column.holds_text),
        "sensitivity": column.sensitivity or "",
        "comment": column.comment,
    }


def _set_version(connection: "Connection", table: str, version: int, stamp: str) -> None:
    from sqlalchemy import text

    values = {"t": table, "v": version, "stamp": stamp, "now": datetime.now(UTC)}
    query = "UPDATE registered_tables SET version = :v, stamp = :stamp, registered_at = :now WHERE table_name = :t"
    if connection.execute(text(query), values).rowcount == 0:
        connection.execute(text("INSERT INTO registered_tables VALUES (:t, :v, :stamp, :now)"), values)
