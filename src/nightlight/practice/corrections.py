"""Corrections: a trainer says that a label or a rubric item is wrong, with a reason. The stored trace stays as it was;
a correction stands beside it, and is labelled data for the next labeller.

What is corrected was written in practice, with a played texter: no conversation of a person in need is among it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit import Entry
from nightlight.catalog.requests import check_reason
from nightlight.conversations.labels import CounselorAct
from nightlight.db import insert_row, moment, rows_of, transaction
from nightlight.errors import NightlightError, suggest
from nightlight.practice import store
from nightlight.practice.cohorts import trainer_changes
from nightlight.practice.store import Practice
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Correction:
    """`turn`: the message whose acts it corrects, or None for the rubric's `item`; `old` and `new`: acts, or a score
    (None: not assessed)."""

    id: int
    practice: str
    turn: int | None
    item: str
    old: Any
    new: Any
    reason: str
    labeller: str
    by: str
    at: datetime


def correct_acts(
    home: Home, practice: Practice, turn: int, acts: Sequence[str], reason: str, *, by: str, clock: Clock
) -> Correction:
    """Say which acts a message does; raises NightlightError for a turn without a message and for unknown acts."""
    wrong = [act for act in acts if act not in set(CounselorAct)]
    if wrong or not acts:
        word = wrong[0] if wrong else ""
        raise NightlightError("a message does at least one act", remedy=suggest(word, list(CounselorAct)))
    with transaction(home.database_url) as connection:
        events = {each.number: each for each in store.events_of(connection, practice.id) if each.labels}
    if turn not in events:
        raise NightlightError(f"there is no counselor's message {turn} in this session", remedy="choose one of them")
    old = [label.act.value for label in events[turn].labels]
    return _keep(home, practice, turn, "", old, sorted(set(acts)), reason, by, clock)


def correct_item(
    home: Home, practice: Practice, item: str, score: int | None, reason: str, *, by: str, clock: Clock
) -> Correction:
    """Give a rubric item another score: 0, 1, 2 or None for not assessed."""
    if score not in (0, 1, 2, None):
        raise NightlightError("a score is 0, 1 or 2", remedy="or leave it out: not assessed")
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_items", "item", session=practice.id)
    known = {row["item"]: row["score"] for row in rows}
    if item not in known:
        raise NightlightError("the rubric of this session has no such item", remedy=suggest(item, list(known)))
    return _keep(home, practice, None, item, known[item], score, reason, by, clock)


def list_corrections(home: Home, practice: Practice) -> list[Correction]:
    """Those of one session, the oldest first: shown beside the trace to its person and their trainers."""
    with transaction(home.database_url) as connection:
        return [_correction(row) for row in rows_of(connection, "practice_corrections", "id", session=practice.id)]


def corrected_messages(home: Home) -> Iterator[dict[str, Any]]:
    """Rows for a labeller's next training set, the last correction of each message; `is_synthetic` is true of all:
    the texter is played, and the counselor's words are a trainee's."""
    with transaction(home.database_url) as connection:
        newest = {
            (row["session"], row["turn"]): row
            for row in rows_of(connection, "practice_corrections", "id")
            if row["turn"] is not None
        }
        for (session, turn), row in newest.items():
            practice = store.find(connection, session)
            if not practice.stopped and not practice.demo:
                yield _message(practice, turn, row, connection)


def _message(practice: Practice, turn: int, row: dict[str, Any], connection: "Connection") -> dict[str, Any]:
    said = next(each for each in store.events_of(connection, practice.id) if each.number == turn)
    return {
        "text": getattr(said.event, "text", ""),
        "acts": json.loads(row["new"]),
        "acts_before": json.loads(row["old"]),
        "labeller": row["labeller"],
        "corrected_by": row["corrected_by"],
        "corrected_at": moment(row["corrected_at"]).isoformat(),
        "card": practice.card,
        "is_synthetic": True,
    }


def _keep(
    home: Home,
    practice: Practice,
    turn: int | None,
    item: str,
    old: Any,
    new: Any,
    reason: str,
    by: str,
    clock: Clock,
) -> Correction:
    why = check_reason(reason)
    entry = Entry("correct practice", by, None, "done", statement=practice.id, detail=item or f"message {turn}")
    with trainer_changes(home, entry) as connection:
        found = store.find(connection, practice.id)
        if found.ended_at is None or found.stopped or not store.is_trained_by(connection, found.person, by):
            raise store.no_practice()
        values = {
            "session": practice.id,
            "turn": turn,
            "item": item,
            "old": json.dumps(old),
            "new": json.dumps(new),
            "reason": why,
            "labeller": practice.labeller,
            "corrected_by": by,
            "corrected_at": clock(),
        }
        insert_row(connection, "practice_corrections", values)
        return _correction(rows_of(connection, "practice_corrections", "id DESC", session=practice.id)[0])


def _correction(row: dict[str, Any]) -> Correction:
    return Correction(
        id=row["id"],
        practice=row["session"],
        turn=row["turn"],
        item=row["item"],
        old=json.loads(row["old"]),
        new=json.loads(row["new"]),
        reason=row["reason"],
        labeller=row["labeller"],
        by=row["corrected_by"],
        at=moment(row["corrected_at"]),
    )
