"""A conversation as its page shows it: numbered messages with labels and evidence, the words where it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author, Phase
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage
from nightlight.quality.corrections import Correction
from nightlight.quality.store import QueuedFlag, State

ORDER = (State.OPEN, State.CONFIRMED, State.DISMISSED, State.CLEARED)
PER_PAGE = 300  # messages


@dataclass(frozen=True)
class Line:
    """One message. `text` is None while the conversation is not opened, `label` where nobody has read it yet; `shows`:
    flags that rest on it."""

    number: int
    id: str
    author: Author
    sent_at: datetime | None
    text: str | None
    label: LabelledMessage | None
    shows: tuple[QueuedFlag, ...]
    corrections: tuple[Correction, ...]

    @property
    def phase(self) -> Phase | None:
        return self.label.phase if self.label else None

    @property
    def page(self) -> int:
        return (self.number - 1) // PER_PAGE + 1


@dataclass(frozen=True)
class Section:
    """Messages of one phase that follow one another."""

    phase: Phase | None
    lines: tuple[Line, ...]


def in_order(flags: Sequence[QueuedFlag]) -> list[QueuedFlag]:
    """Those that wait first, the severest of them on top."""
    return sorted(flags, key=lambda flag: (ORDER.index(flag.state), -flag.severity.rank, flag.raised_at))


def lines_of(
    labels: LabelledConversation | None,
    text: Conversation | None,
    flags: Sequence[QueuedFlag],
    corrections: Sequence[Correction] = (),
) -> tuple[Line, ...]:
    """The messages in their order; what went away by itself is no longer evidence."""
    known = {label.id: label for label in labels.messages} if labels else {}
    standing = [flag for flag in flags if flag.state is not State.CLEARED]
    messages: Sequence[Message | LabelledMessage] = text.messages if text else labels.messages if labels else ()
    words = {message.id: message.text for message in text.messages} if text else {}
    return tuple(
        Line(
            number,
            message.id,
            message.author,
            message.sent_at,
            words.get(message.id),
            known.get(message.id),
            tuple(flag for flag in standing if message.id in flag.message_ids),
            tuple(each for each in corrections if each.message_id == message.id),
        )
        for number, message in enumerate(messages, 1)
    )


def sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    return tuple(Section(phase, tuple(run)) for phase, run in groupby(lines, lambda line: line.phase))
