"""The course of a conversation from its labels: stretches of one phase, levels of risk, what a counselor did well.

Numbers count messages from 1; pictures are geometry that templates draw, with a table of the same beside them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from nightlight.conversations.labels import Author, Phase
from nightlight.labelling.conversation import LabelledMessage
from nightlight.web.quality.words import STRENGTHS

ALWAYS_SHOWN = (
    Phase.ENGAGEMENT,
    Phase.EXPLORATION,
    Phase.RISK_ASSESSMENT,
    Phase.GOAL_SETTING,
    Phase.PLANNING,
    Phase.CLOSING,
)
"""Phases with a lane of their own even where a conversation has none of them: that, too, is to be seen."""


@dataclass(frozen=True)
class Stretch:
    """Messages `first` to `last` of one phase; None where nothing was assessed."""

    phase: Phase | None
    first: int
    last: int
    began_at: datetime | None


@dataclass(frozen=True)
class Lane:
    """The stretches of one phase as a row of the picture."""

    phase: Phase | None
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class RiskStep:
    """Messages `first` to `last` at one level: a texter's message keeps its level until their next one.

    `level` None: not assessed; `highest`: of all so far."""

    level: int | None
    highest: int
    first: int
    last: int


@dataclass(frozen=True)
class Strength:
    """Something that helps, and the messages of the counselor that do it."""

    word: str
    numbers: tuple[int, ...]


def stretches(labels: Iterable[LabelledMessage]) -> tuple[Stretch, ...]:
    found, number = [], 1
    for phase, run in groupby(labels, lambda message: message.phase):
        messages = list(run)
        found.append(Stretch(phase, number, number + len(messages) - 1, messages[0].sent_at))
        number += len(messages)
    return tuple(found)


def lanes(found: Sequence[Stretch]) -> tuple[Lane, ...]:
    """The rows of the picture: the usual phases always, the others where they occur."""
    there = {stretch.phase for stretch in found}
    rows = [phase for phase in (*Phase, None) if phase in ALWAYS_SHOWN or phase in there]
    return tuple(Lane(phase, tuple(each for each in found if each.phase is phase)) for phase in rows)


def risk_steps(labels: Sequence[LabelledMessage]) -> tuple[RiskStep, ...]:
    """From the texter's first message to the end."""
    found: list[RiskStep] = []
    highest = 0
    for number, message in enumerate(labels, 1):
        if message.author is Author.TEXTER:
            level = message.risk.level if message.risk else None
            highest = max(highest, level or 0)
            if not found or (found[-1].level, found[-1].highest) != (level, highest):
                found.append(RiskStep(level, highest, number, number))
        if found:
            found[-1] = RiskStep(found[-1].level, found[-1].highest, found[-1].first, number)
    return tuple(found)


def risk_line(steps: Sequence[RiskStep], of: Callable[[RiskStep], int | None]) -> str:
    """A step line as the `d` of a path: a message is one wide and a level one high, level 0 at 4.5; gaps where None.

    >>> risk_line([RiskStep(0, 0, 1, 3), RiskStep(None, 0, 4, 4), RiskStep(2, 2, 5, 6)], lambda step: step.level)
    'M0 4.5H3M4 2.5H6'
    """
    drawn, before = [], None
    for step in steps:
        level = of(step)
        if level is not None:
            height = 4.5 - level
            start = f"V{height:g}" if before is not None else f"M{step.first - 1} {height:g}"
            drawn.append(f"{start}H{step.last}")
        before = level
    return "".join(drawn)


def strengths(labels: Sequence[LabelledMessage]) -> tuple[Strength, ...]:
    """What the counselor did that helps, in the order of the codebook."""
    found = []
    for word, acts in STRENGTHS.items():
        numbers = [n for n, message in enumerate(labels, 1) if any(done.act in acts for done in message.acts or ())]
        if numbers:
            found.append(Strength(word, tuple(numbers)))
    return tuple(found)
