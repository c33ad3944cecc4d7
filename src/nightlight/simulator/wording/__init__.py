"""From a plan to what the texter writes: the card's line bank, or a language model behind the same interface."""

from dataclasses import dataclass
from typing import Protocol

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author
from nightlight.conversations.principles import Principle
from nightlight.simulator.plan import Plan, Step
from nightlight.simulator.state import State


@dataclass(frozen=True)
class Situation:
    """What a wording may know: the card, the texter's drawn name, the plan, the state, what the counselor wrote last,
    what was said so far (the texter's lines as they stand in the card, then all messages with who wrote them), a seed
    of its own, the card's principles, and the lines that checks have taken back in this turn."""

    card: Card
    name: str
    plan: Plan
    state: State
    counselor: str
    used_lines: frozenset[str]
    texts: tuple[tuple[Author, str], ...]
    seed: str
    principles: tuple[Principle, ...] = ()
    taken_back: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Worded:
    """A line for one step of the plan: its messages in a row, and the card's line it came from ("" = none).

    `by`: the model that said the line in its own words ("" = the card's words); `refused`: why a model's words do not
    stand here ("" = none were asked for, or they stand).
    """

    step: Step
    messages: tuple[str, ...]
    line: str = ""
    by: str = ""
    refused: str = ""


class Wording(Protocol):
    name: str

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        """Words for the plan's steps, in their order; the same situation gives the same words."""
        ...
