"""Practice sessions of people: begun, continued event by event, resumed after a lost connection, ended.

What is stored are the events with their labels; the conversation is played again from them, so nothing is lost and
nothing that happened changes when labeller or card get a new version."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import database_errors
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.labelling.serving import labeller_in_use
from nightlight.practice import store
from nightlight.practice.arms import READING, WITHOUT, running_arm
from nightlight.practice.cards import find_played_card, held_out_cards
from nightlight.practice.certificates import issue_due
from nightlight.practice.cohorts import SECURABLE
from nightlight.practice.heard import insert_heard
from nightlight.practice.playing import Playing, playing
from nightlight.practice.shadowing import shadowing
from nightlight.practice.store import ASSESSMENT, PRACTICE, STUDY, Practice
from nightlight.practice.wishes import check_cap
from nightlight.practice.wordings import chosen
from nightlight.settings import BANK, Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.rubric import passed, rubric
from nightlight.simulator.session import Event, Said, Session, Turn

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "Practice",
    "begin",
    "branch",
    "check_leaves_practice",
    "find_own",
    "find_practice",
    "go_on",
    "list_practices",
    "open_ended",
    "pause",
    "record",
    "resume",
    "seconds_into",
    "stop",
]

Clock = Callable[[], datetime]
LONGEST_TEXT = 2000
TRIES = 8  # of storing an event beside other tabs and processes that store theirs
PASS = 0.7  # share of the points that an assessment needs, beside its knock-outs


def begin(
    home: Home,
    person: str,
    card: str,
    *,
    mode: Mode,
    kind: str = PRACTICE,
    assignment: str = "",
    shift: str = "",
    seed: int | None = None,
    demo: str = "",
    clock: Clock,
) -> Practice:
    """Begin a session; raises NightlightError for an unknown, unapproved or expired card and past the daily cap."""
    if kind not in (PRACTICE, ASSESSMENT):
        raise NightlightError(f"'{kind}' is no kind of session", remedy=f"choose {PRACTICE} or {ASSESSMENT}")
    played, now = find_played_card(home, card, clock=clock), clock()
    check_cap(home, person, now)
    if not assignment.startswith(STUDY):
        mode = _mode_in_study(home, person, card, mode)
    practice = Practice(
        id=secrets.token_urlsafe(12),
        person=person,
        card=played.card.id,
        card_version=played.version,
        difficulty=played.card.difficulty,
        topics=tuple(played.card.topics),
        kind=kind,
        mode=Mode.OFF if kind == ASSESSMENT else mode,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        # Where people are compared all meet the same words.
        wording=BANK if kind == ASSESSMENT or assignment.startswith(STUDY) else chosen(home, person),
        labeller=labeller_in_use(home).version,
        shift=shift,
        assignment=assignment,
        branch_of="",
        began_at=now,
        demo=demo,
    )
    append(home, _entry("begin", practice))
    with database_errors(), transaction(home.database_url) as connection:
        store.insert_practice(connection, practice)
    return practice


def check_leaves_practice(home: Home, person: str, card: str) -> None:
    """Raise NightlightError where a running study leaves somebody no practice with a card, a try at it included."""
    _mode_in_study(home, person, card, Mode.OFF)


def _mode_in_study(home: Home, person: str, card: str, mode: Mode) -> Mode:
    """The feedback that a running study leaves; raises NightlightError for its held-out cards, and where one reads."""
    if card in held_out_cards(home):
        raise NightlightError("this card is kept for a study", remedy="choose another one")
    arm = running_arm(home, person)
    if arm == READING:
        raise NightlightError(
            "in the study you take part in you read for now, and practise after its last assessment",
            remedy="leave the study at any time if you would rather practise",
        )
    return Mode.OFF if arm == WITHOUT else mode


def find_practice(home: Home, practice_id: str) -> Practice:
    """Raises NightlightError when there is none of this id."""
    with database_errors(), transaction(home.database_url) as connection:
        return store.find(connection, practice_id)


def find_own(home: Home, person: str, practice_id: str) -> Practice:
    """Somebody's own session; another person's is not there."""
    found = find_practice(home, practice_id)
    if found.person != person:
        raise store.no_practice()
    return found


def list_practices(home: Home, person: str) -> list[Practice]:
    """Somebody's own, the newest first."""
    with database_errors(), transaction(home.database_url) as connection:
        return store.select(connection, "person = :person", person=person)


def open_ended(home: Home, practice_id: str, *, by: str) -> Practice:
    """A session of one of a trainer's people, for its debrief; the audit has that it was opened.

    Only ended ones that were not stopped are there, of people in the trainer's cohorts.
    """
    with database_errors(), transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        found = store.find(connection, practice_id)
        if found.ended_at is None or found.stopped or not store.is_trained_by(connection, found.person, by):
            raise store.no_practice()
    append(home, replace(_entry("open", found), principal=by, detail=f"of {found.person}"))
    return found


def resume(home: Home, practice: Practice) -> Session:
    """The session as it stands after all its stored events; changing it stores nothing."""
    with playing.of(home, practice) as played:
        return played.copy()


