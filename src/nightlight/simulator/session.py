"""A practice session: events in, turns out, no clock; the same card, seed and events give the same turns.

A wording by a model does I/O and may say something else each time: what it said is kept in the turn (`worded`) and is
given again with the event, so that a session is played again without it."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Self, TypeAlias

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Author, Outcome, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.principles import Principle
from nightlight.labelling.acts import ActLabeller, LabelledAct
from nightlight.labelling.cues import has_risk_cue
from nightlight.labelling.phases import next_phase
from nightlight.simulator import parameters, planning
from nightlight.simulator.checks import Context, first_failed, plain
from nightlight.simulator.parameters import Parameters
from nightlight.simulator.plan import Move, Plan, Step, Tone
from nightlight.simulator.reading import ANSWERS_A_CUE, EXPLORING, Past, Reading, read
from nightlight.simulator.state import RungStatus, State, after_silence, start_of, update
from nightlight.simulator.timing import LISTENS, Reply, replies, split_bursts
from nightlight.simulator.wording import Situation, Worded, Wording
from nightlight.simulator.wording.bank import LineBank, has_lines

MOST_TRIES = 3  # wordings of one step before the step is left out
NEEDLESS_SUPERVISOR = 0.08  # trust


@dataclass(frozen=True)
class Said:
    """The counselor sends a message; `at` in seconds since the session began."""

    at: float
    text: str


@dataclass(frozen=True)
class Waited:
    """The counselor has written nothing up to `at`."""

    at: float


@dataclass(frozen=True)
class SupervisorCalled:
    """The counselor presses the button that brings a supervisor in; `reason` is what they wrote to them."""

    at: float
    reason: str = ""


@dataclass(frozen=True)
class Closed:
    """The counselor ends the conversation."""

    at: float


Event: TypeAlias = Said | Waited | SupervisorCalled | Closed


@dataclass(frozen=True)
class Turn:
    """One step of the trace: an event (None: the session's opening) and everything that followed from it.

    `acts`: what the message does, with what only the history shows. `asked`: facts it asked for. `told`, `rungs`: what
    the replies tell. `checks`: names of the checks that took a wording back. `listen`: seconds of silence after the
    last reply from which the session wants a `Waited` (None: never). `outcome` is set by the turn that ends it.
    """

    number: int
    event: Event | None
    acts: tuple[LabelledAct, ...]
    before: State
    state: State
    plan: Plan
    worded: tuple[Worded, ...]
    replies: tuple[Reply, ...]
    asked: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    checks: tuple[str, ...] = ()
    listen: float | None = None
    outcome: Outcome | None = None

    @property
    def counselor(self) -> str:
        """What the counselor wrote in this turn, "" for none."""
        return self.event.text if isinstance(self.event, Said) else ""

    @property
    def heard_at(self) -> float:
        """When the texter's last words of this turn have come, in seconds since the session began."""
        return (self.event.at if self.event else 0.0) + sum(reply.after for reply in self.replies)


class Session:
    """One played conversation, beginning with the texter's first words in `turns[0]`; all its state is in `turns`.

    `labels` of an event that was labelled before, and the `words` that answered it, are given again when a session is
    resumed, so that a newer labeller or another wording never changes what has happened.

    `unchecked` is for measuring what a model says that nobody holds back: no check takes words back, and only the
    counselor ends the conversation. Practice never asks for it.
    """

    def __init__(
        self,
        card: Card,
        *,
        seed: int,
        labeller: ActLabeller,
        wording: Wording | None = None,
        parameters: Parameters = parameters.DEFAULT,
        principles: tuple[Principle, ...] = (),
        unchecked: bool = False,
    ) -> None:
        self.card, self.seed, self.labeller = card, seed, labeller
        self.wording, self.unchecked = wording or LineBank(), unchecked
        if getattr(self.wording, "is_control", False) and not unchecked:
            raise ValueError("what a control says is only measured")
        self.parameters, self.principles = parameters, principles
        self.name = self._random("name", of=0).choice(card.persona.names)
        self.turns: list[Turn] = []
        state = start_of(card)
        self._say(None, (), state, state, Plan((Step(Move.OPEN),), Tone.GUARDED))

    @property
    def state(self) -> State:
        return self.turns[-1].state

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it goes on."""
        return self.turns[-1].outcome

    def fork(self, turn: int) -> Self:
        """A session of its own that has the turns before `turn` (at least the opening)."""
        other = copy.copy(self)
        other.turns = self.turns[: max(1, turn)]
        return other

    def handle(
        self, event: Event, *, labels: Sequence[LabelledAct] | None = None, words: Sequence[Worded] | None = None
    ) -> Turn:
        """The turn that follows from an event; raises ValueError when the session has ended."""
        if self.outcome is not None:
            raise ValueError("the session has ended")
        before = self.state
        match event:
            case Said(_, text):
                return self._answer(event, text, labels, words)
            case Waited():
                state = after_silence(before, self.parameters)
                return self._say(event, (), before, state, planning.silence(self.card, state), words=words)
            case SupervisorCalled():
                state = self._with_supervisor(before)
                return self._say(event, (), before, state, planning.supervisor_called(self.card, state), words=words)
            case Closed():
                return self._say(event, (), before, before, planning.closed(self.card, before), words=words)

    def _answer(
        self, event: Said, text: str, labels: Sequence[LabelledAct] | None, words: Sequence[Worded] | None
    ) -> Turn:
        """Read the message, move the state, decide."""
        before = self.state
        labels = self.labeller.label(text, before=self._last_words()) if labels is None else labels
        reading = read(self.card, text, labels, self._past(), late=max(0.0, self._waited(event) - self.parameters.late))
        state = update(before, reading, self.parameters)
        acts = [each.act for each in reading.acts if reading.has(each.act)]
        phase = next_phase(before.phase, acts, texter_turns=len(self.turns))
        cue_since = None if reading.has(*ANSWERS_A_CUE) else state.cue_since
        told_of_help = reading.has(Act.ESCALATE) and self.card.expected in planning.HANDED_OVER
        state = replace(state, phase=phase, cue_since=cue_since, supervisor=state.supervisor or told_of_help)
        plan = self._decide(before, state, reading)
        return self._say(event, reading.acts, before, state, plan, reading.facts, words)

    def _decide(self, before: State, state: State, reading: Reading) -> Plan:
        used, number = self._used_lines(), len(self.turns)
        moment = planning.Moment(
            card=self.card,
            state=state,
            before=before,
            reading=reading,
            lines_left=lambda step: has_lines(self.card, step, Tone.OPEN, used),
            random=self._random("plan", of=number),
            parameters=self.parameters,
        )
        return planning.decide(moment)

    def _with_supervisor(self, before: State) -> State:
        """Brought in where nothing calls for it, a supervisor costs trust."""
        needed = self.card.expected in planning.HANDED_OVER or before.rungs[Rung.THOUGHTS] is RungStatus.TOLD
        trust = before.trust if needed else max(0.0, before.trust - NEEDLESS_SUPERVISOR)
        return replace(before, supervisor=True, trust=trust)

    def _say(
        self,
        event: Event | None,
        acts: tuple[LabelledAct, ...],
        before: State,
        state: State,
        plan: Plan,
        asked: tuple[str, ...] = (),
        words: Sequence[Worded] | None = None,
    ) -> Turn:
        """Word the plan, take back what checks take back, time it, and add the turn to the trace."""
        number = len(self.turns)
        worded, checks = self._worded(event, state, plan) if words is None else (tuple(words), ())
        random = self._random("timing", of=number)
        messages = split_bursts([text for each in worded for text in each.messages], self.card.voice, random)
        told = tuple(dict.fromkeys(each.step.fact for each in worded if each.step.move is Move.TELL and each.line))
        turn = Turn(
            number=number,
            event=event,
            acts=acts,
            before=before,
            state=_after_words(state, plan, worded, told, messages, number),
            plan=plan,
            worded=worded,
            replies=replies(messages, trust=state.trust, random=random),
            asked=asked,
            told=tuple(fact for fact in told if fact not in state.told),
            rungs=tuple(each.step.rung for each in worded if each.step.rung and each.step.move is Move.ANSWER),
            checks=checks,
            listen=None if plan.outcome else LISTENS,
            outcome=None if self.unchecked and isinstance(event, Said | Waited) else plan.outcome,
        )
        self.turns.append(turn)
        return turn

    def _worded(self, event: Event | None, state: State, plan: Plan) -> tuple[tuple[Worded, ...], tuple[str, ...]]:
        """Words for the plan that pass every check; a step whose wordings all fail is left out."""
        said = frozenset(
            plain(text)
            for turn in self.turns
            for text in (
                *(reply.text for reply in turn.replies),
                *(text for each in turn.worded for text in each.messages),
            )
        )
        counselor = event.text if isinstance(event, Said) else ""
        taken_back: set[str] = set()
        failed: list[str] = []
        for attempt in range(MOST_TRIES):
            situation = Situation(
                card=self.card,
                name=self.name,
                plan=plan,
                state=state,
                counselor=counselor,
                used_lines=self._used_lines(),
                texts=tuple(self._texts()),
                seed=f"{self.seed}:{len(self.turns)}:{attempt}:wording",
                principles=self.principles,
                taken_back=frozenset(taken_back),
            )
            worded = self.wording.word(situation)
            if self.unchecked:
                return worded, ()
            verdicts = [
                first_failed(each.messages, Context(self.card, state, each.step, counselor, said)) for each in worded
            ]
            failed += [verdict for verdict in verdicts if verdict]
            taken_back |= {each.line for each, verdict in zip(worded, verdicts, strict=True) if verdict}
            if not any(verdicts):
                break
        kept = tuple(each for each, verdict in zip(worded, verdicts, strict=True) if not verdict)
        return kept, tuple(failed)

    def _past(self) -> Past:
        counselor = [turn for turn in self.turns if isinstance(turn.event, Said)]
        since = self.state.cue_since
        return Past(
            messages=tuple(turn.counselor for turn in counselor),
            acts=tuple(turn.acts for turn in counselor),
            cue_for=0 if since is None else len(self.turns) - since,
            explored=sum(bool({each.act for each in turn.acts} & EXPLORING) for turn in counselor),
        )

    def _waited(self, event: Event) -> float:
        """Seconds between the texter's last words and this event."""
        return max(0.0, event.at - self.turns[-1].heard_at)

    def _used_lines(self) -> frozenset[str]:
        return frozenset(each.line for turn in self.turns for each in turn.worded)

    def _texts(self) -> Iterator[tuple[Author, str]]:
        for turn in self.turns:
            if turn.counselor:
                yield Author.COUNSELOR, turn.counselor
            yield from ((Author.TEXTER, reply.text) for reply in turn.replies)

    def _last_words(self) -> str:
        heard = next((turn.replies for turn in reversed(self.turns) if turn.replies), ())
        return " ".join(reply.text for reply in heard)

    def _random(self, purpose: str, *, of: int) -> Random:
        """Chance of its own for each turn, so that a rewound session differs by what was said alone."""
        return Random(f"{self.seed}:{of}:{purpose}")  # noqa: S311  # for variety, not for secrets


def _after_words(
    state: State, plan: Plan, worded: Iterable[Worded], told: Iterable[str], messages: Sequence[str], number: int
) -> State:
    """The state once the words are out: what was told, rungs answered, what was accepted, a cue that was given."""
    rungs = dict(state.rungs)
    for each in worded:
        if each.step.rung and rungs[each.step.rung] is not RungStatus.TOLD:
            rungs[each.step.rung] = RungStatus.TOLD if each.step.move is Move.ANSWER else RungStatus.HEDGED
    cue = any(has_risk_cue(message) for message in messages) and rungs[Rung.THOUGHTS] is RungStatus.NOT_ASKED
    return replace(
        state,
        told=state.told + tuple(fact for fact in told if fact not in state.told),
        rungs=rungs,
        goal_named=state.goal_named or plan.goal_named,
        steps_agreed=state.steps_agreed + plan.steps_agreed,
        cue_since=number if cue and state.cue_since is None else state.cue_since,
    )


def replay(session: Session, events: Iterable[tuple[Event, Sequence[LabelledAct] | None]]) -> Session:
    """The session after these events, each with the labels it had (None: label it now); it stops where it ends."""
    for event, labels in events:
        if session.outcome is None:
            session.handle(event, labels=labels)
    return session
