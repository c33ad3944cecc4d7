"""What a card gives to those who play it."""

from pathlib import Path

import pytest

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card, burst
from nightlight.conversations.gates import And, AtLeast, Told
from nightlight.conversations.labels import AgeBand, FactKind, Reaction, Resistance, Rung, Topic


@pytest.fixture(scope="module")
def card() -> Card:
    return read_card(Path(__file__).parent / "fixtures/cards/missed-bus.yaml")


def test_a_card_holds_what_its_file_says(card: Card) -> None:
    assert (card.id, card.topics, card.difficulty) == ("missed-bus", (Topic.SCHOOL, Topic.ANXIETY), 1)
    assert (card.persona.age_band, card.persona.names) == (AgeBand.FROM_18, ("Jay", "Remy", "Alex"))
    assert (card.voice.words_median, card.voice.emoji) == (8, 0.0)
    assert (card.start.trust, card.start.resistance) == (0.3, Resistance.GUARDED)
    assert (card.risk.past_attempt, card.risk.in_progress) == (False, False)
    assert card.endings.escalated == ("ok", "if you must", "fine")


def test_a_fact_is_found_by_its_id_with_its_gate(card: Card) -> None:
    fact = card.fact("first-day")
    assert fact.kind is FactKind.BACKGROUND
    assert fact.gate == And((Told("the-bus"), AtLeast("trust", 0.2)))
    with pytest.raises(KeyError):
        card.fact("no-such-fact")


def test_every_rung_has_its_answer_and_every_reaction_its_lines(card: Card) -> None:
    assert list(card.risk_answers) == list(Rung)
    assert list(card.reactions) == list(Reaction)
    assert card.reactions[Reaction.SILENCE].guarded == ("hm", "ok", "maybe")


def test_a_line_may_hold_a_burst(card: Card) -> None:
    assert burst(card.opening[0]) == ("hi", "is someone there")
    assert burst(card.opening[1]) == ("hello",)