def record(home: Home, practice: Practice, event: Event, *, key: str, clock: Clock) -> Turn:
    """Play an event and store it; `key` is the sender's own for this event: sent twice, it counts once.

    Raises NightlightError when the session has ended or is paused, and for a message that is too long.
    """
    if isinstance(event, Said):
        _check_length(event.text)
    append(home, _entry("record", practice))
    with playing.of(home, practice) as played:
        for _ in range(TRIES):
            known = played.numbers.get(key)
            if known is not None:
                return played.session.turns[known]
            played.check_goes_on(find_practice(home, practice.id))
            turn = played.handle(event)
            if _store(home, practice, played, turn, key, clock):
                played.keep(turn, key)
                shadowing.offer(home, practice, turn.number, played.heard, clock())
                if turn.outcome is not None and practice.kind == ASSESSMENT:
                    issue_due(home, practice.person, clock=clock)
                return turn
            played.catch_up(home)
    raise NightlightError("this session is being written by many at once", remedy="send the message again")


def branch(home: Home, practice: Practice, turn: int, text: str, *, clock: Clock) -> Practice:
    """Another course of an ended or running session: its events before `turn`, then this text at the same time.

    It is practice, whatever the first one was, and goes on from there.
    """
    now = clock()
    check_cap(home, practice.person, now)
    _check_length(text)
    find_played_card(home, practice.card, clock=clock)  # one that was retired meanwhile is begun no more
    mode = _mode_in_study(home, practice.person, practice.card, practice.mode)
    with database_errors(), transaction(home.database_url) as connection:
        events = store.events_of(connection, practice.id)
    if not 1 <= turn <= len(events):
        raise NightlightError(f"the session has no message {turn}", remedy=f"choose one from 1 to {len(events)}")
    at = events[turn - 1].event.at
    other = replace(
        practice,
        id=secrets.token_urlsafe(12),
        kind=PRACTICE,
        mode=mode,
        assignment="",
        shift="",
        branch_of=practice.id,
        began_at=now,
        ended_at=None,
        outcome=None,
        stopped=False,
        paused_at=None,
        # Its clock goes on from the old message, not from nought.
        paused_seconds=-at,
        passed=None,
        seconds=0.0,
    )
    append(home, _entry("branch", other))
    with database_errors(), transaction(home.database_url) as connection:
        store.insert_practice(connection, other)
        for each in events[: turn - 1]:
            store.insert_event(connection, other.id, each)
    record(home, other, Said(at, text), key=f"branch {other.id}", clock=clock)
    return find_practice(home, other.id)


def seconds_into(practice: Practice, now: datetime) -> float:
    """The `at` of an event that happens now: seconds since the session began, without its pauses."""
    until = practice.paused_at or practice.ended_at or now
    return max((until - practice.began_at).total_seconds() - practice.paused_seconds, 0.0)


def pause(home: Home, practice: Practice, *, clock: Clock) -> Practice:
    """Stand still: no time passes for the texter; doing it twice changes nothing."""
    return _change(home, practice, "pause", "paused_at = :now", "paused_at IS NULL", {"now": clock()})


def go_on(home: Home, practice: Practice, *, clock: Clock) -> Practice:
    """Go on after a pause; doing it twice changes nothing."""
    found = find_practice(home, practice.id)
    if found.paused_at is None:
        return found
    away = (clock() - found.paused_at).total_seconds()
    values = {"paused": found.paused_seconds + away}
    change = "paused_at = NULL, paused_seconds = :paused"
    return _change(home, practice, "continue", change, "paused_at IS NOT NULL", values)


def stop(home: Home, practice: Practice, *, clock: Clock) -> Practice:
    """End it without a score, at any moment and for no reason; it counts for nothing and is in no table."""
    return _change(home, practice, "stop", "ended_at = :now, stopped = 1, paused_at = NULL", "1 = 1", {"now": clock()})


def _check_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise NightlightError("the message is too long", remedy=f"write at most {LONGEST_TEXT} characters")


def _change(
    home: Home, practice: Practice, action: str, change: str, condition: str, values: Mapping[str, object]
) -> Practice:
    from sqlalchemy import text

    append(home, _entry(action, practice))
    query = text(f"UPDATE practice_sessions SET {change} WHERE id = :id AND ended_at IS NULL AND {condition}")
    with database_errors(), transaction(home.database_url) as connection:
        connection.execute(query, {"id": practice.id, **values})
        return store.find(connection, practice.id)


def _store(home: Home, practice: Practice, played: Playing, turn: Turn, key: str, clock: Clock) -> bool:
    """Store the newest turn; False when another one has taken its place meanwhile."""
    with database_errors(), transaction(home.database_url) as connection:
        event = store.stored(turn, key)
        if not store.take_place(connection, practice.id, event):
            return False
        store.insert_event(connection, practice.id, event)
        insert_heard(connection, practice.id, turn.number, practice.wording, played.heard.figures, at=clock())
        if turn.outcome is not None:
            end_with(connection, practice, played.session, clock())
    return True


def end_with(connection: "Connection", practice: Practice, session: Session, now: datetime) -> None:
    """Keep the session's end with its rubric, and whether an assessment is passed."""
    if session.outcome is None:
        raise ValueError("the session goes on")
    items = rubric(session.card, session.turns)
    store.insert_items(connection, practice.id, items)
    # Too little to assess is no pass: a session that was closed at once shows nothing.
    is_passed = bool(passed(items, threshold=PASS)) if practice.kind == ASSESSMENT else None
    store.end(connection, practice.id, outcome=session.outcome, passed=is_passed, at=now)


def _entry(action: str, practice: Practice) -> Entry:
    return Entry(f"practice {action}", practice.person, None, "done", statement=practice.id)
