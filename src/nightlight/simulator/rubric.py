"""The session rubric: fifteen items, each with the messages that show it, or not assessed.

Code decides, no model: the same transcript with the same labels gives the same scores. What a session gave no
occasion for, or is too short to show, is not assessed: never a number. `rubric_items` holds the items."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nightlight.conversations.cards import Card
from nightlight.simulator.rubric_items import ITEMS, Look
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


@dataclass(frozen=True)
class Criteria:
    """What passing means, fixed when an assessed session begins: a version never changes.

    `weights` of the items (1 where none is named); `knock_outs`: the least score of an item that must not be missed,
    where it is assessed; `least_assessed`: with fewer items assessed nobody passes, nor fails for good.
    """

    version: str
    weights: Mapping[str, int]
    knock_outs: Mapping[str, int]
    least_assessed: int


CRITERIA = MappingProxyType(
    {
        "1": Criteria(
            "1",
            MappingProxyType({"asked_about_suicide": 2, "ladder": 2, "cue_follow_up": 2, "escalation": 2}),
            MappingProxyType({"asked_about_suicide": 2, "ladder": 1, "cue_follow_up": 1, "escalation": 1}),
            least_assessed=8,
        )
    }
)
"""All versions ever in use, so that an old session is judged by what was agreed then."""
CURRENT = CRITERIA["1"]


def rubric(card: Card, turns: Sequence[Turn], *, say: Callable[[str], str] = str) -> tuple[Item, ...]:
    """All items, in the order of the debrief; `say` translates titles and reasons."""
    look = Look.at(card, turns)
    items = []
    for title, assess in ITEMS.items():
        found = assess(look)
        items.append(
            Item(
                item=assess.__name__,
                title=say(title),
                score=found.score,
                turns=found.turns,
                why=say(found.why) % found.values if found.values else say(found.why),
                knock_out=assess.__name__ in CURRENT.knock_outs,
            )
        )
    return tuple(items)


def share(items: Sequence[Item], criteria: Criteria = CURRENT) -> float | None:
    """The weighted share of the points that could be had, over the assessed items; None when none is assessed."""
    assessed = [(item.score, criteria.weights.get(item.item, 1)) for item in items if item.score is not None]
    most = sum(2 * weight for _, weight in assessed)
    return sum(score * weight for score, weight in assessed) / most if most else None


def missed(items: Sequence[Item], criteria: Criteria = CURRENT) -> tuple[Item, ...]:
    """The knock-outs that were assessed and not met."""
    return tuple(
        item for item in items if item.score is not None and item.score < criteria.knock_outs.get(item.item, 0)
    )


def passed(items: Sequence[Item], *, threshold: float, criteria: Criteria = CURRENT) -> bool | None:
    """Whether every knock-out is met and the share reaches `threshold`; None when too little could be assessed."""
    if missed(items, criteria):
        return False
    reached = share(items, criteria)
    if reached is None or sum(item.score is not None for item in items) < criteria.least_assessed:
        return None
    return reached >= threshold
