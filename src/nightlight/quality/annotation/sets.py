"""Sets of conversations to label: made from scripts in use, or from a file of conversations with recorded consent."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry
from nightlight.catalog.purposes import allowed_purposes, check_purpose
from nightlight.conversations.conversation import Conversation, conversation_from_json
from nightlight.conversations.scripts import Script
from nightlight.db import transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledConversation
from nightlight.quality.access import Clock, may, quality_changes
from nightlight.quality.annotation.access import find_own, find_seen
from nightlight.quality.annotation.labels import Suggestion, suggestion_of
from nightlight.quality.annotation.store import (
    AnnotationSet,
    Annotator,
    Kind,
    Labelled,
    forget_texts,
    insert_conversation,
    insert_set,
    progress_of,
    select_sets,
)
from nightlight.quality.store import SECURABLE
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME = re.compile(r"[a-z0-9](-?[a-z0-9]){1,59}")
KINDS = ("quality", "training")  # of the purposes that consented conversations may be labelled for
BLIND_SHARE = 0.2  # of the conversations, where the others show a labeller's labels
MOST_CONVERSATIONS = 1_000


class Suggesting(Protocol):
    """Whose labels annotators may be shown: a conversation's labeller."""

    @property
    def version(self) -> str: ...

    def label(self, conversation: Conversation) -> LabelledConversation: ...


@dataclass(frozen=True)
class Progress:
    """How many messages of a set an annotator has labelled, of how many."""

    annotator: Annotator
    labelled: int
    messages: int


def make_invented_set(
    home: Home,
    name: str,
    scripts: Sequence[Script],
    *,
    annotators: Sequence[str],
    by: str,
    clock: Clock,
    labeller: Suggesting | None = None,
) -> AnnotationSet:
    """A set of scripts, of which the caller has seen that they are in use; without the labels they were written with.

    `labeller`: annotators see its labels, but in a fifth of the conversations.
    """
    conversations = [script.conversation() for script in scripts]
    return _make(home, name, Kind.INVENTED, conversations, None, annotators, by, clock, labeller)


def make_consented_set(
    home: Home,
    name: str,
    file: Path,
    *,
    purpose: str,
    annotators: Sequence[str],
    by: str,
    clock: Clock,
    labeller: Suggesting | None = None,
) -> AnnotationSet:
    """A set of the conversations of a JSON Lines file, each with `"consent": true`, for a purpose of quality or
    training that all who read them may use; raises NightlightError for anything else."""
    conversations = list(read_consented(file))
    return _make(home, name, Kind.CONSENTED, conversations, purpose, annotators, by, clock, labeller)


def read_consented(file: Path) -> Iterator[Conversation]:
    """The conversations of a file; raises NightlightError at the first line whose consent is not recorded."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise NightlightError(reason, where=str(file), remedy="check the path and its permissions") from None
    for number, line in enumerate(lines, 1):
        where = f"{file}:{number}"
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise NightlightError("not JSON", where=where, remedy="write one conversation a line, in UTF-8") from None
        conversation = conversation_from_json(value, where=where)
        if value.get("consent") is not True:
            raise NightlightError(
                "no consent is recorded for this conversation",
                where=where,
                remedy='only conversations with "consent": true are labelled; leave it out',
            )
        yield conversation


def list_sets(home: Home, *, by: str) -> list[AnnotationSet]:
    """The sets that somebody labels, and all of them for who manages quality, the newest first."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "EXECUTE", SECURABLE)
        manages = may(connection, by, "MANAGE")
        return [each for each in select_sets(connection) if manages or each.annotator(by)]


def find_set(home: Home, name: str, *, by: str) -> tuple[AnnotationSet, list[Progress]]:
    """A set and how far its annotators are; an annotator sees their own progress, and whether the other is done."""
    with transaction(home.database_url) as connection:
        found = find_seen(connection, name, by)
        shown = [each for each in found.annotators if found.annotator(by) in (None, each)]
        return found, [_progress(connection, name, each) for each in shown]


def progress_by_conversation(home: Home, name: str, *, by: str) -> list[Labelled]:
    """Every conversation of a set with how much of it an annotator has labelled."""
    with transaction(home.database_url) as connection:
        found, annotator = find_own(connection, name, by)
        return progress_of(connection, found.name, annotator.place)


