"""The life of text messages: how long somebody types, bursts, gaps, and now and then a long silence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from nightlight.conversations.cards import Voice
from nightlight.labelling.cues import has_risk_cue

READING, A_WORD, SHORTEST, LONGEST = 1.2, 0.45, 1.0, 20.0  # seconds
LONG_SILENCE, SILENCES = 0.05, (25.0, 70.0)  # its chance in a turn at no trust, and how long it takes
SPLITS = 0.7  # times the voice's bursts: the chance that a reply of one message, which can be cut, is sent as two
LISTENS = 180.0  # seconds without an answer until the texter asks whether anybody is there
SENTENCE_END = re.compile(r"(?<=[a-z\d)][.?!]) +(?=\S)")
FIRST_WORD = re.compile(
    r"(((oh|um|uh|hm+|mm|ok(ay)?|yeah|yea|yep|yh|nah|nope|lol|haha?)([.,!?]+| -)?)"
    r"|((yes|no|idk|dunno|maybe|sometimes|right|well|sorry|wow|true|sure|i guess|not really|kind of|i don'?t know"
    r"|no idea)([.,!?]+| -))) +(?=(\S+ +){2}\S)",
    re.IGNORECASE,
)
"""What people send by itself before they go on; three words or more must follow. Where a mark is asked for, the
word may belong to what follows: "no one told me"."""


@dataclass(frozen=True)
class Reply:
    """One message of the texter: it comes `after` seconds after the event or the message before it; while it is
    typed, the page may say so."""

    text: str
    after: float


def split_bursts(messages: Sequence[str], voice: Voice, random: Random) -> list[str]:
    """The messages; a single one may be sent as two, cut after its first word or sentence, as often as the voice sends
    bursts. What holds a sign of risk is sent whole."""
    if len(messages) != 1 or has_risk_cue(messages[0]):
        return list(messages)
    message = messages[0]
    cut = _first_cut(message)
    if cut is None or random.random() >= voice.burst * SPLITS:
        return [message]
    first, rest = message[: cut[0]], message[cut[1] :]
    rest = rest if voice.lowercase > 0.5 else rest[0].upper() + rest[1:]
    return [_without_last_stop(first, voice, random), rest]


def _first_cut(message: str) -> tuple[int, int] | None:
    """Where the first word or sentence ends and where the rest begins; None where nothing can be cut.

    >>> _first_cut("yeah, i was there"), _first_cut("i was there. nobody came"), _first_cut("i was there")
    ((4, 6), (12, 13), None)
    """
    if word := FIRST_WORD.match(message):
        return len(word.group().rstrip(" ,-")), word.end()
    sentence = SENTENCE_END.search(message)
    return sentence.span() if sentence else None


def _without_last_stop(sentence: str, voice: Voice, random: Random) -> str:
    ends_plainly = sentence.endswith(".") and not sentence.endswith("..")
    return sentence[:-1] if ends_plainly and random.random() < voice.no_end_mark else sentence


def replies(messages: Sequence[str], *, trust: float, random: Random) -> tuple[Reply, ...]:
    """The messages with the seconds that each takes to come."""
    timed = []
    for place, message in enumerate(messages):
        seconds = A_WORD * len(message.split()) * random.uniform(0.7, 1.4) + (READING if place == 0 else 0.4)
        if place == 0 and random.random() < LONG_SILENCE * (1 - trust):
            seconds += random.uniform(*SILENCES)
        else:
            seconds = min(LONGEST, seconds)
        timed.append(Reply(message, round(max(SHORTEST, seconds), 1)))
    return tuple(timed)
