"""Rows of annotation in the catalog's database. What is read here is guarded by nobody: people come by `access`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightlight.conversations.conversation import Conversation
from nightlight.conversations.labels import Author
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.quality.annotation.labels import Label, Suggestion, label_from, label_json, suggestion_from
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Kind(StrEnum):
    """Of the conversations of a set: written for practice, or held with somebody who agreed to this use."""

    INVENTED = "invented"
    CONSENTED = "consented"


@dataclass(frozen=True)
class Annotator:
    """`place`: 1 or 2; colleagues see "A" and "B"."""

    place: int
    person: str
    done_at: datetime | None

    @property
    def letter(self) -> str:
        return "AB"[self.place - 1]


@dataclass(frozen=True)
class AnnotationSet:
    """`purpose`: that consented conversations are read for; `labeller`: whose labels are shown, "" = nobody's."""

    name: str
    kind: Kind
    purpose: str | None
    labeller: str
    made_by: str
    made_at: datetime
    closed_at: datetime | None
    annotators: tuple[Annotator, ...]

    @property
    def is_done(self) -> bool:
        """Whether both have said that they are done: from then on labels are seen and changed no more."""
        return all(each.done_at is not None for each in self.annotators)

    def annotator(self, person: str) -> Annotator | None:
        return next((each for each in self.annotators if each.person == person), None)


@dataclass(frozen=True)
class Held:
    """A conversation of a set, from 1; `shows_labels`: annotators are shown the labeller's labels."""

    number: int
    conversation: str
    shows_labels: bool


@dataclass(frozen=True)
class HeldMessage:
    number: int
    position: int
    message_id: str
    author: Author
    sent_at: datetime | None
    text: str | None
    suggested: Suggestion | None


@dataclass(frozen=True)
class Given:
    """A label that somebody gave; `changes` grows whenever it is given differently."""

    number: int
    position: int
    label: Label
    changes: int


@dataclass(frozen=True)
class Labelled:
    """Of one conversation, by number: how many messages somebody has labelled, of how many, unsure of how many."""

    number: int
    labelled: int
    messages: int
    unsure: int

    @property
    def is_labelled(self) -> bool:
        return self.labelled == self.messages


Place = tuple[int, int]
"""A message of a set: the number of its conversation, and its position, both from 1."""


def select_sets(connection: "Connection", **match: Any) -> list[AnnotationSet]:
    """The sets, the newest first."""
    people: dict[str, list[Annotator]] = {}
    for row in rows_of(connection, "annotation_annotators", "set_name, place"):
        done_at = None if row["done_at"] is None else moment(row["done_at"])
        people.setdefault(row["set_name"], []).append(Annotator(row["place"], row["person"], done_at))
    return [
        AnnotationSet(
            name=row["name"],
            kind=Kind(row["kind"]),
            purpose=row["purpose"],
            labeller=row["labeller"],
            made_by=row["made_by"],
            made_at=moment(row["made_at"]),
            closed_at=None if row["closed_at"] is None else moment(row["closed_at"]),
            annotators=tuple(people[row["name"]]),
        )
        for row in rows_of(connection, "annotation_sets", "made_at DESC, name", **match)
    ]


def insert_set(connection: "Connection", made: AnnotationSet) -> None:
    values = {key: value for key, value in vars(made).items() if key != "annotators"}
    insert_row(connection, "annotation_sets", values | {"kind": str(made.kind)})
    for each in made.annotators:
        insert_row(connection, "annotation_annotators", {"set_name": made.name, **vars(each)})


def insert_conversation(
    connection: "Connection",
    set_name: str,
    number: int,
    conversation: Conversation,
    *,
    suggested: Iterable[Suggestion | None],
    shows_labels: bool,
) -> None:
    from sqlalchemy import text

    held = {"set_name": set_name, "number": number, "conversation": conversation.id, "shows_labels": int(shows_labels)}
    insert_row(connection, "annotation_conversations", held)
    query = text(
        "INSERT INTO annotation_messages (set_name, number, position, message_id, author, sent_at, text, suggested) "
        "VALUES (:set_name, :number, :position, :message_id, :author, :sent_at, :text, :suggested)"
    )
    rows = [
        {
            "set_name": set_name,
            "number": number,
            "position": position,
            "message_id": message.id,
            "author": str(message.author),
            "sent_at": message.sent_at,
            "text": message.text,
            "suggested": None if said is None else label_json(said),
        }
        for position, (message, said) in enumerate(zip(conversation.messages, suggested, strict=True), 1)
    ]
    connection.execute(query, rows)


