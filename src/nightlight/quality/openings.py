"""Opening the text of a conversation: on one's shift, with a second person's approval, or at once in an emergency.

The audit has every opening before a word is returned. Outside one's shift two people stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit import Entry
from nightlight.catalog.requests import check_reason
from nightlight.db import insert_row, moment, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.quality.access import Clock, Reach, find_seen, may, quality_changes
from nightlight.quality.flags.declared import Severity
from nightlight.quality.shifts import Shift, ran_during, shifts_of
from nightlight.quality.store import Case, State, flags_of
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

VALID = timedelta(hours=24)
ASKED, EMERGENCY = "asked", "emergency"


class Ground(StrEnum):
    """Why somebody may open a conversation's text; `needs_second`: they may not, until another person approves."""

    SHIFT = "shift"
    APPROVED = "approved"
    EMERGENCY = "emergency"
    NEEDS_SECOND = "needs_second"


@dataclass(frozen=True)
class Opening:
    """`kind`: asked or emergency. `seconded_by`: who approved it, or looked at an emergency's afterwards;
    `valid_until`: None while it waits, and where it was declined."""

    id: int
    conversation: str
    person: str
    kind: str
    reason: str
    asked_at: datetime
    seconded_by: str | None
    seconded_at: datetime | None
    declined_at: datetime | None
    valid_until: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.valid_until is not None and now < self.valid_until

    @property
    def is_waiting(self) -> bool:
        """Whether a second person has still to look at it."""
        return self.seconded_at is None and self.declined_at is None


def may_open(home: Home, conversation: str, *, by: Reach, now: datetime) -> Ground:
    """Why somebody may open a conversation that they see."""
    with transaction(home.database_url) as connection:
        case = find_seen(connection, by, conversation)
        return ground_of(case, shifts_of(connection, by.person), openings_of(connection, by.person), now)


def ground_of(case: Case, shifts: Sequence[Shift], openings: Sequence[Opening], now: datetime) -> Ground:
    """The same from a person's shifts and openings: for many conversations at once."""
    if ran_during(shifts, case, now):
        return Ground.SHIFT
    valid = {each.kind for each in openings if each.conversation == case.conversation and each.is_valid(now)}
    if ASKED in valid:
        return Ground.APPROVED
    return Ground.EMERGENCY if EMERGENCY in valid else Ground.NEEDS_SECOND


def ask_opening(home: Home, conversation: str, reason: str, *, by: Reach, clock: Clock) -> Opening:
    """Ask a second person; raises NightlightError where it was asked already, or is not needed."""
    why, now = check_reason(reason), clock()
    entry = Entry("ask to open conversation", by.person, None, "done", statement=conversation)
    with quality_changes(home, entry) as connection:
        case = find_seen(connection, by, conversation)
        mine = openings_of(connection, by.person)
        if ground_of(case, shifts_of(connection, by.person), mine, now) is not Ground.NEEDS_SECOND:
            raise NightlightError("you may open this conversation already", remedy="open it")
        if any(each.conversation == conversation and each.is_waiting and each.kind == ASKED for each in mine):
            raise NightlightError("you have asked for this already", remedy="a second person has to approve it now")
        return _insert(connection, conversation, by.person, ASKED, why, now)


def approve_opening(home: Home, opening: int, *, by: Reach, clock: Clock) -> Opening:
    """Let somebody else open a conversation for 24 hours; raises NightlightError for one's own request."""
    now = clock()
    return _second(home, opening, "approve opening", ASKED, {"seconded_at": now, "valid_until": now + VALID}, by)


def decline_opening(home: Home, opening: int, *, by: Reach, clock: Clock) -> Opening:
    """Say no to somebody else's request; one's own is taken back in this way."""
    return _second(home, opening, "decline opening", ASKED, {"declined_at": clock()}, by)


