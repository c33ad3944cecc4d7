"""What the texter told and what stayed closed, and why: the gates of the card played again over the trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card, Fact, Persona
from nightlight.conversations.gates import (
    And,
    AtLeast,
    Gate,
    GateState,
    Not,
    Or,
    PhaseIn,
    Told,
    TurnAtLeast,
    is_open,
)
from nightlight.conversations.labels import Means, Plan, Rung, SelfHarm, Thoughts, Timeframe
from nightlight.simulator.evidence import is_about_another, messages_of, quote, rung_told
from nightlight.simulator.session import Turn
from nightlight.simulator.state import RungStatus

RUNG_WORDS = {
    Rung.THOUGHTS: "thoughts of suicide",
    Rung.PLAN: "a plan",
    Rung.MEANS: "what would be used",
    Rung.TIMEFRAME: "when it would be",
    Rung.PAST: "earlier attempts",
    Rung.SELF_HARM: "self-harm",
    Rung.NOW: "being safe right now",
}
FRIEND_WORDS = {
    Rung.THOUGHTS: "the friend's thoughts of suicide",
    Rung.PLAN: "the friend's plan",
    Rung.MEANS: "what the friend would use",
    Rung.TIMEFRAME: "when the friend would do it",
    Rung.PAST: "the friend's earlier attempts",
    Rung.SELF_HARM: "the friend's self-harm",
    Rung.NOW: "whether the friend is safe right now",
}
RUNG_QUESTIONS = {
    Rung.THOUGHTS: "Are you having thoughts of suicide?",
    Rung.PLAN: "Have you thought about how you would end your life? Just the kind of thing, no details.",
    Rung.MEANS: "Do you have what you would use within reach?",
    Rung.TIMEFRAME: "When are you thinking of doing it?",
    Rung.PAST: "Have you ever tried to end your life before?",
    Rung.SELF_HARM: "Have you been hurting yourself?",
    Rung.NOW: "Are you safe right now?",
}

FRIEND_QUESTIONS = {
    Rung.THOUGHTS: "Do you think your friend is thinking of suicide?",
    Rung.PLAN: "Has your friend said how they would end their life? Just the kind of thing, no details.",
    Rung.MEANS: "Does your friend have access to what they would use?",
    Rung.TIMEFRAME: "When is your friend thinking of doing it?",
    Rung.PAST: "Has your friend tried to end their life before?",
    Rung.SELF_HARM: "Has your friend been hurting themselves?",
    Rung.NOW: "Is your friend safe right now?",
}


@dataclass(frozen=True)
class Disclosure:
    """A fact or rung and what became of it: told at a turn, or closed and why; `sentence` is for people.

    `what`: a fact's id or "risk.<rung>"; `words`: the texter's, when told; `askable_at`: the first turn after which
    the texter would have told it if asked; `question`: one the card itself gives for it.
    """

    what: str
    told_at: int | None
    sentence: str
    words: str = ""
    askable_at: int | None = None
    question: str = ""


@dataclass(frozen=True)
class _Voice:
    """The texter as the sentences call them."""

    they: str
    their: str

    @classmethod
    def of(cls, persona: Persona) -> "_Voice":
        first = persona.pronouns.split("/")[0].strip().lower()
        return cls(first, {"she": "her", "he": "his", "it": "its"}.get(first, "their"))

    @property
    def They(self) -> str:  # noqa: N802  # the same word at the beginning of a sentence
        return self.they.capitalize()


def disclosures(card: Card, turns: Sequence[Turn]) -> tuple[Disclosure, ...]:
    """What was told, in its order, then what stayed closed: risk before facts, and first what was askable."""
    facts = [_fact(card, fact, turns) for fact in card.facts]
    rungs = [_rung(card, rung, turns) for rung in Rung if is_true(card, rung) or _answered(turns, rung)]
    found = [*rungs, *facts]
    told = sorted((each for each in found if each.told_at is not None), key=lambda each: each.told_at or 0)
    closed = [each for each in found if each.told_at is None]
    return (*told, *sorted(closed, key=lambda each: (not each.what.startswith("risk."), each.askable_at is None)))


def is_true(card: Card, rung: Rung) -> bool:
    """Whether the truth on this rung is more than no."""
    risk = card.risk
    return {
        Rung.THOUGHTS: risk.thoughts is not Thoughts.NONE,
        Rung.PLAN: risk.plan is not Plan.NONE,
        Rung.MEANS: risk.means is not Means.NONE,
        Rung.TIMEFRAME: risk.timeframe is not Timeframe.NONE,
        Rung.PAST: risk.past_attempt,
        Rung.SELF_HARM: risk.self_harm is not SelfHarm.NONE,
        Rung.NOW: risk.in_progress,
    }[rung]


def _fact(card: Card, fact: Fact, turns: Sequence[Turn]) -> Disclosure:
    they = _Voice.of(card.persona)
    name, question = f"“{fact.id.replace('-', ' ')}”", _sentence(fact.asks[0])
    told = next((turn for turn in turns if fact.id in turn.told), None)
    if told:
        words = _words(told, fact=fact.id)
        return Disclosure(fact.id, told.number, f"{_after(turns, told)} {they.they} told you about {name}.", words)
    open_turn = _first_open(fact.gate, turns)
    asked = [turn.number for turn in turns if fact.id in turn.asked]
    if open_turn is None:
        missing = _missing(fact.gate, turns, they)
        begin = f"You asked about {name} in message {asked[0]}. It" if asked else f"{name}"
        return Disclosure(fact.id, None, f"{begin} stayed closed: it needed {missing}.", question=question)
    trust = _trust_words(fact.gate, open_turn, they)
    if asked and asked[-1] <= open_turn.number:
        sentence = (
            f"You asked about {name} in message {asked[-1]}, a little early; asked again after message "
            f"{open_turn.number}, {they.they} would have told you.{trust}"
        )
    else:
        sentence = f"{they.They} would have told you about {name} if asked {_point(open_turn)}.{trust}"
    return Disclosure(fact.id, None, sentence, askable_at=open_turn.number, question=question)


def _rung(card: Card, rung: Rung, turns: Sequence[Turn]) -> Disclosure:
    they = _Voice.of(card.persona)
    what, name = f"risk.{rung}", (FRIEND_WORDS if is_about_another(card) else RUNG_WORDS)[rung]
    told = rung_told(turns, rung)
    if told:
        sentence = f"{_after(turns, told)} {they.they} answered truthfully about {name}."
        return Disclosure(what, told.number, sentence, _words(told, rung=rung))
    question = (FRIEND_QUESTIONS if is_about_another(card) else RUNG_QUESTIONS)[rung]
    hedged = next((turn for turn in turns if turn.state.rungs[rung] is RungStatus.HEDGED), None)
    if hedged:
        sentence = (
            f"In message {hedged.number} {they.they} gave half an answer about {name}; asked once more, in plain "
            f"words, {they.they} would have told you."
        )
        return Disclosure(what, None, sentence, askable_at=hedged.number, question=question)
    open_turn = _first_open(card.risk_answers[rung].gate, turns)
    if open_turn:
        trust = _trust_words(card.risk_answers[rung].gate, open_turn, they)
        sentence = f"{they.They} would have told you about {name} if asked directly {_point(open_turn)}.{trust}"
        return Disclosure(what, None, sentence, askable_at=open_turn.number, question=question)
    sentence = f"You did not ask about {name}. Asked in plain words, and once more if need be, {they.they} would have"
    return Disclosure(what, None, f"{sentence} told you.", question=question)


def _answered(turns: Sequence[Turn], rung: Rung) -> bool:
    return rung_told(turns, rung) is not None


def _first_open(gate: Gate, turns: Sequence[Turn]) -> Turn | None:
    """The first turn after which a question for what is behind this gate would have been answered; the last turn of
    a session that ended does not count: there was no further message."""
    reachable = turns[:-1] if turns[-1].outcome is not None else turns
    return next((turn for turn in reachable if is_open(gate, turn.state.seen_by_gates(asked=True))), None)


def _after(turns: Sequence[Turn], turn: Turn) -> str:
    """The words that name the message which opened something.

    A burst may come in a silence: then the message before it.
    """
    message = next((each for each in reversed(messages_of(turns)) if each.turn.number <= turn.number), None)
    if message is None:
        return "At the very beginning"
    return f"After your message {message.turn.number} (“{quote(message.text, question=True)}”)"


def _point(turn: Turn) -> str:
    return f"after message {turn.number}" if turn.number else "at any time"


def _words(turn: Turn, *, fact: str = "", rung: Rung | None = None) -> str:
    told = [
        worded for worded in turn.worded if (fact and worded.step.fact == fact) or (rung and worded.step.rung == rung)
    ]
    return " ".join(text for worded in told for text in worded.messages)


def _trust_words(gate: Gate, turn: Turn, they: _Voice) -> str:
    needed = _least_trust(gate)
    if not needed or not turn.number:
        return ""
    return f" By then {they.their} trust stood at {turn.state.trust:.2f}; {needed:.2f} was enough."


def _least_trust(gate: Gate) -> float:
    """The trust a gate asks for wherever it names one, 0 when it never does."""
    match gate:
        case AtLeast("trust", value):
            return value
        case And(gates):
            return max(map(_least_trust, gates))
        case Or(gates):
            return min(map(_least_trust, gates))
    return 0.0


def _missing(gate: Gate, turns: Sequence[Turn], they: _Voice) -> str:
    """What the gate still wanted when it was nearest, in words."""
    last = turns[-1].state
    best = GateState(
        trust=max(turn.state.trust for turn in turns),
        openness=max(turn.state.openness for turn in turns),
        phase=last.phase,
        asked=True,
        told=frozenset(last.told),
        turn=last.turn,
    )
    return _wants(gate, best, they) or "a moment at which all of it came together"


def _wants(gate: Gate, best: GateState, they: _Voice) -> str:
    match gate:
        case And(gates):
            wants = [_wants(part, best, they) for part in gates if not is_open(part, best)]
            return ", and ".join(want for want in wants if want)
        case Or(gates):
            return ", or ".join(want for part in gates if (want := _wants(part, best, they)))
        case AtLeast("trust", value):
            return f"more trust ({value:.2f}; the most was {best.trust:.2f})"
        case AtLeast(_, value):
            return f"{they.their} feeling freer to talk ({value:.2f}; the most was {best.openness:.2f})"
        case TurnAtLeast(turn):
            return f"a longer conversation ({turn} messages of yours)"
        case PhaseIn(phases):
            return f"the conversation to reach {' or '.join(phase.replace('_', ' ') for phase in phases)}"
        case Told(fact):
            return f"“{fact.replace('-', ' ')}” to be told first"
        case Not():
            return "the conversation to go another way"
    return ""


def _sentence(ask: str) -> str:
    return ask[:1].upper() + ask[1:].rstrip("?") + "?"
