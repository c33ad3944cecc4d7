"""Card tests: a sound card passes, and each fault of a card is found and named."""

from dataclasses import replace

import pytest

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.gates import parse_gate
from nightlight.conversations.principles import Principle
from nightlight.labelling.acts import shipped_labeller
from nightlight.studio.card_tests import CardTestReport, run_card_tests


@pytest.fixture(scope="module")
def card() -> Card:
    return starter_corpus().cards["exam-week-sleepless"]


def report_on(card: Card, *principles: Principle) -> CardTestReport:
    return run_card_tests(card, principles, labeller=shipped_labeller())


def failed(report: CardTestReport) -> set[str]:
    return {result.name for result in report.results if not result.passed}


def test_a_sound_card_passes(card: Card) -> None:
    report = report_on(card)
    assert [(r.name, r.promise, r.found, r.evidence) for r in report.results if not r.passed] == []
    assert report.labeller == shipped_labeller().version


def test_facts_that_nobody_can_reach_are_named(card: Card) -> None:
    never = parse_gate("turn>=500")
    facts = (*card.facts[:-2], *(replace(fact, gate=never) for fact in card.facts[-2:]))
    report = report_on(replace(card, facts=facts))
    assert "coverage" in failed(report)
    unheard = next(result for result in report.results if "hears every fact" in result.promise)
    assert set(unheard.evidence) == {f"fact {fact.id}" for fact in card.facts[-2:]}


def test_a_line_in_two_parts_is_named(card: Card) -> None:
    first, *others = card.facts
    doubled = replace(first, tell=(*first.tell, *others[0].tell[:3]))
    report = report_on(replace(card, facts=(doubled, *others)))
    twice = next(result for result in report.results if "two parts" in result.promise)
    assert not twice.passed
    assert f"fact {first.id}" in twice.evidence[0]


def test_a_principle_that_does_not_hold_is_named(card: Card) -> None:
    """The rule stands under a gate that is never open where its test asks."""
    line = card.facts[0].tell
    principle = Principle(
        why="too blunt", applies_if=parse_gate("turn>=400"), never=line[0], instead="", test=card.facts[0].asks[0] + "?"
    )
    thin = replace(card, facts=(replace(card.facts[0], tell=line[:1]), *card.facts[1:]))
    report = report_on(thin, principle)
    assert "principle 1" in failed(report)


def test_a_principle_that_holds_passes(card: Card) -> None:
    fact = card.facts[0]
    principle = Principle(why="too blunt", applies_if=None, never=fact.tell[0], instead="", test=fact.asks[0] + "?")
    assert "principle 1" not in failed(report_on(card, principle))
