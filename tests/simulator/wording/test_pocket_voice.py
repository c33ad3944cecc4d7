"""Promises of what a texter may take over from another card: nothing that sounds like somebody else."""

from collections.abc import Mapping

import pytest

from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.settings import shipped
from nightlight.simulator.plan import Tone
from nightlight.simulator.wording.pocket import load_pocket
from nightlight.simulator.wording.pocket_voice import PLAIN, is_typed_alike, theirs_among, typed_as
from nightlight.simulator.wording.pocket_words import ANSWERED_FREELY, is_particular, kind_of_line


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("you cant know that", "you dont know that"),
        ("yeah something like that", "yeah thats it"),
        ("does it matter why", "why does anyone"),
    ],
)
def test_a_plain_line_of_the_same_stand_and_length_could_be_anybodys(line: str, own: str) -> None:
    assert theirs_among([line], own, []) == [line]


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("yes i should, you are right", "no i dont think so"),
        ("ok thanks. sorry", "ok i see"),
        ("what do you mean", "people say that"),
        ("im not sure if i could do it", "not sure"),
    ],
)
def test_who_refuses_does_not_give_in_and_who_is_brief_makes_no_speech(line: str, own: str) -> None:
    assert not theirs_among([line], own, [])


def test_a_word_of_others_is_said_only_by_who_has_used_it_or_just_heard_it() -> None:
    line, own = "cant promise that lol", "you dont know that"
    assert not theirs_among([line], own, ["hi"])
    assert not theirs_among([line], own, ["lol hi"])
    assert theirs_among([line], own, ["lol hi"], "I promise it will be fine.") == [line]


def test_a_line_of_their_own_with_words_of_their_own_stands() -> None:
    assert not theirs_among(["you cant know that"], "my aunt also said that", [])


@pytest.mark.parametrize(
    ("line", "is_typed"),
    [("i dont know", True), ("I don't know", False), ("no", True), ("it is so", False), ("does it matter WHY", False)],
)
def test_who_leaves_out_apostrophes_is_given_no_line_with_them(line: str, is_typed: bool) -> None:
    assert is_typed_alike(line, ["im fine", "its late"]) is is_typed
    assert is_typed_alike("i don't know", ["it's late"])
    assert not is_typed_alike("im fine", ["it's late"])


def test_a_line_is_begun_and_ended_as_the_texters_own() -> None:
    assert typed_as("Been told that.", "sure") == "Sure."
    assert typed_as("pick one", "I suppose so.") == "I suppose so"
    assert typed_as("pick one", "well...") == "well..."


def test_no_plain_word_tells_of_a_life() -> None:
    assert not any(is_particular(word) for word in PLAIN)


def test_some_lines_of_the_shipped_model_fit_most_cards_and_few_fit_any_line() -> None:
    model, cards = load_pocket(shipped("models/pocket")), list(starter_corpus().cards.values())
    fitting = {card.id: sum(len(_fitting(model.lines, card, own)) > 1 for own in _owns(card)) for card in cards}
    assert sum(count > 0 for count in fitting.values()) > len(cards) / 2
    assert sum(fitting.values()) < sum(len(_owns(card)) for card in cards) / 5


def _owns(card: Card) -> list[tuple[str, str]]:
    return [
        (kind_of_line(reaction, tone, card.voice), line)
        for reaction in ANSWERED_FREELY
        for tone in Tone
        for line in getattr(card.reactions[reaction], tone)
    ]


def _fitting(lines: Mapping[str, tuple[str, ...]], card: Card, own: tuple[str, str]) -> list[str]:
    kind, line = own
    return theirs_among(lines.get(kind, ()), line, card.opening)
