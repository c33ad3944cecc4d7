"""The decision itself, as one SQL statement over any set of principals and columns: a verdict and a reason each.

Everything that bears on a decision is read by one statement, so that no half of a change is ever seen.
A fact is `rank|via|words` (see `verdicts`); the lowest rank counts."""

from functools import cache

from nightlight.catalog.tags import TAGS

# Whoever asks, with all groups each belongs to through groups in groups. A path through a group that does not exist
# (any more) or is disabled is not sound: it brings denials, filters and masks, but no grant and no exception.
_SECURABLE = "CASE {row}.kind WHEN 'catalog' THEN 'CATALOG' ELSE upper({row}.kind) || ' ' || {row}.securable END"
_GRANT_WORDS = f"""h.privilege || CASE WHEN h.column_name = '' THEN '' ELSE ' (' || h.column_name || ')' END
        || ' ON ' || {_SECURABLE.format(row="h")}"""
_RECEIVER = "' to ' || h.via_kind || ' ' || h.via"
REFUSED = f"""CASE WHEN h.damaged = 1 THEN '2|' || h.via || '|policy damaged: a grant' || {_RECEIVER}
        ELSE '3|' || h.via || '|denied: ' || {_GRANT_WORDS} || {_RECEIVER} END"""
GRANTED = f"h.via || '|granted' || {_RECEIVER} || ': ' || {_GRANT_WORDS}"
OWNED = f"'6|' || o.via || '|' || o.via_kind || ' ' || o.via || ' owns ' || {_SECURABLE.format(row='o')}"
_SOUND_GRANT = """g.effect IN ('GRANT', 'DENY')
        AND g.kind IN ('catalog', 'schema', 'table', 'model', 'dashboard', 'pipeline', 'export', 'workspace', 'app')
        AND g.privilege IN ('USE SCHEMA', 'SELECT', 'MODIFY', 'EXECUTE', 'VIEW', 'MANAGE')
        AND (g.kind <> 'catalog' OR g.securable = '')
        AND (g.column_name = '' OR (g.kind = 'table' AND g.privilege = 'SELECT'))"""
_PRINCIPALS = f"""
people AS (
    SELECT name AS principal, kind, disabled FROM principals
    WHERE ended_at IS NULL AND kind IN ('user', 'service', 'group') AND {{people}}
),
belongs(principal, member_of, kind, sound) AS (
    SELECT principal, principal, CASE kind WHEN 'service' THEN 'service principal' ELSE kind END, 1 FROM people
    UNION
    SELECT b.principal, m.group_name, 'group', CASE WHEN b.sound = 1 AND g.name IS NOT NULL THEN 1 ELSE 0 END
    FROM belongs b
    JOIN memberships m ON m.member = b.member_of AND m.ended_at IS NULL
    LEFT JOIN principals g
        ON g.name = m.group_name AND g.kind = 'group' AND g.disabled = 0 AND g.ended_at IS NULL
),
held AS (
    SELECT b.principal, b.sound, b.member_of AS via, b.kind AS via_kind, g.effect, g.privilege, g.kind, g.securable,
        g.column_name, CASE WHEN {_SOUND_GRANT} THEN 0 ELSE 1 END AS damaged
    FROM belongs b
    JOIN grants g ON g.principal = b.member_of AND g.ended_at IS NULL
    WHERE NOT ({_SOUND_GRANT}) OR ({{grants}})
),
owned AS (
    SELECT b.principal, b.member_of AS via, b.kind AS via_kind, o.kind, o.securable
    FROM belongs b
    JOIN owners o ON o.principal = b.member_of AND o.ended_at IS NULL
    WHERE b.sound = 1 AND (o.kind <> 'catalog' OR o.securable = '')
)
"""

_TO_READ = """g.privilege IN ('SELECT', 'USE SCHEMA') AND g.securable IN (
        SELECT '' UNION SELECT table_name FROM wanted UNION SELECT schema_name FROM wanted)"""


