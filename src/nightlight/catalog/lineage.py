"""Lineage's only store: which table and column comes from which, as pipelines report it.

A column traced to nothing (a count of rows, a literal) has one row without a source: it is known to carry no tag,
while a column that was not traced could come from anything its table's sources hold."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from nightlight.catalog.history import changing
from nightlight.db import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

WHOLE_TABLE = ""
NOTHING = ("", "")  # the source of a column that comes from none

Row: TypeAlias = tuple[str, str, str]  # target column, source table, source column


def record_lineage(
    url: str,
    target: str,
    columns: Mapping[str, Sequence[tuple[str, str]] | None],
    sources: Sequence[str],
    *,
    kept: Collection[str] | None = None,
) -> None:
    """Replace what is known of where `target` comes from: `columns` maps its columns to (table, column) pairs.

    Columns left out or None are of unknown origin, those with no pair are traced to nothing; `sources` names every
    table read, traced or not. Where rows of before stay, `kept` names the columns they have: these come from what
    they came from as well, and one of unknown origin remains so.
    """
    from sqlalchemy import text

    rows: set[Row] = {(WHOLE_TABLE, source, WHOLE_TABLE) for source in sources} or {(WHOLE_TABLE, *NOTHING)}
    for column, origins in columns.items():
        if origins is not None:
            rows |= {(column.lower(), table, source.lower()) for table, source in origins or [NOTHING]}
    with changing(url) as connection:
        query = text("SELECT target_column, source_table, source_column FROM lineage WHERE target_table = :t")
        before: set[Row] = {(row[0], row[1], row[2]) for row in connection.execute(query, {"t": target})}
        if kept is not None:
            written = {column.lower() for column in columns}
            rows = _united(before, rows, {column.lower() for column in kept}, written)
        if rows == before:
            return  # what is decided by lineage stays good
        connection.execute(text("DELETE FROM lineage WHERE target_table = :t"), {"t": target})
        now = datetime.now(UTC)
        for column, table, source in sorted(rows):
            values = {"t": target, "c": column, "st": table, "sc": source, "now": now}
            connection.execute(text("INSERT INTO lineage VALUES (:t, :c, :st, :sc, :now)"), values)


def _united(before: set[Row], after: set[Row], kept: set[str], written: set[str]) -> set[Row]:
    """Where rows of before (in the columns `kept`) and new ones (in those `written`) come from together."""
    known, traced = {column for column, *_ in before}, {column for column, *_ in after}
    unknown = {column for column in kept if column not in known} | (written - traced)
    both = after | {row for row in before if row[0] in kept | {WHOLE_TABLE}}
    something = {column for column, table, _ in both if table}
    return {row for row in both if row[0] not in unknown and (row[1] or row[0] not in something)}


def sources_of(connection: "Connection", tables: Collection[str]) -> set[str]:
    """These tables and all that they come from, however far back."""
    from sqlalchemy import bindparam, text

    query = text(
        """
        WITH RECURSIVE upstream AS (
            SELECT source_table AS name FROM lineage WHERE target_table IN :tables
            UNION
            SELECT l.source_table FROM lineage l JOIN upstream u ON l.target_table = u.name
        )
        SELECT name FROM upstream WHERE name <> ''
        """
    ).bindparams(bindparam("tables", expanding=True))
    return {*tables, *connection.execute(query, {"tables": sorted(tables)}).scalars()}


_UPSTREAM_TABLES = """
WITH RECURSIVE walk AS (
    SELECT source_table, target_table FROM lineage WHERE target_table = :t AND target_column = '' AND source_table <> ''
    UNION
    SELECT l.source_table, l.target_table FROM lineage l JOIN walk w ON l.target_table = w.source_table
    WHERE l.target_column = '' AND l.source_table <> ''
)
SELECT source_table, target_table FROM walk
"""
_DOWNSTREAM_TABLES = """
WITH RECURSIVE walk AS (
    SELECT source_table, target_table FROM lineage WHERE source_table = :t AND target_column = ''
    UNION
    SELECT l.source_table, l.target_table FROM lineage l JOIN walk w ON l.source_table = w.target_table
    WHERE l.target_column = ''
)
SELECT source_table, target_table FROM walk
"""


def table_graph(connection: "Connection", table: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The (source, target) pairs of tables upstream and downstream of a table, however far."""
    upstream = _walk(connection, _UPSTREAM_TABLES, table)
    return upstream, _walk(connection, _DOWNSTREAM_TABLES, table)


def _walk(connection: "Connection", query: str, table: str) -> set[tuple[str, str]]:
    from sqlalchemy import text

    return {(row.source_table, row.target_table) for row in connection.execute(text(query), {"t": table})}


def is_traced(connection: "Connection", table: str, column: str) -> bool:
    """Whether it is known what a column comes from, if only that it comes from none."""
    from sqlalchemy import text

    query = text("SELECT count(*) FROM lineage WHERE target_table = :t AND target_column = :c")
    return bool(connection.execute(query, {"t": table, "c": column.lower()}).scalar_one())


def trace_downstream(url: str, table: str, column: str) -> list[dict[str, Any]]:
    """Every (target, source) pair downstream of a column, nearest first; rows as in `trace_lineage`."""
    query = _TRACE.format(
        first="source_table = :t AND source_column = :c AND target_column <> ''",
        next="l.source_table = w.target_table AND l.source_column = w.target_column",
        known="l.target_column <> ''",
    )
    return _trace(url, query, table, column.lower())


def trace_lineage(url: str, table: str, column: str | None = None) -> list[dict[str, Any]]:
    """Every (target, source) pair upstream of a table, or of one of its columns, nearest first.

    Rows: depth (1 = direct), target_table, target_column, source_table, source_column.
    """
    query = _TRACE.format(
        first="target_table = :t AND source_table <> '' AND (target_column = :c OR (:c = '*' AND target_column <> ''))",
        next="l.target_table = w.source_table AND l.target_column = w.source_column",
        known="l.source_table <> ''",
    )
    return _trace(url, query, table, WHOLE_TABLE if column is None else column)


_TRACE = """
WITH RECURSIVE walk AS (
    SELECT 1 AS depth, target_table, target_column, source_table, source_column FROM lineage WHERE {first}
    UNION
    SELECT depth + 1, l.target_table, l.target_column, l.source_table, l.source_column
    FROM lineage l JOIN walk w ON {next}
    WHERE depth < 50 AND {known}
)
SELECT min(depth) AS depth, target_table, target_column, source_table, source_column FROM walk
GROUP BY target_table, target_column, source_table, source_column ORDER BY 1, 2, 3, 4, 5
"""


def _trace(url: str, query: str, table: str, column: str) -> list[dict[str, Any]]:
    from sqlalchemy import text

    with transaction(url) as connection:
        return [dict(row) for row in connection.execute(text(query), {"t": table, "c": column}).mappings()]
