"""A whole conversation read: phase, acts and risk of every message, each with its probability, or why there is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author, CoarsePhase, Phase, coarse_phases
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.model import Model, Reading, shipped_model
from nightlight.labelling.reading import plain, words
from nightlight.labelling.risk import LabelledRisk

NO_WORDS = "no words to read"
UNKNOWN_WORDS = "few of its words are known: another language, or no sentences"
UNKNOWN_CONVERSATION = "few words of this conversation are known: another language, or no sentences"
KNOWN, KNOWN_TOGETHER = 0.4, 0.6
"""The share of words that has to be known of a message, and of all messages so far: of the corpus' own messages .97 and
more are known, of other languages' .1 to .4 (names, loan words)."""
LATIN = re.compile("[a-zA-Z]")
ENOUGH_WORDS, ENOUGH_IN_KNOWN = 4, 8
"""A shorter message is not judged by its own words alone; in a conversation whose words are known, not one of fewer
than eight either: a joke, two names, a song."""


@dataclass(frozen=True)
class LabelledMessage:
    """`acts`: of a counselor's message, most probable first; `risk`: of a texter's. What is None was not assessed, and
    `abstained` says why. `phase_probability` belongs to the fine phase."""

    id: str
    author: Author
    sent_at: datetime | None
    phase: Phase | None
    coarse_phase: CoarsePhase | None
    phase_probability: float | None
    acts: tuple[LabelledAct, ...] | None
    risk: LabelledRisk | None
    abstained: str | None = None


@dataclass(frozen=True)
class LabelledConversation:
    """`online`: each message was read with what came before it alone; else with the whole conversation. `version`
    names everything that decided about a label."""

    id: str
    messages: tuple[LabelledMessage, ...]
    version: str
    online: bool


@dataclass(frozen=True)
class Labeller:
    """Labels conversations with one model."""

    model: Model

    @property
    def version(self) -> str:
        return self.model.version

    def label(self, conversation: Conversation, *, online: bool = False) -> LabelledConversation:
        """Labels for every message, in the order of the conversation."""
        messages = conversation.messages
        befores = befores_of(messages)
        authors = [message.author for message in messages]
        readings = [self.model.read(m.author, m.text, before) for m, before in zip(messages, befores, strict=True)]
        phases = self.model.phases(authors, readings, online=online)
        coarse = list(coarse_phases(phase for phase, _ in phases))
        why = abstentions(messages, readings, online=online)
        labelled = []
        for number, message in enumerate(messages):
            reading = readings[number] if why[number] is None else None
            known = why[number] in (None, NO_WORDS)  # a thumb belongs to the phase that runs
            phase, chance = phases[number] if known else (None, None)
            labelled.append(
                LabelledMessage(
                    message.id,
                    message.author,
                    message.sent_at,
                    phase,
                    coarse[number] if known else None,
                    chance,
                    reading.acts if reading else None,
                    reading.risk if reading else None,
                    why[number],
                )
            )
        return LabelledConversation(conversation.id, tuple(labelled), self.version, online)


def befores_of(messages: Sequence[Message]) -> list[str]:
    """What each message answers: for a counselor's the burst of the texter since their last message; for a texter's
    the counselor's last message."""
    found, burst, said = [], [], ""
    for message in messages:
        if message.author is Author.TEXTER:
            found.append(said)
            burst.append(message.text)
        else:
            found.append(" ".join(burst))
            burst, said = [], message.text
    return found


def abstentions(messages: Sequence[Message], readings: Sequence[Reading], *, online: bool) -> list[str | None]:
    """Why a message should not be guessed at, message by message."""
    counts = [len(words(plain(message.text))) for message in messages]
    known = [reading.known * count for reading, count in zip(readings, counts, strict=True)]
    total, understood = sum(counts), sum(known)
    so_far, so_far_known, found = 0, 0.0, list[str | None]()
    columns = zip(messages, readings, counts, known, strict=True)
    for message, reading, count, understood_here in columns:
        so_far, so_far_known = so_far + count, so_far_known + understood_here
        words_seen, words_known = (so_far, so_far_known) if online else (total, understood)
        read_so_far = words_known >= KNOWN_TOGETHER * words_seen
        enough = ENOUGH_IN_KNOWN if read_so_far else ENOUGH_WORDS
        if not count:
            found.append(NO_WORDS)
        elif (not message.text.isascii() and not LATIN.search(message.text)) or (
            count >= enough and reading.known < KNOWN
        ):
            found.append(UNKNOWN_WORDS)
        elif words_seen >= ENOUGH_WORDS and not read_so_far:
            found.append(UNKNOWN_CONVERSATION)
        else:
            found.append(None)
    return found


@cache
def shipped_conversation_labeller() -> Labeller:
    """The labeller that comes with the product; read once in a process."""
    return Labeller(shipped_model())
