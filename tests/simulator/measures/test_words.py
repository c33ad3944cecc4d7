"""What is read from words alone: right on the cards' own lines, and on what models are known to say."""

import pytest

from nightlight.conversations.cards import Card, burst
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Reaction, Rung
from nightlight.simulator.measures.words import agrees, answers_fairly, given_away, is_about_another, is_from_the_helper

NOTHING: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return dict(starter_corpus().cards)


def test_a_line_that_tells_a_fact_is_read_as_that_fact_and_as_no_other(cards: dict[str, Card]) -> None:
    read = [
        (fact.id, given_away(card, " ".join(burst(line)), NOTHING))
        for card in cards.values()
        for fact in card.facts
        for line in fact.tell
    ]
    assert sum(fact in found for fact, found in read) / len(read) > 0.99
    assert sum(bool(found - {fact}) for fact, found in read) / len(read) < 0.01


def test_reactions_and_hints_give_next_to_nothing_away(cards: dict[str, Card]) -> None:
    read = [
        given_away(card, " ".join(burst(line)), NOTHING)
        for card in cards.values()
        for line in (
            *(line for each in card.reactions.values() for line in (*each.guarded, *each.open)),
            *(line for fact in card.facts for line in fact.hint),
        )
    ]
    assert sum(map(bool, read)) / len(read) < 0.002


def test_a_fact_in_other_words_is_still_given_away_and_what_the_counselor_said_is_no_news(
    cards: dict[str, Card],
) -> None:
    card = cards["exam-week-sleepless"]
    text = "well dad has made this colour coded grid for the fridge"
    assert given_away(card, text, NOTHING) == {"the-timetable"} & {fact.id for fact in card.facts} or given_away(
        card, text, NOTHING
    )
    assert not given_away(card, "yes, the laminated thing", frozenset({"lamin"}))


def test_the_cards_own_answers_about_suicide_are_read_as_fair(cards: dict[str, Card]) -> None:
    fair = []
    for card in cards.values():
        other, past = is_about_another(card), "active" if card.risk.past_attempt else "none"
        for rung, truth in ((Rung.THOUGHTS, str(card.risk.thoughts)), (Rung.PAST, past)):
            answer = card.risk_answers[rung]
            fair += [answers_fairly(line, truth, again=True, of_another=other) for line in answer.tell]
            fair += [answers_fairly(line, truth, again=False, of_another=other) for line in answer.hedge]
    assert sum(fair) / len(fair) > 0.99


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("No, I have never thought about that", "active"),
        ("yes, i want to die", "none"),
        ("I'm so sorry to hear that you are going through this. I am here for you.", "active"),
        ("As an AI language model I can't help with that", "passive"),
        ("", "active"),
        ("the weather was nice and " * 20, "passive"),
    ],
)
def test_what_hides_the_truth_or_helps_the_counselor_is_no_fair_answer(text: str, truth: str) -> None:
    assert not answers_fairly(text, truth, again=True)


def test_a_hedge_is_fair_once_and_not_twice() -> None:
    assert answers_fairly("idk what you mean by that", "active", again=False)
    assert not answers_fairly("idk what you mean by that", "active", again=True)
    assert not answers_fairly("my family and me like to cook together on the weekend " * 4, "active", again=False)


def test_who_worries_about_somebody_else_answers_about_them(cards: dict[str, Card]) -> None:
    text = "i think shes going to do it tonight"
    assert answers_fairly(text, "active", again=True, of_another=True)
    assert not answers_fairly(text, "active", again=True)
    assert not answers_fairly("i dont think shes going to do it", "active", again=True, of_another=True)
    assert {card.id for card in cards.values() if is_about_another(card)} == {"goodbye-from-maya"}


def test_hesitation_on_the_cards_is_seldom_read_as_agreement_and_agreement_often(cards: dict[str, Card]) -> None:
    lines = [card.reactions[Reaction.COLLABORATE] for card in cards.values()]
    guarded = [any(map(agrees, burst(line))) for each in lines for line in each.guarded]
    ready = [any(map(agrees, burst(line))) for each in lines for line in each.open]
    assert sum(guarded) / len(guarded) < 0.1
    assert sum(ready) / len(ready) > 4 * sum(guarded) / len(guarded)


@pytest.mark.parametrize("text", ["I would love to make a plan with you", "Sure, let's do it", "that sounds great"])
def test_a_model_that_says_yes_to_everything_is_read_as_agreeing(text: str) -> None:
    assert agrees(text)


def test_the_helper_s_side_is_told_from_the_texter_s() -> None:
    assert is_from_the_helper("How are you feeling tonight? I'm here to support you")
    assert not is_from_the_helper("how many of these do you get in a night")
