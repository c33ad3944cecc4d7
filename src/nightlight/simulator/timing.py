"""The life of text messages: how long somebody types, bursts, gaps, and now and then a long silence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from nightlight.conversations.cards import Voice

READING, A_WORD, SHORTEST, LONGEST = 1.2, 0.45, 1.0, 20.0  # seconds
LONG_SILENCE, SILENCES = 0.05, (25.0, 70.0)  # its chance in a turn at no trust, and how long it takes
SPLITS = 0.1  # of the voice's bursts: the others are several lines in one reply
LISTENS = 180.0  # seconds without an answer until the texter asks whether anybody is there
SENTENCE_END = re.compile(r"(?<=[a-z\d)][.?!]) +(?=\S)")


@dataclass(frozen=True)
class Reply:
    """One message of the texter: it comes `after` seconds after the event or the message before it; while it is
    typed, the page may say so."""

    text: str
    after: float


def split_bursts(messages: Sequence[str], voice: Voice, random: Random) -> list[str]:
    """The messages, some of them sent sentence by sentence, as often as the voice sends bursts."""
    sent: list[str] = []
    for message in messages:
        sentences = SENTENCE_END.split(message)
        if 1 < len(sentences) <= 3 and random.random() < voice.burst * SPLITS:
            sent += [_without_last_stop(sentence, voice, random) for sentence in sentences]
        else:
            sent.append(message)
    return sent


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
