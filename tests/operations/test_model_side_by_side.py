"""Two labellers read the same conversations, two texters answer the same messages: what differs, told without text."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.labelling.registered import QUIET, install_shipped, let_people_decide, to_production, write_other

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError
from nightlight.operations.model_side_by_side import (
    Turned,
    answered_twice,
    compare_labellers,
    compare_texters,
)
from nightlight.practice.cards import PlayedCard
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home
from nightlight.simulator.wording import Situation, Worded
from nightlight.simulator.wording.bank import LineBank

SAID = (
    (Author.TEXTER, QUIET),
    (Author.COUNSELOR, "What else happened today?"),
    (Author.TEXTER, "then i had dinner with my sister"),
)
TALKS = [
    Conversation(name, tuple(Message(f"m{number}", author, text) for number, (author, text) in enumerate(SAID, 1)))
    for name in ("c1", "c2")
]
CARD = PlayedCard(starter_corpus().cards["night-shift-fine"], 1, "starter")


@pytest.fixture
def two(with_registry: Home, tmp_path: Path) -> tuple[Home, ModelVersion, ModelVersion]:
    """The shipped labeller, and one that hears the highest risk in every word."""
    let_people_decide(with_registry)
    shipped = install_shipped(with_registry, tmp_path / "shipped")
    return with_registry, shipped, to_production(with_registry, write_other(tmp_path / "other"))


class Shouting(LineBank):
    """The card's lines, loud."""

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        return tuple(
            replace(each, messages=tuple(m.upper() for m in each.messages), by="loud")
            for each in super().word(situation)
        )


class Speechless(LineBank):
    """A model that has been asked and says nothing."""

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        return tuple(replace(each, refused="no other words") for each in super().word(situation))


def test_how_often_they_differ_and_what_turned_into_what(two: tuple[Home, ModelVersion, ModelVersion]) -> None:
    found = compare_labellers(*two, TALKS)
    assert (found.conversations, found.messages, found.one != found.other) == (2, 6, True)
    axes = {axis.axis: axis for axis in found.axes}
    assert [(axes[name].asked, axes[name].differ) for name in ("risk", "first act")] == [(4, 4), (2, 0)]
    assert (axes["phase"].asked, axes["risk"].share) == (6, 1.0)
    assert Turned("risk", "0", "4", 4) in found.turned
    assert any(each.axis == "flag" and each.other == "raised" for each in found.turned)


def test_what_comes_out_names_messages_and_holds_none_of_their_words(
    two: tuple[Home, ModelVersion, ModelVersion],
) -> None:
    found = json.dumps(asdict(compare_labellers(*two, TALKS)))
    assert '"place": "m3"' in found
    for _, text in SAID:
        assert text not in found


def test_a_version_beside_itself_differs_nowhere(two: tuple[Home, ModelVersion, ModelVersion]) -> None:
    home, shipped, _ = two
    found = compare_labellers(home, shipped, shipped, TALKS)
    assert (found.differences, found.turned) == ((), [])
    assert sum(axis.asked for axis in found.axes) > 0


def test_both_texters_hear_the_same_counselor_and_may_tell_the_same() -> None:
    found = answered_twice([LineBank(), Shouting()], ("prod/pocket/1", "prod/pocket/2"), CARD, 2)
    assert len(found.turns) > 5
    assert any(turn.counselor for turn in found.turns)
    assert [tuple(m.upper() for m in turn.one.messages) for turn in found.turns] == [
        turn.other.messages for turn in found.turns
    ]
    assert found.differ == sum(bool(turn.one.messages) for turn in found.turns)
    assert found.own[0] == 0 < found.own[1]
    assert answered_twice([LineBank(), LineBank()], ("a", "b"), CARD, 2).differ == 0


def test_why_a_model_said_nothing_is_counted() -> None:
    found = answered_twice([LineBank(), Speechless()], ("prod/pocket/1", "prod/pocket/2"), CARD, 2)
    silent, speechless = found.refused
    assert (found.differ, found.own, silent.total()) == (0, (0, 0), 0)
    assert set(speechless) == {"no other words"}


def test_what_labels_plays_no_texter(two: tuple[Home, ModelVersion, ModelVersion]) -> None:
    home, shipped, other = two
    with pytest.raises(NightlightError, match="'labeller' writes nothing"):
        compare_texters(home, shipped, other, CARD)
