"""What the texter does next, as plain data: a plan never holds what its gate keeps closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nightlight.conversations.labels import Outcome, Reaction, Rung


class Move(StrEnum):
    OPEN = "open"  # the first texts
    TELL = "tell"  # a fact whose gate is open
    HINT = "hint"  # asked for a fact whose gate is closed
    ANSWER = "answer"  # a rung, truthfully
    HEDGE = "hedge"  # a rung asked clearly while its gate is closed
    NAME = "name"  # what they are called
    HERE = "here"  # that they are still there
    REACT = "react"  # to what the counselor did, when no fact answers it
    END = "end"


class Tone(StrEnum):
    GUARDED = "guarded"
    OPEN = "open"


class Ending(StrEnum):
    """Which of the card's endings."""

    GOOD = "good"
    PARTIAL = "partial"
    LEAVES = "leaves"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class Step:
    """One move with what it is about: a fact's id, a rung, a reaction or an ending."""

    move: Move
    fact: str = ""
    rung: Rung | None = None
    reaction: Reaction | None = None
    ending: Ending | None = None


@dataclass(frozen=True)
class Plan:
    """The steps of one reply in order (none: the texter stays silent), and how it is said. `goal_named`,
    `steps_agreed`: what this reply accepts; `outcome`: how the session ends with it (None: it goes on)."""

    steps: tuple[Step, ...]
    tone: Tone
    goal_named: bool = False
    steps_agreed: int = 0
    outcome: Outcome | None = None

    @property
    def facts(self) -> Sequence[str]:
        """The facts this reply may tell; no other may be in it."""
        return [step.fact for step in self.steps if step.move is Move.TELL]
