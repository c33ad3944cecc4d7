"""A whole card in plain words, as one prompt holds it for a model that plays the texter with nothing behind it.

Only for measuring: what speaks in practice is never told what its plan does not open."""

from typing import assert_never

from nightlight.conversations.cards import Card, Fact
from nightlight.conversations.gates import And, Asked, AtLeast, Gate, Not, Or, PhaseIn, Told, TurnAtLeast
from nightlight.conversations.labels import Resistance, Rung
from nightlight.simulator.wording.prompt import Prompt, style_of

TRUST = ((0.5, "a great deal"), (0.35, "a good deal"), (0.2, "somewhat"), (0.0, "a little"))
NEVER_FROM = 1000  # messages: no conversation is so long
MANNERS = {
    Resistance.NONE: "You are ready to talk.",
    Resistance.GUARDED: "You are guarded: you say little until somebody has earned it.",
    Resistance.SCEPTICAL: "You doubt that this helps, and say so.",
    Resistance.HOSTILE: "You are annoyed and test whether they stay.",
    Resistance.OVER_PLEASING: "You look after the other person and say that you are fine.",
    Resistance.TANGENTIAL: "You wander off to other things when it gets close.",
    Resistance.MINIMISING: "You play everything down.",
}
ASKED = {
    Rung.THOUGHTS: "whether you think about suicide",
    Rung.PLAN: "whether you have a plan",
    Rung.MEANS: "whether you could get to what you would use",
    Rung.TIMEFRAME: "when it would be",
    Rung.PAST: "whether you ever tried before",
    Rung.SELF_HARM: "whether you hurt yourself",
    Rung.NOW: "whether you are safe right now",
}


def in_words(card: Card, name: str) -> str:
    """Who the texter is, what they know and when they tell it, how they answer about risk, and how they write."""
    persona, goal, start = card.persona, card.goal, card.start
    most = Prompt.most_words_of(card.voice)
    parts = (
        "You play a person who texts a crisis line, so that volunteers can practise. The user is the volunteer. You "
        "are only ever this person: you do not help, advise or comfort the user.",
        f"Who you are: {persona.age_band} years old, {persona.pronouns}. {persona.story} {persona.now} "
        f"{persona.why_now}",
        f"How you are at the beginning: {MANNERS[start.resistance]} You trust the volunteer {_trust(start.trust)}; "
        "every message that listens well earns trust, advice, judgment and pressing lose it.",
        f"What you say you want: {goal.says}. What would help, though you do not know it: {goal.needs} Steps you would "
        f"agree to once you feel heard: {'; '.join(goal.steps)}. What you refuse: {'; '.join(goal.refuses) or '-'}.",
        "What there is to tell, and when. Until then you keep it to yourself:",
        *(_fact(fact) for fact in card.facts),
        "What you answer when you are asked plainly about risk:",
        *(_answer(card, rung) for rung in card.risk_answers),
        f"You might begin like: {_quoted(card.opening[:3])}.",
        f"{style_of(card.voice, most)} Write your next message or messages, one a line, and nothing else: no quotation "
        f"marks, no name before it, no explanation. Your name is {name}.",
    )
    return "\n".join(parts)


def _fact(fact: Fact) -> str:
    return (
        f"- {gate_in_words(fact.gate)}: {_quoted(fact.tell)}. Asked before that, you only say something like: "
        f"{_quoted(fact.hint[:1])}"
    )


def _answer(card: Card, rung: Rung) -> str:
    answer = card.risk_answers[rung]
    told = f"- {ASKED[rung]}: {_quoted(answer.tell[:2])}."
    if not answer.hedge:
        return told
    return f"{told} Asked for the first time, before {gate_in_words(answer.gate)}: {_quoted(answer.hedge[:1])}"


def _quoted(lines: tuple[str, ...]) -> str:
    return " or ".join(f'"{line}"' for line in lines)


def _trust(value: float) -> str:
    return next(words for least, words in TRUST if value >= least)


def gate_in_words(gate: Gate) -> str:
    """When a gate opens, as one tells a person.

    >>> from nightlight.conversations.gates import parse_gate
    >>> gate_in_words(parse_gate("trust>=0.4 and asked or turn>=8"))
    'you trust them a good deal and you are asked about it, or they have written 8 messages'
    """
    match gate:
        case AtLeast("trust", value):
            return f"you trust them {_trust(value)}"
        case AtLeast(_, value):
            return f"you have opened up {_trust(value)}"
        case TurnAtLeast(turn) if turn >= NEVER_FROM:
            return "never, whoever asks"
        case TurnAtLeast(turn):
            return f"they have written {turn} messages"
        case PhaseIn(phases):
            return f"the talk has come to {' or '.join(phase.replace('_', ' ') for phase in phases)}"
        case Asked():
            return "you are asked about it"
        case Told(fact):
            return f"you have told about {fact.replace('-', ' ')}"
        case Not(inner):
            return f"not yet: {gate_in_words(inner)}"
        case And(gates):
            return " and ".join(map(gate_in_words, gates))
        case Or(gates):
            return ", or ".join(map(gate_in_words, gates))
    assert_never(gate)
