"""A practice session: events in, turns out, no clock and no I/O; the same card, seed and events give the same turns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

from nightlight.conversations.cards import Card
from nightlight.conversations.gates import is_open
from nightlight.conversations.labels import CounselorAct, Outcome, Reaction, Rung
from nightlight.conversations.principles import Principle
from nightlight.labelling.acts import ActLabeller, LabelledAct
from nightlight.simulator import parameters
from nightlight.simulator.parameters import Parameters
from nightlight.simulator.plan import Ending, Move, Plan, Step, Tone
from nightlight.simulator.state import RungStatus, State, start_of, update
from nightlight.simulator.topics import facts_asked
from nightlight.simulator.wording import Situation, Worded, Wording
from nightlight.simulator.wording.bank import LineBank


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
class Reply:
    """One message of the texter: it comes `after` seconds after the event or the message before it; while it is
    typed, the page may say so."""

    text: str
    after: float


@dataclass(frozen=True)
class Turn:
    """One step of the trace: an event (None: the session's opening) and everything that followed from it.

    `asked`: facts this message asked for. `told`, `rungs`: what the replies tell. `checks`: names of the checks that
    took a wording back. `listen`: seconds of silence after which the session wants a `Waited` (None: never).
    `outcome` is set by the turn that ends the session.
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


class Session:
    """One played conversation, beginning with the texter's first words in `turns[0]`.

    `labels` of an event that was labelled before are given again when a session is resumed, so that a newer labeller
    never changes what has happened.
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
    ) -> None:
        self.card, self.seed, self.labeller = card, seed, labeller
        self.wording = wording or LineBank()
        self.parameters, self.principles = parameters, principles
        self.name = Random(f"{seed}:name").choice(card.persona.names)  # noqa: S311  # for variety, not for secrets
        self.turns: list[Turn] = []
        self._open()

    @property
    def state(self) -> State:
        return self.turns[-1].state

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it goes on."""
        return self.turns[-1].outcome

    def handle(self, event: Event, *, labels: Sequence[LabelledAct] | None = None) -> Turn:
        """The turn that follows from an event; raises ValueError when the session has ended."""
        if self.outcome is not None:
            raise ValueError("the session has ended")
        ...
        acts: tuple[LabelledAct, ...] = ()
        before = self.state
        state, asked, plan, outcome = before, (), Plan((), Tone.GUARDED), None
        if isinstance(event, Said):
            acts = tuple(labels if labels is not None else self.labeller.label(event.text, before=self._last_texts()))
            state = update(before, acts, self.parameters)
            asked = facts_asked(self.card, event.text)
            state = replace(state, asked=state.asked | set(asked))
            plan = self._plan(state, acts, asked)
        elif isinstance(event, Closed):
            outcome = Outcome.END
        turn = self._worded(event, acts, before, state, plan, asked, outcome)
        self.turns.append(turn)
        return turn

    def _open(self) -> None:
        state = start_of(self.card)
        plan = Plan((Step(Move.OPEN),), Tone.GUARDED)
        self.turns.append(self._worded(None, (), state, state, plan, (), None))

    def _plan(self, state: State, acts: Sequence[LabelledAct], asked: Sequence[str]) -> Plan:
        tone = Tone.OPEN if state.trust >= 0.5 else Tone.GUARDED
        if any(each.act is CounselorAct.RISK_THOUGHTS for each in acts):
            gate = self.card.risk_answers[Rung.THOUGHTS].gate
            hedged = state.rungs[Rung.THOUGHTS] is not RungStatus.NOT_ASKED
            move = Move.ANSWER if hedged or is_open(gate, state.seen_by_gates(asked=True)) else Move.HEDGE
            return Plan((Step(move, rung=Rung.THOUGHTS),), tone)
        for fact in asked:
            if fact not in state.told:
                opened = is_open(self.card.fact(fact).gate, state.seen_by_gates(asked=True))
                return Plan((Step(Move.TELL if opened else Move.HINT, fact=fact),), tone)
        if state.patience <= 0:
            return Plan((Step(Move.END, ending=Ending.LEAVES),), tone)
        known = [Reaction(each.act) for each in acts if each.act in set(Reaction)]
        return Plan((Step(Move.REACT, reaction=known[0] if known else Reaction.UNCLEAR),), tone)

    def _worded(
        self,
        event: Event | None,
        acts: tuple[LabelledAct, ...],
        before: State,
        state: State,
        plan: Plan,
        asked: tuple[str, ...],
        outcome: Outcome | None,
    ) -> Turn:
        number = len(self.turns)
        situation = Situation(
            card=self.card,
            name=self.name,
            plan=plan,
            state=state,
            counselor=event.text if isinstance(event, Said) else "",
            used_lines=frozenset(worded.line for turn in self.turns for worded in turn.worded),
            texts=tuple(self._texts()),
            seed=f"{self.seed}:{number}:wording",
            principles=self.principles,
        )
        worded = self.wording.word(situation)
        told = tuple(each.step.fact for each in worded if each.step.move is Move.TELL)
        rungs = {each.step.rung: each.step.move for each in worded if each.step.rung}
        ladder = dict(state.rungs)
        for rung, move in rungs.items():
            ladder[rung] = RungStatus.TOLD if move is Move.ANSWER else RungStatus.HEDGED
        if any(each.step.move is Move.END for each in worded):
            outcome = outcome or Outcome.LEFT
        return Turn(
            number=number,
            event=event,
            acts=acts,
            before=before,
            state=replace(state, told=state.told + told, rungs=ladder),
            plan=plan,
            worded=worded,
            replies=tuple(Reply(text, 2.0) for each in worded for text in each.messages),
            asked=asked,
            told=told,
            rungs=tuple(rung for rung, move in rungs.items() if move is Move.ANSWER),
            listen=180.0,
            outcome=outcome,
        )

    def _texts(self) -> Iterable[str]:
        for turn in self.turns:
            if turn.counselor:
                yield turn.counselor
            yield from (reply.text for reply in turn.replies)

    def _last_texts(self) -> str:
        return next(
            (" ".join(reply.text for reply in turn.replies) for turn in reversed(self.turns) if turn.replies), ""
        )


def replay(
    card: Card, events: Iterable[tuple[Event, Sequence[LabelledAct] | None]], *, seed: int, labeller: ActLabeller
) -> Session:
    """The session after these events, each with the labels it had (None: label it now)."""
    session = Session(card, seed=seed, labeller=labeller)
    for event, labels in events:
        session.handle(event, labels=labels)
    return session
