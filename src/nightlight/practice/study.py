"""A training study that is part of the house: people are allotted at random, assessed before and after on cards nobody
practises with, and rated by people who know neither arm, name nor moment.

The allocation is concealed: an arm is drawn when somebody joins, in blocks, and nobody can know it earlier."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_principal, check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import changing
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.practice import store
from nightlight.practice.arms import AFTER, ARMS, BEFORE, arm_at
from nightlight.practice.cards import find_played_card
from nightlight.practice.cohorts import SECURABLE, Clock, check_name, trainer_changes
from nightlight.practice.sessions import begin
from nightlight.practice.store import ASSESSMENT, STUDY, Practice
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Study:
    """`held_out`: the card of the assessment before the training and that after it."""

    name: str
    held_out: Mapping[str, str]
    made_by: str
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Part:
    """What somebody does in a study: their arm, whether they have left, and which assessments they have begun."""

    arm: str
    has_left: bool
    begun: frozenset[str]


def begin_study(home: Home, name: str, *, before: str, after: str, by: str, clock: Clock) -> Study:
    """A new study; raises NightlightError unless the two held-out cards differ and are equally hard."""
    name = check_name(name, "a study")
    cards = [find_played_card(home, card).card for card in (before, after)]
    if before == after or cards[0].difficulty != cards[1].difficulty:
        raise NightlightError(
            "the cards before and after must be two different ones of the same difficulty", remedy="choose two others"
        )
    values = {
        "name": name,
        "seed": secrets.token_hex(16),
        "arms": json.dumps(ARMS),
        "held_out_before": before,
        "held_out_after": after,
        "made_by": by,
        "made_at": clock(),
    }
    with trainer_changes(home, Entry("begin study", by, None, "done", statement=name)) as connection:
        if rows_of(connection, "practice_studies", "name", name=name):
            raise NightlightError(f"there is a study '{name}' already", remedy="choose another name")
        insert_row(connection, "practice_studies", values)
        return find_study(connection, name)


def end_study(home: Home, name: str, *, by: str, clock: Clock) -> None:
    """Nobody joins any more, and its held-out cards are free again."""
    with trainer_changes(home, Entry("end study", by, None, "done", statement=name)) as connection:
        find_study(connection, name)
        update_rows(connection, "practice_studies", {"name": name}, {"ended_at": clock()})


def list_studies(home: Home) -> list[Study]:
    with transaction(home.database_url) as connection:
        return [_study(row) for row in rows_of(connection, "practice_studies", "made_at DESC")]


def join(home: Home, name: str, person: str, *, clock: Clock) -> str:
    """Take part, by one's own choice; the arm that was drawn. Joining again gives the same arm."""
    append(home, Entry("join study", person, None, "done", statement=name))
    with changing(home.database_url) as connection:
        check_principal(connection, person)
        study = find_study(connection, name)
        if study.ended_at is not None:
            raise NightlightError(f"the study '{name}' has ended")
        rows = rows_of(connection, "practice_study_people", "place", study=name)
        known = next((row for row in rows if row["person"] == person), None)
        if known:
            return str(known["arm"])
        seed = rows_of(connection, "practice_studies", "name", name=name)[0]["seed"]
        arm = arm_at(seed, len(rows))
        values = {"study": name, "person": person, "place": len(rows), "arm": arm, "joined_at": clock()}
        insert_row(connection, "practice_study_people", values)
        return arm


def leave(home: Home, name: str, person: str, *, clock: Clock) -> None:
    """Take part no more, for no reason; the report counts it."""
    append(home, Entry("leave study", person, None, "done", statement=name))
    with transaction(home.database_url) as connection:
        update_rows(connection, "practice_study_people", {"study": name, "person": person}, {"left_at": clock()})


def taking_part(home: Home, name: str, person: str) -> Part | None:
    """Somebody's own part in a study; None where they have not joined it."""
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_study_people", "place", study=name, person=person)
        if not rows:
            return None
        marks = {f"{STUDY}{name} {when}": when for when in (BEFORE, AFTER)}
        mine = store.select(connection, "person = :person AND stopped = 0", person=person)
        begun = frozenset(marks[each.assignment] for each in mine if each.assignment in marks)
        return Part(rows[0]["arm"], rows[0]["left_at"] is not None, begun)


def begin_assessment(home: Home, name: str, when: str, person: str, *, clock: Clock) -> Practice:
    """The assessment before or after the training: a session without feedback on its held-out card, once."""
    if when not in (BEFORE, AFTER):
        raise NightlightError(f"'{when}' is no moment of a study", remedy=f"choose {BEFORE} or {AFTER}")
    with transaction(home.database_url) as connection:
        study = find_study(connection, name)
        rows = rows_of(connection, "practice_study_people", "place", study=name, person=person)
        if not rows or rows[0]["left_at"]:
            raise NightlightError("you do not take part in this study", remedy="join it first")
        mark = f"{STUDY}{name} {when}"
        if store.select(
            connection, "person = :person AND assignment = :mark AND stopped = 0", person=person, mark=mark
        ):
            raise NightlightError("you have begun this assessment already", remedy="find it in your list of sessions")
        if when == AFTER and not assessments(connection, name, [person]).get((person, BEFORE)):
            # The last assessment frees from the arm: nobody begins with it.
            raise NightlightError("the assessment before the training comes first", remedy="play it to its end")
    return begin(home, person, study.held_out[when], mode=Mode.OFF, kind=ASSESSMENT, assignment=mark, clock=clock)


def check_is_trainer(home: Home, by: str) -> None:
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)


def find_study(connection: "Connection", name: str) -> Study:
    rows = rows_of(connection, "practice_studies", "name", name=name)
    if not rows:
        raise NightlightError(f"there is no study '{name}'", remedy="choose one from the list, or begin it")
    return _study(rows[0])


def assessments(connection: "Connection", name: str, people: Collection[str]) -> dict[tuple[str, str], Practice]:
    """The ended assessments of a study, by person and moment."""
    found: dict[tuple[str, str], Practice] = {}
    for when in (BEFORE, AFTER):
        ended = "assignment = :mark AND ended_at IS NOT NULL AND stopped = 0"
        for practice in store.select(connection, ended, mark=f"{STUDY}{name} {when}"):
            if practice.person in people:
                found[practice.person, when] = practice
    return found


def _study(row: Mapping[str, Any]) -> Study:
    held_out = {BEFORE: row["held_out_before"], AFTER: row["held_out_after"]}
    ended = moment(row["ended_at"]) if row["ended_at"] else None
    return Study(row["name"], held_out, row["made_by"], moment(row["made_at"]), ended)
