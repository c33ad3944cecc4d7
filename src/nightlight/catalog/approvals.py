"""Deciding about requests for access: who may, what a grant would do, and when a request is complete.

Whoever manages the table decides, nobody about their own request, and two people where a column is text. The grant
itself is a policy like any other: `operations.access_requests` puts it into force with the last approval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.decisions import decisions
from nightlight.catalog.privileges import ONE, verdicts
from nightlight.catalog.requests import (
    GRANTED,
    OPEN,
    REFUSED,
    AccessDecision,
    AccessRequest,
    add_decision,
    close_request,
    find_request,
    select_requests,
)
from nightlight.catalog.securables import Securable, quote
from nightlight.catalog.statements import ChangeGrant, Privilege
from nightlight.catalog.table_access import TableAccess, read_tables
from nightlight.catalog.verdicts import run
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

STANDING = ("1", "2", "3")  # ranks of a verdict (see `verdicts`) that no grant overcomes
ASKED = "5||asked for"
OWN_PIPELINES = "name = 'pipelines'"  # who reads everything: for tags, which are the same for all


@dataclass(frozen=True)
class Outlook:
    """What granting a request would do now.

    `access` is what the person would read then, None where there is no such table. Of the columns `asked` for, some
    are `held` already, and `obstacles` say why others would stay closed; `unknown` ones are not there.
    `needed` approvals as the columns are tagged now; `opens_schema`: USE SCHEMA is granted too.
    """

    access: TableAccess | None
    asked: tuple[str, ...]
    unknown: tuple[str, ...]
    held: tuple[str, ...]
    obstacles: Mapping[str, str]
    needed: int
    opens_schema: bool

    @property
    def would_open(self) -> tuple[str, ...]:
        return tuple(name for name in self.asked if name not in self.obstacles and name not in self.held)


def approvals_needed(connection: "Connection", table: str, columns: Sequence[str]) -> int:
    """Two for text, by whatever way the tag came to a column."""
    if not columns:
        return 1
    rows = run(connection, decisions(people=OWN_PIPELINES, wanted="table_name = :table", policies=True), table=table)
    access = read_tables(rows).get(table)
    tagged = [column for column in access.columns if column.name.lower() in columns] if access else []
    return 1 + any("text" in column.tags.get("sensitivity", ()) for column in tagged)


def open_for(connection: "Connection", principal: str) -> list[AccessRequest]:
    """The open requests that wait for this person to decide, the newest first."""
    found = _managed(connection, select_requests(connection, "state = :state", state=OPEN), principal)
    return [request for request in found if principal not in request.approvers]


def decided_for(connection: "Connection", principal: str, limit: int = 50) -> list[AccessRequest]:
    """The requests of others about tables that this person manages which do not wait for them any more."""
    waiting = {request.id for request in open_for(connection, principal)}
    found = _managed(connection, select_requests(connection, "state <> 'withdrawn'"), principal)
    return [request for request in found if request.id not in waiting][:limit]


def may_decide(connection: "Connection", request: AccessRequest, principal: str) -> bool:
    return bool(_managed(connection, [request], principal))


def standing_approvals(connection: "Connection", request: AccessRequest) -> tuple[str, ...]:
    """Who has approved and could still do so: an approval ends with the right to give it."""
    return tuple(name for name in request.approvers if may_decide(connection, request, name))


def foresee(connection: "Connection", request: AccessRequest) -> Outlook:
    """What granting the request would do now."""
    query = decisions(people=ONE, wanted="table_name = :table", policies=True)
    rows = run(connection, query, principal=request.principal, table=request.table)
    facts = {row.column_name: row.b for row in rows if row.sort == "column"}
    now = read_tables(rows).get(request.table)
    asked = _asked(request, now)
    opened = [
        SimpleNamespace(**{**row._mapping, "b": ASKED})
        if row.sort == "column" and row.column_name in asked and row.b[0] not in STANDING
        else row
        for row in rows
    ]
    known = {name.lower() for name in facts}
    schema = Securable("schema", request.securable.schema)
    return Outlook(
        access=read_tables(opened).get(request.table),  # type: ignore[arg-type]  # rows as the others
        asked=asked,
        unknown=tuple(column for column in request.columns if column not in known),
        held=tuple(column.name for column in now.allowed if column.name in asked) if now else (),
        obstacles={name: facts[name].split("|", 2)[2] for name in asked if facts[name][0] in STANDING},
        needed=max(request.needed, approvals_needed(connection, request.table, request.columns)),
        opens_schema=not _may(connection, request.principal, "USE SCHEMA", schema),
    )


def grants_of(request: AccessRequest, outlook: Outlook) -> tuple[ChangeGrant, ...]:
    """The statements that a granted request puts into force."""
    where, to, table = f"request {request.id}", request.principal, request.securable
    schema = Securable("schema", table.schema)
    found = [ChangeGrant(where, True, "GRANT", (Privilege("SELECT", request.columns),), table, to)]
    if outlook.opens_schema:
        found.insert(0, ChangeGrant(where, True, "GRANT", (Privilege("USE SCHEMA"),), schema, to))
    return tuple(found)


def grant_text(request: AccessRequest, outlook: Outlook) -> str:
    """The same as somebody would write them."""
    to = quote(request.principal)
    schema = f"GRANT USE SCHEMA ON SCHEMA {request.securable.schema} TO {to};\n"
    return f"{schema if outlook.opens_schema else ''}GRANT {request.words} TO {to};"


def check_decision(connection: "Connection", request: AccessRequest, *, by: str, is_approval: bool) -> Outlook:
    """What the grant would do; raises NightlightError unless this person may decide so now."""
    if request.principal == by:
        raise NightlightError("nobody decides about their own request", remedy="ask a colleague who manages the table")
    request.check_open()
    check_privilege(connection, by, "MANAGE", request.securable)
    if by in request.approvers:
        raise NightlightError("you have approved this already", remedy="a second person decides now")
    outlook = foresee(connection, request)
    if is_approval:
        _check_effect(request, outlook)
        if completes(connection, request, outlook, by=by):
            _check_schema(connection, request, outlook, by=by)
    return outlook


def completes(connection: "Connection", request: AccessRequest, outlook: Outlook, *, by: str) -> bool:
    """Whether this person's approval is the last that the request needs."""
    return len({*standing_approvals(connection, request), by}) >= outlook.needed


