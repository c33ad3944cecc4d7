"""An annotator at work: one conversation at a time, its labels kept message by message."""

from dataclasses import dataclass
from datetime import datetime

from nightlight.catalog.audit import Entry, append
from nightlight.conversations.labels import Author, Phase
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.access import Clock, quality_changes
from nightlight.quality.annotation.access import check_reads_text, find_own, no_set
from nightlight.quality.annotation.labels import Label, Suggestion
from nightlight.quality.annotation.store import (
    AnnotationSet,
    conversations_of,
    labels_of,
    messages_of,
    progress_of,
    put_label,
)
from nightlight.quality.store import ConflictError
from nightlight.settings import Home


@dataclass(frozen=True)
class ToLabel:
    """A message as its annotator sees it. `changes`: of the label that is kept, 0 where there is none; `suggested`: a
    labeller's, where this conversation shows it."""

    position: int
    author: Author
    sent_at: datetime | None
    text: str
    label: Label | None
    changes: int
    suggested: Suggestion | None


@dataclass(frozen=True)
class OpenConversation:
    """`next_number`: the conversation after it with something left to label, None where all are labelled."""

    set: AnnotationSet
    number: int
    count: int
    messages: tuple[ToLabel, ...]
    is_done: bool
    next_number: int | None

    @property
    def labelled(self) -> int:
        return sum(each.label is not None for each in self.messages)

    @property
    def first_open(self) -> int | None:
        """The position of the first message without a label."""
        return next((each.position for each in self.messages if each.label is None), None)

    def running_phase(self, position: int) -> Phase:
        """The phase of the message before, as this annotator labelled it: what most messages keep."""
        before = [each.label.phase for each in self.messages[: position - 1] if each.label]
        return before[-1] if before else Phase.ENGAGEMENT


def open_conversation(home: Home, name: str, number: int, *, by: str) -> OpenConversation:
    """A conversation to label, with one's own labels and nobody else's; the audit has it before the text is read."""
    with transaction(home.database_url) as connection:
        found, annotator = find_own(connection, name, by)
        held = {each.number: each for each in conversations_of(connection, name)}
        if number not in held:
            raise no_set()
        check_reads_text(connection, found, by)
    statement = f"{name} {held[number].conversation}"
    append(home, Entry("open annotation", by, found.purpose, "done", statement=statement))
    with transaction(home.database_url) as connection:
        given = labels_of(connection, name, annotator.place, number=number)
        messages = messages_of(connection, name, number=number)
        progress = progress_of(connection, name, annotator.place)
    left = [each.number for each in progress if not each.is_labelled and each.number != number]
    return OpenConversation(
        set=found,
        number=number,
        count=len(held),
        messages=tuple(
            ToLabel(
                position=each.position,
                author=each.author,
                sent_at=each.sent_at,
                text=each.text or "",
                label=given[at].label if (at := (number, each.position)) in given else None,
                changes=given[at].changes if at in given else 0,
                suggested=each.suggested if held[number].shows_labels else None,
            )
            for each in messages
        ),
        is_done=annotator.done_at is not None or found.closed_at is not None,
        next_number=next((each for each in left if each > number), left[0] if left else None),
    )


def author_of(home: Home, name: str, number: int, position: int, *, by: str) -> Author:
    """Who wrote a message of one's set: it decides which labels it takes."""
    with transaction(home.database_url) as connection:
        find_own(connection, name, by)
        if number not in {each.number for each in conversations_of(connection, name)}:  # also what no column holds
            raise no_set()
        found = messages_of(connection, name, number=number)
    for message in found:
        if message.position == position:
            return message.author
    raise no_set()


def keep_label(
    home: Home, name: str, number: int, position: int, label: Label, *, changes: int, by: str, clock: Clock
) -> int | None:
    """Keep what an annotator says about a message; returns the position of the next one without a label.

    The same again changes nothing; what differs from a label that was changed meanwhile (`changes`: of the one that
    was seen) raises ConflictError.
    """
    at = (number, position)
    entry = Entry("label message", by, None, "done", statement=f"{name} {number}", detail=f"message {position}")
    with quality_changes(home, entry) as connection:
        found, annotator = find_own(connection, name, by)
        if annotator.done_at is not None or found.closed_at is not None:
            what = "this set is closed" if found.closed_at else "you are done with this set"
            raise NightlightError(f"{what}: its labels stay as they are")
        positions = [each.position for each in messages_of(connection, name, number=number)]
        if position not in positions:
            raise no_set()
        given = labels_of(connection, name, annotator.place, number=number)
        kept = given.get(at)
        if kept and kept.label != label and kept.changes != changes:
            raise ConflictError(
                "this message was labelled meanwhile, in another window of yours",
                remedy="here is what is kept; change it if it is wrong",
            )
        if kept is None or kept.label != label:
            grown = kept.changes + 1 if kept else 1
            put_label(connection, name, at, annotator.place, label, changes=grown, now=clock())
    left = [each for each in positions if each != position and (number, each) not in given]
    return next((each for each in left if each > position), left[0] if left else None)
