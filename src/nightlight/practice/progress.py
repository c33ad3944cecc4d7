"""How somebody gets on over their sessions, skill by skill; nothing that was stopped counts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import fmean, median

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.db import rows_of, transaction
from nightlight.practice import store
from nightlight.practice.cohorts import SECURABLE
from nightlight.practice.store import Practice, StoredEvent
from nightlight.settings import Home
from nightlight.simulator.session import Said

LATE = 180.0  # seconds after which a texter has waited too long


@dataclass(frozen=True)
class Point:
    """One session: its rubric items' scores, the share of messages with each act, the median seconds to answer."""

    practice: str
    card: str
    kind: str
    ended_at: datetime
    passed: bool | None
    items: dict[str, int]
    acts: dict[str, float]
    answer_seconds: float | None


@dataclass(frozen=True)
class Progress:
    """Sessions in their order, and each skill's mean score over the first and the last three that assessed it."""

    points: tuple[Point, ...]
    first: dict[str, float]
    last: dict[str, float]


def progress_of(home: Home, person: str) -> Progress:
    """A person's own progress."""
    with transaction(home.database_url) as connection:
        ended = "person = :person AND ended_at IS NOT NULL AND stopped = 0"
        found = store.select(connection, ended, person=person)
        points = tuple(
            _point(
                practice,
                rows_of(connection, "practice_items", "item", session=practice.id),
                store.events_of(connection, practice.id),
            )
            for practice in sorted(found, key=lambda each: each.ended_at or each.began_at)
        )
    scores: dict[str, list[int]] = defaultdict(list)
    for point in points:
        for item, score in point.items.items():
            scores[item].append(score)
    first = {item: fmean(values[:3]) for item, values in scores.items()}
    return Progress(points, first, {item: fmean(values[-3:]) for item, values in scores.items()})


def progress_for_trainer(home: Home, person: str, *, by: str) -> Progress:
    """The progress of one of a trainer's people; the audit has that it was opened."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        if not store.is_trained_by(connection, person, by):
            raise store.no_practice()
    append(home, Entry("open progress", by, None, "done", statement=person))
    return progress_of(home, person)


def _point(practice: Practice, items: list[dict[str, object]], events: list[StoredEvent]) -> Point:
    said = [each for each in events if isinstance(each.event, Said)]
    acts: dict[str, float] = defaultdict(float)
    for each in said:
        for act in {label.act for label in each.labels}:
            acts[act] += 1 / len(said)
    waits = [after.event.at - before.event.at for before, after in pairwise(said)]
    return Point(
        practice=practice.id,
        card=practice.card,
        kind=practice.kind,
        ended_at=practice.ended_at or practice.began_at,
        passed=practice.passed,
        items={str(row["item"]): int(str(row["score"])) for row in items if row["score"] is not None},
        acts=dict(acts),
        answer_seconds=median(waits) if waits else None,
    )
