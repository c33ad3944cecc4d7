"""Labels are compared when both are done; a third person, who labelled none of it, decides where they differ."""

from collections.abc import Callable

import pytest
from tests.quality.annotation.conftest import clock, first, label_all

from nightlight.conversations.labels import Author
from nightlight.conversations.scripts import Script
from nightlight.errors import NightlightError
from nightlight.quality.annotation.adjudication import decide, decides, open_pair, pairs
from nightlight.quality.annotation.labels import read_label
from nightlight.quality.annotation.sets import make_invented_set
from nightlight.settings import Home

SURE = read_label(Author.TEXTER, phase="exploration", risk="1")


@pytest.fixture
def at(scripts: list[Script]) -> int:
    """The message on which the two differ."""
    return first(scripts[0], Author.TEXTER)


@pytest.fixture
def done(pilot: Home, at: int) -> Home:
    label_all(pilot, "ana")
    label_all(pilot, "bea", change={(1, at): {"risk": "1"}})
    return pilot


def test_nobody_sees_labels_before_both_are_done(pilot: Home) -> None:
    label_all(pilot, "bea")
    for person in ("ana", "bea", "clara"):
        with pytest.raises(NightlightError, match="when both annotators are done"):
            pairs(pilot, "pilot", by=person)
    with pytest.raises(NightlightError, match="there is no such set"):
        pairs(pilot, "pilot", by="sam")


def test_only_messages_on_which_they_differ_are_decided_about(done: Home, at: int) -> None:
    _, every = pairs(done, "pilot", by="clara")
    assert [(each.at, each.differing) for each in every if each.differing] == [((1, at), ("risk",))]
    for place in ((1, at + 1), (2, at), (9, 9)):
        with pytest.raises(NightlightError, match="no such set"):
            decide(done, "pilot", *place, SURE, by="clara", clock=clock)
        with pytest.raises(NightlightError, match="no such set"):
            open_pair(done, "pilot", *place, by="clara")


def test_a_third_person_decides_and_the_result_is_final(
    done: Home, at: int, acts_of: Callable[[Home], list[tuple[str, str, str]]]
) -> None:
    opened = open_pair(done, "pilot", 1, at, by="clara")
    assert (opened.may_decide, opened.left, opened.next_at) == (True, 1, None)
    decide(done, "pilot", 1, at, SURE, by="clara", clock=clock)
    _, every = pairs(done, "pilot", by="clara")
    assert next(each.final for each in every if each.at == (1, at)) == SURE
    assert all(each.final is not None for each in every)
    assert acts_of(done)[-2:] == [("open annotation", "clara", "done"), ("adjudicate", "clara", "done")]


def test_annotators_read_the_differences_and_decide_nothing(done: Home, at: int) -> None:
    assert not decides(done, "pilot", by="ana")
    assert not open_pair(done, "pilot", 1, at, by="ana").may_decide
    with pytest.raises(NightlightError, match="a third person decides"):
        decide(done, "pilot", 1, at, SURE, by="ana", clock=clock)
    for stranger in ("sam", "otto"):
        with pytest.raises(NightlightError, match=r"no such set|does not have"):
            decide(done, "pilot", 1, at, SURE, by=stranger, clock=clock)


def test_who_manages_quality_and_labelled_the_set_does_not_decide(place: Home, scripts: list[Script]) -> None:
    make_invented_set(place, "pilot", scripts[:1], annotators=["ana", "clara"], by="clara", clock=clock)
    at = first(scripts[0], Author.TEXTER)
    label_all(place, "ana")
    label_all(place, "clara", change={(1, at): {"risk": "2"}})
    with pytest.raises(NightlightError, match="a third person decides"):
        decide(place, "pilot", 1, at, SURE, by="clara", clock=clock)
    decide(place, "pilot", 1, at, SURE, by="cleo", clock=clock)
    assert decides(place, "pilot", by="cleo")


def test_being_unsure_is_no_difference(pilot: Home, at: int) -> None:
    label_all(pilot, "ana")
    label_all(pilot, "bea", change={(1, at): {"is_unsure": True}})
    _, every = pairs(pilot, "pilot", by="clara")
    assert not any(each.differing for each in every)
    assert not any(each.final is None or each.final.is_unsure for each in every)