def record_decision(connection: "Connection", request: int, decision: AccessDecision, *, is_last: bool) -> None:
    """Keep a decision, in a `changing` transaction; a refusal, or the approval that `is_last`, ends the request.

    Everything is looked at once more: raises NightlightError where another decision came in between.
    """
    found = find_request(connection, request)
    outlook = check_decision(connection, found, by=decision.by, is_approval=decision.is_approval)
    if decision.is_approval and completes(connection, found, outlook, by=decision.by) != is_last:
        raise NightlightError("somebody else has just decided about this request", remedy="look at it again")
    add_decision(connection, found, decision)
    if is_last or not decision.is_approval:
        close_request(connection, found, GRANTED if decision.is_approval else REFUSED, decision.at)


def _asked(request: AccessRequest, access: TableAccess | None) -> tuple[str, ...]:
    """The columns that a request is about, as the table spells them."""
    columns = access.columns if access else ()
    if not request.columns:
        return tuple(column.name for column in columns if not column.tags.get("sensitivity"))
    return tuple(column.name for column in columns if column.name.lower() in request.columns)


def _check_effect(request: AccessRequest, outlook: Outlook) -> None:
    if outlook.access is None or outlook.unknown:
        there = f"column '{outlook.unknown[0]}'" if outlook.access else f"table {request.table}"
        raise NightlightError(f"there is no {there}", remedy="refuse the request, and say what to ask for instead")
    if not outlook.would_open:
        reason = next(iter(outlook.obstacles.values()), f"{request.principal} can read all of it already")
        raise NightlightError(
            f"the grant would open nothing: {reason}", remedy="refuse the request, or change the policy first"
        )


def _check_schema(connection: "Connection", request: AccessRequest, outlook: Outlook, *, by: str) -> None:
    """Opening a schema is for those who manage it: what is granted in it besides opens with it."""
    schema = Securable("schema", request.securable.schema)
    approvers = {*standing_approvals(connection, request), by}
    if outlook.opens_schema and not any(_may(connection, name, "MANAGE", schema) for name in approvers):
        raise NightlightError(
            f"{request.principal} has no USE SCHEMA on {schema.name}, which you do not manage",
            remedy="ask somebody who manages the schema to grant it, or to approve",
        )


def _managed(connection: "Connection", requests: Sequence[AccessRequest], principal: str) -> list[AccessRequest]:
    """The requests of others about tables that this person manages."""
    others = [request for request in requests if request.principal != principal]
    managed = {
        table: _may(connection, principal, "MANAGE", Securable("table", table))
        for table in {request.table for request in others}
    }
    return [request for request in others if managed[request.table]]


def _may(connection: "Connection", principal: str, privilege: str, securable: Securable) -> bool:
    verdict = verdicts(connection, privilege, securable, principal).get(principal)
    return verdict is not None and verdict.allowed
