"""A live conversation read anew: labels for what has none, flags for what they say, both written at once.

It is read outside any transaction and written only if nothing came in between; else it is read once more. Whatever
stops half way leaves the conversation marked as not read, and the next look goes on from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.catalog.history import database_errors
from nightlight.conversations.conversation import Conversation
from nightlight.db import transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledMessage, Labeller
from nightlight.labelling.serving import labeller_in_use
from nightlight.quality.flags.declared import Flag, Seen
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.facts import counted_risk
from nightlight.quality.flags.thresholds import Thresholds, read_thresholds
from nightlight.quality.label_rows import KeptMessage, as_conversation, as_labelled, kept_messages, labels_to_json
from nightlight.quality.raising import Change, Kept, keep_flags, plan_flags
from nightlight.quality.store import Case, QueuedFlag, find_case, flags_of, no_conversation
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

TRIES = 8  # of writing beside others who write about the same conversation
WINDOW = 120  # messages that are read together to label the newest: a long conversation costs no more than these
WHOLE = 2000  # messages of an ended conversation that are read once more as a whole


@dataclass(frozen=True)
class Reading:
    """A conversation after a look at it: its messages with labels, the flags that stand, and what changed."""

    case: Case
    messages: tuple[KeptMessage, ...]
    flags: tuple[Flag, ...]
    kept: Kept


def read_again(home: Home, conversation: str, *, at: datetime, now: datetime | None) -> Reading:
    """Look at a live conversation; where nothing is new, nothing is written.

    `at`: the time that it is now; `now`: until when somebody waits in it (None: until its last message).
    """
    reader, thresholds = Labeller(labeller_in_use(home)), read_thresholds(home)
    for _ in range(TRIES):
        with database_errors(), transaction(home.database_url) as connection:
            case = find_case(connection, conversation)
            messages = kept_messages(connection, conversation)
            queued = flags_of(connection, conversation)
        if case is None or not case.is_live:
            raise no_conversation()
        if case.text_gone_at is not None:
            return Reading(case, tuple(messages), (), Kept())
        seen = _see(case, messages, queued, now, reader, thresholds)
        if not seen.is_new:
            return Reading(case, tuple(seen.messages), seen.flags, Kept())
        with database_errors(), transaction(home.database_url) as connection:
            kept = _write(connection, seen, at)
        if kept is not None:
            return Reading(seen.case, tuple(seen.messages), seen.flags, kept)
    raise NightlightError("this conversation is being written by many at once", remedy="send the message again")


@dataclass(frozen=True)
class _Seen:
    """`case` as it will be; `fresh`: the messages whose labels are new."""

    case: Case
    messages: list[KeptMessage]
    fresh: list[LabelledMessage]
    flags: tuple[Flag, ...]
    plan: list[Change]
    was_read: bool

    @property
    def is_new(self) -> bool:
        return bool(self.fresh or self.plan or not self.was_read)


def _see(
    case: Case,
    messages: Sequence[KeptMessage],
    queued: Sequence[QueuedFlag],
    now: datetime | None,
    labeller: Labeller,
    thresholds: Thresholds,
) -> _Seen:
    texts = as_conversation(case.conversation, messages)
    fresh = _labels(case, messages, texts, labeller)
    by_id = {labels.id: labels for labels in fresh}
    read = [replace(each, labels=by_id.get(each.id, each.labels)) for each in messages]
    labelled = as_labelled(case.conversation, read, labeller.version)
    flags = find_flags(Seen(texts, labelled, now=case.ended_at or now, ended=case.ended_at is not None), thresholds)
    sure = thresholds.despite_denial_probability
    risk = max((counted_risk(labels, sure) or 0 for labels in labelled.messages), default=0)
    after = replace(case, risk=risk, messages=len(messages), labeller=labeller.version, read_at_change=case.changes)
    return _Seen(after, read, fresh, flags, plan_flags(queued, flags), case.is_read)


def _labels(
    case: Case, messages: Sequence[KeptMessage], texts: Conversation, labeller: Labeller
) -> list[LabelledMessage]:
    """New labels: of an ended conversation all, read as a whole; of a running one those that are missing or another
    version's, each read with what came before it."""
    is_whole = all(each.labels is not None for each in messages)  # one may have come since the case was looked up
    if case.is_read and is_whole and case.labeller == labeller.version:
        return []
    if case.ended_at is not None and len(messages) <= WHOLE:
        return list(labeller.label(texts).messages)
    old = case.labeller != labeller.version
    new = [number for number, each in enumerate(messages) if old or each.labels is None]
    if not new:
        return []
    start, end = max(0, new[0] - WINDOW), new[-1] + 1
    read = labeller.label(Conversation(texts.id, texts.messages[start:end]), online=True)
    return list(read.messages[new[0] - start :])


def _write(connection: "Connection", seen: _Seen, at: datetime) -> Kept | None:
    """None when the conversation has changed since it was read."""
    from sqlalchemy import text

    case = seen.case
    values = {"risk": case.risk, "messages": case.messages, "labeller": case.labeller}
    same = {"conversation": case.conversation, "changes": case.changes}
    if not update_rows(connection, "quality_cases", same, {**values, "read_at_change": case.changes}):
        return None
    query = text("UPDATE quality_messages SET labels = :labels WHERE conversation = :conversation AND message_id = :id")
    key = case.conversation
    if seen.fresh:
        rows = [{"labels": labels_to_json(each), "conversation": key, "id": each.id} for each in seen.fresh]
        connection.execute(query, rows)
    # planned anew under the lock: somebody may have decided about a flag, or looked at the same time
    return keep_flags(connection, key, seen.flags, at=at)
