"""Which of a card's facts a counselor's message asks for, by likeness to the ways of asking that the card lists."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nightlight.conversations.card_form import read_card
from nightlight.conversations.cards import Card, Fact
from nightlight.conversations.corpus import card_files, shipped_corpus
from nightlight.conversations.counselor_messages import read_counselor_messages

STRONG, LIKELY = 0.4, 0.3  # of likeness; LIKELY counts when nothing else is nearly as like
SURE = 0.65  # the card's own question, or nearly
FAINT = 0.24  # enough for what is named outright and nothing else comes near: "tell me about Bev"
MARGIN = 0.06
ABOUT, NAMED = 0.5, 0.2  # what the fact's own lines add, and a word that names it
GENERIC = re.compile(
    r"what'?s (going on|happening|up|on your mind|been going on)|what (brings|brought|made) you|tell me (more|about it)"
    r"|how are you( feeling| doing)?\b|what happened|how (have|has) (you|things|it|the last).* been"
    r"|want to (talk|share)|say more|go on\b|what else|how('s| is) (that|it)|hardest part"
    r"|what('s| is| has been) (it|that|this)( been)? like",
    re.IGNORECASE,
)
WORD = r"[a-z']{2,}"
QUESTION = re.compile(r"[^.!?]*\?")


@dataclass(frozen=True)
class Match:
    fact: str
    likeness: float


def is_generic(text: str) -> bool:
    """Whether a question leaves it to the texter what to tell.

    >>> is_generic("What's going on tonight?"), is_generic("Who is on shift with you?")
    (True, False)
    """
    return bool(GENERIC.search(text))


def facts_asked(card: Card, text: str) -> tuple[str, ...]:
    """Ids of the facts that `text` asks for (two at most), the most likely first."""
    return tuple(facts_scored(card, text))


def facts_scored(card: Card, text: str) -> dict[str, float]:
    """The facts that `text` asks for with their likeness, the most like first."""
    matches = match_facts(card, text)
    if not matches or matches[0].likeness < FAINT:
        return {}
    first, *others = matches
    rival = others[0].likeness if others else 0.0
    if first.likeness < LIKELY and not (
        _words(text) & set(first.fact.split("-")) and first.likeness - rival >= 2 * MARGIN
    ):
        return {}
    if first.likeness < STRONG and first.likeness - rival < MARGIN:
        return {}
    return {each.fact: each.likeness for each in (first, *(each for each in others[:1] if each.likeness >= STRONG))}


def match_facts(card: Card, text: str) -> list[Match]:
    """Every fact with its likeness to what the message asks, in [0, 1], the most like first."""
    if not any(fact.asks for fact in card.facts):
        return []  # a card that is being written
    asked = " ".join(QUESTION.findall(text)) or text
    index = _index(card)
    return index.match(asked)


@lru_cache(maxsize=1)
def _vectors() -> tuple[Any, Any]:
    """Word and letter vectors; how rare each is comes from the counselor messages that ship with the product."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    messages = read_counselor_messages(shipped_corpus() / "counselor_messages.tsv")
    cards = [read_card(file) for file in card_files(shipped_corpus())]
    asks = [ask for card in cards for fact in card.facts for ask in (*fact.asks, *fact.tell)]
    texts = [*(each.text for each in messages), *asks]
    return words.fit(texts), letters.fit(texts)


def _vectors_of(texts: Sequence[str]) -> Any:
    """A row for each text: its words beside its letters, each of length one."""
    from scipy.sparse import hstack

    return hstack([vectors.transform(texts) for vectors in _vectors()], format="csr")


class _Index:
    """The ways of asking for each fact as vectors; what a fact is about (its tell lines) counts a little too."""

    def __init__(self, facts: tuple[Fact, ...]) -> None:
        self.facts = facts
        asks = [(number, ask) for number, fact in enumerate(facts) for ask in fact.asks]
        self.owner = [number for number, _ in asks]
        self.asks: Any = _vectors_of([ask for _, ask in asks])
        self.about: Any = _vectors_of([" ".join((fact.id.replace("-", " "), *fact.tell)) for fact in facts])
        self.names = _names(facts)

    def match(self, text: str) -> list[Match]:
        vector = _vectors_of([text])
        likeness = [0.0] * len(self.facts)
        for owner, value in zip(self.owner, (self.asks @ vector.T).toarray().ravel(), strict=True):
            likeness[owner] = max(likeness[owner], float(value) / 2)  # two unit vectors side by side
        about = (self.about @ vector.T).toarray().ravel()
        words = _words(text)
        found = [
            Match(fact.id, min(1.0, like + ABOUT * float(value) / 2 + NAMED * bool(words & self.names[fact.id])))
            for fact, like, value in zip(self.facts, likeness, about, strict=True)
        ]
        return sorted(found, key=lambda match: -match.likeness)


def _names(facts: tuple[Fact, ...]) -> dict[str, set[str]]:
    """The words that name what a fact is about: in its id, or in two of its lines; and in hardly any other fact."""
    common = Counter(word for fact in facts for word in _words(" ".join((*fact.asks, *fact.tell))))
    names = {}
    for fact in facts:
        lines = Counter(word for line in (*fact.tell, *fact.asks) for word in _words(line))
        often = {word for word, count in lines.items() if count >= 2}
        names[fact.id] = {word for word in often | set(fact.id.split("-")) if len(word) > 2 and common[word] <= 2}
    return {fact: found - EVERYDAY for fact, found in names.items()}


EVERYDAY = frozenset(
    re.findall(
        "[a-z']+",
        """about again all and any anyone anything are been before but can could day did don't feel feeling for from get
        going good had has have help her here him his how i'd i'll i'm i've into it's just know last like make more most
        much night not now off one out over really say see she should some someone something still talk tell that the
        them then there they thing think this time today tonight too want was what when where which who why will with
        would you your""",
    )
)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z']+", text.lower().replace("’", "'")))


@lru_cache(maxsize=256)
def _index_of(facts: tuple[Fact, ...]) -> _Index:
    return _Index(facts)


def _index(card: Card) -> _Index:
    return _index_of(card.facts)
