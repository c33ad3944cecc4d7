"""Rows of practice sessions in the catalog's database: what is written once and read again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.conversations.labels import CounselorAct, Outcome, Topic
from nightlight.db import insert_row, moment, update_rows
from nightlight.errors import NightlightError
from nightlight.labelling.acts import LabelledAct
from nightlight.practice.words import read_words, write_words
from nightlight.simulator.feedback import Mode
from nightlight.simulator.rubric import Item
from nightlight.simulator.session import Closed, Event, Said, SupervisorCalled, Turn, Waited
from nightlight.simulator.timing import Reply
from nightlight.simulator.wording import Worded

if TYPE_CHECKING:
    from sqlalchemy import Connection

PRACTICE, ASSESSMENT = "practice", "assessment"
STUDY = "study "  # how the `assignment` of a study's assessment begins: `study NAME before`
KINDS: dict[type, str] = {Said: "said", Waited: "waited", SupervisorCalled: "supervisor", Closed: "closed"}


@dataclass(frozen=True)
class Practice:
    """A session as it is stored. `kind`: practice or assessment (feedback off, criteria fixed at its beginning);
    `shift`, `assignment`: what it belongs to ("" = nothing); `branch_of`: the session whose beginning it shares;
    `stopped`: the person stopped it, which counts for nothing; `seconds`: of its newest event; `passed`: None where
    nothing is passed; `demo`: where an invented one comes from."""

    id: str
    person: str
    card: str
    card_version: int
    difficulty: int
    topics: tuple[Topic, ...]
    kind: str
    mode: Mode
    seed: int
    wording: str
    labeller: str
    shift: str
    assignment: str
    branch_of: str
    began_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    stopped: bool = False
    paused_at: datetime | None = None
    paused_seconds: float = 0.0
    seconds: float = 0.0
    passed: bool | None = None
    demo: str = ""


@dataclass(frozen=True)
class StoredEvent:
    """An event in its place, with the labels it had and what the texter said to it; `key` is its sender's own.

    `replies`, `words` are None where they were not kept; `outcome` is set by the event that ended the session.
    """

    number: int
    key: str
    event: Event
    labels: tuple[LabelledAct, ...]
    replies: tuple[Reply, ...] | None = None
    outcome: Outcome | None = None
    words: tuple[Worded, ...] | None = None


def stored(turn: Turn, key: str) -> StoredEvent:
    if turn.event is None:
        raise ValueError("the opening is no event")
    return StoredEvent(turn.number, key, turn.event, turn.acts, turn.replies, turn.outcome, turn.worded)


def insert_practice(connection: "Connection", practice: Practice) -> None:
    values = {
        **vars(practice),
        "topics": json.dumps(practice.topics),
        "mode": practice.mode.value,
        "stopped": int(practice.stopped),
        "passed": None,
        "batch": 0,
    }
    insert_row(connection, "practice_sessions", values)


def find(connection: "Connection", practice_id: str) -> Practice:
    found = select(connection, "id = :id", id=practice_id)
    if not found:
        raise no_practice()
    return found[0]


def no_practice() -> NightlightError:
    """The same words for an unknown session and for somebody else's."""
    return NightlightError("there is no such practice session", remedy="choose one from your list")


def select(connection: "Connection", condition: str, **values: Any) -> list[Practice]:
    """The sessions that a SQL condition selects, the newest first."""
    from sqlalchemy import text

    query = text(f"SELECT * FROM practice_sessions WHERE {condition} ORDER BY began_at DESC, id")
    return [_practice(dict(row)) for row in connection.execute(query, values).mappings()]


