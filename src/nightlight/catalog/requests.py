"""Requests for access: who asks for which columns and why, who decided and why; nothing of it is ever deleted.

Asking tells nothing: a request for a table that does not exist is taken like any other, and only those who decide
(see `approvals`) learn of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.principals import check_principal
from nightlight.catalog.securables import Securable, quote
from nightlight.db import moment
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPEN, GRANTED, REFUSED, WITHDRAWN = "open", "granted", "refused", "withdrawn"
SHORTEST_REASON, LONGEST_REASON = 10, 1000
MOST_OPEN, MOST_COLUMNS, LONGEST_NAME = 20, 50, 200


@dataclass(frozen=True)
class AccessDecision:
    """What one person said about a request."""

    by: str
    is_approval: bool
    reason: str
    at: datetime


@dataclass(frozen=True)
class AccessRequest:
    """A request; no `columns`: all that are neither text nor identity. `needed` approvals when it was made."""

    id: int
    principal: str
    table: str
    columns: tuple[str, ...]
    reason: str
    state: str
    needed: int
    made_at: datetime
    decided_at: datetime | None
    decisions: tuple[AccessDecision, ...]

    @property
    def securable(self) -> Securable:
        return Securable("table", self.table)

    @property
    def words(self) -> str:
        """
        >>> AccessRequest(1, "a", "s.t", ("x",), "", OPEN, 1, datetime(2026, 3, 1), None, ()).words
        'SELECT (x) ON TABLE s.t'
        """
        columns = f" ({', '.join(map(quote, self.columns))})" if self.columns else ""
        return f"SELECT{columns} ON TABLE {self.table}"

    @property
    def approvers(self) -> tuple[str, ...]:
        return tuple(decision.by for decision in self.decisions if decision.is_approval)

    def check_open(self) -> None:
        if self.state != OPEN:
            raise NightlightError(f"this request is {self.state} already", remedy="ask anew if it is still needed")


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, checked in form: a table's name, columns in lower case, a reason."""

    table: str
    columns: tuple[str, ...]
    reason: str

    @classmethod
    def of(cls, table: str, columns: Sequence[str], reason: str) -> "Wish":
        """Raises NightlightError for what is no table's name, too many columns, or no reason."""
        wanted = tuple(dict.fromkeys(column.strip().strip('"').lower() for column in columns if column.strip()))
        if len(wanted) > MOST_COLUMNS or any(len(column) > LONGEST_NAME for column in wanted):
            raise NightlightError(
                f"more than {MOST_COLUMNS} columns, or one with a very long name", remedy="name fewer"
            )
        return cls(_table(table), wanted, check_reason(reason))


def check_reason(reason: str) -> str:
    """A reason as it is kept; raises NightlightError for one that says nothing."""
    why = " ".join(reason.split())
    if len(why) < SHORTEST_REASON:
        raise NightlightError("a reason is needed", remedy="write one sentence: what it is for")
    if len(why) > LONGEST_REASON:
        raise NightlightError("the reason is too long", remedy=f"write at most {LONGEST_REASON} characters")
    return why


def request_access(connection: "Connection", principal: str, wish: Wish, *, needed: int, at: datetime) -> AccessRequest:
    """Keep a request, in a `changing` transaction; raises NightlightError for the same one again."""
    from sqlalchemy import text

    check_principal(connection, principal)
    mine = [each for each in list_requests(connection, principal) if each.state == OPEN]
    if any((each.table, set(each.columns)) == (wish.table, set(wish.columns)) for each in mine):
        raise NightlightError(
            "you have asked for this already, and nobody has decided yet",
            remedy="wait, or withdraw the request and ask anew",
        )
    if len(mine) >= MOST_OPEN:
        raise NightlightError(f"you have {MOST_OPEN} open requests", remedy="withdraw some first")
    values = {
        "principal": principal,
        "table_name": wish.table,
        "columns": json.dumps(wish.columns),
        "reason": wish.reason,
        "state": OPEN,
        "approvals_needed": needed,
        "made_at": at,
    }
    places = ", ".join(f":{key}" for key in values)
    query = text(f"INSERT INTO access_requests ({', '.join(values)}) VALUES ({places}) RETURNING id")
    return find_request(connection, int(connection.execute(query, values).scalar_one()))


def withdraw_request(connection: "Connection", request: int, *, by: str, at: datetime) -> None:
    """Take one's own open request back, in a `changing` transaction."""
    found = find_request(connection, request)
    if found.principal != by:
        raise NightlightError("only the one who asked can withdraw a request")
    found.check_open()
    close_request(connection, found, WITHDRAWN, at)


def find_request(connection: "Connection", request: int) -> AccessRequest:
    found = select_requests(connection, "id = :id", id=request)
    if not found:
        raise NightlightError(f"there is no request {request}")
    return found[0]


def list_requests(connection: "Connection", principal: str) -> list[AccessRequest]:
    """Somebody's own, the newest first."""
    return select_requests(connection, "principal = :principal", principal=principal)


def add_decision(connection: "Connection", request: AccessRequest, decision: AccessDecision) -> None:
    from sqlalchemy import text

    query = text("INSERT INTO access_decisions VALUES (:request, :by, :is_approval, :reason, :at)")
    values = {"by": decision.by, "is_approval": int(decision.is_approval), "reason": decision.reason}
    connection.execute(query, {"request": request.id, **values, "at": decision.at})


def close_request(connection: "Connection", request: AccessRequest, state: str, at: datetime) -> None:
    from sqlalchemy import text

    query = text("UPDATE access_requests SET state = :state, decided_at = :at WHERE id = :id")
    connection.execute(query, {"state": state, "at": at, "id": request.id})


def select_requests(connection: "Connection", condition: str, **values: Any) -> list[AccessRequest]:
    """The requests that a SQL condition selects, the newest first."""
    from sqlalchemy import text

    rows = connection.execute(text(f"SELECT * FROM access_requests WHERE {condition} ORDER BY id DESC"), values)
    requests = [dict(row) for row in rows.mappings()]
    given: dict[int, list[AccessDecision]] = {row["id"]: [] for row in requests}
    if requests:
        query = text(
            "SELECT * FROM access_decisions WHERE request BETWEEN :first AND :last "
            "ORDER BY decided_at, is_approval DESC"
        )
        span = {"first": requests[-1]["id"], "last": requests[0]["id"]}
        for row in connection.execute(query, span):
            if row.request in given:
                decision = AccessDecision(row.decided_by, bool(row.is_approval), row.reason, moment(row.decided_at))
                given[row.request].append(decision)
    return [_request(row, given[row["id"]]) for row in requests]


def _request(row: Mapping[str, Any], given: Sequence[AccessDecision]) -> AccessRequest:
    return AccessRequest(
        id=row["id"],
        principal=row["principal"],
        table=row["table_name"],
        columns=tuple(json.loads(row["columns"])),
        reason=row["reason"],
        state=row["state"],
        needed=row["approvals_needed"],
        made_at=moment(row["made_at"]),
        decided_at=moment(row["decided_at"]) if row["decided_at"] else None,
        decisions=tuple(given),
    )


def _table(text: str) -> str:
    name = text.strip().lower()
    try:
        securable = Securable.parse(name)
    except NightlightError:
        securable = Securable("catalog")
    if securable.kind != "table" or securable.column or len(name) > 200:
        raise NightlightError("this is no table's name", remedy="write schema.table, such as gold.volume_daily")
    return securable.name
