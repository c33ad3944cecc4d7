"""Text statistics of the texter's side, for people and for every way to play a texter alike.

The human columns: role-plays that people wrote for these cards, and, where a folder of it lies at hand, ESConv, whose
seekers are crowd workers in a web chat, neither texting nor in crisis: a direction, not a target."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, pstdev
from typing import TypeAlias

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author
from nightlight.simulator.measures.language import HELPER
from nightlight.simulator.session import Session

Talk: TypeAlias = Sequence[tuple[Author, str]]
"""One conversation: who wrote each message, and what."""

TOKENS = 5000
ESCONV = "ESConv's seekers"
ESCONV_MEASURED = {
    "words a message, 10 of 100 below": 3.0,
    "words a message, median": 13.0,
    "words a message, 90 of 100 below": 33.0,
    "messages of three words or fewer": 0.10,
    "spread of lengths in a conversation": 0.62,
    "messages that begin in lower case": 0.21,
    "messages without an end mark": 0.43,
    "messages with a question": 0.10,
    "messages with thanks": 0.13,
    "4-grams said before": 0.005,
    "distinct-1": 0.198,
    "distinct-2": 0.719,
    "conversations with the helper's voice": 0.01,
    "messages after one of one's own": 0.22,
}
"""As measured on 467 of its conversations (those in FeedbackESConv) on 2026-11-23; with a folder it is done anew."""


def of_texts(talks: Sequence[Talk]) -> dict[str, float | None]:
    """Every statistic of these conversations; None where there is too little to say it. Distinct-1 and -2 are those of
    the first 5,000 words, the conversations one after another."""
    texts = [[text for author, text in talk if author is Author.TEXTER] for talk in talks]
    messages = [text for each in texts for text in each]
    if not messages:
        return {}
    lengths = sorted(len(text.split()) for text in messages)
    tokens = [token for text in messages for token in words(text)][:TOKENS]
    enough = len(tokens) == TOKENS
    return {
        "words a message, 10 of 100 below": float(lengths[len(lengths) // 10]),
        "words a message, median": float(lengths[len(lengths) // 2]),
        "words a message, 90 of 100 below": float(lengths[len(lengths) * 9 // 10]),
        "messages of three words or fewer": mean(length <= 3 for length in lengths),
        "spread of lengths in a conversation": _spread(texts),
        "messages that begin in lower case": mean(text[:1].islower() for text in messages),
        "messages without an end mark": mean(text.rstrip()[-1:] not in ".!?" for text in messages),
        "messages with a question": mean("?" in text for text in messages),
        "messages with thanks": mean(bool(THANKS.search(text)) for text in messages),
        "4-grams said before": _said_before(texts),
        "distinct-1": distinct(tokens, 1) if enough else None,
        "distinct-2": distinct(tokens, 2) if enough else None,
        "conversations with the helper's voice": mean(any(HELPER.search(t.lower()) for t in each) for each in texts),
        "messages after one of one's own": _bursts(talks),
    }


THANKS = re.compile(r"\b(thanks?|thank you|appreciate)\b", re.IGNORECASE)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))


def distinct(tokens: Sequence[str], size: int) -> float:
    """The share of runs of `size` words that are different ones.

    >>> distinct("i am tired i am".split(), 2)
    0.75
    """
    grams = [tuple(tokens[place : place + size]) for place in range(len(tokens) - size + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def _spread(texts: Sequence[Sequence[str]]) -> float | None:
    """Standard deviation of a conversation's message lengths over their mean, in the mean."""
    of_each = [[len(text.split()) for text in each] for each in texts if len(each) > 2]
    found = [pstdev(each) / mean(each) for each in of_each if mean(each)]
    return mean(found) if found else None


def _said_before(texts: Iterable[Sequence[str]]) -> float | None:
    """Runs of four words that stood in an earlier message of the same texter."""
    again = count = 0
    for each in texts:
        seen: set[tuple[str, ...]] = set()
        for text in each:
            tokens = words(text)
            grams = [tuple(tokens[place : place + 4]) for place in range(len(tokens) - 3)]
            count += len(grams)
            again += sum(gram in seen for gram in grams)
            seen |= set(grams)
    return again / count if count else None


def _bursts(talks: Sequence[Talk]) -> float:
    """The share of a texter's messages that follow one of their own."""
    after = count = 0
    for talk in talks:
        for place, (author, _) in enumerate(talk):
            if author is Author.TEXTER:
                count += 1
                after += place > 0 and talk[place - 1][0] is Author.TEXTER
    return after / count


def talk_of(session: Session) -> Talk:
    """A session as messages."""
    found: list[tuple[Author, str]] = []
    for turn in session.turns:
        if turn.counselor:
            found.append((Author.COUNSELOR, turn.counselor))
        found += [(Author.TEXTER, reply.text) for reply in turn.replies]
    return found


def written(cards: Iterable[str]) -> list[Talk]:
    """The role-plays that people wrote for these cards."""
    wanted = set(cards)
    scripts = starter_corpus().scripts
    return [[(each.author, each.text) for each in script.messages] for script in scripts if script.card in wanted]


def esconv(folder: Path | None) -> dict[str, float | None]:
    """The statistics of ESConv's seekers in all splits of a folder, or as they were measured where there is none."""
    if folder is None:
        return dict(ESCONV_MEASURED)
    from nightlight.labelling.esconv import TEST, TRAIN, VALID, read_split

    talks = [
        [(message.author, message.text) for message in each.conversation.messages]
        for split in (TRAIN, VALID, TEST)
        for each in read_split(folder, split)
    ]
    return of_texts(talks)
