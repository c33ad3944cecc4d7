"""Turns written by hand: what was said, what it does, what came back. Tests say what a person would read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import HARMFUL_ACTS, CounselorAct, Outcome, Phase, Rung
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.plan import Plan, Tone
from nightlight.simulator.session import Closed, Event, Said, SupervisorCalled, Turn
from nightlight.simulator.state import RungStatus, State, start_of
from nightlight.simulator.timing import Reply

SECONDS = 60.0


@dataclass(frozen=True)
class Line:
    """A counselor's message with its acts, and what the texter does with it."""

    text: str
    acts: tuple[CounselorAct, ...]
    replies: tuple[str, ...] = ("mm",)
    rungs: tuple[Rung, ...] = ()
    hedged: tuple[Rung, ...] = ()
    told: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    trust: float | None = None
    phase: Phase = Phase.EXPLORATION
    after: float = SECONDS
    sure: float = 0.95


def say(text: str, *acts: CounselorAct, **more: object) -> Line:
    return replace(Line(text, acts), **more)  # type: ignore[arg-type]  # keyword arguments of Line


def talk(card: Card, opening: str, *lines: Line, outcome: Outcome | None = None) -> tuple[Turn, ...]:
    """The turns of a conversation; `outcome` ends it with the last of them."""
    state = start_of(card)
    turns = [_turn(0, None, (), (opening,), before=state, state=state)]
    at = 0.0
    for line in lines:
        at += line.after
        acts = tuple(LabelledAct(act, line.sure) for act in line.acts)
        before, state = state, moved(state, line.acts)
        ladder = dict(state.rungs) | dict.fromkeys(line.hedged, RungStatus.HEDGED)
        ladder |= dict.fromkeys(line.rungs, RungStatus.TOLD)
        state = replace(state, rungs=ladder, told=state.told + line.told, phase=line.phase)
        state = state if line.trust is None else replace(state, trust=line.trust)
        turn = _turn(len(turns), Said(at, line.text), acts, line.replies, before=before, state=state)
        turns.append(replace(turn, told=line.told, rungs=line.rungs, asked=line.asked))
    turns[-1] = replace(turns[-1], outcome=outcome)
    return tuple(turns)


def then(
    turns: Iterable[Turn], event: Closed | SupervisorCalled, *, outcome: Outcome | None = None
) -> tuple[Turn, ...]:
    """The same turns and one more that holds no message."""
    *before, last = turns
    turn = _turn(last.number + 1, event, (), (), before=last.state, state=last.state)
    return (*before, last, replace(turn, outcome=outcome))


def moved(state: State, acts: Iterable[CounselorAct]) -> State:
    """A step of trust that is easy to foresee: tests here are not about how far the engine moves."""
    change = sum(-0.08 if act in HARMFUL_ACTS else 0.04 for act in acts)
    return replace(state, trust=min(1.0, max(0.0, state.trust + change)), turn=state.turn + 1)


def _turn(
    number: int, event: Event | None, acts: tuple[LabelledAct, ...], replies: tuple[str, ...], **states: object
) -> Turn:
    return Turn(
        number=number,
        event=event,
        acts=acts,
        plan=Plan((), Tone.GUARDED),
        worded=(),
        replies=tuple(Reply(text, 0.0) for text in replies),
        listen=180.0,
        **states,  # type: ignore[arg-type]  # before and state
    )
