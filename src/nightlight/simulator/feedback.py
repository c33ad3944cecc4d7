"""A word to the trainee while they practise: what you did, what this moment needs, one thing to try."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nightlight.conversations.cards import Card
from nightlight.simulator.session import Turn


class Mode(StrEnum):
    OFF = "off"
    NUDGE = "nudge"
    COACH = "coach"


@dataclass(frozen=True)
class Feedback:
    """`did` quotes the trainee; `needed` is the goal of this moment; `attempt` one thing to try (JSON key `try`)."""

    did: str
    needed: str
    attempt: str
    is_criticism: bool


def feedback_on(card: Card, turns: Sequence[Turn], mode: Mode) -> Feedback | None:
    """The word on the last of these turns, or None: at most one criticism, at most every second message."""
    return None
