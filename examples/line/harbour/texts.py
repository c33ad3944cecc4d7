"""Every wording a message of the line can have, from the starter corpus: skilled and mixed scripts, cards' own lines.

A conversation keeps to one card. In each stretch of it (`STRETCHES`) it starts at one script's place and walks on line
by line, so that questions meet their answers; a told fact is worded as the script or as the card words it, and some
texter lines are mistyped. Counselor lines tagged graphic_probe and scripts of poor quality are never used."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from nightlight.conversations.cards import BURST_MARK, Card, burst
from nightlight.conversations.corpus import Corpus, read_corpus, shipped_corpus
from nightlight.conversations.labels import Author, CounselorAct, Plan, Quality, SelfHarm, Thoughts, Timeframe
from nightlight.conversations.scripts import Script, ScriptMessage

from .line import Floats, Ints

AUTHORS = ("texter", "counselor", "system", "bot??")
TEXTER, COUNSELOR, SYSTEM, UNKNOWN = range(4)
CONNECTED = "You are now connected with a counselor."
# A waiting texter's first texts, then the phases; goal setting and planning are one stretch.
STRETCHES = ("opening", "engagement", "exploration", "risk_assessment", "intervention", "emergency", "closing")
STRETCH_OF = {"goal_setting": "intervention", "planning": "intervention"}
INSTEAD = {"emergency": "intervention", "intervention": "exploration"}  # where a card lacks a stretch
# From the most to the least frequent main topic; weights fall like Zipf's.
TOPICS = (
    *("relationship", "depression", "anxiety", "family", "loneliness", "suicide", "school", "self_harm", "friends"),
    *("grief", "work", "trauma", "bullying", "health", "money", "substance", "lgbtq", "eating", "abuse", "housing"),
    *("parenting", "assault", "identity", "caregiving", "third_party", "testing"),
)
RISK_BY_TOLD = (  # share of risk levels 0-4 that counselors note, by the level that a card's texter would tell of
    (0.90, 0.08, 0.02, 0.0, 0.0),
    (0.25, 0.60, 0.12, 0.025, 0.005),
    (0.03, 0.22, 0.55, 0.17, 0.03),
    (0.02, 0.08, 0.22, 0.55, 0.13),
    (0.01, 0.03, 0.10, 0.31, 0.55),
)
RARITY = (1.0, 1.0, 0.8, 0.5, 0.15)  # few who write are in danger now, more than their share of the cards
ENTRIES = {Quality.SKILLED: 4, Quality.MIXED: 1}  # how often a script of this quality is where a stretch starts
WORDING_SEED = 20_000_707  # wordings belong to the corpus, not to a line


@dataclass(frozen=True)
class Pool:
    """All wordings (`texts`, and as inside of JSON strings `escaped`), the lines that hold them, the walks over lines.

    Line i says one of the wordings first[i] .. first[i] + alternatives[i] - 1, or that number + alternatives[i] when
    mistyped. Walk card * len(STRETCHES) + stretch covers the lines begin .. begin + size - 1; its scripts start at
    entries[entry_begin ..] (entry_size of them). A profile is a card with one main topic, drawn by `weight`."""

    texts: pa.Array
    escaped: pa.Array
    author: Ints
    first: Ints
    alternatives: Ints
    begin: Ints
    size: Ints
    entries: Ints
    entry_begin: Ints
    entry_size: Ints
    profile_card: Ints
    profile_weight: Floats
    profile_risk: Floats
    profile_topics: pa.Array  # list<string> for 3 * profile + (number of topics - 1)

    @property
    def connected(self) -> int:
        """The wording of the system's message when a counselor accepts."""
        return len(self.texts) - 1


