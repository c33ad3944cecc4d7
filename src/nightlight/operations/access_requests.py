"""Asking for access and deciding about it: the audit first, then the request and its grant in one act."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nightlight.catalog.approvals import (
    approvals_needed,
    check_decision,
    completes,
    grant_text,
    grants_of,
    record_decision,
)
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import changing
from nightlight.catalog.requests import (
    AccessDecision,
    AccessRequest,
    Wish,
    check_reason,
    find_request,
    request_access,
    withdraw_request,
)
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

if TYPE_CHECKING:
    from sqlalchemy import Connection

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def ask_for_access(
    home: Home, principal: str, table: str, columns: Sequence[str], reason: str, *, clock: Clock = _now
) -> AccessRequest:
    """Keep a request; raises NightlightError for what cannot be asked. It says nothing of whether the table exists."""
    wish = Wish.of(table, columns, reason)
    entry = Entry(
        "request access", principal, None, "done", statement=wish.reason, tables=(wish.table,), columns=wish.columns
    )
    with _audited(home, entry), changing(home.database_url) as connection:
        needed = approvals_needed(connection, wish.table, wish.columns)
        return request_access(connection, principal, wish, needed=needed, at=clock())


def withdraw_access_request(home: Home, request: int, *, by: str, clock: Clock = _now) -> None:
    """Take one's own open request back."""
    with _audited(home, Entry("withdraw request", by, None, "done", detail=f"request {request}")):
        withdraw_request(home.database_url, request, by=by, at=clock())


def decide_access_request(
    home: Home, request: int, *, by: str, is_approval: bool, reason: str, clock: Clock = _now
) -> AccessRequest:
    """Approve or refuse a request, with a reason; the last approval needed puts the grant into force in the same act.

    Raises NightlightError where this person may not decide so, or the grant would open nothing.
    """
    url = home.database_url
    why = check_reason(reason)
    register_tables(url, Lake(home.lake))  # decide about the columns there are now
    with transaction(url) as connection:
        found = find_request(connection, request)
    entry = Entry("approve request" if is_approval else "refuse request", by, None, "done", statement=why)
    entry = replace(entry, tables=(found.table,), columns=found.columns, detail=f"request {request}")
    with _audited(home, entry):
        with transaction(url) as connection:
            outlook = check_decision(connection, found, by=by, is_approval=is_approval)
            is_last = is_approval and completes(connection, found, outlook, by=by)
        decision = AccessDecision(by, is_approval, why, clock())

        def record(connection: "Connection") -> None:
            record_decision(connection, request, decision, is_last=is_last)

        if is_last:
            text = f"-- request {request}\n{grant_text(found, outlook)}"
            apply_policies(home, grants_of(found, outlook), by=by, text=text, before=record)
        else:
            with changing(url) as connection:
                record(connection)
    with transaction(url) as connection:
        return find_request(connection, request)


@contextmanager
def _audited(home: Home, entry: Entry) -> Iterator[None]:
    """The audit has an act before it happens, and once more when it was refused."""
    append(home, entry)
    try:
        yield
    except NightlightError as refusal:
        append(home, replace(entry, outcome="refused", detail=f"{entry.detail}: {refusal}".lstrip(": ")))
        raise
