"""Blind ratings of a study's assessments, and the study's report.

A rater sees a transcript with a random id in an order of their own: no name, no arm, no moment, and nothing of the
rubric that the machine counted."""

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING

from nightlight.catalog.audit import Entry, append
from nightlight.db import insert_row, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.practice import store
from nightlight.practice.arms import AFTER, ARMS, BEFORE, READING, WITHOUT
from nightlight.practice.cohorts import Clock, trainer_changes
from nightlight.practice.effects import Effect, effect_of
from nightlight.practice.playing import playing
from nightlight.practice.study import assessments, check_is_trainer, find_study
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

FORM: dict[str, str] = {
    "welcome": "The texter is welcomed, and knows who writes",
    "empathy": "Feelings are named and taken seriously",
    "exploring": "Open questions help the texter to say more",
    "risk": "Suicide is asked about directly, and followed up",
    "no_harm": "Nothing judges, lectures or pushes",
    "next_step": "A next step is worked out together",
    "close": "The conversation is brought to a good close",
}
MOST = 2


@dataclass(frozen=True)
class Line:
    """One message of a transcript; `is_played`: the texter's."""

    is_played: bool
    text: str


@dataclass(frozen=True)
class Transcript:
    id: str
    card: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Arm:
    """Who was allotted, who left, whose assessments of both moments were ended and rated, and their mean change."""

    name: str
    joined: int
    left: int
    rated: int
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Report:
    study: str
    raters: int
    agreement: float | None
    arms: tuple[Arm, ...]
    effects: tuple[Effect, ...]

    @property
    def lost(self) -> int:
        """Who joined and has no change to compare, left or not."""
        return sum(arm.joined - arm.rated for arm in self.arms)


def to_rate(home: Home, name: str, *, by: str) -> Transcript | None:
    """The next transcript for this rater, None when all are rated; raises NightlightError for who may not rate."""
    check_is_trainer(home, by)
    with transaction(home.database_url) as connection:
        _admit(connection, name)
        rows = rows_of(connection, "practice_transcripts", "id", study=name)
        rated = {row["transcript"] for row in rows_of(connection, "practice_ratings", "transcript", rater=by)}
        left = [row for row in rows if row["id"] not in rated and row["person"] != by]
        if not left:
            return None
        row = Random(f"{name}:{by}:{len(rated)}").choice(left)  # noqa: S311  # an order of their own
        practice = store.find(connection, row["session"])
    append(home, Entry("open transcript", by, None, "done", statement=row["id"]))
    with playing.of(home, practice) as played:
        turns = list(played.session.turns)
    lines: list[Line] = []
    for turn in turns:
        lines += [Line(False, turn.counselor)] if turn.counselor else []
        lines += [Line(True, reply.text) for reply in turn.replies]
    return Transcript(row["id"], practice.card, tuple(lines))


def rate(home: Home, transcript: str, scores: Mapping[str, int], *, by: str, clock: Clock) -> None:
    """Keep a rating; a rater's second one of the same transcript is refused."""
    if set(scores) != set(FORM) or any(not 0 <= score <= MOST for score in scores.values()):
        raise NightlightError("an item is missing", remedy=f"give each item of the form a number from 0 to {MOST}")
    with trainer_changes(home, Entry("rate transcript", by, None, "done", statement=transcript)) as connection:
        found = rows_of(connection, "practice_transcripts", "id", id=transcript)
        if not found or found[0]["person"] == by:
            raise NightlightError("there is no such transcript", remedy="rate the one you are shown")
        if rows_of(connection, "practice_ratings", "rater", transcript=transcript, rater=by):
            raise NightlightError("you have rated this transcript already", remedy="go on with the next one")
        values = {"transcript": transcript, "rater": by, "scores": json.dumps(dict(scores)), "at": clock()}
        insert_row(connection, "practice_ratings", values)


def report(home: Home, name: str, *, by: str) -> Report:
    """What the study shows so far; the arms are told apart here and nowhere else."""
    check_is_trainer(home, by)
    append(home, Entry("open study report", by, None, "done", statement=name))
    with transaction(home.database_url) as connection:
        find_study(connection, name)
        people = rows_of(connection, "practice_study_people", "place", study=name)
        transcripts = rows_of(connection, "practice_transcripts", "id", study=name)
        ratings = [
            row
            for each in transcripts
            for row in rows_of(connection, "practice_ratings", "rater", transcript=each["id"])
        ]
    scores: dict[str, list[float]] = defaultdict(list)
    for row in ratings:
        scores[row["transcript"]].append(fmean(json.loads(row["scores"]).values()))
    means = {(row["person"], row["moment"]): fmean(scores[row["id"]]) for row in transcripts if row["id"] in scores}
    arms, changes = [], dict[str, list[float]]()
    for arm in ARMS:
        of_arm = [row for row in people if row["arm"] == arm]
        both = [row["person"] for row in of_arm if {(row["person"], BEFORE), (row["person"], AFTER)} <= means.keys()]
        changes[arm] = [means[person, AFTER] - means[person, BEFORE] for person in both]
        before, after = ([means[person, when] for person in both] for when in (BEFORE, AFTER))
        left = sum(row["left_at"] is not None for row in of_arm)
        mean = (fmean(before), fmean(after)) if both else (None, None)
        arms.append(Arm(arm, len(of_arm), left, len(both), *mean))
    pairs = [(arm, against) for against in (READING, WITHOUT) for arm in ARMS[: ARMS.index(against)]]
    effects = tuple(
        effect_of(arm, changes[arm], against, changes[against], seed=number)
        for number, (arm, against) in enumerate(pairs)
    )
    raters = len({row["rater"] for row in ratings})
    return Report(name, raters, _agreement(scores), tuple(arms), effects)


def _admit(connection: "Connection", name: str) -> None:
    """Give each ended assessment that has none its random id."""
    find_study(connection, name)
    people = [row["person"] for row in rows_of(connection, "practice_study_people", "place", study=name)]
    known = {row["session"] for row in rows_of(connection, "practice_transcripts", "id", study=name)}
    for (person, when), practice in sorted(assessments(connection, name, people).items()):
        if practice.id not in known:
            values = {"id": secrets.token_hex(6), "study": name, "person": person, "session": practice.id}
            insert_row(connection, "practice_transcripts", {**values, "moment": when})


def _agreement(scores: Mapping[str, list[float]]) -> float | None:
    """The mean distance of two raters' scores of one transcript, in points; None where nothing was rated twice."""
    pairs = [
        abs(one - two) for each in scores.values() for number, one in enumerate(each) for two in each[number + 1 :]
    ]
    return fmean(pairs) if pairs else None
