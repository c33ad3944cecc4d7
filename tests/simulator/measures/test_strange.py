"""What a model says that has learned nothing is found by its words, and no card's own line is."""

from dataclasses import replace

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures.plays import Plays
from nightlight.simulator.measures.strange import strange_words
from nightlight.simulator.wording import Situation, Worded, Wording
from nightlight.simulator.wording.bank import LineBank


class Saying:
    """A model that says so of every line; "" for the line itself."""

    name = "saying"

    def __init__(self, text: str) -> None:
        self.text = text

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        lines = LineBank().word(situation)
        return tuple(replace(each, messages=(self.text or each.line,), by="a model") for each in lines if each.line)


def strange(wording: Wording) -> float:
    card = starter_corpus().cards["exam-week-sleepless"]
    plays = Plays([card], (1,), shipped_labeller(), wording, kinds=(Kind.GOOD,), most=12)
    return strange_words(plays, ["Idk, it's been a week"])


@pytest.mark.parametrize(
    ("text", "share"),
    [("ould exhat hatyou", 1.0), ("", 0.0), ("exhat been a week", 0.25), ("IT’S been a week", 0.0)],
)
def test_words_that_nobody_uses_are_strange(text: str, share: float) -> None:
    assert strange(Saying(text)) == share


def test_who_says_nothing_says_nothing_strange() -> None:
    assert strange(LineBank()) == 0.0
