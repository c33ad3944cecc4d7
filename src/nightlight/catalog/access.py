"""Who may read what, and why: decisions on columns with the masks and row filters that go with them.

Everything is refused that no grant allows; a principal or a table that the catalog does not know is not there."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from nightlight.catalog.decisions import decisions
from nightlight.catalog.history import revision
from nightlight.catalog.principals import check_principal
from nightlight.catalog.privileges import EVERYBODY, ONE, held_privileges, verdicts
from nightlight.catalog.purposes import check_purpose
from nightlight.catalog.securables import Securable
from nightlight.catalog.table_access import ColumnAccess, Mask, RowFilter, TableAccess, read_tables
from nightlight.catalog.verdicts import Verdict, run
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "ColumnAccess",
    "Mask",
    "RowFilter",
    "TableAccess",
    "access_of_everybody",
    "check_principal",
    "check_privilege",
    "check_purpose",
    "read_access",
    "revision",
    "visible_tables",
    "what_can",
    "who_can",
]


def read_access(connection: "Connection", principal: str, tables: Collection[str]) -> dict[str, TableAccess]:
    """What a principal may read of these tables, column by column; tables nobody knows are absent from the answer.

    For a group the answer is what it would be for somebody who is in this group only.
    """
    if not tables:
        return {}
    query = decisions(people=ONE, wanted="table_name IN :tables", policies=True)
    return read_tables(run(connection, query, principal=principal, tables=sorted(tables)))


def access_of_everybody(connection: "Connection", table: str) -> dict[str, TableAccess]:
    """What each user and service principal may read of a table, by name; empty for a table nobody knows."""
    query = decisions(people=EVERYBODY, wanted="table_name = :table", policies=True)
    rows = run(connection, query, table=table)
    people = sorted({row.principal for row in rows} - {""})  # tags are nobody's: they stand on the columns
    found = {name: read_tables([row for row in rows if row.principal in ("", name)]) for name in people}
    return {name: tables[table] for name, tables in found.items() if table in tables}


def visible_tables(connection: "Connection", principal: str) -> list[str]:
    """The tables of which a principal may read at least one column."""
    rows = run(connection, decisions(people=ONE, wanted="1 = 1", policies=False), principal=principal)
    return sorted({row.table_name for row in rows if Verdict.read(row.b).allowed})


def check_privilege(connection: "Connection", principal: str, privilege: str, securable: Securable | str) -> None:
    """Raise NightlightError unless the principal has the privilege; SELECT on a table: on one of its columns."""
    place = Securable.parse(securable) if isinstance(securable, str) else securable
    verdict = _verdicts(connection, privilege, place, principal).get(principal)
    if verdict is None or not verdict.allowed:
        raise NightlightError(
            f"'{principal}' does not have {privilege} on {place}", remedy="an administrator of this home can grant it"
        )


def who_can(
    connection: "Connection",
    privilege: str,
    securable: Securable | str,
    *,
    all: bool = False,  # noqa: A002 - the word that people who ask use
) -> list[dict[str, Any]]:
    """Users and service principals who have a privilege: principal, allowed, reason, via; with `all` everybody.

    SELECT on a table is being able to read one of its columns.
    """
    place = Securable.parse(securable) if isinstance(securable, str) else securable
    found = sorted(_verdicts(connection, privilege, place).items())
    return [{"principal": name, **verdict._asdict()} for name, verdict in found if verdict.allowed or all]


def what_can(connection: "Connection", principal: str) -> list[dict[str, Any]]:
    """All that a principal may do: securable, privilege, reason, mask and filter (None where there is none).

    Columns of tables that the lake holds come one by one; other privileges as they were granted.
    """
    query = decisions(people=ONE, wanted="1 = 1", policies=True)
    tables = read_tables(run(connection, query, principal=principal))
    found = []
    for table, access in tables.items():
        filters = " AND ".join(f"({row_filter.expression})" for row_filter in access.filters) or None
        for column in access.allowed:
            found.append(_right(f"{table}.{column.name}", "SELECT", column.reason, column.mask, filters))
    for securable, privilege in held_privileges(connection, principal):
        if privilege == "SELECT" and securable.name in tables:
            continue
        verdict = verdicts(connection, privilege, securable, principal)[principal]
        if verdict.allowed:
            found.append(_right(str(securable), privilege, verdict.reason, None, None))
    return found


def _right(securable: str, privilege: str, reason: str, mask: Mask | None, filters: str | None) -> dict[str, Any]:
    words = None if mask is None else mask.function if mask.argument is None else f"{mask.function} '{mask.argument}'"
    return {"securable": securable, "privilege": privilege, "reason": reason, "mask": words, "filter": filters}


def _verdicts(
    connection: "Connection", privilege: str, securable: Securable, principal: str | None = None
) -> dict[str, Verdict]:
    """A verdict for each principal; for SELECT on a table that the lake holds from what is decided on its columns."""
    if privilege != "SELECT" or securable.kind != "table":
        return verdicts(connection, privilege, securable, principal)
    query = decisions(people=ONE if principal else EVERYBODY, wanted="table_name = :table", policies=False)
    who = {"principal": principal} if principal else {}
    rows = run(connection, query, table=securable.name, **who)
    if not rows:
        return verdicts(connection, privilege, securable, principal)
    found: dict[str, Verdict] = {}
    for row in rows:
        verdict = Verdict.read(row.b)
        known = found.get(row.principal)
        is_asked = not securable.column or row.column_name.lower() == securable.column
        if is_asked and (known is None or (verdict.allowed, known.reason) > (known.allowed, verdict.reason)):
            found[row.principal] = verdict
    return found
