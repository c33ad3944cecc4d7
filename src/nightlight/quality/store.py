"""Rows of quality work in the catalog's database: conversations, their flags and what became of them.

Moments go into it in UTC. What is read here is guarded by nobody: people come by `access`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightlight.db import insert_row, moment, update_rows
from nightlight.errors import NightlightError
from nightlight.quality.flags.declared import Flag, Severity

if TYPE_CHECKING:
    from sqlalchemy import Connection

SECURABLE = "app quality"
LIVE, LINE = "live", "line"


class ConflictError(NightlightError):
    """What was asked is refused by what is there already: sending it again the same way changes nothing."""


class State(StrEnum):
    """Of a flag: it waits for a person, a person decided, or its reason went away before anybody looked."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLEARED = "cleared"


class Happened(StrEnum):
    """What happened to a flag: raised and cleared by its rule, the rest by a person."""

    RAISED = "raised"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Case:
    """A conversation as the queue knows it, without a word of it. `source`: `live` was sent message by message, `line`
    came from the tables. `risk`: the highest level so far; `ended_by`: texter, counselor, "" where nobody said so.

    `changes` grows with every event; labels and flags are up to `read_at_change`. `text_gone_at`: since when a live
    conversation's text is kept no longer."""

    conversation: str
    source: str
    counselor: str | None
    partner: str | None
    began_at: datetime
    last_at: datetime
    ended_at: datetime | None
    risk: int
    messages: int
    labeller: str
    ended_by: str = ""
    changes: int = 0
    read_at_change: int = 0
    text_gone_at: datetime | None = None

    @property
    def is_read(self) -> bool:
        return self.read_at_change == self.changes

    @property
    def is_live(self) -> bool:
        """Whether its text and labels are (or were) kept here, not in the tables."""
        return self.source == LIVE


@dataclass(frozen=True)
class QueuedFlag:
    """A flag in the queue, one for each rule of a conversation; raised again after it was cleared, it is the same."""

    id: int
    conversation: str
    rule: str
    rule_version: int
    severity: Severity
    why: str
    message_ids: tuple[str, ...]
    probability: float | None
    labeller: str
    raised_at: datetime
    cleared_at: datetime | None
    state: State
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    note: str | None


@dataclass(frozen=True)
class FlagEvent:
    """`person`: who did it, "" for a rule; `seconds`: that a review took, None where nobody reviewed."""

    id: int
    flag: int
    event: Happened
    at: datetime
    person: str
    severity: Severity
    reason: str
    note: str
    seconds: float | None


def no_conversation() -> NightlightError:
    """The same words for one that is not there and one that is not theirs to see."""
    return NightlightError("there is no such conversation", remedy="choose one from the queue")


def no_flag() -> NightlightError:
    return NightlightError("there is no such flag", remedy="choose one from the queue")


def find_case(connection: "Connection", conversation: str) -> Case | None:
    found = select_cases(connection, "conversation = :conversation", conversation=conversation)
    return found[0] if found else None


def select_cases(connection: "Connection", condition: str, **values: Any) -> list[Case]:
    """The conversations that a SQL condition selects, the newest first."""
    from sqlalchemy import text

    query = text(f"SELECT * FROM quality_cases WHERE {condition} ORDER BY last_at DESC, conversation")
    return [case_of(dict(row)) for row in connection.execute(query, values).mappings()]


def case_of(row: dict[str, Any]) -> Case:
    times = ("began_at", "last_at", "ended_at", "text_gone_at")
    return Case(**{**row, **{name: None if row[name] is None else moment(row[name]) for name in times}})


def insert_case(connection: "Connection", case: Case) -> None:
    insert_row(connection, "quality_cases", vars(case))


def select_flags(connection: "Connection", condition: str, **values: Any) -> list[QueuedFlag]:
    """The flags that a SQL condition selects, as they were raised."""
    from sqlalchemy import text

    query = text(f"SELECT * FROM quality_flags WHERE {condition} ORDER BY raised_at, id")
    return [flag_of(dict(row)) for row in connection.execute(query, values).mappings()]


def flags_of(connection: "Connection", conversation: str) -> list[QueuedFlag]:
    return select_flags(connection, "conversation = :conversation", conversation=conversation)


def flag_of(row: dict[str, Any]) -> QueuedFlag:
    times = ("raised_at", "cleared_at", "decided_at")
    return QueuedFlag(
        **{
            **row,
            **{name: None if row[name] is None else moment(row[name]) for name in times},
            "severity": Severity(row["severity"]),
            "message_ids": tuple(json.loads(row["message_ids"])),
            "state": State(row["state"]),
        }
    )


def insert_flag(connection: "Connection", conversation: str, flag: Flag, at: datetime) -> int:
    """The number of a new open flag."""
    from sqlalchemy import text

    values = {"conversation": conversation, "rule": flag.rule, **evidence_of(flag), "raised_at": at, "state": "open"}
    insert_row(connection, "quality_flags", values)
    query = text("SELECT id FROM quality_flags WHERE conversation = :conversation AND rule = :rule")
    return int(connection.execute(query, {"conversation": conversation, "rule": flag.rule}).scalar_one())


def evidence_of(flag: Flag) -> dict[str, Any]:
    """What a flag says now, as columns."""
    return {
        "rule_version": flag.rule_version,
        "severity": flag.severity.value,
        "why": flag.why,
        "message_ids": json.dumps(flag.message_ids),
        "probability": flag.probability,
        "labeller": flag.labeller,
    }


def update_flag(connection: "Connection", flag: int, **values: Any) -> None:
    update_rows(connection, "quality_flags", {"id": flag}, values)


def insert_flag_event(
    connection: "Connection",
    flag: int,
    event: Happened,
    *,
    at: datetime,
    severity: Severity,
    person: str = "",
    reason: str = "",
    note: str = "",
    seconds: float | None = None,
) -> None:
    values = {
        "flag": flag,
        "event": event.value,
        "at": at,
        "person": person,
        "severity": severity.value,
        "reason": reason,
        "note": note,
        "seconds": seconds,
    }
    insert_row(connection, "quality_flag_events", values)


def select_flag_events(connection: "Connection", condition: str = "1 = 1", **values: Any) -> list[FlagEvent]:
    """What happened to flags, in its order; conditions on columns of quality_flag_events."""
    from sqlalchemy import text

    query = text(f"SELECT * FROM quality_flag_events WHERE {condition} ORDER BY id")
    return [
        FlagEvent(
            **{
                **dict(row),
                "event": Happened(row["event"]),
                "at": moment(row["at"]),
                "severity": Severity(row["severity"]),
            }
        )
        for row in connection.execute(query, values).mappings()
    ]


def history_of(connection: "Connection", flags: Sequence[QueuedFlag]) -> dict[int, list[FlagEvent]]:
    """What happened to each of these flags."""
    found: dict[int, list[FlagEvent]] = {flag.id: [] for flag in flags}
    for flag in flags:
        found[flag.id] = select_flag_events(connection, "flag = :flag", flag=flag.id)
    return found
