"""The session rubric: fifteen items, each with the messages that show it, or not assessed."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.simulator.session import Turn


@dataclass(frozen=True)
class Item:
    """One item's score: 0 not shown, 1 partly, 2 shown, None not assessed; `turns` are the numbers that show it.

    `knock_out`: an assessed session fails without it.
    """

    item: str
    title: str
    score: int | None
    turns: tuple[int, ...]
    why: str
    knock_out: bool = False


def rubric(card: Card, turns: Sequence[Turn]) -> tuple[Item, ...]:
    """All items, in the order of the debrief."""
    return ()
