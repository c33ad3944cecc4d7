"""Policies meet the lake: columns, filters and masks are checked against the tables there are, then put into force.

What would fail when somebody asks, and close the table for them, is said when it is written, at its line."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nightlight.catalog.access import Mask, read_access
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.policies import Applied, apply_statements
from nightlight.catalog.principals import PIPELINES, list_principals, suggestion
from nightlight.catalog.statements import (
    ChangeGrant,
    CreatePrincipal,
    SetMask,
    SetOwner,
    SetRowFilter,
    SetTag,
    Statement,
)
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake, Table
from nightlight.settings import Home
from nightlight.sql.failures import explain
from nightlight.sql.filters import read_filter
from nightlight.sql.masks import masked, quoted
from nightlight.sql.trusted import show_table, trusted_connection

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTION = "catalog apply"
CHECK_MEMORY_MB = 256
FITS = {
    "hash": "hash is for text and for whole numbers of 64 bits",
    "year": "year is for dates and times",
    "redact": "redact is for text",
    "constant": "the constant has to be a value of the column's type",
}


def apply_policies(
    home: Home,
    statements: Sequence[Statement],
    *,
    by: str,
    text: str = "",
    before: "Callable[[Connection], None] | None" = None,
) -> Applied:
    """Check the statements and put them into force, all or none; raises NightlightError at `file:line`.

    The audit has it, as `text`, before it happens; that it failed then is a second record. `before` runs first, in the
    same transaction: what it raises undoes all.
    """
    notes = check_policies(home, statements)
    entry = Entry(action=ACTION, principal=by, purpose=None, outcome="done", statement=text)
    append(home, entry)
    try:
        applied = apply_statements(home.database_url, statements, by=by, before=before)
    except NightlightError as error:
        append(home, replace(entry, outcome="failed", detail=str(error)))
        raise
    return replace(applied, notes=(*applied.notes, *notes))


def check_policies(home: Home, statements: Sequence[Statement]) -> tuple[str, ...]:
    """Notes on tables that do not exist yet; raises NightlightError for what cannot be right with those that do."""
    lake = Lake(home.lake)
    absent: dict[str, str] = {}
    for statement in statements:
        try:
            for name in _tables_named(statement):
                if not lake.table(name).exists:
                    absent.setdefault(name, _absence(statement.where, name, lake))
            _check(statement, statements, home, lake)
        except NightlightError as error:
            raise error.at(statement.where) from error
    return tuple(absent.values())


def _absence(where: str, name: str, lake: Lake) -> str:
    schema, _, table = name.partition(".")
    close = get_close_matches(table, [other.table for other in lake.tables() if other.schema == schema], 1)
    return f"{where}: there is no table {name} yet" + (f"; did you mean {schema}.{close[0]}?" if close else "")


def _tables_named(statement: Statement) -> list[str]:
    """The tables that a statement says something new about, its filter's tables included."""
    match statement:
        case ChangeGrant(is_added=True) | SetOwner() if statement.securable.kind == "table":
            return [statement.securable.name]
        case SetTag(value=str()):
            return [statement.securable.name]
        case SetMask() if statement.target.table:
            return [statement.target.table]
        case SetRowFilter():
            return [statement.table, *_tables_read(statement)]
    return []


def _tables_read(statement: SetRowFilter) -> list[str]:
    """The tables of the filter's subqueries; raises NightlightError where it is no filter."""
    return sorted(f"{table.schema}.{table.table}" for table in read_filter(statement.expression).tables)


def _check(statement: Statement, statements: Sequence[Statement], home: Home, lake: Lake) -> None:
    match statement:
        case ChangeGrant(is_added=True) if statement.securable.kind == "table":
            _check_columns(lake.table(statement.securable.name), [c for p in statement.privileges for c in p.columns])
        case SetTag(value=str()) if statement.securable.column:
            _check_columns(lake.table(statement.securable.name), [statement.securable.column])
        case SetMask():
            mask = Mask(cast("Any", statement.function), statement.argument, "")
            for table, column in _masked_columns(statement, statements, home, lake):
                _check_mask(lake.table(table), column, mask)
        case SetRowFilter():
            if groups := read_filter(statement.expression).groups:
                _check_groups(groups, statements, home)
            _check_filter(statement, lake)


