"""The risk that a texter's message shows: a level from 0 to 4 with its probabilities, and attributes beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nightlight.conversations.labels import HIGHEST_RISK, RiskAttribute

LEVELS = HIGHEST_RISK + 1


@dataclass(frozen=True)
class LabelledRisk:
    """`level`: the one decided for; `probabilities`: of the levels 0 to 4, summing to 1."""

    level: int
    probabilities: tuple[float, ...]
    attributes: tuple[RiskAttribute, ...] = ()

    def at_least(self, level: int) -> float:
        """The probability that the risk is this high or higher."""
        return sum(self.probabilities[level:])


class RiskLabeller(Protocol):
    """Reads one texter's message at a time; the same version reads the same text the same way, always."""

    @property
    def version(self) -> str: ...

    def label(self, text: str, *, before: str = "") -> LabelledRisk:
        """The risk of a texter's `text` that answers what the counselor wrote last (`before`)."""
        ...


def decided_level(probabilities: Sequence[float], limits: Sequence[float]) -> int:
    """The highest level that is reached with at least its limit (of 1, 2, 3, 4): a high level needs less to be said,
    since one that is missed costs more than one too many.

    >>> decided_level((0.5, 0.1, 0.1, 0.2, 0.1), (0.5, 0.5, 0.3, 0.3))
    3
    """
    reached = [level for level, limit in enumerate(limits, 1) if sum(probabilities[level:]) >= limit]
    return max(reached, default=0)


def shipped_risk_labeller() -> RiskLabeller:
    """The labeller that comes with the product; read once in a process."""
    from nightlight.labelling.model import shipped_model

    return shipped_model().texter
