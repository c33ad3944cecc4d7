"""Rows of the practice tables, read from what is stored."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from nightlight.db import moment, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.practice import store
from nightlight.practice.columns import APPENDED
from nightlight.practice.playing import playing
from nightlight.practice.store import Practice
from nightlight.settings import Home
from nightlight.simulator.rubric import Item, share
from nightlight.simulator.session import Said, Turn
from nightlight.simulator.state import RungStatus
from nightlight.studio.publishing import published_rows

Row = dict[str, Any]


def appended_rows(home: Home, practices: Iterable[Practice]) -> dict[str, list[Row]]:
    """The rows of ended sessions, table by table."""
    found: dict[str, list[Row]] = {name: [] for name in APPENDED}
    for practice in practices:
        with transaction(home.database_url) as connection:
            items = rows_of(connection, "practice_items", "item", session=practice.id)
        turns = _turns(home, practice)
        whose = {"session": practice.id, "person": practice.person, "is_played": True}
        found["sessions"].append({**whose, **_session(practice, turns, items)})
        found["rubric_items"] += [
            {**whose, "item": row["item"], "score": row["score"], "is_knock_out": bool(row["knock_out"])}
            for row in items
        ]
        for turn in turns:
            found["turns"].append({**whose, **_turn(turn)})
            found["messages"] += [{**whose, "turn": turn.number, **row} for row in _messages(turn)]
            found["acts"] += [
                {
                    **whose,
                    "turn": turn.number,
                    "act": each.act.value,
                    "probability": each.probability,
                    "labeller": practice.labeller,
                }
                for each in turn.acts
                if isinstance(turn.event, Said)
            ]
    return found


def rewritten_rows(home: Home) -> dict[str, list[Row]]:
    """The rows of the tables that are small and may change, as they are now."""
    with transaction(home.database_url) as connection:
        efficacy = rows_of(connection, "practice_efficacy", "id")
        corrections = rows_of(connection, "practice_corrections", "id")
        assignments = rows_of(connection, "practice_assignments", "made_at, id")
        cohorts = {row["name"]: row for row in rows_of(connection, "practice_cohorts", "name")}
        members = rows_of(connection, "practice_members", "id")
        counted = {each.id: each.person for each in store.select(connection, "ended_at IS NOT NULL AND stopped = 0")}
    return {
        "self_efficacy": [each for row in efficacy for each in _efficacy(row)],
        "corrections": [
            {**_correction(row), "person": counted[row["session"]]} for row in corrections if row["session"] in counted
        ],
        "assignments": [_assignment(row) for row in assignments],
        "cohort_members": [
            {
                "cohort": row["cohort"],
                "person": row["person"],
                "added_at": moment(row["added_at"]),
                "trainer": cohorts[row["cohort"]]["made_by"],
                "is_pilot": bool(cohorts[row["cohort"]]["is_pilot"]),
            }
            for row in members
            if row["ended_at"] is None and cohorts[row["cohort"]]["ended_at"] is None
        ],
        "roleplays": [_roleplay(row) for row in published_rows(home)],
    }


def _turns(home: Home, practice: Practice) -> list[Turn]:
    """The session's turns; none where its card cannot be played any more."""
    try:
        with playing.of(home, practice) as played:
            return list(played.session.turns)
    except NightlightError:
        return []


def _session(practice: Practice, turns: list[Turn], items: list[Row]) -> Row:
    return {
        "card": practice.card,
        "card_version": practice.card_version,
        "difficulty": practice.difficulty,
        "kind": practice.kind,
        "mode": practice.mode.value,
        "assignment": practice.assignment,
        "is_branch": bool(practice.branch_of),
        "labeller": practice.labeller,
        "began_at": practice.began_at,
        "ended_at": practice.ended_at,
        "seconds": practice.seconds,
        "messages": sum(isinstance(turn.event, Said) for turn in turns),
        "outcome": practice.outcome,
        "is_passed": practice.passed,
        "rubric_share": share([Item(row["item"], "", row["score"], (), "") for row in items]),
        "is_demo": bool(practice.demo),
    }


def _turn(turn: Turn) -> Row:
    state = turn.state
    return {
        "turn": turn.number,
        "event": store.KINDS[type(turn.event)] if turn.event else "",
        "seconds": turn.event.at if turn.event else 0.0,
        "phase": state.phase.value,
        **{name: getattr(state, name) for name in ("trust", "openness", "distress", "hope", "patience")},
        "facts_told": len(state.told),
        "rungs_told": sum(status is RungStatus.TOLD for status in state.rungs.values()),
    }


def _messages(turn: Turn) -> Iterator[Row]:
    at = turn.event.at if turn.event else 0.0
    if turn.counselor:
        yield {"number": 0, "author": "counselor", "seconds": at, "text": turn.counselor}
    for number, reply in enumerate(turn.replies, start=1):
        at += reply.after
        yield {"number": number, "author": "texter", "seconds": at, "text": reply.text}


def _efficacy(row: Row) -> Iterator[Row]:
    for task, score in sorted(json.loads(row["answers"]).items()):
        yield {
            "person": row["person"],
            "moment": row["moment"],
            "task": task,
            "score": score,
            "answered_at": moment(row["at"]),
        }


def _correction(row: Row) -> Row:
    return {
        **{name: row[name] for name in ("session", "turn", "item", "labeller", "corrected_by")},
        "before": row["old"],
        "after": row["new"],
        "corrected_at": moment(row["corrected_at"]),
        "is_played": True,
    }


def _roleplay(row: Row) -> Row:
    lists = {name: ", ".join(row[name]) for name in ("topics", "authors", "reviewers")}
    kept = ("kind", "name", "version", "state", "difficulty", "approved_at", "expires_at")
    return {**{name: row[name] for name in kept}, **lists}


def _assignment(row: Row) -> Row:
    return {
        "assignment": row["id"],
        **{name: row[name] for name in ("cohort", "kind", "skill", "needed")},
        "cards": len(json.loads(row["cards"])),
        **{name: moment(row[name]) if row[name] else None for name in ("made_at", "due_at", "ended_at")},
    }