def finish(home: Home, name: str, *, by: str, clock: Clock) -> AnnotationSet:
    """Say that one is done: one's labels change no more. Raises NightlightError while a message has none."""
    with quality_changes(home, Entry("finish annotation", by, None, "done", statement=name)) as connection:
        annotator = find_own(connection, name, by)[1]
        progress = _progress(connection, name, annotator)
        missing = progress.messages - progress.labelled
        if missing:
            raise NightlightError(f"{missing} messages have no label of yours yet", remedy="label them first")
        if annotator.done_at is None:
            key = {"set_name": name, "place": annotator.place}
            update_rows(connection, "annotation_annotators", key, {"done_at": clock()})
        return find_own(connection, name, by)[0]


def close(home: Home, name: str, *, by: str, clock: Clock) -> AnnotationSet:
    """End the work on a set: nothing of it changes any more, and the text of consented conversations goes."""
    entry = Entry("close annotation", by, None, "done", statement=name)
    with quality_changes(home, entry, privilege="MANAGE") as connection:
        found = find_seen(connection, name, by)
        if found.closed_at is None:
            update_rows(connection, "annotation_sets", {"name": name}, {"closed_at": clock()})
        if found.kind is Kind.CONSENTED:
            forget_texts(connection, name)
        return find_seen(connection, name, by)


def _make(
    home: Home,
    name: str,
    kind: Kind,
    conversations: Sequence[Conversation],
    purpose: str | None,
    annotators: Sequence[str],
    by: str,
    clock: Clock,
    labeller: Suggesting | None,
) -> AnnotationSet:
    if not NAME.fullmatch(name):
        raise NightlightError(
            "this is no name of a set", remedy="write small letters, digits and hyphens, as in pilot-1"
        )
    _check_conversations(conversations)
    blind = _blind(name, len(conversations)) if labeller else range(1, len(conversations) + 1)
    suggested = [_suggestions(each, labeller) for each in conversations]
    entry = Entry("make annotation set", by, purpose, "done", statement=name, rows=len(conversations), detail=str(kind))
    with quality_changes(home, entry, privilege="MANAGE") as connection:
        people = _annotators(connection, annotators)
        if kind is Kind.CONSENTED:
            _check_purpose(connection, purpose, (by, *(each.person for each in people)))
        if select_sets(connection, name=name):
            raise NightlightError(f"there is a set '{name}' already", remedy="choose another name")
        version = labeller.version if labeller else ""
        made = AnnotationSet(name, kind, purpose, version, by, clock(), None, people)
        insert_set(connection, made)
        for number, (conversation, said) in enumerate(zip(conversations, suggested, strict=True), 1):
            shows = number not in blind
            insert_conversation(connection, name, number, conversation, suggested=said, shows_labels=shows)
    return made


def _progress(connection: "Connection", name: str, annotator: Annotator) -> Progress:
    counted = progress_of(connection, name, annotator.place)
    return Progress(annotator, sum(each.labelled for each in counted), sum(each.messages for each in counted))


def _check_conversations(conversations: Sequence[Conversation]) -> None:
    if not conversations or not all(each.messages for each in conversations):
        raise NightlightError("a set needs conversations, each with messages", remedy="leave out the empty ones")
    if len(conversations) > MOST_CONVERSATIONS:
        raise NightlightError(
            f"a set holds at most {MOST_CONVERSATIONS} conversations", remedy="make several sets: people label in days"
        )
    if len({each.id for each in conversations}) < len(conversations):
        raise NightlightError("two conversations have one id", remedy="give every conversation its own id")


def _annotators(connection: "Connection", people: Sequence[str]) -> tuple[Annotator, ...]:
    if len(people) != 2 or people[0] == people[1]:
        raise NightlightError("two different people label a set", remedy="name two, as in --annotators sam,clara")
    for person in people:
        check_privilege(connection, person, "EXECUTE", SECURABLE)
    return tuple(Annotator(place, person, None) for place, person in enumerate(people, 1))


def _check_purpose(connection: "Connection", purpose: str | None, people: Sequence[str]) -> None:
    for person in people:
        check_purpose(connection, person, purpose)
    kinds = {each["name"]: each["kind"] for each in allowed_purposes(connection, people[0])}
    if kinds[str(purpose)] not in KINDS:
        raise NightlightError(
            f"purpose '{purpose}' is not for labelling conversations", remedy="name one of the kind quality or training"
        )


def _suggestions(conversation: Conversation, labeller: Suggesting | None) -> list[Suggestion | None]:
    if labeller is None:
        return [None] * len(conversation.messages)
    return [suggestion_of(each) for each in labeller.label(conversation).messages]


def _blind(name: str, conversations: int) -> frozenset[int]:
    """The numbers of the conversations whose suggested labels nobody is shown: at least one, the same for both."""
    count = max(1, round(conversations * BLIND_SHARE))
    return frozenset(Random(name).sample(range(1, conversations + 1), count))  # noqa: S311  # no secret
