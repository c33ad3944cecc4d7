"""Two texters as the same card: both hear the same counselor, and what each says is told."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.labelling.registered import install_shipped, let_people_decide

from nightlight.conversations.corpus import starter_corpus
from nightlight.errors import NightlightError
from nightlight.operations.texters_side_by_side import answered_twice, compare_texters
from nightlight.practice.cards import PlayedCard
from nightlight.settings import Home
from nightlight.simulator.wording import Situation, Worded
from nightlight.simulator.wording.bank import LineBank

CARD = PlayedCard(starter_corpus().cards["night-shift-fine"], 1, "starter")


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


def words(messages: Sequence[str]) -> list[str]:
    """Whatever the messages are cut into: a sentence ends by its mark, and somebody who shouts sends no bursts."""
    return re.findall(r"\w+", " ".join(messages).upper())


def test_both_texters_hear_the_same_counselor_and_may_tell_the_same() -> None:
    found = answered_twice([LineBank(), Shouting()], ("prod/pocket/1", "prod/pocket/2"), CARD, 2)
    assert len(found.turns) > 5
    assert any(turn.counselor for turn in found.turns)
    assert all(words(turn.one.messages) == words(turn.other.messages) for turn in found.turns)
    assert all(message.isupper() for turn in found.turns for message in turn.other.messages if words([message]))
    assert found.differ == sum(bool(turn.one.messages) for turn in found.turns)
    assert found.own[0] == 0 < found.own[1]
    assert answered_twice([LineBank(), LineBank()], ("a", "b"), CARD, 2).differ == 0


def test_why_a_model_said_nothing_is_counted() -> None:
    found = answered_twice([LineBank(), Speechless()], ("prod/pocket/1", "prod/pocket/2"), CARD, 2)
    silent, speechless = found.refused
    assert (found.differ, found.own, silent.total()) == (0, (0, 0), 0)
    assert set(speechless) == {"no other words"}


def test_what_labels_plays_no_texter(with_registry: Home, tmp_path: Path) -> None:
    let_people_decide(with_registry)
    shipped = install_shipped(with_registry, tmp_path / "shipped")
    with pytest.raises(NightlightError, match="'labeller' writes nothing"):
        compare_texters(with_registry, shipped, shipped, CARD)
