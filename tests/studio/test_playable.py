"""Promises of the preview's card: what is finished is played as it is, what is missing says so."""

import pytest

from nightlight.conversations.cards import Card
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.session import Said, Session
from nightlight.studio.card_source import empty_fact, empty_tree, tree_of
from nightlight.studio.playable import playable


def test_a_finished_card_is_played_as_it_is(cards: dict[str, Card]) -> None:
    assert [name for name, card in cards.items() if playable(tree_of(card)) != card] == []


@pytest.mark.parametrize("text", ["Hi, I'm Sam.", "Are you thinking of killing yourself?", "You should sleep.", "ok"])
def test_an_empty_page_can_be_talked_to(text: str) -> None:
    tree = empty_tree("new-one")
    tree["facts"] = [empty_fact(), empty_fact("")]
    session = Session(playable(tree), seed=1, labeller=shipped_labeller())
    turn = session.handle(Said(45.0, text))
    replies = [reply.text for each in (session.turns[0], turn) for reply in each.replies]
    assert replies
    assert all(reply.startswith("[no line yet") for reply in replies)
