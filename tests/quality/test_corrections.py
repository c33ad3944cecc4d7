"""Correcting labels: sam corrects, tess reviews, olga and otto do neither."""

from typing import Any

import pytest
from tests.quality.conftest import ASKED, HARD, OLGA, OTTO, SAM, TESS, Talk, take_in

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.quality import corrections
from nightlight.quality.access import Reach
from nightlight.quality.corrections import (
    Correction,
    accepted_corrections,
    corrections_of,
    proposed_corrections,
    review_correction,
)

WHY = "They asked about it in other words."


@pytest.fixture
def told(talk: Talk) -> Talk:
    talk.say("T: hi", f"T: {HARD}", f"C: {ASKED}")
    return talk


def correct(talk: Talk, message: str, axis: str, new: object, who: Reach = SAM, reason: str = WHY) -> Correction:
    return corrections.correct(talk.home, "live-1", message, axis, new, reason, by=who, clock=talk.clock)


def test_a_correction_stands_beside_the_label_with_what_it_was(told: Talk) -> None:
    acts = correct(told, "m3", "acts", ["validation", "risk_plan", "validation"])
    assert (acts.old, acts.new, acts.state) == (["risk_thoughts"], ["risk_plan", "validation"], "proposed")
    risk = correct(told, "m2", "risk", 3)
    assert risk.new == 3
    assert risk.old in (1, 2)
    assert risk.labeller
    assert correct(told, "m1", "phase", "exploration").new == "exploration"
    assert [each.axis for each in corrections_of(told.home, "live-1", by=TESS)] == ["acts", "risk", "phase"]


@pytest.mark.parametrize(
    ("message", "axis", "new", "said"),
    [
        ("m3", "phase", "warm_up", "no such phase"),
        ("m3", "phase", None, "no such phase"),
        ("m3", "acts", [], "at least one act"),
        ("m3", "acts", ["nagging"], "at least one act"),
        ("m3", "acts", "close", "at least one act"),
        ("m3", "acts", ["goal", "coping", "close", "buffers", "summary", "feeling", "strength"], "at most"),
        ("m2", "risk", 5, "0 to 4"),
        ("m2", "risk", True, "0 to 4"),
        ("m2", "risk", "2", "0 to 4"),
        ("m2", "mood", "low", "phase, acts or risk"),
        ("m2", "acts", ["close"], "texter has no acts"),
        ("m3", "risk", 2, "counselor has no risk"),
        ("m9", "phase", "closing", "no such message"),
    ],
)
def test_what_is_no_label_is_no_correction(told: Talk, message: str, axis: str, new: Any, said: str) -> None:
    with pytest.raises(NightlightError, match=said):
        correct(told, message, axis, new)
    assert corrections_of(told.home, "live-1", by=SAM) == []


def test_a_reason_is_needed(told: Talk) -> None:
    with pytest.raises(NightlightError, match="a reason is needed"):
        correct(told, "m2", "risk", 2, reason=" ")


def test_a_second_person_accepts_it_and_the_last_accepted_one_counts(told: Talk) -> None:
    first, second = correct(told, "m2", "risk", 3), correct(told, "m2", "risk", 2)
    third, other = correct(told, "m2", "risk", 4), correct(told, "m3", "acts", ["risk_plan"])
    assert accepted_corrections(told.home) == []
    assert [each.id for each in proposed_corrections(told.home, by=TESS)] == [first.id, second.id, third.id, other.id]
    for correction, accepted in ((first, True), (second, True), (third, False), (other, True)):
        reviewed = review_correction(told.home, correction.id, accepted=accepted, by=TESS, clock=told.clock)
        assert reviewed.reviewed_by == "tess"
    assert [(each.message_id, each.new) for each in accepted_corrections(told.home)] == [
        ("m2", 2),
        ("m3", ["risk_plan"]),
    ]
    assert proposed_corrections(told.home, by=TESS) == []


def test_nobody_reviews_their_own_and_nothing_twice(told: Talk) -> None:
    correction = correct(told, "m2", "risk", 3)
    with pytest.raises(NightlightError, match="a second person"):
        review_correction(told.home, correction.id, accepted=True, by=SAM, clock=told.clock)
    review_correction(told.home, correction.id, accepted=False, by=TESS, clock=told.clock)
    with pytest.raises(NightlightError, match="rejected already"):
        review_correction(told.home, correction.id, accepted=True, by=TESS, clock=told.clock)
    assert accepted_corrections(told.home) == []


@pytest.mark.parametrize("who", [OLGA, OTTO])
def test_another_team_and_a_stranger_neither_correct_nor_review(told: Talk, who: Reach) -> None:
    correction = correct(told, "m2", "risk", 3)
    with pytest.raises(NightlightError, match=r"no such conversation|EXECUTE"):
        correct(told, "m2", "risk", 2, who)
    with pytest.raises(NightlightError, match=r"no such correction|EXECUTE"):
        review_correction(told.home, correction.id, accepted=True, by=who, clock=told.clock)
    with pytest.raises(NightlightError, match=r"no such conversation|EXECUTE"):
        corrections_of(told.home, "live-1", by=who)
    assert proposed_corrections(told.home, by=who) == []


def test_of_a_conversation_of_the_tables_the_page_says_what_the_label_was(told: Talk) -> None:
    take_in(told.home, "1001", "v1", told.clock.now)
    found = corrections.correct(
        told.home, "1001", "m7", "risk", 2, WHY, by=SAM, clock=told.clock, labels=None, labeller="labels-9"
    )
    assert (found.old, found.new, found.labeller) == (None, 2, "labels-9")


def test_the_audit_has_corrections_and_their_reviews(told: Talk) -> None:
    correction = correct(told, "m2", "risk", 3)
    review_correction(told.home, correction.id, accepted=True, by=TESS, clock=told.clock)
    records = tail(told.home, 2)
    assert [(record["action"], record["principal"]) for record in records] == [
        ("correct label", "sam"),
        ("accept correction", "tess"),
    ]
    assert HARD not in str(records)