def principals(people: str, *, grants: str = "1 = 1") -> str:
    """The tables people, belongs, held and owned; `grants` is a condition on grants (g), damaged ones always count."""
    return _PRINCIPALS.strip().replace("{people}", people).replace("{grants}", grants)


# Masks and row filters with whom each concerns. One whose function, scope or group is unknown damages its table:
# nobody reads a table whose policy cannot be carried out.
_BROKEN_SCOPE = """{policy}.scope NOT IN ('all', 'to', 'except') OR ({policy}.scope <> 'all' AND NOT EXISTS (
        SELECT 1 FROM principals k WHERE k.name = {policy}.group_name AND k.kind = 'group' AND k.disabled = 0
        AND k.ended_at IS NULL))"""
_IN_SCOPE = """
    LEFT JOIN belongs b ON b.principal = p.principal AND b.member_of = {policy}.group_name
        AND ({policy}.scope = 'to' OR b.sound = 1)
    WHERE p.principal <> 'pipelines' AND CASE {policy}.scope WHEN 'to' THEN b.principal IS NOT NULL
        WHEN 'except' THEN b.principal IS NULL ELSE {policy}.scope = 'all' END"""
_SCOPE_WORDS = (
    "CASE {policy}.scope WHEN 'all' THEN '' ELSE ' ' || upper({policy}.scope) || ' ' || {policy}.group_name END"
)
POLICIES = f"""
masked AS (
    SELECT c.id, c.table_name, m.function, m.argument, m.scope, m.group_name,
        'COLUMN ' || c.table_name || '.' || c.column_name AS place
    FROM wanted c
    JOIN masks m ON m.table_name = c.table_name AND m.column_name = c.column_name AND m.tag_key = ''
        AND m.ended_at IS NULL
    UNION ALL
    SELECT c.id, c.table_name, m.function, m.argument, m.scope, m.group_name,
        'TAG ' || m.tag_key || ' = ''' || m.tag_value || ''''
    FROM effective e
    JOIN masks m ON m.table_name = '' AND m.column_name = '' AND m.tag_key = e.key AND m.tag_value = e.value
        AND m.ended_at IS NULL
    JOIN registered_columns c ON c.id = e.id
),
filtered AS (
    SELECT f.id, f.table_name, f.expression, f.scope, f.group_name, f.owner FROM row_filters f
    WHERE f.ended_at IS NULL AND f.table_name IN (SELECT table_name FROM wanted)
),
damaged AS (
    SELECT table_name, 'policy damaged: mask on ' || place AS words FROM masked m
    WHERE m.function NOT IN ('null', 'constant', 'redact', 'year', 'hash') OR {_BROKEN_SCOPE.format(policy="m")}
    UNION
    SELECT table_name, 'policy damaged: row filter on TABLE ' || table_name FROM filtered f
    WHERE {_BROKEN_SCOPE.format(policy="f")}
)
"""

_LEVELS = """({row}.kind = 'catalog' OR ({row}.kind = 'schema' AND {row}.securable = w.schema_name)
        OR ({row}.kind = 'table' AND {row}.securable = w.table_name))"""