@dataclass(frozen=True)
class Spoken:
    """One line of a script: who, in which stretch, and every way of saying it."""

    author: int
    stretch: str
    wordings: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A script, or what of it lies in one stretch."""

    lines: list[Spoken]
    quality: Quality


def mistyped(text: str, generator: np.random.Generator) -> str:
    """The text as a hurried thumb leaves it: one letter doubled, lost or swapped with the next."""
    letters = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    if not letters:
        return text
    at, slip = letters[int(generator.integers(len(letters)))], int(generator.integers(3))
    return text[:at] + (text[at] * 2, "", text[at + 1] + text[at])[slip] + text[at + 1 + (slip == 2) :]


@cache
def pool() -> Pool:
    """The pool of the corpus shipped with the product."""
    corpus = read_corpus(shipped_corpus())
    cards = list(corpus.cards.values())
    walks = [scripts for card in cards for scripts in _walks(card, corpus)]
    lines = [spoken for scripts in walks for script in scripts for spoken in script.lines]
    texts = list(_texts(lines))
    alternatives = np.array([len(spoken.wordings) for spoken in lines])
    entry_size = np.array([sum(ENTRIES[script.quality] for script in scripts) for scripts in walks])
    size = np.array([sum(len(script.lines) for script in scripts) for scripts in walks])
    profiles = [(place, topic) for place, card in enumerate(cards) for topic in card.topics]
    return Pool(
        texts=pa.array(texts),
        escaped=pa.array([json.dumps(text, ensure_ascii=False)[1:-1] for text in texts]),
        author=np.array([spoken.author for spoken in lines]),
        first=2 * (np.cumsum(alternatives) - alternatives),
        alternatives=alternatives,
        begin=np.cumsum(size) - size,
        size=size,
        entries=np.concatenate([_entries(scripts) for scripts in walks]),
        entry_begin=np.cumsum(entry_size) - entry_size,
        entry_size=entry_size,
        profile_card=np.array([place for place, _ in profiles]),
        profile_weight=np.array([_frequency(topic, cards) * RARITY[_told(cards[place])] for place, topic in profiles]),
        profile_risk=np.cumsum([RISK_BY_TOLD[_told(cards[place])] for place, _ in profiles], axis=1),
        profile_topics=pa.array(
            [_main_first(cards[place].topics, topic)[:count] for place, topic in profiles for count in (1, 2, 3)]
        ),
    )


def _texts(lines: Sequence[Spoken]) -> Iterator[str]:
    """Each line's wordings and then each of them mistyped (counselors type well); the system's message last."""
    generator = np.random.default_rng(WORDING_SEED)
    for spoken in lines:
        yield from spoken.wordings
        for text in spoken.wordings:
            yield mistyped(text, generator) if spoken.author == TEXTER else text
    yield CONNECTED


def _entries(scripts: Sequence[Part]) -> Ints:
    """Where each script begins in its walk, as often as a conversation may begin there."""
    sizes: Ints = np.array([len(script.lines) for script in scripts])
    begins = np.cumsum(sizes, dtype=np.int64) - sizes
    return np.repeat(begins, [ENTRIES[script.quality] for script in scripts])


def _told(card: Card) -> int:
    """The highest risk level that a card's texter would tell of (docs/labels.md)."""
    risk = card.risk
    if risk.thoughts == Thoughts.ACTIVE:
        soon = risk.in_progress or risk.timeframe in (Timeframe.NOW, Timeframe.WITHIN_48H)
        return 4 if soon else 2 if risk.plan == Plan.NONE else 3
    return 2 if risk.self_harm == SelfHarm.RECENT else int(risk.thoughts == Thoughts.PASSIVE)


def _frequency(topic: str, cards: Sequence[Card]) -> float:
    """A topic's share is that of its rank, whatever the number of cards that have it."""
    return float((TOPICS.index(topic) + 1) ** -0.8) / sum(topic in card.topics for card in cards)


def _main_first(topics: Sequence[str], main: str) -> list[str]:
    return [str(main), *(str(topic) for topic in topics if topic != main)]


def _walks(card: Card, corpus: Corpus) -> Iterator[list[Part]]:
    """For each of STRETCHES, the lines of the card's scripts there; a script without any is left out."""
    scripts = [
        Part(list(_spoken(script, card)), script.quality)
        for script in corpus.scripts_of(card.id)
        if script.quality != Quality.POOR
    ]
    found = {name: [part for script in scripts if (part := _within(script, name)).lines] for name in STRETCHES}
    found["opening"] = [
        Part([Spoken(TEXTER, "opening", (text,)) for text in burst(line)], Quality.SKILLED) for line in card.opening
    ]
    for stretch in STRETCHES:
        name = stretch
        while not found[name]:
            name = INSTEAD[name]
        yield found[name]


def _within(script: Part, stretch: str) -> Part:
    """The script's lines in a stretch; the first words of a conversation are the texter's."""
    lines = [spoken for spoken in script.lines if spoken.stretch == stretch]
    while stretch == "engagement" and lines and lines[0].author != TEXTER:
        del lines[0]
    return Part(lines, script.quality)


def _spoken(script: Script, card: Card) -> Iterator[Spoken]:
    for message in script.messages:
        if CounselorAct.GRAPHIC_PROBE not in message.acts:
            author = TEXTER if message.author is Author.TEXTER else COUNSELOR
            stretch = STRETCH_OF.get(message.phase, str(message.phase))
            *before, last = burst(message.text)
            yield from (Spoken(author, stretch, (text,)) for text in before)
            yield Spoken(author, stretch, (last, *_told_otherwise(message, card)))


def _told_otherwise(message: ScriptMessage, card: Card) -> list[str]:
    """The card's own wordings, where the message tells exactly one fact or rung."""
    tells = [card.fact(fact).tell for fact in message.facts] + [card.risk_answers[rung].tell for rung in message.rungs]
    return [text for text in tells[0] if BURST_MARK not in text] if len(tells) == 1 else []
