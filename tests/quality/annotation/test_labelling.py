"""An annotator keeps labels message by message, sees their own alone, and may work in two windows."""

from collections.abc import Callable

import pytest
from tests.quality.annotation.conftest import Plain, clock, first, label_all

from nightlight.conversations.labels import Author, Phase
from nightlight.conversations.scripts import Script
from nightlight.errors import NightlightError
from nightlight.quality.annotation.labelling import keep_label, open_conversation
from nightlight.quality.annotation.labels import Label, read_label
from nightlight.quality.annotation.sets import make_invented_set
from nightlight.quality.store import ConflictError
from nightlight.settings import Home

CALM = read_label(Author.TEXTER, phase="engagement", risk="0")
WORSE = read_label(Author.TEXTER, phase="engagement", risk="1")


def kept(home: Home, person: str, at: int) -> Label | None:
    return open_conversation(home, "pilot", 1, by=person).messages[at - 1].label


def test_a_label_is_kept_for_its_annotator_alone(pilot: Home, scripts: list[Script]) -> None:
    at = first(scripts[0], Author.TEXTER)
    keep_label(pilot, "pilot", 1, at, CALM, changes=0, by="ana", clock=clock)
    assert kept(pilot, "ana", at) == CALM
    assert kept(pilot, "bea", at) is None
    for nobody in ("clara", "sam"):
        with pytest.raises(NightlightError, match="there is no such set"):
            keep_label(pilot, "pilot", 1, at, CALM, changes=0, by=nobody, clock=clock)
        with pytest.raises(NightlightError, match="there is no such set"):
            open_conversation(pilot, "pilot", 1, by=nobody)


def test_the_same_label_twice_is_kept_once(pilot: Home, scripts: list[Script]) -> None:
    at = first(scripts[0], Author.TEXTER)
    for _ in range(2):
        keep_label(pilot, "pilot", 1, at, CALM, changes=0, by="ana", clock=clock)
    assert open_conversation(pilot, "pilot", 1, by="ana").messages[at - 1].changes == 1


def test_a_window_that_saw_an_older_label_takes_nothing_back(pilot: Home, scripts: list[Script]) -> None:
    at = first(scripts[0], Author.TEXTER)
    keep_label(pilot, "pilot", 1, at, CALM, changes=0, by="ana", clock=clock)
    keep_label(pilot, "pilot", 1, at, WORSE, changes=1, by="ana", clock=clock)
    with pytest.raises(ConflictError, match="in another window"):
        keep_label(pilot, "pilot", 1, at, CALM, changes=1, by="ana", clock=clock)
    assert kept(pilot, "ana", at) == WORSE


def test_the_phase_runs_on_from_the_message_before(pilot: Home, scripts: list[Script]) -> None:
    opened = open_conversation(pilot, "pilot", 1, by="ana")
    assert opened.running_phase(1) is Phase.ENGAGEMENT
    at = first(scripts[0], Author.TEXTER)
    label = read_label(Author.TEXTER, phase="exploration", risk="0")
    keep_label(pilot, "pilot", 1, at, label, changes=0, by="ana", clock=clock)
    assert open_conversation(pilot, "pilot", 1, by="ana").running_phase(at + 1) is Phase.EXPLORATION


def test_what_is_done_stays_as_it_is(pilot: Home, scripts: list[Script]) -> None:
    label_all(pilot, "ana")
    at = first(scripts[0], Author.TEXTER)
    with pytest.raises(NightlightError, match="its labels stay as they are"):
        keep_label(pilot, "pilot", 1, at, WORSE, changes=1, by="ana", clock=clock)


def test_no_such_conversation_or_message_is_there(pilot: Home) -> None:
    for number, position in ((3, 1), (1, 999), (0, 0)):
        with pytest.raises(NightlightError, match="there is no such set"):
            keep_label(pilot, "pilot", number, position, CALM, changes=0, by="ana", clock=clock)
    with pytest.raises(NightlightError, match="there is no such set"):
        open_conversation(pilot, "pilot", 3, by="ana")


def test_the_audit_has_an_opening_before_its_text_and_every_label_without(
    pilot: Home, scripts: list[Script], acts_of: Callable[[Home], list[tuple[str, str, str]]]
) -> None:
    open_conversation(pilot, "pilot", 1, by="ana")
    at = first(scripts[0], Author.TEXTER)
    keep_label(pilot, "pilot", 1, at, CALM, changes=0, by="ana", clock=clock)
    assert acts_of(pilot)[-2:] == [("open annotation", "ana", "done"), ("label message", "ana", "done")]


def test_a_labellers_labels_are_shown_but_in_a_fifth_and_nowhere_unless_asked(
    pilot: Home, scripts: list[Script]
) -> None:
    unasked = open_conversation(pilot, "pilot", 1, by="ana")
    assert {each.suggested for each in unasked.messages} == {None}
    make_invented_set(pilot, "shown", scripts[:5], annotators=["ana", "bea"], by="clara", clock=clock, labeller=Plain())
    shown = [
        any(each.suggested for each in open_conversation(pilot, "shown", number, by="ana").messages)
        for number in range(1, 6)
    ]
    assert sorted(shown) == [False, True, True, True, True]