def _practice(row: dict[str, Any]) -> Practice:
    row.pop("batch")
    for name in ("ended_at", "paused_at"):
        row[name] = moment(row[name]) if row[name] else None
    return Practice(
        **{
            **row,
            "topics": tuple(Topic(each) for each in json.loads(row["topics"])),
            "mode": Mode(row["mode"]),
            "began_at": moment(row["began_at"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
            "stopped": bool(row["stopped"]),
            "passed": None if row["passed"] is None else bool(row["passed"]),
        }
    )


def events_of(connection: "Connection", practice_id: str, *, after: int = 0) -> list[StoredEvent]:
    """The events behind number `after`, in their order."""
    from sqlalchemy import text

    query = text("SELECT * FROM practice_events WHERE session = :id AND number > :after ORDER BY number")
    return [_event(row) for row in connection.execute(query, {"id": practice_id, "after": after}).mappings()]


def _event(row: Any) -> StoredEvent:
    at, words = float(row["at"]), row["text"]
    event: Event
    match row["kind"]:
        case "said":
            event = Said(at, words)
        case "waited":
            event = Waited(at)
        case "supervisor":
            event = SupervisorCalled(at, words)
        case _:
            event = Closed(at)
    labels = tuple(LabelledAct(CounselorAct(act), probability) for act, probability in json.loads(row["labels"]))
    kept = row["replies"]
    replies = None if kept is None else tuple(Reply(text, after) for text, after in json.loads(kept))
    outcome = Outcome(row["outcome"]) if row["outcome"] else None
    words = None if row["words"] is None else read_words(row["words"])
    return StoredEvent(row["number"], row["sender_key"], event, labels, replies, outcome, words)


def take_place(connection: "Connection", practice_id: str, event: StoredEvent) -> bool:
    """Lock the session's row and look whether this is its next event; False when it is not, or has been sent."""
    from sqlalchemy import text

    goes_on = "id = :id AND ended_at IS NULL AND paused_at IS NULL"
    lock = text(f"UPDATE practice_sessions SET seconds = seconds WHERE {goes_on}")
    if not connection.execute(lock, {"id": practice_id}).rowcount:
        return False
    query = text(
        "SELECT COALESCE(MAX(number), 0) AS newest, MAX(CASE WHEN sender_key = :key THEN 1 ELSE 0 END) AS sent "
        "FROM practice_events WHERE session = :id"
    )
    row = connection.execute(query, {"id": practice_id, "key": event.key}).one()
    return row.newest == event.number - 1 and not row.sent


def insert_event(connection: "Connection", practice_id: str, each: StoredEvent) -> None:
    event = each.event
    words = event.text if isinstance(event, Said) else event.reason if isinstance(event, SupervisorCalled) else ""
    values = {
        "session": practice_id,
        "number": each.number,
        "sender_key": each.key,
        "kind": KINDS[type(event)],
        "at": event.at,
        "text": words,
        "labels": json.dumps([[label.act, label.probability] for label in each.labels]),
        "replies": None if each.replies is None else json.dumps([[reply.text, reply.after] for reply in each.replies]),
        "outcome": each.outcome.value if each.outcome else None,
        "words": None if each.words is None else write_words(each.words),
    }
    insert_row(connection, "practice_events", values)
    update_rows(connection, "practice_sessions", {"id": practice_id}, {"seconds": event.at})


def insert_items(connection: "Connection", practice_id: str, items: Sequence[Item]) -> None:
    for item in items:
        values = {
            "session": practice_id,
            "item": item.item,
            "score": item.score,
            "knock_out": int(item.knock_out),
            "turns": json.dumps(item.turns),
        }
        insert_row(connection, "practice_items", values)


def end(connection: "Connection", practice_id: str, *, outcome: Outcome, passed: bool | None, at: datetime) -> None:
    values = {"outcome": outcome.value, "ended_at": at, "passed": None if passed is None else int(passed)}
    update_rows(connection, "practice_sessions", {"id": practice_id}, values)


def is_trained_by(connection: "Connection", person: str, trainer: str) -> bool:
    """Whether the person is in a cohort that this trainer made."""
    from sqlalchemy import text

    query = text(
        "SELECT 1 FROM practice_members m JOIN practice_cohorts c ON c.name = m.cohort "
        "WHERE m.person = :person AND m.ended_at IS NULL AND c.ended_at IS NULL AND c.made_by = :trainer"
    )
    return connection.execute(query, {"person": person, "trainer": trainer}).first() is not None
