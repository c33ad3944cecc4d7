"""Calls: a flag of severity page in a running conversation is told to a person, once, and once more where nobody came.

What has to be told stands in the database before anybody is told, and whoever tells it takes it first: several
processes may look, one tells. Nothing here waits for anybody; `operations.calls` sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nightlight.catalog.history import database_errors
from nightlight.db import moment, rows_of, transaction, update_rows
from nightlight.quality.access import Clock, Reach
from nightlight.quality.flags.declared import Severity
from nightlight.quality.store import Case, State, find_case, select_cases
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

FRESH = timedelta(hours=1)  # what was raised before that, while nothing looked, calls nobody at once any more
TAKEN_FOR = timedelta(minutes=5)  # longer than a mail server that never answers takes; then another may try
TRY_AGAIN = timedelta(seconds=30)
STANDS = (
    f"f.state = '{State.OPEN}' AND f.severity = '{Severity.PAGE}' AND c.source = 'live' AND e.id = "
    f"(SELECT MAX(id) FROM quality_flag_events WHERE flag = f.id AND event = 'raised' AND severity = '{Severity.PAGE}')"
)
OPEN_FLAGS = (
    "quality_flags f JOIN quality_cases c ON c.conversation = f.conversation "
    "JOIN quality_flag_events e ON e.flag = f.id"
)


@dataclass(frozen=True)
class Call:
    """`turn`: 1, or 2 where nobody had opened the conversation some minutes after the first."""

    id: int
    flag: int
    conversation: str
    turn: int
    rule: str
    raised_at: datetime


@dataclass(frozen=True)
class Unheard:
    """A flag that nobody on duty has heard of. `problem`: why nobody could be told, None where the home's alert address
    was; `at_address`: whether it was."""

    conversation: str
    problem: str | None
    at_address: bool


def take_call(home: Home, *, clock: Clock) -> Call | None:
    """What has to be told next, by whoever asked: nobody else gets it until `TAKEN_FOR` is over."""
    now = clock()
    with transaction(home.database_url) as connection:
        if not (_new(connection, now) or _again(home, connection, now) or _due(connection, now)):
            return None  # the usual answer, every few seconds: nothing is written for it
    with database_errors(), transaction(home.database_url) as connection:
        _note(home, connection, now)
        return next((call for call in _due(connection, now) if _take(connection, call, now)), None)


def call_told(home: Home, call: Call, people: Sequence[str], *, clock: Clock) -> None:
    """Somebody was told: people on duty, or with none of them the home's alert address."""
    values = {"told_at": clock(), "told": ", ".join(people), "problem": None}
    with database_errors(), transaction(home.database_url) as connection:
        update_rows(connection, "quality_calls", {"id": call.id}, values)


def call_failed(home: Home, call: Call, problem: str, *, clock: Clock) -> None:
    """Nobody could be told; it is tried again soon."""
    values = {"problem": problem, "not_before": clock() + TRY_AGAIN}
    with database_errors(), transaction(home.database_url) as connection:
        update_rows(connection, "quality_calls", {"id": call.id}, values)


def answer_call(connection: "Connection", conversation: str, now: datetime) -> None:
    """Somebody opened the conversation: it calls nobody a second time."""
    if any(row["answered_at"] is None for row in rows_of(connection, "quality_calls", "id", conversation=conversation)):
        update_rows(connection, "quality_calls", {"conversation": conversation}, {"answered_at": now})


def unheard(home: Home, *, by: Reach) -> list[Unheard]:
    """The flags that stand and that nobody on duty has heard of, of conversations that somebody sees."""
    with transaction(home.database_url) as connection:
        found = []
        standing = f"conversation IN (SELECT f.conversation FROM {OPEN_FLAGS} WHERE {STANDS})"
        for case in select_cases(connection, standing):
            calls = rows_of(connection, "quality_calls", "id", conversation=case.conversation)
            if by.sees(case) and calls and not any(each["told"] or each["answered_at"] for each in calls):
                found.append(Unheard(case.conversation, calls[-1]["problem"], calls[-1]["told"] is not None))
    return found


def called_case(home: Home, call: Call) -> Case | None:
    """The conversation of a call; None where it was erased meanwhile."""
    with transaction(home.database_url) as connection:
        return find_case(connection, call.conversation)


def _note(home: Home, connection: "Connection", now: datetime) -> None:
    from sqlalchemy import text

    query = text(
        "INSERT INTO quality_calls (event, flag, conversation, turn, not_before) "
        "VALUES (:event, :flag, :conversation, :turn, :now) ON CONFLICT (event, turn) DO NOTHING"
    )
    for turn, found in ((1, _new(connection, now)), (2, _again(home, connection, now))):
        for event, flag, conversation in found:
            values = {"event": event, "flag": flag, "conversation": conversation, "turn": turn, "now": now}
            connection.execute(query, values)


def _new(connection: "Connection", now: datetime) -> list[tuple[int, int, str]]:
    """(event, flag, conversation) of what was raised lately and is told to nobody yet."""
    from sqlalchemy import text

    query = text(
        f"SELECT e.id, f.id, f.conversation FROM {OPEN_FLAGS} WHERE {STANDS} AND e.at >= :since "
        "AND NOT EXISTS (SELECT 1 FROM quality_calls k WHERE k.event = e.id) ORDER BY e.id"
    )
    return [tuple(row) for row in connection.execute(query, {"since": now - FRESH})]


def _again(home: Home, connection: "Connection", now: datetime) -> list[tuple[int, int, str]]:
    """The same of what was told some minutes ago and nobody has opened."""
    from sqlalchemy import text

    minutes = home.settings.quality_call_again_minutes
    if not minutes:
        return []
    query = text(
        f"SELECT e.id, f.id, f.conversation FROM {OPEN_FLAGS} JOIN quality_calls k ON k.event = e.id AND k.turn = 1 "
        f"WHERE {STANDS} AND k.told_at <= :until AND k.answered_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM quality_calls s WHERE s.event = e.id AND s.turn = 2) ORDER BY e.id"
    )
    return [tuple(row) for row in connection.execute(query, {"until": now - timedelta(minutes=minutes)})]


def _due(connection: "Connection", now: datetime) -> list[Call]:
    """What is noted and not told, and that nobody is telling just now."""
    from sqlalchemy import text

    query = text(
        f"SELECT k.id, k.flag, k.conversation, k.turn, f.rule, e.at AS raised_at FROM {OPEN_FLAGS} "
        f"JOIN quality_calls k ON k.event = e.id WHERE {STANDS} AND k.told_at IS NULL AND k.answered_at IS NULL "
        "AND k.not_before <= :now ORDER BY k.id"
    )
    rows = connection.execute(query, {"now": now}).mappings()
    return [Call(**{**row, "raised_at": moment(row["raised_at"])}) for row in rows]


def _take(connection: "Connection", call: Call, now: datetime) -> bool:
    from sqlalchemy import text

    query = text(
        "UPDATE quality_calls SET not_before = :until WHERE id = :id AND told_at IS NULL AND not_before <= :now"
    )
    values = {"id": call.id, "now": now, "until": now + TAKEN_FOR}
    return connection.execute(query, values).rowcount == 1
