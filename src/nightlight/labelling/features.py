"""What a linear model sees of a message: named features with values, from its words, its letters, its form, the
texter's words before it, and the rules it meets."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from nightlight.labelling.cues import has_risk_cue
from nightlight.labelling.reading import asks, plain, sentences, words
from nightlight.labelling.risk_marks import cue_marks, risk_marks
from nightlight.labelling.rules import RULES, hits

EMPTY = frozenset({
    "i", "you", "he", "she", "it", "we", "they", "a", "an", "the", "and", "or", "but", "so", "of", "to", "in", "on",
    "at", "for", "with", "is", "are", "was", "were", "be", "been", "am", "my", "your", "his", "her", "its", "our",
    "their", "me", "him", "them", "us", "that", "this", "there", "here", "not", "don't", "do", "does", "did",
    "have", "has", "had", "i'm", "you're", "it's", "that's", "if", "as", "by", "from", "up", "out", "about", "just",
    "what", "how", "can", "could", "would", "will",
})  # fmt: skip
"""Words that say nothing about what is repeated."""

WORD_WEIGHT, LETTER_WEIGHT, BEFORE_WEIGHT, FORM_WEIGHT, RULE_WEIGHT = 1.0, 1.0, 0.4, 0.35, 0.8

SHORT_ASK = 10  # words of a question that leans on what came before


@dataclass(frozen=True)
class Seen:
    """Everything there is to see of one message, before a vocabulary chooses and weighs."""

    terms: Counter[str]
    runs: Counter[str]
    heard: Counter[str]
    marks: tuple[str, ...]
    rules: tuple[str, ...]


def look_at_counselor(text: str, before: str = "") -> Seen:
    """A counselor's message after the texter's `before`."""
    terms, runs, heard = counts(text, before)
    marks = (*form(text, before), *told_before(text, before))
    return Seen(terms, runs, heard, marks, tuple(rules_met(text, before)))


def look_at_texter(text: str, before: str = "") -> Seen:
    """A texter's message after the counselor's `before`."""
    terms, runs, heard = counts(text, before)
    said = words(plain(text))
    size = f"f:words {min(6, int(math.log2(len(said) + 1)))}"
    opening = f"s:{' '.join(said[:2])}"
    return Seen(terms, runs, heard, (size, opening), tuple(risk_marks(text, before)))


def counts(text: str, before: str = "") -> tuple[Counter[str], Counter[str], Counter[str]]:
    """How often each word or word pair, each run of letters, and each word of `before` occurs."""
    message, heard = plain(text), plain(before)
    said = ["^", *_marked(message), "$"]
    terms = Counter(f"w:{word}" for word in said)
    terms.update(f"w:{one} {two}" for one, two in pairwise(said))
    return terms, Counter(f"c:{run}" for run in _runs(message)), Counter(f"b:{word}" for word in words(heard))


def _marked(message: str) -> Iterator[str]:
    for sentence in sentences(message):
        yield from words(sentence)
        yield sentence[-1] if sentence[-1] in "?!." else "."


def _runs(message: str) -> Iterator[str]:
    for word in message.split():
        padded = f" {word} "
        for size in (2, 3, 4, 5):
            yield from (padded[start : start + size] for start in range(len(padded) - size + 1))


def form(text: str, before: str = "") -> list[str]:
    """How the message is made and how it stands to what came before, each as the name of a feature."""
    message, heard = plain(text), plain(before)
    parts = sentences(message)
    asked = [part for part in parts if asks(part)]
    said, old = words(message), set(words(heard)) - EMPTY
    new = set(said) - EMPTY
    shared = len(new & old) / max(1, len(new))
    found = [
        f"f:words {min(6, int(math.log2(len(said) + 1)))}",
        f"f:sentences {min(5, len(parts))}",
        f"f:questions {min(4, len(asked))}",
        f"f:marks {min(4, message.count('?'))}",
        f"f:said {min(3, len(parts) - len(asked))}",
        f"f:shared {min(4, round(shared * 5))} {'asks' if asked else 'says'}",
        f"f:before {min(5, int(math.log2(len(words(heard)) + 1)))}",
        f"f:cue {has_risk_cue(before)} {'asks' if asked else 'says'}",
        f"f:you {min(3, sum(word in {'you', 'your', 'yourself'} for word in said))}",
        f"f:i {min(3, sum(word in {'i', 'my', 'me', 'mine', 'am'} for word in said))}",
        f"f:we {any(word in {'we', 'us', 'together', 'our'} for word in said)}",
    ]
    for part in asked:
        start = words(part)[:3]
        found += [f"q:{' '.join(start[:size])}" for size in (1, 2, 3) if len(start) >= size]
    for part in parts[:1]:
        found.append(f"s:{' '.join(words(part)[:2])}")
    return found


def told_before(text: str, before: str) -> list[str]:
    """What of risk the texter had told, and how a short message asks after it: "where is it now?" is a question about
    means behind some words and none behind others."""
    if not before:
        return ["t:nothing"]
    told = [mark.removeprefix("m:") for mark in cue_marks(before)]
    said = words(plain(text))
    opening = said[0] if said and len(said) <= SHORT_ASK else "more"
    return [f"t:{mark}" for mark in told] + [f"t:{mark}, {opening}" for mark in told]


def rules_met(text: str, before: str = "") -> list[str]:
    """The rules that the message meets, each as the name of a feature."""
    met = hits(text, before)
    return [f"r:{number}" for number in met] + sorted({f"a:{RULES[number].act}" for number in met})


def met_by(seen: Seen) -> tuple[int, ...]:
    """The numbers of the rules that the message met when it was looked at."""
    return tuple(int(name[2:]) for name in seen.rules if name.startswith("r:"))


def weighted(terms: Counter[str], inverse: "dict[str, float]", weight: float) -> Iterable[tuple[str, float]]:
    """Sublinear term frequency times inverse document frequency, of length `weight`; unknown terms are left out."""
    values = [(name, (1 + math.log(count)) * inverse[name]) for name, count in terms.items() if name in inverse]
    length = math.sqrt(sum(value * value for _, value in values)) or 1.0
    return [(name, weight * value / length) for name, value in values]
