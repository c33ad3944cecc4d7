"""What of a session stands on the screen at one moment: messages that have arrived, and when the next one will."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from nightlight.conversations.labels import Outcome
from nightlight.languages import N_
from nightlight.simulator.feedback import Feedback
from nightlight.simulator.session import Closed, Said, Session, SupervisorCalled, Turn
from nightlight.simulator.shift import supervisor_says

Who = Literal["counselor", "texter", "event"]
WordOn = Callable[[Turn], Feedback | None]
SUPERVISOR_CALLED = N_("You called the supervisor.")
YOU_ENDED = N_("You ended the conversation.")
ENDED = {
    Outcome.LEFT: N_("The texter has left."),
    Outcome.SUPERVISOR: N_("The supervisor has taken over."),
    Outcome.EMERGENCY: N_("The supervisor has taken over and calls for help."),
}
CONVERSATION_ENDED = N_("The conversation has ended.")


def no_word(turn: Turn) -> Feedback | None:
    """Feedback that is off."""
    return None


@dataclass(frozen=True)
class Line:
    """A message, or an event told in words: the turn's line of this `number`; it arrives `at` seconds into the
    session. `feedback` is on the trainee's own message, and stands there once the texter has `answered`: it may speak
    of what came back."""

    turn: int
    number: int
    who: Who
    text: str
    at: float
    feedback: Feedback | None = None
    answered: float = 0.0

    def at_time(self, now: float) -> "Line":
        """The line as it stands on the screen at `now`."""
        return self if self.answered <= now else replace(self, feedback=None)


@dataclass(frozen=True)
class Chat:
    """The newest turn, the lines on the screen, those still being typed, and seconds until the next one arrives or
    the texter wonders about the silence (`quiet_in`, None: never)."""

    turn: int
    shown: tuple[Line, ...]
    coming: tuple[Line, ...]
    next_in: float | None
    quiet_in: float | None
    outcome: Outcome | None

    @property
    def has_ended(self) -> bool:
        """Whether all has been said; the last words of a texter arrive before that."""
        return self.outcome is not None and not self.coming


def chat_at(session: Session, now: float, word_on: WordOn = no_word, *, at_once: bool = False) -> Chat:
    """The screen at `now` seconds into the session; `at_once`: nobody waits for what is being typed."""
    lines = lines_of(session, word_on, at_once=at_once)
    shown = tuple(line.at_time(now) for line in lines if line.at <= now)
    coming = tuple(line for line in lines if line.at > now)
    quiet = None
    if session.outcome is None and not coming and (listen := session.turns[-1].listen) is not None:
        quiet = max(0.0, session.turns[-1].heard_at + listen - now)
    return Chat(session.turns[-1].number, shown, coming, coming[0].at - now if coming else None, quiet, session.outcome)


def lines_of(session: Session, word_on: WordOn = no_word, *, at_once: bool = False) -> list[Line]:
    """Every line in the order of arrival: what a texter types while the next message comes arrives after it."""
    lines: list[Line] = []
    typed = 0.0
    for turn in session.turns:
        start = began(turn)
        typed = max(typed, start)
        answered = typed if at_once else typed + sum(reply.after for reply in turn.replies)
        lines += _events(turn, word_on, answered)
        for number, reply in enumerate(turn.replies, 1):
            typed += 0.0 if at_once else reply.after
            lines.append(Line(turn.number, number, "texter", reply.text, typed))
        lines += _closing_events(session, turn, start, typed)
    return sorted(lines, key=lambda line: line.at)


def began(turn: Turn) -> float:
    """When a turn's event happened, in seconds into the session."""
    return turn.event.at if turn.event is not None else 0.0


def _events(turn: Turn, word_on: WordOn, answered: float) -> Iterator[Line]:
    match turn.event:
        case Said(at, text):
            yield Line(turn.number, 0, "counselor", text, at, word_on(turn), answered)
        case SupervisorCalled(at):
            yield Line(turn.number, 0, "event", SUPERVISOR_CALLED, at)
        case Closed(at):
            yield Line(turn.number, 0, "event", YOU_ENDED, at)


def _closing_events(session: Session, turn: Turn, start: float, typed: float) -> Iterator[Line]:
    """What the supervisor answers, and how the conversation ended."""
    number = len(turn.replies) + 1
    if isinstance(turn.event, SupervisorCalled) and turn.outcome is None:
        yield Line(turn.number, number, "event", supervisor_says(session.fork(turn.number + 1)), start)
    if turn.outcome is not None and not isinstance(turn.event, Closed):
        yield Line(turn.number, number, "event", ENDED.get(turn.outcome, CONVERSATION_ENDED), typed)