def _check_groups(groups: frozenset[str], statements: Sequence[Statement], home: Home) -> None:
    """`NOT is_member('misspelt')` would show every row to everybody."""
    known = {row["name"] for row in list_principals(home.database_url) if row["kind"] == "group"}
    known |= {other.name for other in statements if isinstance(other, CreatePrincipal) and other.kind == "group"}
    for group in sorted(groups - known):
        raise NightlightError(f"there is no group '{group}'", remedy=suggestion(group, sorted(known)))


def _check_columns(table: Table, columns: Sequence[str]) -> None:
    known = [name.lower() for name in table.schema.names] if table.exists else columns
    for column in columns:
        if column not in known:
            close = get_close_matches(column, known, 1)
            remedy = f"did you mean '{close[0]}'?" if close else f"its columns: {', '.join(known)}"
            raise NightlightError(f"{table.name} has no column '{column}'", remedy=remedy)


def _masked_columns(
    statement: SetMask, statements: Sequence[Statement], home: Home, lake: Lake
) -> Iterator[tuple[str, str]]:
    """The columns, of tables that exist, which the mask stands on: the one named, or those that have the tag."""
    target = statement.target
    if target.table:
        if lake.table(target.table).exists:
            yield target.table, target.column
        return
    register_tables(home.database_url, lake)
    with transaction(home.database_url) as connection:
        accesses = read_access(connection, PIPELINES, [str(name) for name in lake.tables()])
    tagged = {
        (table, column.name)
        for table, access in accesses.items()
        for column in access.columns
        if target.tag_value in column.tags.get(target.tag_key, ())
    }
    told = {
        (other.securable.name, other.securable.column)
        for other in statements
        if isinstance(other, SetTag) and (other.key, other.value) == (target.tag_key, target.tag_value)
    }
    yield from sorted(tagged | {place for place in told if place[1] and lake.table(place[0]).exists})


def _check_mask(table: Table, column: str, mask: Mask) -> None:
    """Show one row without values under the mask: what cannot be cast or computed fails there."""
    import duckdb
    import pyarrow as pa

    _check_columns(table, [column])
    field = next(field for field in table.schema if field.name.lower() == column.lower())
    try:
        expression = masked(field.name, field.type, mask, bytes(32))
        with duckdb.connect(":memory:") as connection:
            connection.register("rows", pa.table([pa.nulls(1, field.type)], names=[field.name]))
            connection.execute(f"SELECT {expression} FROM rows")
    except (NightlightError, duckdb.Error) as error:
        raise NightlightError(
            f"the mask '{mask.function}' does not fit {table.name}.{field.name} of type {field.type}",
            remedy=FITS.get(mask.function),
        ) from error


def _check_filter(statement: SetRowFilter, lake: Lake) -> None:
    """Put the filter on tables without rows, as it will stand in an extract's query; tables to come are no error."""
    import duckdb

    if statement.table in _tables_read(statement):
        raise NightlightError(f"the filter on {statement.table} reads {statement.table} itself")
    tables = [lake.table(name) for name in {statement.table, *_tables_read(statement)}]
    if not all(table.exists for table in tables):
        return
    name = lake.table(statement.table).name
    with tempfile.TemporaryDirectory() as spill, trusted_connection(CHECK_MEMORY_MB, Path(spill)) as connection:
        for table in tables:
            show_table(connection, table, [])
        connection.execute("CREATE MACRO current_principal() AS 'somebody'")
        connection.execute("CREATE MACRO is_member(name) AS coalesce(name IN ('some group'), false)")
        source = f"FROM {quoted(name.schema)}.{quoted(name.table)}"
        try:
            described = connection.execute(f"DESCRIBE SELECT ({statement.expression}) AS condition {source}").fetchall()
            connection.execute(f"SELECT 1 {source} WHERE ({statement.expression})")
        except duckdb.Error as error:
            raise NightlightError(
                f"the filter does not work on {statement.table}: {explain(type(error).__name__, str(error)).what}",
                remedy=_candidates(error),
            ) from error
    if described[0][1] != "BOOLEAN":
        raise NightlightError(f"the filter on {statement.table} is not true or false but {described[0][1]}")


def _candidates(error: Exception) -> str | None:
    found = [line for line in str(error).splitlines() if line.startswith("Candidate")]
    return found[0].replace("Candidate bindings:", "did you mean") if found else None
