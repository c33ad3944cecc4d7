"""Promises of assignments: who gets which card, what counts as done, and that a wish shows nowhere."""

from datetime import timedelta

import pytest
from tests.practice.conftest import Clock, Play

from nightlight.errors import NightlightError
from nightlight.practice import assignments
from nightlight.practice.cards import list_played_cards
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.wishes import set_unwanted_topics
from nightlight.settings import Home


@pytest.fixture
def cohort(people: Home, clock: Clock) -> Home:
    make_cohort(people, "A", ["ana", "ben"], by="sam", clock=clock)
    return people


def cards_of(home: Home, person: str) -> list[str]:
    return [place.card for offer in assignments.offered_to(home, person) for place in offer.places]


def test_a_cohort_is_offered_its_cards_and_nobody_else_is(cohort: Home, clock: Clock) -> None:
    cards = assignments.choose_cards(cohort, difficulty=2, count=2)
    assignments.assign(cohort, "Two", "A", cards, by="sam", due_at=clock() + timedelta(days=7), clock=clock)
    assert cards_of(cohort, "ana") == cards_of(cohort, "ben") == list(cards)
    for other in ("cleo", "sam", "otto"):
        assert not cards_of(cohort, other)


def test_only_the_cohorts_trainer_assigns(cohort: Home, clock: Clock) -> None:
    cards = assignments.choose_cards(cohort, difficulty=1, count=1)
    for other in ("tess", "ana", "otto"):
        with pytest.raises(NightlightError):
            assignments.assign(cohort, "One", "A", cards, by=other, clock=clock)
    assert not cards_of(cohort, "ana")


def test_playing_a_card_does_it_and_stopping_does_not(cohort: Home, clock: Clock, play: Play) -> None:
    cards = assignments.choose_cards(cohort, difficulty=1, count=2)
    given = assignments.assign(cohort, "Two", "A", cards, by="sam", clock=clock)
    play(cohort, "ana", cards[0], assignment=given.id)
    play(cohort, "ana", cards[1])  # by oneself, for no assignment
    (offer,) = assignments.offered_to(cohort, "ana")
    assert [place.is_done for place in offer.places] == [True, False]
    assert assignments.done_by_person(cohort, given.id, by="sam") == {"ana": 1, "ben": 0}
    for other in ("tess", "ana", "otto"):
        with pytest.raises(NightlightError):
            assignments.done_by_person(cohort, given.id, by=other)


def test_a_card_somebody_does_not_want_is_replaced_by_an_equal_one(cohort: Home, clock: Clock, play: Play) -> None:
    cards = assignments.choose_cards(cohort, difficulty=2, count=2)
    given = assignments.assign(cohort, "Two", "A", cards, by="sam", clock=clock)
    known = {each.card.id: each.card for each in list_played_cards(cohort)}
    unwanted = set(known[cards[0]].topics) - set(known[cards[1]].topics)
    set_unwanted_topics(cohort, "ana", unwanted, clock=clock)
    offered = cards_of(cohort, "ana")
    assert offered[0] != cards[0]
    assert offered[1] == cards[1]
    assert known[offered[0]].difficulty == known[cards[0]].difficulty
    assert not unwanted & set(known[offered[0]].topics)
    assert cards_of(cohort, "ben") == list(cards)
    play(cohort, "ana", offered[0], assignment=given.id)
    assert assignments.done_by_person(cohort, given.id, by="sam")["ana"] == 1, "it counts like the first"
    assert cards_of(cohort, "ana")[0] == offered[0], "and stays the one that was offered"


def test_anybody_may_take_another_card_so_that_a_replacement_tells_nothing(cohort: Home, clock: Clock) -> None:
    cards = assignments.choose_cards(cohort, difficulty=2, count=1)
    given = assignments.assign(cohort, "One", "A", cards, by="sam", clock=clock)
    other = assignments.take_another_card(cohort, given.id, cards[0], person="ana")
    assert cards_of(cohort, "ana") == [other] != list(cards)
    assert cards_of(cohort, "ben") == list(cards)
    for stranger in ("cleo", "otto"):
        with pytest.raises(NightlightError, match="no card of your assignments"):
            assignments.take_another_card(cohort, given.id, cards[0], person=stranger)


def test_a_pilot_cohort_must_have_done_the_cards_first(cohort: Home, clock: Clock, play: Play) -> None:
    make_cohort(cohort, "Pilot", ["cleo"], by="sam", is_pilot=True, clock=clock)
    cards = assignments.choose_cards(cohort, difficulty=1, count=1)
    pilot = assignments.assign(cohort, "First", "Pilot", cards, by="sam", clock=clock)
    with pytest.raises(NightlightError, match="0 of 1 people of the pilot"):
        assignments.assign(cohort, "Then", "A", cards, by="sam", pilot="Pilot", clock=clock)
    play(cohort, "cleo", cards[0], assignment=pilot.id)
    assert assignments.assign(cohort, "Then", "A", cards, by="sam", pilot="Pilot", clock=clock).pilot == "Pilot"


def test_an_assessment_counts_only_with_a_pass(cohort: Home, clock: Clock, play: Play) -> None:
    cards = assignments.choose_cards(cohort, difficulty=1, count=1)
    given = assignments.assign(cohort, "Exam", "A", cards, by="sam", kind="assessment", clock=clock)
    practice = play(cohort, "ana", cards[0], assignment=given.id, kind="assessment")
    assert practice.passed is False
    assert assignments.done_by_person(cohort, given.id, by="sam")["ana"] == 0


def test_an_ended_assignment_is_offered_no_more(cohort: Home, clock: Clock) -> None:
    cards = assignments.choose_cards(cohort, difficulty=1, count=1)
    given = assignments.assign(cohort, "One", "A", cards, by="sam", clock=clock)
    with pytest.raises(NightlightError, match="no such assignment"):
        assignments.end_assignment(cohort, given.id, by="tess", clock=clock)
    assignments.end_assignment(cohort, given.id, by="sam", clock=clock)
    assert not cards_of(cohort, "ana")
    assert not assignments.list_assignments(cohort, by="sam")


@pytest.mark.parametrize(("cards", "needed"), [((), None), (("no-such-card",), None), (("night-shift-fine",), 2)])
def test_an_assignment_that_cannot_be_done_is_refused(
    cohort: Home, clock: Clock, cards: tuple[str, ...], needed: int | None
) -> None:
    with pytest.raises(NightlightError):
        assignments.assign(cohort, "x", "A", cards, by="sam", needed=needed, clock=clock)
