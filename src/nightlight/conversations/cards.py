"""Cards: who a played texter is and what they say when. Plain data; `card_form` reads it from YAML.

A line of a card may hold a burst: several messages sent in a row, separated by " / ".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nightlight.conversations.gates import Gate
from nightlight.conversations.labels import (
    AgeBand,
    ExpectedOutcome,
    FactKind,
    Means,
    Plan,
    Reaction,
    Resistance,
    Rung,
    SelfHarm,
    Thoughts,
    Timeframe,
    Topic,
)

BURST_MARK = " / "


def burst(line: str) -> tuple[str, ...]:
    """The messages that one line of a card sends in a row.

    >>> burst("hi / is someone there")
    ('hi', 'is someone there')
    """
    return tuple(line.split(BURST_MARK))


@dataclass(frozen=True)
class Persona:
    """Who the texter is: names to draw one from, and sentences about them in the third person."""

    names: tuple[str, ...]
    age_band: AgeBand
    pronouns: str
    story: str
    now: str
    why_now: str


@dataclass(frozen=True)
class Voice:
    """How the texter writes: median words a message, and the share (0 to 1) of messages in lower case, without an
    end mark, with a typo, with an emoji, sent in a burst."""

    words_median: int
    lowercase: float
    no_end_mark: float
    typos: float
    emoji: float
    burst: float


@dataclass(frozen=True)
class Start:
    """The texter's state before the first message; every quantity from 0 to 1."""

    trust: float
    openness: float
    distress: float
    hope: float
    patience: float
    resistance: Resistance


@dataclass(frozen=True)
class Risk:
    """The truth on every rung, whatever the texter says first."""

    thoughts: Thoughts
    plan: Plan
    means: Means
    timeframe: Timeframe
    past_attempt: bool
    self_harm: SelfHarm
    in_progress: bool


@dataclass(frozen=True)
class Goal:
    """What the texter says they want, what would really help, steps they would take and steps they will not."""

    says: str
    needs: str
    steps: tuple[str, ...]
    refuses: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """Something the texter tells when its gate is open; asked earlier, they give a hint.

    `asks`: ways a counselor may ask for it; `tell`, `hint`: lines in the texter's voice.
    """

    id: str
    kind: FactKind
    asks: tuple[str, ...]
    gate: Gate
    tell: tuple[str, ...]
    hint: tuple[str, ...]


@dataclass(frozen=True)
class RiskAnswer:
    """The truthful lines on one rung, and the hedges that answer a first clear question while the gate is closed."""

    gate: Gate
    tell: tuple[str, ...]
    hedge: tuple[str, ...]


@dataclass(frozen=True)
class ReactionLines:
    """Lines at low trust and at high trust."""

    guarded: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True)
class Endings:
    good: tuple[str, ...]
    partial: tuple[str, ...]
    leaves: tuple[str, ...]
    escalated: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """A played texter. `difficulty` 1 easy, 2 medium, 3 hard; `warning` is read by the trainee before starting;
    `expected` is where good counseling leads."""

    id: str
    title: str
    topics: tuple[Topic, ...]
    difficulty: int
    warning: str
    persona: Persona
    voice: Voice
    start: Start
    risk: Risk
    expected: ExpectedOutcome
    goal: Goal
    opening: tuple[str, ...]
    facts: tuple[Fact, ...]
    risk_answers: Mapping[Rung, RiskAnswer]
    reactions: Mapping[Reaction, ReactionLines]
    endings: Endings

    def fact(self, fact_id: str) -> Fact:
        """The fact of this id; raises KeyError when the card has none."""
        return {fact.id: fact for fact in self.facts}[fact_id]
