"""Wording by the card's own lines: each is said at most once in a session, and never where a principle forbids it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from nightlight.conversations.cards import Card, Voice, burst
from nightlight.conversations.gates import is_open
from nightlight.conversations.labels import Reaction
from nightlight.conversations.principles import Principle
from nightlight.settings import BANK
from nightlight.simulator.plan import Move, Step, Tone
from nightlight.simulator.wording import Situation, Worded

NEAR: dict[Reaction, tuple[Reaction, ...]] = {
    Reaction.REFLECTION: (Reaction.SUMMARY,),
    Reaction.SUMMARY: (Reaction.REFLECTION,),
    Reaction.VALIDATION: (Reaction.REFLECTION,),
    Reaction.STRENGTH: (Reaction.VALIDATION,),
    Reaction.COLLABORATE: (Reaction.SAFETY_STEP,),
    Reaction.SAFETY_STEP: (Reaction.COLLABORATE,),
    Reaction.COPING: (Reaction.COLLABORATE,),
    Reaction.CLOSED_QUESTION: (Reaction.OPEN_QUESTION,),
    Reaction.OPEN_QUESTION: (Reaction.CLOSED_QUESTION,),
    Reaction.RESOURCE: (Reaction.ADVICE,),
    Reaction.PROMISE: (Reaction.MINIMISE,),
    Reaction.WHY_QUESTION: (Reaction.STACKED_QUESTIONS,),
    Reaction.STACKED_QUESTIONS: (Reaction.WHY_QUESTION,),
    Reaction.MISSED_CUE: (Reaction.UNCLEAR,),
}
"""Where a reaction's own lines are used up, those of a near one."""
SPREAD = 1.0  # of the lengths wished for, in logarithms of words: wider than people's 0.6, as a card has few lines
LENGTH = 1.2  # how much a line loses by each such step from the wish: seldom said, not never


@dataclass(frozen=True)
class Fillers:
    """What anybody writes where the card has no line: `spent` who has nothing to add, by tone; `told_already` who is
    asked again; `here` who is asked whether they are there; `name` who is asked what they are called."""

    spent: Mapping[Tone, tuple[str, ...]]
    told_already: tuple[str, ...]
    here: tuple[str, ...]
    name: tuple[str, ...]


TEXTED = Fillers(
    {
        Tone.GUARDED: ("idk", "dunno", "hm", "ok", "whatever", "if you say so", "sure", "idk what to say", "..."),
        Tone.OPEN: ("idk", "yeah", "hm", "ok", "mm", "i guess", "maybe", "yeah maybe", "..."),
    },
    ("i told you already", "like i said", "same as i said before", "i said that before"),
    ("still here", "im here", "yeah im here", "here"),
    ("its {name}", "{name}", "{name}, i said"),
)
WRITTEN = Fillers(
    {
        Tone.GUARDED: ("I don't know", "Hm", "All right", "If you say so", "I see", "I don't know what to say", "..."),
        Tone.OPEN: ("I don't know", "Yes", "Hm", "All right", "I suppose so", "Maybe", "Yes, maybe", "..."),
    },
    ("I told you already", "As I said", "The same as I said before", "I said that before"),
    ("Still here", "I am here", "Yes, I am here", "Here"),
    ("It's {name}", "{name}", "{name}, as I said"),
)


def _ended(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line if line.endswith(".") else f"{line}." for line in lines)


ENDED = Fillers(
    {tone: _ended(lines) for tone, lines in WRITTEN.spent.items()},
    _ended(WRITTEN.told_already),
    _ended(WRITTEN.here),
    _ended(WRITTEN.name),
)


def fillers_of(voice: Voice) -> Fillers:
    """As the texter types: without capitals, or with them; end marks have those who hardly ever leave one out, as words
    this short lose them first."""
    if voice.lowercase > 0.5:
        return TEXTED
    return WRITTEN if voice.no_end_mark >= 0.2 else ENDED


