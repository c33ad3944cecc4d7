"""Promises of the form's remarks: each stands at its field, in words that help, and an unfinished card has many."""

import pytest

from nightlight.conversations.cards import Card
from nightlight.studio.card_problems import problems_by_field, warned_lines
from nightlight.studio.card_source import Tree, empty_fact, empty_tree, tree_of


@pytest.fixture
def tree(cards: dict[str, Card]) -> Tree:
    return tree_of(cards["exam-week-sleepless"])


def said(tree: Tree) -> dict[str, list[str]]:
    return {field: [words % values for words, values in found] for field, found in problems_by_field(tree).items()}


def test_a_finished_card_has_none(cards: dict[str, Card]) -> None:
    assert {name: said(tree_of(card)) for name, card in cards.items() if said(tree_of(card))} == {}


def test_an_empty_page_says_at_every_field_what_is_needed() -> None:
    found = said(empty_tree("new"))
    assert found["title"] == ["This is still empty."]
    assert found["topics"] == ["Choose at least one."]
    assert found["facts"] == ["0 written, at least 10 are needed."]
    assert found["reactions.advice.open"] == ["0 written, at least 3 are needed."]
    assert not any("%(" in sentence or "FORMAT" in sentence for found in found.values() for sentence in found)


def test_each_mistake_is_at_its_field(tree: Tree) -> None:
    tree["start"]["trust"] = 3
    tree["voice"]["words_median"] = None
    tree["facts"][1]["id"] = tree["facts"][0]["id"]
    tree["facts"][2]["gate"] = "told(nothing-of-this-card)"
    tree["facts"][3]["tell"][1] = tree["facts"][3]["tell"][0]
    tree["risk_answers"]["plan"]["hedge"] = []
    tree["facts"][4]["id"] = "Not A Name"
    assert said(tree) == {
        "start.trust": ["Write a number from 0 to 1."],
        "voice.words_median": ["Write a number from 1 to 60."],
        "facts": [f"Two facts are called '{tree['facts'][0]['id']}': give every fact its own name."],
        "facts.3.gate": ["The rule speaks of a fact that this card does not have."],
        "facts.4.tell": ["Line 2 says the same as an earlier one: write another wording."],
        "risk_answers.plan.hedge": ["0 written, at least 2 are needed."],
        "facts.5.id": ["is more than one word; write lower-case words joined by '-', as in 'first-day'"],
    } | {key: value for key, value in said(tree).items() if key.endswith(".gate") and key != "facts.3.gate"}


def test_a_new_fact_is_incomplete_and_not_wrong_elsewhere(tree: Tree) -> None:
    tree["facts"].append(empty_fact("new-fact"))
    number = len(tree["facts"])
    assert {field.rpartition(".")[0] for field in said(tree)} == {f"facts.{number}"}


def test_the_shipped_cards_hold_no_forbidden_detail(cards: dict[str, Card]) -> None:
    assert {name: warned_lines(tree_of(card)) for name, card in cards.items() if warned_lines(tree_of(card))} == {}
