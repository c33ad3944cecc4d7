"""What is taken back before it is sent, whoever worded it: each check names what a message must not do."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nightlight.conversations.cards import Card, burst
from nightlight.conversations.labels import Rung
from nightlight.simulator.plan import Move, Step
from nightlight.simulator.state import RungStatus, State

DOSE = re.compile(
    r"\b\d+\s*(mg|milligrams?|grams?|ml|millilit\w+|pills?|tablets?|capsules?|packets?|boxes|units)\b", re.IGNORECASE
)
HOW_TO = re.compile(
    r"\b(step by step|here'?s how|the way to do it|method is(?! described)|you (need|have) to (mix|tie|load|cut))\b",
    re.IGNORECASE,
)
LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(com|org|net)\b", re.IGNORECASE)
HELPER = re.compile(
    r"\bi'?m here (for you|to (help|listen))\b|\bhow can i (help|support) you\b|\bthank you for (sharing|trusting me)\b"
    r"|\bit sounds like you'?(re)?\b|\bwould you like to talk about\b|\byou'?re not alone\b|\bhave you considered\b"
    r"|\breach out to (a|your)\b",
    re.IGNORECASE,
)
OUT_OF_CHARACTER = re.compile(
    r"\bas an ai\b|\blanguage model\b|\bi can'?t (assist|help) with\b|\bsimulat(ion|ed)\b|\bmy (prompt|instructions)\b",
    re.IGNORECASE,
)
SPEAKS_OF_SUICIDE = re.compile(
    r"\bsuicidal\b|\bkill(ing)? myself\b|\b(end|ending|take|taking) my (own )?life\b"
    r"|(?<!n't )(?<!dont )(?<!not )\bwant to die\b",
    re.IGNORECASE,
)
LONGEST_ECHO = 5  # words in a row of the counselor's own


@dataclass(frozen=True)
class Context:
    """What a message is checked against: the card, the state before it, what its step may tell, what the counselor
    wrote, and all texts of the texter so far."""

    card: Card
    state: State
    step: Step
    counselor: str
    said: frozenset[str]


def method_detail(text: str) -> str | None:
    """What kind of detail a text holds that no text of ours may: "amount", "instruction" or "link"; None for none.

    >>> method_detail("i took 3 tablets"), method_detail("the tablets are in the kitchen")
    ('amount', None)
    """
    for kind, pattern in (("amount", DOSE), ("instruction", HOW_TO), ("link", LINK)):
        if pattern.search(text):
            return kind
    return None


def first_failed(messages: Sequence[str], context: Context) -> str | None:
    """The name of the first check that takes these messages back; None when they may be sent."""
    for name, fails in CHECKS:
        if any(fails(message, context) for message in messages):
            return name
    return None


def _method_detail(text: str, context: Context) -> bool:
    return method_detail(text) is not None


def _closed_fact(text: str, context: Context) -> bool:
    """The very words of a fact that this step does not tell and nobody was told before."""
    owner = _owners(context.card).get(plain(text))
    return owner is not None and owner != context.step.fact and owner not in context.state.told


def _closed_rung(text: str, context: Context) -> bool:
    """Thoughts of suicide spoken of before the texter has told of them, other than in the card's own fact or answer."""
    if context.step.rung is not None or context.step.move is Move.OPEN:
        return False
    told = context.state.rungs[Rung.THOUGHTS] is RungStatus.TOLD
    return not told and bool(SPEAKS_OF_SUICIDE.search(text))


def _role_flip(text: str, context: Context) -> bool:
    return bool(HELPER.search(text))


def _out_of_character(text: str, context: Context) -> bool:
    return bool(OUT_OF_CHARACTER.search(text))


def _echo(text: str, context: Context) -> bool:
    """A run of the counselor's own words."""
    theirs, own = plain(context.counselor).split(), plain(text).split()
    runs = {tuple(theirs[place : place + LONGEST_ECHO]) for place in range(len(theirs) - LONGEST_ECHO + 1)}
    return any(tuple(own[place : place + LONGEST_ECHO]) in runs for place in range(len(own) - LONGEST_ECHO + 1))


def _repeat(text: str, context: Context) -> bool:
    return len(text.split()) > 2 and plain(text) in context.said


CHECKS: tuple[tuple[str, Callable[[str, Context], bool]], ...] = (
    ("method detail", _method_detail),
    ("closed fact", _closed_fact),
    ("closed rung", _closed_rung),
    ("role flip", _role_flip),
    ("out of character", _out_of_character),
    ("echo", _echo),
    ("repeat", _repeat),
)


def plain(text: str) -> str:
    """The words alone, in lower case.

    >>> plain("No... I can't!")
    "no i can't"
    """
    return " ".join(re.findall(r"[a-z0-9']+", text.lower().replace("’", "'")))


@lru_cache(maxsize=256)
def _owners_of(facts: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {plain(message): fact for fact, lines in facts for line in lines for message in burst(line)}


def _owners(card: Card) -> dict[str, str]:
    """Every message that a fact is told with, and the fact."""
    return _owners_of(tuple((fact.id, fact.tell) for fact in card.facts))
