"""The trusted side of SQL: a DuckDB connection on the lake's own files, for statements of ours and policies' filters.

No text of a person asking ever runs here."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import DataFile, Table
from nightlight.sql.masks import literal, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


PLACE = ('"place of file"', '"place in file"')  # names that no column of the lake has


@contextmanager
def trusted_connection(memory_mb: int, spill: Path) -> "Iterator[DuckDBPyConnection]":
    """An empty in-memory database that may spill into the folder `spill`."""
    import duckdb

    configuration: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mb}MB",
        "temp_directory": str(spill),
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    with duckdb.connect(":memory:", config=configuration) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def show_table(
    connection: "DuckDBPyConnection", table: Table, files: Sequence[DataFile] | None = None, *, placed: bool = False
) -> None:
    """Make a table of the lake readable as `schema.table`: all its rows, or those of some files.

    `placed` adds the columns of PLACE, by which rows can be put in the order in which they lie in the lake. Columns
    that older files lack are NULL. Raises NightlightError when a file is missing: fewer rows would be a lie.
    """
    chosen = table.files() if files is None else files
    if missing := next((file for file in chosen if not os.path.exists(file.path)), None):
        raise NightlightError(
            f"a file of {table.name} is missing", where=missing.path, remedy="restore the folder from a backup"
        )
    empty = f"{table.name.schema}__{table.name.table}__empty"
    connection.register(empty, table.schema.empty_table())
    rows = f"SELECT * FROM {empty}"
    if chosen:
        names = ", ".join(literal(file.path) for file in chosen)
        place = f", file_index AS {PLACE[0]}, file_row_number AS {PLACE[1]}" if placed else ""
        read = f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"
        rows += f" UNION ALL BY NAME SELECT *{place} FROM {read}"
    elif placed:
        rows = f"SELECT *, 0 AS {PLACE[0]}, 0 AS {PLACE[1]} FROM {empty}"
    schema, name = quoted(table.name.schema), quoted(table.name.table)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute(f"CREATE VIEW {schema}.{name} AS {rows}")
