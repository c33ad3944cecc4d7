"""Asking for access and deciding about it: the audit first, then the request and its grant in one act."""

from collections.abc import Callable, Sequence
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
from nightlight.catalog.audit import Entry, append, append_within
from nightlight.catalog.history import changing
from nightlight.catalog.recorded import recording_refusals
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
    with recording_refusals(home, entry), changing(home.database_url) as connection:
        needed = approvals_needed(connection, wish.table, wish.columns)
        asked = request_access(connection, principal, wish, needed=needed, at=clock())
        append_within(connection, home, entry)
        return asked


def withdraw_access_request(home: Home, request: int, *, by: str, clock: Clock = _now) -> None:
    """Take one's own open request back."""
    entry = Entry("withdraw request", by, None, "done", detail=f"request {request}")
    with recording_refusals(home, entry), changing(home.database_url) as connection:
        withdraw_request(connection, request, by=by, at=clock())
        append_within(connection, home, entry)


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
    with recording_refusals(home, entry):
        with transaction(url) as connection:
            outlook = check_decision(connection, found, by=by, is_approval=is_approval)
            is_last = is_approval and completes(connection, found, outlook, by=by)
        append(home, entry)  # before the record of the policies that follow from it
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
