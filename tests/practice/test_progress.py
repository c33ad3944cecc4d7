"""Promises of progress: one's own, skill by skill; a trainer's look at it is in the audit."""

import pytest
from tests.practice.conftest import CARD, Clock, Play

from nightlight.catalog.audit import tail
from nightlight.db import transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.practice import efficacy, progress, sessions
from nightlight.practice.cohorts import make_cohort
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said


def test_progress_compares_the_first_sessions_with_the_last(people: Home, clock: Clock, play: Play) -> None:
    for score in (0, 0, 1, 1, 2, 2, 2):
        practice = play(people, "ana")
        clock.pass_by(hours=20)
        with transaction(people.database_url) as connection:
            match = {"session": practice.id, "item": "ladder"}
            update_rows(connection, "practice_items", match, {"score": score})
    found = progress.progress_of(people, "ana")
    assert len(found.points) == 7
    assert found.first["ladder"] == pytest.approx(1 / 3)
    assert found.last["ladder"] == 2
    assert not progress.progress_of(people, "ben").points


def test_reply_times_and_acts_come_from_what_was_written(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    for number, at in enumerate((30.0, 90.0, 300.0)):
        sessions.record(people, practice, Said(at, "You should rest."), key=str(number), clock=clock)
        if sessions.find_practice(people, practice.id).ended_at:
            pytest.skip("the texter left")
    sessions.record(people, practice, Closed(400.0), key="end", clock=clock)
    (point,) = progress.progress_of(people, "ana").points
    assert point.answer_seconds == 135
    assert max(point.acts.values()) == pytest.approx(1.0)


def test_a_stopped_session_is_no_progress(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    sessions.stop(people, practice, clock=clock)
    assert not progress.progress_of(people, "ana").points


def test_a_trainer_sees_their_own_people_and_the_audit_has_it(people: Home, clock: Clock, play: Play) -> None:
    make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    play(people, "ana")
    assert len(progress.progress_for_trainer(people, "ana", by="sam").points) == 1
    assert tail(people, 1)[0]["action"] == "open progress"
    for other in ("tess", "ben", "otto"):
        with pytest.raises(NightlightError):
            progress.progress_for_trainer(people, "ana", by=other)


def test_self_efficacy_is_kept_for_the_person(people: Home, clock: Clock) -> None:
    answers = dict.fromkeys(efficacy.TASKS, 4)
    assert efficacy.record_efficacy(people, "ana", efficacy.BEFORE, answers, clock=clock).mean == 4
    efficacy.record_efficacy(people, "ana", efficacy.AFTER, {**answers, "risk": 8}, clock=clock)
    assert [each.moment for each in efficacy.list_efficacy(people, "ana")] == ["before", "after"]
    assert not efficacy.list_efficacy(people, "ben")
    for wrong in ({}, {**answers, "risk": 11}):
        with pytest.raises(NightlightError, match="answer is missing"):
            efficacy.record_efficacy(people, "ana", efficacy.BEFORE, wrong, clock=clock)