_GRANTED = "h.effect = 'GRANT' AND h.damaged = 0 AND h.sound = 1"
VERDICTS = f"""
places AS (SELECT DISTINCT table_name, schema_name FROM wanted),
opened AS (
    SELECT h.principal, w.table_name FROM held h
    JOIN places w ON h.kind = 'catalog' OR (h.kind = 'schema' AND h.securable = w.schema_name)
    WHERE h.privilege = 'USE SCHEMA' AND {_GRANTED}
    UNION
    SELECT o.principal, w.table_name FROM owned o
    JOIN places w ON o.kind = 'catalog' OR (o.kind = 'schema' AND o.securable = w.schema_name)
),
at_table AS (
    SELECT p.principal, w.table_name,
        CASE WHEN p.disabled <> 0 THEN '1||' || p.principal || ' is disabled'
            WHEN p.principal = 'pipelines' AND p.kind = 'service' THEN '0||the home''s own pipelines read everything'
            WHEN o.principal IS NULL THEN '4||USE SCHEMA on ' || w.schema_name || ' is missing'
            ELSE '8||no grant' END AS verdict
    FROM people p
    CROSS JOIN places w
    LEFT JOIN opened o ON o.principal = p.principal AND o.table_name = w.table_name
    UNION ALL
    SELECT p.principal, d.table_name, '2||' || d.words FROM people p CROSS JOIN damaged d
    UNION ALL
    SELECT h.principal, w.table_name, {REFUSED}
    FROM held h
    JOIN places w ON h.damaged = 1 OR {_LEVELS.format(row="h")}
    WHERE h.damaged = 1 OR (h.effect = 'DENY' AND h.column_name = '' AND h.privilege IN ('SELECT', 'USE SCHEMA'))
    UNION ALL
    SELECT h.principal, w.table_name, '6|' || {GRANTED}
    FROM held h
    JOIN places w ON {_LEVELS.format(row="h")}
    WHERE h.privilege = 'SELECT' AND h.column_name = '' AND {_GRANTED}
    UNION ALL
    SELECT o.principal, w.table_name, {OWNED} FROM owned o
    JOIN places w ON {_LEVELS.format(row="o")}
),
for_table AS (SELECT principal, table_name, min(verdict) AS verdict FROM at_table GROUP BY principal, table_name),
facts AS (
    SELECT t.principal, w.id, CASE WHEN t.verdict LIKE '6%' AND s.id IS NOT NULL
        THEN '7||column is tagged sensitivity = ''' || s.value || ''': a grant has to name it'
        ELSE t.verdict END AS verdict
    FROM for_table t
    JOIN wanted w ON w.table_name = t.table_name
    LEFT JOIN sensitive s ON s.id = w.id
    UNION ALL
    SELECT h.principal, w.id,
        CASE WHEN h.effect = 'GRANT' AND h.damaged = 0 THEN '5|' || {GRANTED} ELSE {REFUSED} END
    FROM held h
    JOIN wanted w ON w.table_name = h.securable AND w.column_name = h.column_name
    WHERE h.kind = 'table' AND h.column_name <> '' AND h.privilege = 'SELECT'
    AND (h.effect = 'DENY' OR ({_GRANTED}))
),
decided AS (SELECT principal, id, min(verdict) AS verdict FROM facts GROUP BY principal, id)
"""

SELECT_VERDICTS = """
SELECT 'column' AS sort, d.principal, c.table_name, c.spelling AS column_name, c.type AS a, d.verdict AS b,
    CAST(c.position AS varchar(12)) AS c, '' AS d
FROM decided d
JOIN registered_columns c ON c.id = d.id
"""
SELECT_POLICIES = f"""
UNION ALL
SELECT 'tag', '', c.table_name, c.spelling, e.key, e.value, '', '' FROM effective e
JOIN registered_columns c ON c.id = e.id
UNION ALL
SELECT 'mask', p.principal, c.table_name, c.spelling, m.function, m.argument, m.place, {_SCOPE_WORDS.format(policy="m")}
FROM people p
CROSS JOIN masked m
JOIN registered_columns c ON c.id = m.id
{_IN_SCOPE.format(policy="m")}
UNION ALL
SELECT 'filter', p.principal, f.table_name, CAST(f.id AS varchar(12)), f.expression, f.owner, '',
    {_SCOPE_WORDS.format(policy="f")}
FROM people p
CROSS JOIN filtered f
{_IN_SCOPE.format(policy="f")}
"""


@cache
def decisions(*, people: str, wanted: str, policies: bool) -> str:
    """The statement: rows of sort column (a type, b verdict, c position), and with `policies` also of sort
    tag (a key, b value), mask (a function, b argument, c place, d scope), filter (a expression, b owner, d scope).

    `people` is a condition on principals (name, kind, disabled), `wanted` one on registered columns (table_name).
    """
    tables = ", ".join(part.strip() for part in (TAGS, principals(people, grants=_TO_READ), POLICIES, VERDICTS))
    query = f"WITH RECURSIVE {tables.replace('{wanted}', wanted)}{SELECT_VERDICTS}"
    return query + SELECT_POLICIES if policies else query
