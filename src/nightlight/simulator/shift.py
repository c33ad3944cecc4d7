"""A shift: several played texters at once on one clock. Sessions in, events in, turns out; no clock of its own.

Times of a shift are seconds since it began; each texter comes at their own time (`began`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from nightlight.conversations.labels import Outcome
from nightlight.languages import N_
from nightlight.simulator.evidence import REPLY_SECONDS, called_supervisor, needs_supervisor, reply_times
from nightlight.simulator.session import Closed, Event, Said, Session, SupervisorCalled, Turn, Waited

MOST_TEXTERS = 3


@dataclass(frozen=True)
class Due:
    """An event of silence that a texter's session wants; its time is the session's own."""

    texter: str
    event: Waited


@dataclass(frozen=True)
class Waiting:
    """A texter who has written and not heard back since `since`; `late`: for longer than three minutes."""

    texter: str
    since: float
    seconds: float
    late: bool


@dataclass(frozen=True)
class Handled:
    """How one texter fared: replies and the seconds they waited for them, None where there was no reply."""

    texter: str
    replies: int
    median_wait: float | None
    longest_wait: float | None
    late: int
    outcome: Outcome | None
    supervisor: bool


@dataclass(frozen=True)
class ShiftSummary:
    """`switches`: how often a reply went to another texter than the one before; `at_once`: the most who were there
    at the same time."""

    texters: tuple[Handled, ...]
    median_wait: float | None
    longest_wait: float | None
    late: int
    switches: int
    at_once: int


class Shift:
    """Two or three sessions, each under a name of its own, with the time at which its texter comes."""

    def __init__(self, sessions: Mapping[str, Session], began: Mapping[str, float] | None = None) -> None:
        if not 1 <= len(sessions) <= MOST_TEXTERS:
            raise ValueError(f"a shift holds 1 to {MOST_TEXTERS} texters")
        self.sessions = dict(sessions)
        self.began = {texter: (began or {}).get(texter, 0.0) for texter in sessions}

    def say(self, texter: str, at: float, text: str) -> Turn:
        return self.handle(texter, Said(at - self.began[texter], text))

    def call_supervisor(self, texter: str, at: float, reason: str = "") -> Turn:
        return self.handle(texter, SupervisorCalled(at - self.began[texter], reason))

    def close(self, texter: str, at: float) -> Turn:
        return self.handle(texter, Closed(at - self.began[texter]))

    def handle(self, texter: str, event: Event) -> Turn:
        """The turn that follows from an event in the session's own time."""
        return self.sessions[texter].handle(event)

    def present(self, at: float) -> list[str]:
        """The texters who have come by then and whose session goes on, in the order in which they came."""
        here = [each for each in self.sessions if self.began[each] <= at and self.sessions[each].outcome is None]
        return sorted(here, key=lambda texter: self.began[texter])

    def waiting(self, at: float) -> tuple[Waiting, ...]:
        """Who waits for a reply, the longest first."""
        found = []
        for texter in self.present(at):
            since = _unanswered_since(self.sessions[texter])
            if since is not None and self.began[texter] + since <= at:
                seconds = at - self.began[texter] - since
                found.append(Waiting(texter, self.began[texter] + since, seconds, seconds > REPLY_SECONDS))
        return tuple(sorted(found, key=lambda each: -each.seconds))

    def next(self, at: float) -> tuple[Due, ...]:
        """The silences that are over by now, the oldest first: hand each to `handle`, then ask again."""
        found = []
        for texter in self.present(at):
            turn = self.sessions[texter].turns[-1]
            if turn.listen is not None and self.began[texter] + turn.heard_at + turn.listen <= at:
                found.append(Due(texter, Waited(turn.heard_at + turn.listen)))
        return tuple(sorted(found, key=lambda due: self.began[due.texter] + due.event.at))

    def advance(self, at: float) -> list[tuple[str, Turn]]:
        """Every silence up to now, handled in the order of time."""
        turns = []
        while due := self.next(at):
            turns.append((due[0].texter, self.handle(due[0].texter, due[0].event)))
        return turns

    def summary(self) -> ShiftSummary:
        waits = {texter: [wait for _, wait in reply_times(each.turns)] for texter, each in self.sessions.items()}
        every = [wait for found in waits.values() for wait in found]
        order = [texter for _, texter in sorted(self._replies())]
        return ShiftSummary(
            texters=tuple(_handled(texter, each, waits[texter]) for texter, each in self.sessions.items()),
            median_wait=median(every) if every else None,
            longest_wait=max(every, default=None),
            late=sum(wait > REPLY_SECONDS for wait in every),
            switches=sum(here != there for here, there in pairwise(order)),
            at_once=self._at_once(),
        )

    def _replies(self) -> list[tuple[float, str]]:
        return [
            (self.began[texter] + turn.event.at, texter)
            for texter, session in self.sessions.items()
            for turn in session.turns
            if isinstance(turn.event, Said)
        ]

    def _at_once(self) -> int:
        ends = {texter: self.began[texter] + each.turns[-1].heard_at for texter, each in self.sessions.items()}
        return max(
            sum(self.began[other] <= self.began[texter] <= ends[other] for other in self.sessions)
            for texter in self.sessions
        )


def _unanswered_since(session: Session) -> float | None:
    """When the first words came that the counselor has not answered, in the session's time."""
    since: float | None = None
    for turn in session.turns:
        if turn.counselor:
            since = None
        if turn.replies and since is None:
            since = turn.heard_at
    return since


def _handled(texter: str, session: Session, waits: list[float]) -> Handled:
    return Handled(
        texter=texter,
        replies=sum(bool(turn.counselor) for turn in session.turns),
        median_wait=median(waits) if waits else None,
        longest_wait=max(waits, default=None),
        late=sum(wait > REPLY_SECONDS for wait in waits),
        outcome=session.outcome,
        supervisor=called_supervisor(session.turns) is not None,
    )


def supervisor_says(session: Session, *, say: Callable[[str], str] = str) -> str:
    """What the supervisor answers to the button for this texter: they take over, join, or hand it back."""
    if session.outcome is not None:
        return say(N_("The supervisor has taken this conversation over. Your other texters are yours again."))
    if needs_supervisor(session.card):
        return say(N_("The supervisor is with you both. Stay, and tell the texter openly that help is being brought."))
    return say(N_("The supervisor has read along: you are holding this well yourself. Call again whenever in doubt."))
