"""What a session showed, for the trainee and whoever teaches them; everything points at turns of the trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Outcome, Phase
from nightlight.simulator.rubric import Item, rubric
from nightlight.simulator.session import Turn


@dataclass(frozen=True)
class Moment:
    """One point of the timeline."""

    turn: int
    phase: Phase
    trust: float
    distress: float
    rungs_told: int


@dataclass(frozen=True)
class Disclosure:
    """A fact or rung and what became of it: told at a turn, or closed and why; `sentence` is for people."""

    what: str
    told_at: int | None
    sentence: str


@dataclass(frozen=True)
class Debrief:
    outcome: Outcome | None
    timeline: tuple[Moment, ...]
    disclosures: tuple[Disclosure, ...]
    items: tuple[Item, ...]
    strengths: tuple[str, ...]
    changes: tuple[str, ...]
    next_step: str


def debrief(card: Card, turns: Sequence[Turn]) -> Debrief:
    timeline = tuple(Moment(turn.number, turn.state.phase, turn.state.trust, turn.state.distress, 0) for turn in turns)
    return Debrief(turns[-1].outcome, timeline, (), rubric(card, turns), (), (), "")
