"""How the texter writes: repetition and echo (A9, A10), never the helper's voice (A11), length and habits beside the
role-plays people wrote (A8), and none of it drifting through a session (A14)."""

import math
import re
from collections.abc import Sequence
from statistics import mean, median

from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author
from nightlight.simulator.counselors import Kind
from nightlight.simulator.measures import Measure
from nightlight.simulator.measures.plays import Plays, where
from nightlight.simulator.session import Session

HELPER = re.compile(
    r"\bi'?m here (for you|to (help|listen))\b|\bhow can i (help|support) you\b|\bthank you for (sharing|trusting)\b"
    r"|\bit sounds like you\b|\bwould you like to talk about\b|\byou'?re not alone\b|\bhave you considered\b"
    r"|\bas an ai\b|\bi can'?t assist\b|\blanguage model\b|\breach out to (a|your)\b"
)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _grams(words: Sequence[str], size: int = 4) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + size]) for place in range(len(words) - size + 1)]


def _texts(session: Session) -> list[str]:
    return [reply.text for turn in session.turns for reply in turn.replies]


def repetition(plays: Plays) -> list[Measure]:
    """A9, A10: messages said twice in a session, 4-grams used before by the texter, 4-grams of the counselor's last
    message in the reply."""
    messages, twice, grams, reused, copied = 0, [], 0, 0, 0
    for session in plays.all(Kind.GOOD, Kind.MIXED, Kind.POOR, Kind.INTERROGATING):
        seen: set[str] = set()
        seen_grams: set[tuple[str, ...]] = set()
        for turn in session.turns:
            theirs = set(_grams(_words(turn.counselor)))
            for reply in turn.replies:
                words = _words(reply.text)
                messages += 1
                if len(words) > 2 and " ".join(words) in seen:
                    twice.append(where(session, turn.number))
                seen.add(" ".join(words))
                own = _grams(words)
                grams += len(own)
                reused += sum(gram in seen_grams for gram in own)
                copied += sum(gram in theirs for gram in own)
                seen_grams |= set(own)
    return [
        Measure("A9", "messages said twice in a session", len(twice), 0, True, messages, tuple(twice[:20])),
        Measure("A9", "4-grams said before", reused / max(grams, 1), 0.015, True, grams),
        Measure("A10", "4-grams of the counselor's message", copied / max(grams, 1), 0.005, True, grams),
    ]


def role(plays: Plays) -> list[Measure]:
    """A11: conversations in which the texter speaks in the helper's voice."""
    sessions = list(plays.all(Kind.GOOD, Kind.MIXED, Kind.POOR))
    found = [
        where(session, turn.number)
        for session in sessions
        for turn in session.turns
        if any(HELPER.search(reply.text.lower()) for reply in turn.replies)
    ]
    value = len({place.rsplit(" turn", 1)[0] for place in found}) / len(sessions)
    return [
        Measure("A11", "conversations with the helper's voice", value, 0.01, True, len(sessions), tuple(found[:20]))
    ]


def style(plays: Plays) -> list[Measure]:
    """A8: distance of the texter's messages from those of the cards' written role-plays, as a multiple of what two
    halves of these differ by (Wasserstein distance of log words; rates as absolute gaps)."""
    from scipy.stats import wasserstein_distance

    wanted = {card.id for card in plays.cards}
    scripts = [script for script in starter_corpus().scripts if script.card in wanted]
    if len(scripts) < 4:
        return []
    written = [[m.text for m in script.messages if m.author is Author.TEXTER] for script in scripts]
    halves = [[text for texts in written[start::2] for text in texts] for start in (0, 1)]
    played = [text for session in plays.all(Kind.GOOD, Kind.MIXED) for text in _texts(session)]
    everything = halves[0] + halves[1]
    halves_apart = wasserstein_distance(_logs(halves[0]), _logs(halves[1]))
    measures = [
        Measure(
            "A8",
            "words a message",
            float(wasserstein_distance(_logs(played), _logs(everything)) / max(halves_apart, 0.02)),
            2.0,
            True,
            len(played),
            beside=f"median {median(map(_length, played)):.0f} beside {median(map(_length, everything)):.0f}",
        )
    ]
    for name, has in HABITS.items():
        gap = abs(_rate(played, has) - _rate(everything, has))
        measures.append(
            Measure(
                "A8",
                name,
                gap / max(abs(_rate(halves[0], has) - _rate(halves[1], has)), 0.02),
                2.0,
                True,
                len(played),
                beside=f"{_rate(played, has):.0%} beside {_rate(everything, has):.0%}",
            )
        )
    return measures


HABITS = {
    "of three words or fewer": lambda text: _length(text) <= 3,
    "beginning in lower case": lambda text: text[:1].islower(),
    "without an end mark": lambda text: text[-1:] not in ".!?",
    "with a question": lambda text: "?" in text,
    "with thanks": lambda text: bool(re.search(r"\b(thanks?|thank you|appreciate)\b", text.lower())),
}


def _length(text: str) -> int:
    return len(text.split())


def _logs(texts: Sequence[str]) -> list[float]:
    return [math.log(1 + _length(text)) for text in texts]


def _rate(texts: Sequence[str], has: object) -> float:
    return mean(bool(has(text)) for text in texts)  # type: ignore[operator]


def drift(plays: Plays) -> list[Measure]:
    """A14: how far the share of 4-grams said before and the words a message differ between the first and the last
    quarter of the sessions, beyond what trust explains (good conversations only)."""
    first, last = [], []
    for session in plays.all(Kind.GOOD):
        texts = _texts(session)
        quarter = max(len(texts) // 4, 1)
        first += [_length(text) for text in texts[:quarter]]
        last += [_length(text) for text in texts[-quarter:]]
    ratio = mean(last) / mean(first)
    return [
        Measure(
            "A14",
            "words a message, last quarter over first, log",
            abs(math.log(ratio)),
            0.4,
            True,
            len(first),
            beside=f"{ratio:.2f} times",
        )
    ]