def open_in_emergency(home: Home, conversation: str, reason: str, *, by: Reach, clock: Clock) -> Opening:
    """Be let in at once where somebody has to be called; everybody who manages quality sees it until one of them, or
    a colleague, has looked at it."""
    why, now = check_reason(reason), clock()
    entry = Entry("open conversation in emergency", by.person, None, "done", statement=conversation)
    with quality_changes(home, entry) as connection:
        find_seen(connection, by, conversation)
        if not calls_somebody(connection, conversation):
            raise NightlightError(
                "no flag of this conversation calls a supervisor at once", remedy="ask a second person to approve"
            )
        return _insert(connection, conversation, by.person, EMERGENCY, why, now, valid_until=now + VALID)


def look_at_emergency(home: Home, opening: int, *, by: Reach, clock: Clock) -> Opening:
    """Say as a second person that an emergency's opening has been looked at."""
    return _second(home, opening, "look at emergency opening", EMERGENCY, {"seconded_at": clock()}, by)


def waiting_openings(home: Home, *, by: Reach) -> list[Opening]:
    """What waits for a second person: requests to approve, and for those who manage quality emergencies to look at;
    one's own among them, which one does not second."""
    with transaction(home.database_url) as connection:
        if not may(connection, by.person, "EXECUTE"):
            return []
        manages = may(connection, by.person, "MANAGE")
        found = _select(connection, "seconded_at IS NULL AND declined_at IS NULL")
    return [each for each in found if each.kind == ASKED or manages or each.person == by.person]


def own_openings(home: Home, *, by: Reach) -> list[Opening]:
    """What somebody asked for, the newest first."""
    with transaction(home.database_url) as connection:
        return openings_of(connection, by.person)


def openings_of(connection: "Connection", person: str) -> list[Opening]:
    return _select(connection, "person = :person", person=person)


def calls_somebody(connection: "Connection", conversation: str) -> bool:
    """Whether a flag stands that calls the supervisor at once: open, or found right by a person."""
    standing = (State.OPEN, State.CONFIRMED)
    flags = flags_of(connection, conversation)
    return any(flag.severity is Severity.PAGE and flag.state in standing for flag in flags)


def _second(home: Home, opening: int, action: str, kind: str, values: dict[str, Any], by: Reach) -> Opening:
    entry = Entry(action, by.person, None, "done", statement=str(opening))
    with quality_changes(home, entry) as connection:
        found = _select(connection, "id = :id AND kind = :kind", id=opening, kind=kind)
        if not found:
            raise NightlightError("there is no such request", remedy="choose one from the list")
        if found[0].person == by.person and "declined_at" not in values:
            raise NightlightError("a second person is needed: this is your own", remedy="ask a colleague")
        if not found[0].is_waiting:
            raise NightlightError("somebody has decided about this already", remedy="look at the list again")
        seconded = {} if "declined_at" in values else {"seconded_by": by.person}
        update_rows(connection, "quality_openings", {"id": opening}, {**values, **seconded})
        return _select(connection, "id = :id", id=opening)[0]


def _insert(
    connection: "Connection",
    conversation: str,
    person: str,
    kind: str,
    reason: str,
    now: datetime,
    valid_until: datetime | None = None,
) -> Opening:
    values = {
        "conversation": conversation,
        "person": person,
        "kind": kind,
        "reason": reason,
        "asked_at": now,
        "valid_until": valid_until,
    }
    insert_row(connection, "quality_openings", values)
    return openings_of(connection, person)[0]


def _select(connection: "Connection", condition: str, **values: Any) -> list[Opening]:
    from sqlalchemy import text

    query = text(f"SELECT * FROM quality_openings WHERE {condition} ORDER BY asked_at DESC, id DESC")
    times = ("asked_at", "seconded_at", "declined_at", "valid_until")
    rows = [dict(row) for row in connection.execute(query, values).mappings()]
    return [Opening(**{**row, **{name: moment(row[name]) if row[name] else None for name in times}}) for row in rows]
