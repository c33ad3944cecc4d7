"""Lineage's only store: which table and column comes from which, as pipelines report it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nightlight.db import transaction

WHOLE_TABLE = ""


def record_lineage(
    url: str, target: str, columns: Mapping[str, Sequence[tuple[str, str]]], sources: Sequence[str]
) -> None:
    """Replace what is known of where `target` comes from: `columns` maps its columns to (table, column) pairs.

    Columns left out are of unknown origin; `sources` names every table read, traced or not.
    """
    from sqlalchemy import text

    now = datetime.now(UTC)
    rows = [{"c": WHOLE_TABLE, "st": source, "sc": WHOLE_TABLE} for source in sources]
    rows += [{"c": column, "st": st, "sc": sc} for column, origins in columns.items() for st, sc in origins]
    with transaction(url) as connection:
        connection.execute(text("DELETE FROM lineage WHERE target_table = :t"), {"t": target})
        if rows:
            connection.execute(
                text("INSERT INTO lineage VALUES (:t, :c, :st, :sc, :now)"),
                [{"t": target, "now": now, **r} for r in rows],
            )


def trace_lineage(url: str, table: str, column: str | None = None) -> list[dict[str, Any]]:
    """Every (target, source) pair upstream of a table, or of one of its columns, nearest first.

    Rows: depth (1 = direct), target_table, target_column, source_table, source_column.
    """
    from sqlalchemy import text

    recursion = text(
        """
        WITH RECURSIVE upstream AS (
            SELECT 1 AS depth, target_table, target_column, source_table, source_column FROM lineage
            WHERE target_table = :t AND (target_column = :c OR (:c = '*' AND target_column <> ''))
            UNION
            SELECT depth + 1, l.target_table, l.target_column, l.source_table, l.source_column
            FROM lineage l JOIN upstream u ON l.target_table = u.source_table AND l.target_column = u.source_column
            WHERE depth < 50
        )
        SELECT min(depth) AS depth, target_table, target_column, source_table, source_column FROM upstream
        GROUP BY target_table, target_column, source_table, source_column ORDER BY 1, 2, 3, 4, 5
        """
    )
    with transaction(url) as connection:
        result = connection.execute(recursion, {"t": table, "c": WHOLE_TABLE if column is None else column})
        return [dict(row) for row in result.mappings()]
