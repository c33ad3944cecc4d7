"""Figures about the played texter that need no judge: each plays cards against scripted counselors and counts.

Names and bars are those of docs/practice.md; every one can be run for a single card, as card tests do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nightlight.simulator.measures.plays import Plays

STATE = ("leaks", "withheld", "contradictions", "swaps", "dose", "compliance", "direct questions", "scores", "replay")
"""Groups of figures that look at the engine's state: a control, whose words nobody planned, has none of it."""


@dataclass(frozen=True)
class Measure:
    """A figure and its bar. `n`: what was counted over. `evidence`: where it failed, as card, seed and turn. `beside`:
    what these plays gave, to be read with the value."""

    id: str
    name: str
    value: float
    bar: float
    at_most: bool
    n: int
    evidence: tuple[str, ...] = ()
    beside: str = ""

    @property
    def passed(self) -> bool:
        return self.value <= self.bar if self.at_most else self.value >= self.bar

    def as_row(self) -> dict[str, Any]:
        return {**vars(self), "passed": self.passed}


def take_all(plays: Plays, *, on_step: Callable[[str], None]) -> list[Measure]:
    """Every figure of these plays; each group is named to `on_step` before it is taken."""
    found: list[Measure] = []
    for name, take in all_measures().items():
        on_step(name)
        found += take(plays)
    return found


def take_in_words(plays: Plays, *, on_step: Callable[[str], None]) -> list[Measure]:
    """The figures that any way to play a texter can be measured by, from its words alone."""
    from nightlight.simulator.measures import course, distinct, language, visible

    groups: dict[str, Callable[[Plays], Sequence[Measure]]] = {
        "leaks, in words": visible.leaks,
        "withheld, in words": visible.withheld,
        "dose, in words": visible.told_more,
        "compliance, in words": visible.compliance,
        "direct questions, in words": visible.direct_questions,
        "style": language.style,
        "repetition": language.repetition,
        "role": language.role,
        "personas": distinct.personas,
        "people or not": distinct.people_or_not,
        "drift": language.drift,
        "progress": course.progress,
        "red team": course.red_team,
    }
    found: list[Measure] = []
    for name, take in groups.items():
        on_step(name)
        found += take(plays)
    return found


def all_measures() -> dict[str, Callable[[Plays], Sequence[Measure]]]:
    """What each group of figures is called and how it is taken."""
    from nightlight.simulator.measures import course, disclosure, language, skill

    return {
        "leaks": disclosure.leaks,
        "withheld": disclosure.withheld,
        "contradictions": disclosure.contradictions,
        "swaps": skill.swaps,
        "dose": skill.dose,
        "compliance": skill.compliance,
        "direct questions": skill.direct_questions,
        "repetition": language.repetition,
        "role": language.role,
        "style": language.style,
        "drift": language.drift,
        "progress": course.progress,
        "red team": course.red_team,
        "scores": course.scores,
        "replay": course.replay_and_cost,
    }
