"""Promises of topics: a card's own questions find their fact, and what nobody meant finds none."""

from nightlight.conversations.card_form import read_card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.simulator.topics import SURE, facts_asked, facts_scored, is_generic, match_facts

CARDS = [read_card(file) for file in sorted((shipped_corpus() / "cards").glob("*.yaml"))]
NIGHT = next(card for card in CARDS if card.id == "night-shift-fine")


def test_every_question_of_every_card_finds_its_own_fact() -> None:
    asked = [(card, fact, ask) for card in CARDS for fact in card.facts for ask in fact.asks]
    missed = [
        (card.id, fact.id, ask)
        for card, fact, ask in asked
        if next(iter(facts_asked(card, f"That sounds heavy. {ask}?")), None) != fact.id
    ]
    assert len(missed) / len(asked) < 0.02, missed


def test_other_words_for_it_find_it_too() -> None:
    assert facts_asked(NIGHT, "Who is working with you on your shift tonight?")[0] == "bev"
    assert facts_asked(NIGHT, "How has your sleep been, are you sleeping at all?")[0] == "not-sleeping"
    assert facts_asked(NIGHT, "Tell me more about Bev?")[0] == "bev"


def test_what_the_card_knows_nothing_of_finds_nothing() -> None:
    assert facts_asked(NIGHT, "Do you like football?") == ()
    assert facts_asked(NIGHT, "") == ()


def test_only_the_cards_own_question_is_beyond_doubt() -> None:
    assert facts_scored(NIGHT, "Does your family know?")["mum-badge"] >= SURE
    assert max(match.likeness for match in match_facts(NIGHT, "Is it raining where you live?")) < SURE


def test_an_invitation_leaves_it_to_the_texter() -> None:
    assert is_generic("What's going on tonight?")
    assert not is_generic("Who is on shift with you?")
