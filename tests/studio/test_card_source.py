"""Promises of the form's tree: a card goes into the form and out again unchanged, whatever is missing in it."""

import pytest
from tests.studio.conftest import CALM, text_of

from nightlight.conversations.card_form import parse_card
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import shipped_corpus
from nightlight.conversations.problems import Findings
from nightlight.studio.card_source import empty_tree, read_tree, tree_of, write_tree

NAMES = sorted(file.stem for file in (shipped_corpus() / "cards").glob("*.yaml"))


def parsed(text: str) -> Card | None:
    findings = Findings("card")
    card = parse_card(text, findings)
    assert findings.problems == []
    return card


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_card_is_the_same_after_the_form(cards: dict[str, Card], name: str) -> None:
    assert parsed(write_tree(tree_of(cards[name]))) == cards[name]
    assert parsed(write_tree(read_tree(text_of(name), name))) == cards[name]


@pytest.mark.parametrize(
    "line", ["yes", "1:30", "a # b", "it's: this", "- no", "  two", "'quoted'", "null", "2026-03-01", "café 😊", "@x"]
)
def test_a_line_stays_as_it_was_written_whatever_yaml_would_make_of_it(cards: dict[str, Card], line: str) -> None:
    tree = tree_of(cards[CALM])
    tree["opening"][0] = line
    card = parsed(write_tree(tree))
    assert card is not None
    assert card.opening[0] == line


@pytest.mark.parametrize(
    "text", ["", "not: [closed", "- a list", "title: [a]\nfacts: {}\nvoice: 3", "goal:\n  says: 7"]
)
def test_what_is_no_card_yet_is_a_tree_with_every_key(text: str) -> None:
    tree = read_tree(text, "new-one")
    assert tree.keys() == empty_tree("new-one").keys()
    assert tree["id"] == "new-one"
    assert tree["goal"].keys() == empty_tree("new-one")["goal"].keys()


def test_what_stands_in_an_unfinished_card_is_kept() -> None:
    tree = read_tree("title: A start\nfacts:\n- id: one\n  tell: [a, b]\nrisk: {past_attempt: yes}\n", "new-one")
    assert (tree["title"], tree["facts"][0]["tell"], tree["facts"][0]["gate"]) == ("A start", ["a", "b"], "")
    assert tree["risk"]["past_attempt"] == "yes"
