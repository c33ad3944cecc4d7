"""What rules look at, computed once a conversation: who wrote what, running risk, what was asked, phases, waits.

A label that is missing is neither evidence for nor against anything: such messages are passed over, never guessed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median

from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, RiskAttribute, Rung
from nightlight.labelling.conversation import LabelledMessage
from nightlight.labelling.phases import RUNGS
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.thresholds import Thresholds

LADDER = {
    Rung.THOUGHTS: CounselorAct.RISK_THOUGHTS,
    Rung.PLAN: CounselorAct.RISK_PLAN,
    Rung.MEANS: CounselorAct.RISK_MEANS,
    Rung.TIMEFRAME: CounselorAct.RISK_TIMEFRAME,
}
"""The rungs in their order, each with the act that asks for it."""
RISK_QUESTIONS = RUNGS
"""Questions about suicide and self-harm; harm to others is another matter."""
PASSIVE, ACTIVE, PLANNED, IMMINENT = 1, 2, 3, 4
NOT_THEIRS = frozenset({RiskAttribute.NEGATED, RiskAttribute.THIRD_PARTY})


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A message with its labels; `number` counts from 0. `risk`: the level that counts for this texter, None where
    the message was not assessed or is the counselor's; `acts`: empty for what was not read."""

    number: int
    id: str
    author: Author
    text: str
    sent_at: datetime | None
    label: LabelledMessage
    acts: dict[CounselorAct, float]
    risk: int | None

    @property
    def by_texter(self) -> bool:
        return self.author is Author.TEXTER

    @property
    def by_counselor(self) -> bool:
        return self.author is Author.COUNSELOR

    @property
    def is_read(self) -> bool:
        return self.label.abstained is None

    @property
    def words(self) -> int:
        return len(self.text.split())

    def does(self, acts: Iterable[CounselorAct]) -> bool:
        return not self.acts.keys().isdisjoint(acts)

    def has(self, attribute: RiskAttribute) -> bool:
        return self.label.risk is not None and attribute in self.label.risk.attributes

    def risk_of(self, level: int) -> float:
        """The probability that this message shows this level or a higher one."""
        return float(self.label.risk.at_least(level)) if self.label.risk else 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages in one coarse phase; a short visit elsewhere and back belongs to it."""

    phase: CoarsePhase
    lines: tuple[Line, ...]

    @property
    def minutes(self) -> float:
        return minutes_between(self.lines[0].sent_at, self.lines[-1].sent_at) or 0.0


@dataclass(frozen=True)
class Facts:
    """One conversation and the thresholds it is judged by."""

    seen: Seen
    thresholds: Thresholds

    @property
    def ended(self) -> bool:
        return self.seen.ended

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        sure = self.thresholds.despite_denial_probability
        return tuple(
            Line(
                number,
                message.id,
                message.author,
                message.text,
                message.sent_at,
                label,
                {done.act: float(done.probability) for done in label.acts or ()},
                counted_risk(label, sure),
            )
            for number, (message, label) in enumerate(
                zip(self.seen.conversation.messages, self.seen.labels.messages, strict=True)
            )
        )

    @cached_property
    def texter(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.by_texter)

    @cached_property
    def counselor(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.by_counselor)

    @cached_property
    def counselor_read(self) -> tuple[Line, ...]:
        return tuple(line for line in self.counselor if line.label.acts is not None)

    @cached_property
    def has_times(self) -> bool:
        return bool(self.lines) and all(line.sent_at for line in self.lines)

    @cached_property
    def now(self) -> datetime | None:
        """When the conversation is looked at: never before its last message."""
        known = [line.sent_at for line in self.lines if line.sent_at]
        return max([*known, self.seen.now] if self.seen.now else known, default=None)

    @cached_property
    def is_mostly_unread(self) -> bool:
        unread = sum(not line.is_read for line in self.lines)
        return unread > self.thresholds.unread_share * len(self.lines)

    # Risk

    @cached_property
    def risk(self) -> int:
        """The running risk: the highest level told so far."""
        return max((line.risk for line in self.texter if line.risk is not None), default=0)

    def told(self, level: int) -> tuple[Line, ...]:
        """The texter's messages that show this level or a higher one."""
        return tuple(line for line in self.texter if (line.risk or 0) >= level)

    def risk_before(self, line: Line) -> int:
        """The running risk when this message was written."""
        return self._running[line.number]

    @cached_property
    def _running(self) -> list[int]:
        found, highest = [], 0
        for line in self.lines:
            found.append(highest)
            highest = max(highest, line.risk or 0)
        return found

    @cached_property
    def risk_questions(self) -> tuple[Line, ...]:
        return tuple(line for line in self.counselor if line.does(RISK_QUESTIONS))

    @cached_property
    def escalations(self) -> tuple[Line, ...]:
        return tuple(line for line in self.counselor if CounselorAct.ESCALATE in line.acts)

    def answers_risk_question(self, line: Line) -> bool:
        """Whether the counselor's messages just before the texter's burst that this one belongs to ask about risk."""
        return line.number in self._answering

    @cached_property
    def _answering(self) -> frozenset[int]:
        found, asked, before = set(), False, Author.TEXTER
        for line in self.lines:
            if line.by_texter and asked:
                found.add(line.number)
            elif line.by_counselor:
                asked = line.does(RISK_QUESTIONS) or (asked and before is Author.COUNSELOR)
            before = line.author
        return frozenset(found)

    @cached_property
    def only_self_harm(self) -> bool:
        """Whether all that was told from level 2 on is harming oneself without the wish to die."""
        told = self.told(ACTIVE)
        return bool(told) and all(line.has(RiskAttribute.SELF_HARM) and line.risk == ACTIVE for line in told)

    @cached_property
    def rungs_asked(self) -> frozenset[Rung]:
        return frozenset(rung for rung, act in LADDER.items() if any(act in line.acts for line in self.counselor))

    @cached_property
    def rungs_told(self) -> frozenset[Rung]:
        """The rungs that a level tells unasked: a plan is no less known for having been volunteered."""
        told = {ACTIVE: Rung.THOUGHTS, PLANNED: Rung.PLAN, IMMINENT: Rung.TIMEFRAME}
        return frozenset(rung for level, rung in told.items() if self.risk >= level)

    # Course

    @cached_property
    def last_phase(self) -> CoarsePhase | None:
        return next((line.label.coarse_phase for line in reversed(self.lines) if line.label.coarse_phase), None)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The course in coarse phases. A visit shorter than an excursion that comes back is not counted as one."""
        found: list[tuple[CoarsePhase, list[Line]]] = []
        for line in self.lines:
            phase = line.label.coarse_phase
            if phase is None:
                continue
            if not found or found[-1][0] is not phase:
                found.append((phase, []))
            found[-1][1].append(line)
            if len(found) > 2 and found[-3][0] is phase and len(found[-2][1]) < self.thresholds.excursion_messages:
                _, back = found.pop()
                _, away = found.pop()
                found[-1][1].extend([*away, *back])
        return tuple(Stretch(phase, tuple(lines)) for phase, lines in found)

    def tells(self, line: Line) -> bool:
        """Whether a texter's message tells something, by its length."""
        return line.by_texter and line.words >= self.thresholds.content_words

    def is_goodbye(self, line: Line) -> bool:
        return line.label.coarse_phase is CoarsePhase.CLOSING

    # Times

    @cached_property
    def unanswered(self) -> tuple[Line, ...]:
        """The texter's messages since the counselor's last one."""
        last = self.counselor[-1].number if self.counselor else -1
        return self.lines[last + 1 :]

    @cached_property
    def waits(self) -> tuple[tuple[float, Line], ...]:
        """Minutes from a texter's first unanswered words to the answer, with these words; only where times are known.

        Asking "are you there" does not shorten a wait."""
        found: list[tuple[float, Line]] = []
        since: Line | None = None
        for line in self.lines:
            if line.by_texter:
                since = since or line
            elif since:
                minutes = minutes_between(since.sent_at, line.sent_at)
                found += [] if minutes is None else [(minutes, since)]
                since = None
        return tuple(found)

    @cached_property
    def median_wait(self) -> float | None:
        return median(minutes for minutes, _ in self.waits) if self.waits else None

    def minutes_since(self, line: Line) -> float | None:
        return minutes_between(line.sent_at, self.now)


def counted_risk(label: LabelledMessage, sure: float) -> int | None:
    """The level that counts for the texter. One beside a denial or somebody else's danger ("i wont, but i know how")
    counts only when the labeller is this sure of it; what is only denied has level 0 already (docs/labels.md)."""
    if label.author is not Author.TEXTER or label.risk is None or label.abstained is not None:
        return None
    risk = label.risk
    if not NOT_THEIRS.isdisjoint(risk.attributes) and risk.at_least(risk.level) < sure:
        return 0
    return risk.level


def minutes_between(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return max(timedelta(), end - start) / timedelta(minutes=1)


def ids(lines: Sequence[Line]) -> tuple[str, ...]:
    """The messages to show as evidence: the first and the last ones where there are many."""
    shown = lines if len(lines) <= MOST_SHOWN else [*lines[: MOST_SHOWN // 2], *lines[-(MOST_SHOWN // 2) :]]
    return tuple(line.id for line in shown)


MOST_SHOWN = 10
"""Messages that one flag points at."""
