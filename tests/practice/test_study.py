"""Promises of the study: arms are balanced and concealed, held-out cards stay unseen, who leaves is counted."""

from collections import Counter

import pytest
from tests.practice.conftest import Clock

from nightlight.db import insert_row, transaction
from nightlight.errors import NightlightError
from nightlight.practice import arms, sessions, study
from nightlight.practice.cards import list_played_cards
from nightlight.practice.wishes import wanted_cards
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed


@pytest.fixture
def held_out(people: Home) -> tuple[str, str]:
    one, two = [each.card.id for each in list_played_cards(people) if each.card.difficulty == 2][:2]
    return one, two


@pytest.fixture
def running(people: Home, held_out: tuple[str, str], clock: Clock) -> Home:
    study.begin_study(people, "spring", before=held_out[0], after=held_out[1], by="sam", clock=clock)
    return people


def test_arms_stay_balanced_and_no_two_seeds_draw_alike() -> None:
    drawn = [arms.arm_at("seed", place) for place in range(300)]
    for people in range(1, 301):
        counts = Counter(drawn[:people])
        assert max(counts.values()) - min(counts[arm] for arm in arms.ARMS) <= 2
    assert drawn == [arms.arm_at("seed", place) for place in range(300)]
    assert drawn[:30] != [arms.arm_at("other", place) for place in range(30)]


def test_the_next_arm_cannot_be_guessed_from_those_before() -> None:
    """With blocks of one size the last place would be certain."""
    certain = sum(len({arms.arm_at(f"{seed}", place) for seed in range(40)}) == 1 for place in range(12))
    assert certain == 0


def test_joining_again_gives_the_same_arm(running: Home, clock: Clock) -> None:
    assert study.join(running, "spring", "ana", clock=clock) == study.join(running, "spring", "ana", clock=clock)
    with pytest.raises(NightlightError):
        study.join(running, "spring", "nobody", clock=clock)
    with pytest.raises(NightlightError, match="no study"):
        study.join(running, "summer", "ana", clock=clock)


def test_nobody_practises_with_a_held_out_card(running: Home, held_out: tuple[str, str], clock: Clock) -> None:
    assert not set(held_out) & {each.card.id for each in wanted_cards(running, "ana")}
    with pytest.raises(NightlightError, match="kept for a study"):
        sessions.begin(running, "ana", held_out[0], mode=Mode.COACH, clock=clock)
    study.end_study(running, "spring", by="sam", clock=clock)
    assert set(held_out) <= {each.card.id for each in wanted_cards(running, "ana")}


def test_each_assessment_is_played_once_by_who_takes_part(
    running: Home, held_out: tuple[str, str], clock: Clock
) -> None:
    for stranger in ("ben", "otto"):
        with pytest.raises(NightlightError, match="do not take part"):
            study.begin_assessment(running, "spring", arms.BEFORE, stranger, clock=clock)
    study.join(running, "spring", "ana", clock=clock)
    practice = study.begin_assessment(running, "spring", arms.BEFORE, "ana", clock=clock)
    assert (practice.card, practice.mode, practice.kind) == (held_out[0], Mode.OFF, "assessment")
    with pytest.raises(NightlightError, match="already"):
        study.begin_assessment(running, "spring", arms.BEFORE, "ana", clock=clock)
    sessions.record(running, practice, Closed(9.0), key="end", clock=clock)
    study.leave(running, "spring", "ana", clock=clock)
    with pytest.raises(NightlightError, match="do not take part"):
        study.begin_assessment(running, "spring", arms.AFTER, "ana", clock=clock)


def test_the_cards_before_and_after_are_two_and_equally_hard(people: Home, clock: Clock) -> None:
    easy, hard = ([each.card.id for each in list_played_cards(people) if each.card.difficulty == d] for d in (1, 3))
    for pair in ((easy[0], easy[0]), (easy[0], hard[0])):
        with pytest.raises(NightlightError, match="same difficulty"):
            study.begin_study(people, "x", before=pair[0], after=pair[1], by="sam", clock=clock)
    for other in ("ana", "otto"):
        with pytest.raises(NightlightError, match="MANAGE"):
            study.begin_study(people, "x", before=easy[0], after=easy[1], by=other, clock=clock)


def test_each_arm_practises_as_it_was_drawn_until_the_last_assessment(running: Home, clock: Clock) -> None:
    with transaction(running.database_url) as connection:
        for place, (person, arm) in enumerate(zip(("ana", "ben", "cleo"), arms.ARMS, strict=True)):
            values = {"study": "spring", "person": person, "place": place, "arm": arm, "joined_at": clock()}
            insert_row(connection, "practice_study_people", values)
    card = wanted_cards(running, "ana")[0].card.id

    def begin(person: str) -> sessions.Practice:
        return sessions.begin(running, person, card, mode=Mode.COACH, clock=clock)

    assert begin("ana").mode is Mode.COACH
    assert begin("ben").mode is Mode.OFF
    with pytest.raises(NightlightError, match="you read for now"):
        begin("cleo")
    with pytest.raises(NightlightError, match="comes first"):  # else the last one would free from the arm at once
        study.begin_assessment(running, "spring", arms.AFTER, "cleo", clock=clock)
    for when in (arms.BEFORE, arms.AFTER):
        with pytest.raises(NightlightError, match="you read for now"):
            sessions.check_leaves_practice(running, "cleo", card)
        practice = study.begin_assessment(running, "spring", when, "cleo", clock=clock)
        sessions.record(running, practice, Closed(9.0), key="end", clock=clock)
    assert begin("cleo").mode is Mode.COACH
    with pytest.raises(NightlightError, match="kept for a study"):
        sessions.branch(running, practice, 1, "hello", clock=clock)