class LineBank:
    name = BANK

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        """A line for each step, rather one that takes up what was just spoken of and is about as long as the
        voice; steps without lines are left out, and a reply that would be empty says one of the few words that fit
        anybody."""
        random = Random(situation.seed)  # noqa: S311  # for variety, not for secrets
        used = set(situation.used_lines)
        worded: list[Worded] = []
        for step in situation.plan.steps:
            if worded and step == worded[-1].step and not has_lines(situation.card, step, Tone.OPEN, frozenset(used)):
                continue  # nothing more about it
            line = _choose(situation, step, used, random)
            if line is not None:
                used.add(line)
                worded.append(Worded(step, burst(line), line))
        return tuple(worded)


def _choose(situation: Situation, step: Step, used: set[str], random: Random) -> str | None:
    for lines in _lists(situation, step):
        left = [line for line in lines if line not in used and not _is_barred(line, situation)]
        if left:
            spoken, told = _words(situation.counselor), [_words(line) for line in lines if line in used]
            if step.move is Move.OPEN:
                return random.choice(left)
            wished = math.log(1 + situation.card.voice.words_median) + SPREAD * random.gauss()
            return max(left, key=lambda line: _fit(line, wished, spoken, told) + random.random())
    return None


def _fit(line: str, wished: float, spoken: set[str], told: Sequence[set[str]]) -> float:
    """More where it takes up what was just spoken of, less where it says again what was told before or is longer or
    shorter than they feel like writing now."""
    words = _words(line)
    again = max((len(words & each) / max(len(words), 1) for each in told), default=0.0)
    return 0.4 * bool(spoken & words) - again - LENGTH * abs(_log_length(line) - wished)


def _log_length(line: str) -> float:
    """The logarithm of one more than the words of its messages, in the mean.

    >>> round(math.exp(_log_length("one two three four / five six")))
    4
    """
    messages = burst(line)
    return math.log(1 + sum(len(message.split()) for message in messages) / len(messages))


def _lists(situation: Situation, step: Step) -> Iterator[tuple[str, ...]]:
    """Where to look for a line, in order."""
    card, tone, fillers = situation.card, situation.plan.tone, fillers_of(situation.card.voice)
    instead = [
        each.instead for each in situation.principles if each.instead and each.never in lines_for(card, step, tone)
    ]
    yield tuple(line for line in instead if line)
    if step.move is Move.NAME:
        name = situation.name.lower() if card.voice.lowercase > 0.5 else situation.name
        yield tuple(line.format(name=name) for line in fillers.name)
    if step.move is Move.HERE:
        yield fillers.here
    yield lines_for(card, step, tone)
    if step.move is Move.REACT and step.reaction:
        for near in NEAR.get(step.reaction, ()):
            yield lines_for(card, Step(Move.REACT, reaction=near), tone)
    if step.move in (Move.TELL, Move.ANSWER, Move.HEDGE):
        yield fillers.told_already
    if step.move is Move.HINT:
        yield lines_for(card, Step(Move.REACT, reaction=Reaction.CLOSED_QUESTION), Tone.GUARDED)
    if step.move is not Move.END:
        yield fillers.spent[tone]


def lines_for(card: Card, step: Step, tone: Tone) -> tuple[str, ...]:
    """The card's lines that can say this step."""
    match step.move:
        case Move.OPEN:
            return card.opening
        case Move.TELL:
            return card.fact(step.fact).tell
        case Move.HINT:
            return card.fact(step.fact).hint
        case Move.ANSWER if step.rung:
            return card.risk_answers[step.rung].tell
        case Move.HEDGE if step.rung:
            return card.risk_answers[step.rung].hedge
        case Move.REACT if step.reaction:
            return tuple(getattr(card.reactions[step.reaction], tone))
        case Move.END if step.ending:
            return tuple(getattr(card.endings, step.ending))
    return ()


def has_lines(card: Card, step: Step, tone: Tone, used: frozenset[str]) -> bool:
    """Whether the card has a line for this step that was not said yet."""
    return any(line not in used for line in lines_for(card, step, tone))


def _is_barred(line: str, situation: Situation) -> bool:
    """Whether a principle takes the line back here, or a check did before."""
    if line in situation.taken_back:
        return True
    return any(_holds(each, situation) and each.never == line for each in situation.principles)


def _holds(principle: Principle, situation: Situation) -> bool:
    gate = principle.applies_if
    return gate is None or is_open(gate, situation.state.seen_by_gates(asked=True))


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z']+", text.lower()) if len(word) > 3}
