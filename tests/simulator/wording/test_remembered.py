"""A model that is measured is asked for no line twice, and gives the same words, and the same silence, again."""

from collections.abc import Iterator
from itertools import islice

import pytest

from nightlight.conversations.cards import Voice
from nightlight.conversations.labels import AgeBand
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording.generated import NoWords
from nightlight.simulator.wording.prompt import Prompt
from nightlight.simulator.wording.remembered import Remembered

PROMPT = Prompt(Move.REACT, Tone.OPEN, "yeah maybe", Voice(6, 0.9, 0.9, 0.0, 0.0, 0.2), AgeBand.FROM_25, distress=0.5)


class Counting:
    """Says how often it was asked; with seed 0 nothing."""

    name, model = "openai", "harbour"

    def __init__(self) -> None:
        self.asked, self.closed = 0, 0

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        self.asked += 1
        if seed == 0:
            raise NoWords("timeout")
        try:
            yield f"asked {self.asked}"
            yield " times"
        finally:
            self.closed += 1


@pytest.fixture
def model() -> Counting:
    return Counting()


def said(generator: Remembered, seed: int) -> str:
    return "".join(generator.generate(PROMPT, seed=seed, most_tokens=20))


def test_the_same_prompt_and_seed_are_asked_once(model: Counting) -> None:
    remembered = Remembered(model)
    assert [said(remembered, seed) for seed in (1, 1, 2)] == ["asked 1 times", "asked 1 times", "asked 2 times"]
    assert (remembered.name, remembered.model) == ("openai", "harbour")


def test_a_failure_is_remembered_too(model: Counting) -> None:
    remembered = Remembered(model)
    for _ in range(2):
        with pytest.raises(NoWords, match="timeout"):
            said(remembered, 0)
    assert model.asked == 1


class Clock:
    """A clock that is a second further each time it is looked at."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_only_what_the_model_was_really_asked_for_has_seconds(model: Counting) -> None:
    remembered = Remembered(model, Clock())
    for seed in (1, 1, 2, 1):
        said(remembered, seed)
    with pytest.raises(NoWords):
        said(remembered, 0)
    assert (model.asked, remembered.seconds) == (3, [1.0, 1.0, 1.0])


def test_who_has_enough_stops_the_model_and_hears_as_much_again(model: Counting) -> None:
    remembered = Remembered(model)
    pieces = remembered.generate(PROMPT, seed=1, most_tokens=20)
    assert list(islice(pieces, 1)) == ["asked 1"]
    pieces.close()  # type: ignore[attr-defined]
    assert model.closed == 1
    assert said(remembered, 1) == "asked 1"