def conversations_of(connection: "Connection", set_name: str) -> list[Held]:
    rows = rows_of(connection, "annotation_conversations", "number", set_name=set_name)
    return [Held(row["number"], row["conversation"], bool(row["shows_labels"])) for row in rows]


def messages_of(connection: "Connection", set_name: str, **match: Any) -> list[HeldMessage]:
    """The messages of a set, or of one of its conversations (`number=`), in their order."""
    rows = rows_of(connection, "annotation_messages", "number, position", set_name=set_name, **match)
    return [
        HeldMessage(
            number=row["number"],
            position=row["position"],
            message_id=row["message_id"],
            author=Author(row["author"]),
            sent_at=None if row["sent_at"] is None else moment(row["sent_at"]),
            text=row["text"],
            suggested=suggestion_from(row["suggested"]),
        )
        for row in rows
    ]


def labels_of(connection: "Connection", set_name: str, place: int, **match: Any) -> dict[Place, Given]:
    """The labels that one annotator gave."""
    rows = rows_of(connection, "annotation_labels", "number, position", set_name=set_name, place=place, **match)
    found = (Given(row["number"], row["position"], label_from(row["label"]), row["changes"]) for row in rows)
    return {(each.number, each.position): each for each in found}


def progress_of(connection: "Connection", set_name: str, place: int) -> list[Labelled]:
    """How far one annotator is with each conversation; counted by the database, as sets hold thousands of messages."""
    from sqlalchemy import text

    query = text(
        "SELECT m.number, count(l.label) AS labelled, count(*) AS messages, coalesce(sum(l.unsure), 0) AS unsure "
        "FROM annotation_messages m LEFT JOIN annotation_labels l ON l.set_name = m.set_name AND l.number = m.number "
        "AND l.position = m.position AND l.place = :place WHERE m.set_name = :name GROUP BY m.number ORDER BY m.number"
    )
    return [Labelled(*row) for row in connection.execute(query, {"name": set_name, "place": place})]


def put_label(
    connection: "Connection", set_name: str, at: Place, place: int, label: Label, *, changes: int, now: datetime
) -> None:
    key = {"set_name": set_name, "number": at[0], "position": at[1], "place": place}
    unsure = int(label.is_unsure)
    values = {"label": label_json(label), "unsure": unsure, "changes": changes, "labelled_at": now}
    if not update_rows(connection, "annotation_labels", key, values):
        insert_row(connection, "annotation_labels", key | values)


def decisions_of(connection: "Connection", set_name: str) -> dict[Place, Label]:
    rows = rows_of(connection, "annotation_decisions", "number, position", set_name=set_name)
    return {(row["number"], row["position"]): label_from(row["label"]) for row in rows}


def put_decision(connection: "Connection", set_name: str, at: Place, label: Label, *, by: str, now: datetime) -> None:
    key = {"set_name": set_name, "number": at[0], "position": at[1]}
    values = {"label": label_json(label), "decided_by": by, "decided_at": now}
    if not update_rows(connection, "annotation_decisions", key, values):
        insert_row(connection, "annotation_decisions", key | values)


def forget_texts(connection: "Connection", set_name: str) -> None:
    update_rows(connection, "annotation_messages", {"set_name": set_name}, {"text": None})


def erase_conversation(home: Home, conversation: str) -> int:
    """Delete a conversation from every set, with all that was said about it: of how many sets it was."""
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        held = rows_of(connection, "annotation_conversations", "set_name", conversation=conversation)
        for row in held:
            key = {"set_name": row["set_name"], "number": row["number"]}
            for table in ("decisions", "labels", "messages", "conversations"):
                query = f"DELETE FROM annotation_{table} WHERE set_name = :set_name AND number = :number"
                connection.execute(text(query), key)
    return len(held)
