"""Live conversations: taken message by message, read at once, looked at again while somebody waits in them.

A message is stored first and read then: what is lost on the way to its flags is made good at the next look. Sent
twice it counts once, and out of order it takes its place by its time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import database_errors
from nightlight.conversations.labels import Author
from nightlight.db import insert_row, rows_of, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledMessage
from nightlight.quality.events import Event, EventError
from nightlight.quality.flags.declared import Flag
from nightlight.quality.raising import as_flag
from nightlight.quality.reading import read_again
from nightlight.quality.store import LIVE, Case, ConflictError, State, find_case, flags_of, select_cases
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

Clock = Callable[[], datetime]
LOG = logging.getLogger(__name__)
LIVE_WITHIN = timedelta(hours=1)  # a message that comes later than this is told afterwards: nobody waits at it now
AHEAD = timedelta(hours=1)  # that another clock may go before ours
QUIET = timedelta(hours=24)  # without a message and without an end: over, as far as can be told
READ_ANEW = 200  # messages behind one that comes late, whose labels it may change


@dataclass(frozen=True)
class LiveAnswer:
    """What is known after a message (or an end): its labels, the highest risk so far, the flags that stand, and those
    that this look raised or cleared. `duplicate`: it was here already, and nothing has changed. `is_read`: False where
    it is stored and could not be read; the next look does that."""

    conversation: str
    message_id: str
    labels: LabelledMessage | None
    risk: int
    flags: tuple[Flag, ...]
    raised: tuple[Flag, ...]
    cleared: tuple[str, ...]
    duplicate: bool = False
    is_read: bool = True


def take_event(home: Home, event: Event, *, clock: Clock) -> LiveAnswer:
    """Store a message and read it.

    Raises ConflictError for another text under a known id and for a message behind the end, EventError for one from
    the future.
    """
    at = clock()
    if event.sent_at - at > AHEAD:
        remedy = "check the clock and the time zone of the chat software"
        raise EventError("'sent_at' lies in the future", remedy=remedy)
    with database_errors(), transaction(home.database_url) as connection:
        duplicate = not _store(connection, event)
    now = at if at - event.sent_at < LIVE_WITHIN else None
    return _read(home, event.conversation, event.message_id, at=at, now=now, duplicate=duplicate)


def end_conversation(
    home: Home, conversation: str, *, at: datetime, ended_by: Author | None = None, clock: Clock
) -> LiveAnswer:
    """No message will follow; sent twice it counts once. It never ends before its last message."""
    with database_errors(), transaction(home.database_url) as connection:
        case = _lock(connection, conversation)
        if case is None or not case.is_live:
            raise ConflictError("no message of this conversation has come", remedy="send its messages first")
        duplicate = case.ended_at is not None and bool(case.ended_by or not ended_by)
        if not duplicate:
            values = {"ended_at": max(at, case.last_at), "ended_by": ended_by.value if ended_by else "stopped"}
            _change(connection, case, values)
    return _read(home, conversation, "", at=clock(), now=None, duplicate=duplicate)


def look_again(home: Home, *, clock: Clock) -> int:
    """Look at every running conversation as of now: silence raises flags by itself, and what was interrupted is made
    good. One that has been quiet for a day, without an end, is taken to be over. The number of those looked at."""
    at = clock()
    with database_errors(), transaction(home.database_url) as connection:
        half_read = "source = 'live' AND text_gone_at IS NULL AND (ended_at IS NULL OR read_at_change < changes)"
        cases = select_cases(connection, half_read)
    failed: NightlightError | None = None
    for case in cases:
        try:
            if case.ended_at is None and at - case.last_at > QUIET:
                _end_quiet(home, case)
            read_again(home, case.conversation, at=at, now=at)
        except NightlightError as error:  # the others wait no less
            failed = failed or error
    if failed:
        raise failed
    return len(cases)


def _end_quiet(home: Home, case: Case) -> None:
    with database_errors(), transaction(home.database_url) as connection:
        current = _lock(connection, case.conversation)
        if current is not None and current.changes == case.changes:
            _change(connection, current, {"ended_at": current.last_at, "ended_by": ""})


def _read(
    home: Home, conversation: str, message: str, *, at: datetime, now: datetime | None, duplicate: bool
) -> LiveAnswer:
    """The answer to what has just been stored: a labeller that is missing, or thresholds that are broken, undo nothing
    of that."""
    try:
        reading = read_again(home, conversation, at=at, now=now)
    except NightlightError as error:
        LOG.warning("a message is stored and not read yet: %s", error)
        return _unread(home, conversation, message, duplicate=duplicate)
    labels = next((each.labels for each in reading.messages if each.id == message), None)
    kept, risk = reading.kept, reading.case.risk
    return LiveAnswer(conversation, message, labels, risk, reading.flags, kept.raised, kept.cleared, duplicate)


def _unread(home: Home, conversation: str, message: str, *, duplicate: bool) -> LiveAnswer:
    """What was known before it."""
    with database_errors(), transaction(home.database_url) as connection:
        case = find_case(connection, conversation)
        queued = flags_of(connection, conversation)
    flags = tuple(as_flag(flag) for flag in queued if flag.state is State.OPEN)
    risk = case.risk if case else 0
    return LiveAnswer(conversation, message, None, risk, flags, (), (), duplicate, is_read=False)


def _store(connection: "Connection", event: Event) -> bool:
    """Keep a message in its place; False when it is there already."""
    _make_case(connection, event)
    case = _lock(connection, event.conversation)
    if case is None or not case.is_live:
        raise ConflictError("this conversation came from the tables", remedy="give a live one an id of its own")
    known = rows_of(connection, "quality_messages", "1", conversation=case.conversation, message_id=event.message_id)
    if known:
        _check_same(known[0], event)
        return False
    reopened = _check_goes_on(case, event)
    values = {
        "began_at": min(case.began_at, event.sent_at),
        "last_at": max(case.last_at, event.sent_at),
        "counselor": event.counselor or case.counselor,
        "partner": event.partner or case.partner,
        "messages": case.messages + 1,
        **reopened,
    }
    number = _change(connection, case, values)
    _insert_message(connection, event, number)
    if event.sent_at < case.last_at:
        _read_anew(connection, event)
    return True


def _make_case(connection: "Connection", event: Event) -> None:
    """The first statement writes: on every database those who come at once follow one another from here."""
    from sqlalchemy import text

    case = Case(
        event.conversation, LIVE, event.counselor, event.partner, event.sent_at, event.sent_at, None, 0, 0, labeller=""
    )
    names = ", ".join(vars(case))
    places = ", ".join(f":{name}" for name in vars(case))
    query = text(f"INSERT INTO quality_cases ({names}) VALUES ({places}) ON CONFLICT (conversation) DO NOTHING")
    connection.execute(query, vars(case))


def _lock(connection: "Connection", conversation: str) -> Case | None:
    """The conversation as it is, until the transaction ends: nobody else changes it meanwhile."""
    from sqlalchemy import text

    lock = text("UPDATE quality_cases SET changes = changes WHERE conversation = :conversation")
    connection.execute(lock, {"conversation": conversation})
    return find_case(connection, conversation)


def _change(connection: "Connection", case: Case, values: dict[str, Any]) -> int:
    """The number of this change."""
    number = case.changes + 1
    update_rows(connection, "quality_cases", {"conversation": case.conversation}, {**values, "changes": number})
    return number


def _check_same(known: dict[str, Any], event: Event) -> None:
    """A message whose text is kept no longer is known by its id alone."""
    if known["text"] is not None and (known["text"], known["author"]) != (event.text, event.author.value):
        raise ConflictError(
            "another message was sent under this id before", remedy="give every message of a conversation its own id"
        )


def _check_goes_on(case: Case, event: Event) -> dict[str, Any]:
    """What a message changes about the end: one that was only quiet goes on, a late one has its place before it."""
    if case.text_gone_at is not None:
        raise ConflictError("this conversation has ended, and its text is kept no longer", remedy="begin another one")
    if case.ended_at is None or event.sent_at <= case.ended_at:
        return {}
    if case.ended_by:
        raise ConflictError("this conversation has ended", remedy="begin another one, with an id of its own")
    return {"ended_at": None}


def _insert_message(connection: "Connection", event: Event, number: int) -> None:
    values = {
        "conversation": event.conversation,
        "message_id": event.message_id,
        "arrived": number,
        "author": event.author.value,
        "sent_at": event.sent_at,
        "text": event.text,
    }
    insert_row(connection, "quality_messages", values)


def _read_anew(connection: "Connection", event: Event) -> None:
    """Forget the labels of what follows a message that came late: they were read without it."""
    from sqlalchemy import text

    query = text(
        "UPDATE quality_messages SET labels = NULL WHERE conversation = :conversation AND message_id IN ("
        "SELECT message_id FROM quality_messages WHERE conversation = :conversation AND sent_at > :sent_at "
        f"ORDER BY sent_at, arrived LIMIT {READ_ANEW})"
    )
    connection.execute(query, {"conversation": event.conversation, "sent_at": event.sent_at})
