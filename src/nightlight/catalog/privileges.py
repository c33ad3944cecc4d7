"""Privileges on securables of every kind, and SELECT on tables as a whole; what a principal holds altogether.

A privilege on a securable comes from a grant there or above it, or from owning it; a denial there or above ends it."""

from typing import TYPE_CHECKING

from nightlight.catalog.decisions import GRANTED, OWNED, REFUSED, principals
from nightlight.catalog.securables import PRIVILEGES, Securable
from nightlight.catalog.verdicts import Verdict, run
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

EVERYBODY = "kind IN ('user', 'service')"
ONE = "name = :principal"
_LEVELS = """({row}.kind = 'catalog' OR ({row}.kind = 'schema' AND {row}.securable = :schema)
        OR ({row}.kind = :kind AND {row}.securable = :name))"""
# Of SELECT on a table that the lake does not hold yet, a grant on any of its columns is enough.
_PRIVILEGES = f"""
WITH RECURSIVE {principals("{people}")},
facts AS (
    SELECT p.principal, CASE WHEN p.disabled <> 0 THEN '1||' || p.principal || ' is disabled'
        WHEN p.principal = 'pipelines' AND p.kind = 'service' AND :privilege IN ('USE SCHEMA', 'SELECT', 'MODIFY')
        THEN '0||the home''s own pipelines read and write everything'
        WHEN :needs_schema = 1 AND NOT EXISTS (
            SELECT 1 FROM held h WHERE h.principal = p.principal AND h.privilege = 'USE SCHEMA' AND h.effect = 'GRANT'
            AND h.damaged = 0 AND h.sound = 1
            AND (h.kind = 'catalog' OR (h.kind = 'schema' AND h.securable = :schema))
        ) AND NOT EXISTS (
            SELECT 1 FROM owned o WHERE o.principal = p.principal
            AND (o.kind = 'catalog' OR (o.kind = 'schema' AND o.securable = :schema))
        ) THEN '4||USE SCHEMA on ' || :schema || ' is missing'
        ELSE '8||no grant' END AS verdict
    FROM people p
    UNION ALL
    SELECT h.principal, {REFUSED} FROM held h
    WHERE h.damaged = 1 OR (
        h.effect = 'DENY' AND (h.privilege = :privilege OR (:needs_schema = 1 AND h.privilege = 'USE SCHEMA'))
        AND {_LEVELS.format(row="h")} AND h.column_name IN ('', :column)
    )
    UNION ALL
    SELECT h.principal, '5|' || {GRANTED} FROM held h
    WHERE h.privilege = :privilege AND h.effect = 'GRANT' AND h.damaged = 0 AND h.sound = 1
    AND {_LEVELS.format(row="h")} AND (:column = '' OR h.column_name IN ('', :column))
    UNION ALL
    SELECT o.principal, {OWNED} FROM owned o WHERE {_LEVELS.format(row="o")}
)
SELECT principal, min(verdict) AS verdict FROM facts GROUP BY principal ORDER BY principal
"""
_HELD = f"""
WITH RECURSIVE {principals("{people}")}
SELECT kind, securable, privilege FROM held WHERE effect = 'GRANT' AND damaged = 0
UNION
SELECT kind, securable, '' FROM owned
ORDER BY kind, securable, privilege
"""


def verdicts(
    connection: "Connection", privilege: str, securable: Securable, principal: str | None = None
) -> dict[str, Verdict]:
    """Whether a principal, or everybody, has a privilege; looks at grants and owners, not at what the lake holds."""
    if privilege not in securable.privileges:
        raise NightlightError(
            f"{privilege} is no privilege on a {securable.kind}",
            remedy=f"its privileges are {', '.join(securable.privileges)}",
        )
    values = {
        "privilege": privilege,
        "kind": securable.kind,
        "name": securable.name,
        "schema": securable.schema,
        "column": securable.column,
        "needs_schema": int(privilege == "SELECT" and securable.schema != ""),
    }
    who = {} if principal is None else {"principal": principal}
    rows = run(connection, _PRIVILEGES.replace("{people}", ONE if who else EVERYBODY), **values, **who)
    return {row.principal: Verdict.read(row.verdict) for row in rows}


def held_privileges(connection: "Connection", principal: str) -> list[tuple[Securable, str]]:
    """Every securable on which something is granted to a principal or that it owns, with each privilege there."""
    found = []
    for row in run(connection, _HELD.replace("{people}", ONE), principal=principal):
        privileges = [name for name in PRIVILEGES.get(row.kind, ()) if row.privilege in ("", name)]
        found += [(Securable(row.kind, row.securable), name) for name in privileges]
    return list(dict.fromkeys(found))
