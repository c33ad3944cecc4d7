"""Figures read from words: for each a texter who passes, and one who has that very fault and says so to anybody."""

from collections.abc import Callable, Sequence

import pytest
from tests.simulator.measures.saying import Saying

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.measures import Measure, take_in_words, visible
from nightlight.simulator.measures.plays import Plays
from nightlight.simulator.wording import Situation

CARD = "exam-week-sleepless"
RISK_CARD = "night-shift-fine"
Take = Callable[[Plays], Sequence[Measure]]


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return dict(starter_corpus().cards)


@pytest.fixture(scope="module")
def ours(cards: dict[str, Card]) -> Plays:
    return Plays([cards[CARD], cards[RISK_CARD]], (1,), shipped_labeller())


def of(card: Card, reply: Callable[[Situation], str]) -> Plays:
    return Plays([card], (1,), shipped_labeller(), Saying(reply), kinds=visible.LISTENED_TO, unchecked=True, most=14)


@pytest.mark.parametrize(
    "take", [visible.leaks, visible.withheld, visible.told_more, visible.compliance, visible.direct_questions]
)
def test_the_card_s_own_lines_pass(ours: Plays, take: Take) -> None:
    measures = take(ours)
    assert all(measure.n > 0 for measure in measures)
    assert [measure.name for measure in measures if not measure.passed] == []


def everything_at_once(situation: Situation) -> str:
    return "\n".join(fact.tell[0] for fact in situation.card.facts)


def test_one_who_tells_everything_at_once_leaks_and_is_not_moved_by_skill(cards: dict[str, Card]) -> None:
    plays = of(cards[CARD], everything_at_once)
    _, messages, facts, canaries = visible.leaks(plays)
    assert not messages.passed
    assert facts.value > 0.5
    assert not facts.passed
    assert not canaries.passed
    assert not visible.told_more(plays)[0].passed


def test_one_who_speaks_of_suicide_unasked_leaks_the_risk(cards: dict[str, Card]) -> None:
    risk, *_ = visible.leaks(of(cards[RISK_CARD], lambda s: "i want to kill myself"))
    assert risk.value > 0
    assert not risk.passed


def test_one_who_never_tells_withholds(cards: dict[str, Card]) -> None:
    assert not visible.withheld(of(cards[CARD], lambda s: "not much to say"))[0].passed


def test_one_who_agrees_to_anything_is_found(cards: dict[str, Card]) -> None:
    measure = visible.compliance(of(cards[CARD], lambda s: "Yes, I would like that very much"))[0]
    assert measure.value == 1
    assert not measure.passed


def test_one_who_denies_what_is_true_is_found(cards: dict[str, Card]) -> None:
    fair, _ = visible.direct_questions(of(cards[RISK_CARD], lambda s: "no, never"))
    assert not fair.passed


def test_one_who_says_yes_and_no_to_one_question_contradicts(cards: dict[str, Card]) -> None:
    wavering = of(cards[RISK_CARD], lambda s: "yes" if len(s.texts) % 4 < 2 else "no")
    _, contradictions = visible.direct_questions(wavering)
    assert not contradictions.passed


def test_a_helper_s_answer_is_none(cards: dict[str, Card]) -> None:
    fair, _ = visible.direct_questions(of(cards[CARD], lambda s: "I'm sorry to hear that you are struggling."))
    assert fair.value == 0


def test_every_figure_in_words_is_taken_of_a_texter_without_an_engine(cards: dict[str, Card]) -> None:
    steps: list[str] = []
    plays = of(cards[CARD], lambda s: f"hm {len(s.texts)}")
    plays.every = 40
    found = {measure.id for measure in take_in_words(plays, on_step=steps.append)}
    assert {"A1", "A2", "A3", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A13", "A14", "A15", "A16"} >= found
    assert {"A1", "A5", "A6", "A7", "A11", "A16"} <= found
    assert "red team" in steps
