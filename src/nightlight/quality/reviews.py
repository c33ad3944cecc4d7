"""What a person decides about a flag, with the seconds it took them: confirmed, dismissed with a reason, taken up.

A flag whose reason went away by itself may still be decided about: what it was worth is measured by that."""

from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.catalog.audit import Entry
from nightlight.db import transaction
from nightlight.errors import NightlightError, suggest
from nightlight.quality.access import Clock, Reach, find_seen, quality_changes
from nightlight.quality.store import (
    FlagEvent,
    Happened,
    QueuedFlag,
    State,
    history_of,
    insert_flag_event,
    no_conversation,
    no_flag,
    select_flags,
    update_flag,
)
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

REASONS = ("not_so", "assessed_elsewhere", "label_wrong", "known_and_handled", "test")
LONGEST_NOTE = 2000
LONGEST_REVIEW = 4 * 3600.0  # whoever left a page open all night did not read all night


def confirm(home: Home, flag: int, note: str, seconds: float | None, *, by: Reach, clock: Clock) -> QueuedFlag:
    """Say that a flag is right; raises NightlightError where somebody has decided already."""
    return _decide(home, flag, Happened.CONFIRMED, "", note, seconds, by, clock())


def dismiss(
    home: Home, flag: int, reason: str, note: str, seconds: float | None, *, by: Reach, clock: Clock
) -> QueuedFlag:
    """Say that nobody has to act on a flag, for one of REASONS."""
    if reason not in REASONS:
        raise NightlightError("a dismissal needs one of the reasons", remedy=suggest(reason, list(REASONS)))
    return _decide(home, flag, Happened.DISMISSED, reason, note, seconds, by, clock())


def reopen(home: Home, flag: int, note: str, *, by: Reach, clock: Clock) -> QueuedFlag:
    """Take a decision back: the flag waits again, and its history says that it was decided once."""
    return _decide(home, flag, Happened.REOPENED, "", note, None, by, clock())


def history(home: Home, flags: list[QueuedFlag], *, by: Reach) -> dict[int, list[FlagEvent]]:
    """What happened to each of these flags of conversations that somebody sees."""
    with transaction(home.database_url) as connection:
        for conversation in {flag.conversation for flag in flags}:
            find_seen(connection, by, conversation)
        return history_of(connection, flags)


def find_seen_flag(connection: "Connection", by: Reach, flag: int) -> QueuedFlag:
    """A flag of a conversation that somebody sees; any other is not there."""
    found = select_flags(connection, "id = :id", id=flag)
    if not found:
        raise no_flag()
    try:
        find_seen(connection, by, found[0].conversation)
    except NightlightError as refusal:
        raise no_flag() if refusal.what == no_conversation().what else refusal from None
    return found[0]


def _decide(
    home: Home,
    flag: int,
    event: Happened,
    reason: str,
    note: str,
    seconds: float | None,
    by: Reach,
    now: datetime,
) -> QueuedFlag:
    words = " ".join(note.split())
    if len(words) > LONGEST_NOTE:
        raise NightlightError("the note is too long", remedy=f"write at most {LONGEST_NOTE} characters")
    verb = {Happened.CONFIRMED: "confirm", Happened.DISMISSED: "dismiss", Happened.REOPENED: "reopen"}[event]
    entry = Entry(f"{verb} flag", by.person, None, "done", statement=str(flag), detail=reason)
    with quality_changes(home, entry) as connection:
        found = find_seen_flag(connection, by, flag)
        decided = found.state in (State.CONFIRMED, State.DISMISSED)
        if event is Happened.REOPENED and not decided:
            raise NightlightError("nobody has decided about this flag", remedy="confirm or dismiss it")
        if event is not Happened.REOPENED and decided:
            raise NightlightError(f"{found.decided_by} has {found.state} this already", remedy="look at it again")
        again = event is Happened.REOPENED
        values = {
            "state": State.OPEN.value if again else event.value,
            "decided_by": None if again else by.person,
            "decided_at": None if again else now,
            "reason": None if again else reason,
            "note": None if again else words,
        }
        update_flag(connection, flag, **values)
        took = None if seconds is None else min(max(seconds, 0.0), LONGEST_REVIEW)
        insert_flag_event(
            connection,
            flag,
            event,
            at=now,
            severity=found.severity,
            person=by.person,
            reason=reason,
            note=words,
            seconds=took,
        )
        return select_flags(connection, "id = :id", id=flag)[0]
