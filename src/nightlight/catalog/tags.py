"""The tags of columns, their own and those that travel to them along lineage; every decision begins with them."""

from typing import TYPE_CHECKING, Any

from nightlight.catalog.verdicts import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

# What each wanted column comes from, step by step. A column with lineage of its own comes from the columns named
# there; all others of a table share one `root` '' and come from every column of the table's sources. The same
# holds at each step: column '' stands for all columns of a table that have no lineage of their own. `is_open` ends
# where a column is declassified: sensitivity travels no further, other tags do.
#
# What was made from a column outlives it: one that is `gone` from the lake counts as it was last registered, and what
# was never registered could have held anything ('text' for what can hold text; `last_type` '' is no column's type).
_OPEN = """NOT EXISTS (
        SELECT 1 FROM tags d WHERE d.table_name = {table} AND d.column_name = {column}
        AND d.key = 'sensitivity' AND d.value = 'none' AND d.ended_at IS NULL
    )"""
_TRACED = """EXISTS (
        SELECT 1 FROM lineage o WHERE o.target_table = {table} AND o.target_column = {column}
    )"""
_HERE = {"table": "c.table_name", "column": "c.column_name"}
_SOURCE = {"table": "l.source_table", "column": "l.source_column"}
_REST = {"table": "l.source_table", "column": "COALESCE(n.target_column, '')"}
_HELD = "SELECT 1 FROM registered_columns c WHERE c.table_name = l.source_table AND c.ended_at IS NULL"
TAGS = f"""
wanted AS (
    SELECT c.id, c.table_name, c.column_name, c.schema_name, c.type, c.holds_text, c.sensitivity,
        CASE WHEN {_TRACED.format(**_HERE)} THEN c.column_name ELSE '' END AS root,
        CASE WHEN {_OPEN.format(**_HERE)} THEN 1 ELSE 0 END AS is_open
    FROM registered_columns c
    WHERE c.ended_at IS NULL AND {{wanted}}
),
walk(root_table, root, at_table, at_column, look, is_open) AS (
    SELECT table_name, root, table_name, CAST('.' AS varchar), root, 1 FROM wanted
    UNION
    SELECT w.root_table, w.root, l.source_table,
        CASE WHEN l.target_column <> '' THEN l.source_column ELSE {_REST["column"]} END,
        CASE WHEN l.target_column = '' THEN {_REST["column"]}
            WHEN {_TRACED.format(**_SOURCE)} THEN l.source_column ELSE '' END,
        CASE WHEN w.is_open = 0 THEN 0
            WHEN l.target_column <> '' THEN CASE WHEN {_OPEN.format(**_SOURCE)} THEN 1 ELSE 0 END
            WHEN n.target_column <> '' THEN CASE WHEN {_OPEN.format(**_REST)} THEN 1 ELSE 0 END
            WHEN NOT EXISTS ({_HELD}) THEN 1
            WHEN EXISTS ({_HELD} AND NOT {_TRACED.format(**_HERE)} AND {_OPEN.format(**_HERE)}) THEN 1
            ELSE 0 END
    FROM walk w
    JOIN lineage l ON l.target_table = w.at_table AND l.target_column = w.look AND l.source_table <> ''
    LEFT JOIN lineage n ON l.target_column = '' AND n.target_table = l.source_table
    WHERE l.target_column <> '' OR n.target_column <> '' OR NOT EXISTS ({_HELD})
        OR EXISTS ({_HELD} AND NOT {_TRACED.format(**_HERE)})
),
gone AS (
    SELECT c.table_name, c.column_name, c.type, c.sensitivity FROM (
        SELECT max(id) AS id FROM registered_columns WHERE table_name IN (
            SELECT l.source_table FROM walk w JOIN lineage l ON l.target_table = w.at_table
        )
        GROUP BY table_name, column_name
    ) newest
    JOIN registered_columns c ON c.id = newest.id AND c.ended_at IS NOT NULL
),
origins AS (
    SELECT w.root_table, w.root, w.at_table, w.at_column, w.is_open, r.type,
        COALESCE(r.type, e.type, '') AS last_type, COALESCE(r.sensitivity, e.sensitivity, 'text') AS sensitivity
    FROM walk w
    LEFT JOIN registered_columns r
        ON r.table_name = w.at_table AND r.column_name = w.at_column AND r.ended_at IS NULL
    LEFT JOIN gone e ON e.table_name = w.at_table AND e.column_name = w.at_column
    WHERE w.at_column NOT IN ('', '.')
    UNION ALL
    SELECT w.root_table, w.root, c.table_name, c.column_name,
        CASE WHEN w.is_open = 1 AND {_OPEN.format(**_HERE)} THEN 1 ELSE 0 END, c.type, c.type, c.sensitivity
    FROM walk w
    JOIN registered_columns c ON c.table_name = w.at_table AND c.ended_at IS NULL
    WHERE w.at_column = '' AND NOT {_TRACED.format(**_HERE)}
    UNION ALL
    SELECT w.root_table, w.root, c.table_name, c.column_name,
        CASE WHEN w.is_open = 1 AND {_OPEN.format(**_HERE)} THEN 1 ELSE 0 END, NULL, c.type, c.sensitivity
    FROM walk w
    JOIN lineage l ON l.target_table = w.at_table AND l.target_column = '' AND w.look = ''
    JOIN gone c ON c.table_name = l.source_table
    WHERE NOT {_TRACED.format(**_HERE)}
    UNION ALL
    SELECT w.root_table, w.root, g.table_name, g.column_name, w.is_open, NULL, '', '' FROM walk w
    JOIN tags g ON g.table_name = w.at_table AND g.ended_at IS NULL
    WHERE w.at_column = '' AND NOT EXISTS (
        SELECT 1 FROM registered_columns c WHERE c.table_name = w.at_table AND c.ended_at IS NULL
    )
    UNION ALL
    SELECT w.root_table, w.root, w.at_table, '', w.is_open, NULL, '', 'text' FROM walk w
    WHERE w.at_column = '' AND NOT EXISTS (
        SELECT 1 FROM registered_columns c WHERE c.table_name = w.at_table AND c.ended_at IS NULL
    ) AND NOT EXISTS (SELECT 1 FROM gone e WHERE e.table_name = w.at_table)
),
travelled AS (
    SELECT o.root_table, o.root, g.key, g.value, o.is_open, o.type, g.table_name, g.column_name
    FROM origins o
    JOIN tags g ON g.table_name = o.at_table AND g.column_name IN (o.at_column, '') AND g.ended_at IS NULL
    UNION ALL
    SELECT o.root_table, o.root, 'sensitivity', o.sensitivity, o.is_open, o.last_type, o.at_table, o.at_column
    FROM origins o
    WHERE o.sensitivity <> ''
),
tagged AS (
    SELECT c.id, g.key, g.value, c.is_open, g.table_name, g.column_name FROM wanted c
    JOIN tags g ON g.table_name = c.table_name AND g.column_name IN (c.column_name, '') AND g.ended_at IS NULL
    UNION ALL
    SELECT c.id, 'sensitivity', c.sensitivity, c.is_open, c.table_name, c.column_name FROM wanted c
    WHERE c.sensitivity <> ''
    UNION ALL
    SELECT c.id, t.key, t.value,
        CASE WHEN c.is_open = 1 AND (c.holds_text <> 0 OR t.type IS NULL OR t.type = c.type) THEN t.is_open ELSE 0 END,
        t.table_name, t.column_name
    FROM wanted c
    JOIN travelled t ON t.root_table = c.table_name AND t.root = c.root
),
arrived AS (
    SELECT id, key, table_name, column_name,
        CASE WHEN key = 'sensitivity' AND value <> 'identity' THEN 'text' ELSE value END AS value
    FROM tagged
    WHERE key <> 'sensitivity' OR (is_open = 1 AND value <> 'none')
),
effective AS (SELECT DISTINCT id, key, value FROM arrived),
sensitive AS (SELECT id, max(value) AS value FROM effective WHERE key = 'sensitivity' GROUP BY id)
"""
_WHERE_FROM = f"""
WITH RECURSIVE {TAGS.strip().replace("{wanted}", "table_name = :table")}
SELECT DISTINCT c.position, c.spelling, t.key, t.value, t.table_name, t.column_name FROM arrived t
JOIN registered_columns c ON c.id = t.id
ORDER BY c.position, t.key, t.value, t.table_name, t.column_name
"""


def effective_tags(connection: "Connection", table: str) -> list[dict[str, Any]]:
    """Each tag that counts in decisions: column, key, value, and the source_table and source_column that have it.

    `source_column` is "" where the whole table is tagged. A tag that the table's schema in the lake carries comes
    from its column like one that was set here.
    """
    rows = run(connection, _WHERE_FROM, table=table)
    return [
        {
            "column": row.spelling,
            "key": row.key,
            "value": row.value,
            "source_table": row.table_name,
            "source_column": row.column_name,
        }
        for row in rows
    ]
