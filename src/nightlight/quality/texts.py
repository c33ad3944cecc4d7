"""Reading what was written in a conversation: the audit has the opening, with its ground, before a word is returned.

Three things have to be true: one sees the conversation, may read text of messages at all, and has a ground to open
this one."""

from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author
from nightlight.db import moment, transaction
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledConversation
from nightlight.quality.access import Clock, Reach, find_seen
from nightlight.quality.calls import answer_call
from nightlight.quality.label_rows import KeptMessage, as_conversation, as_labelled, kept_messages
from nightlight.quality.openings import Ground, ground_of, openings_of
from nightlight.quality.shifts import shifts_of
from nightlight.quality.store import Case, QueuedFlag, flags_of
from nightlight.settings import Home
from nightlight.sql.broker import Question
from nightlight.sql.masks import literal

if TYPE_CHECKING:
    from nightlight.sql.broker import Broker

MESSAGES, TEXT = "silver.messages", "silver.messages.text"
MOST = 10_000
ACTION = "open conversation"


def read_case(home: Home, conversation: str, *, by: Reach) -> tuple[Case, list[QueuedFlag]]:
    """A conversation that somebody sees, with all its flags; not a word of it."""
    with transaction(home.database_url) as connection:
        return find_seen(connection, by, conversation), flags_of(connection, conversation)


def read_labels(home: Home, conversation: str, *, by: Reach) -> LabelledConversation | None:
    """The labels of a live conversation; None for one of the tables, whose labels lie there."""
    with transaction(home.database_url) as connection:
        case = find_seen(connection, by, conversation)
        if not case.is_live:
            return None
        return as_labelled(conversation, kept_messages(connection, conversation), case.labeller)


def read_text(
    home: Home, broker: "Broker", conversation: str, *, by: Reach, purpose: str | None, clock: Clock
) -> Conversation:
    """What was written: kept here while a live conversation runs and some hours longer, else as the person may read it
    in silver.messages. Raises NightlightError where a second person has to approve first."""
    broker.admit(Question(f"open {conversation}", by.person, purpose))
    with transaction(home.database_url) as connection:
        case = find_seen(connection, by, conversation)
        shifts, openings = shifts_of(connection, by.person), openings_of(connection, by.person)
        ground = ground_of(case, shifts, openings, clock())
    entry = Entry(ACTION, by.person, purpose, "done", statement=conversation, detail=str(ground))
    try:
        _check(home, by, ground)
    except NightlightError as refusal:
        append(home, Entry(ACTION, by.person, purpose, "refused", statement=conversation, detail=str(refusal)))
        raise
    append(home, entry)
    with transaction(home.database_url) as connection:
        answer_call(connection, conversation, clock())
    kept = _kept(home, case)
    return as_conversation(conversation, kept) if kept else _from_tables(broker, conversation, by.person, purpose)


def _check(home: Home, by: Reach, ground: Ground) -> None:
    with transaction(home.database_url) as connection:
        check_privilege(connection, by.person, "SELECT", TEXT)
    if ground is Ground.NEEDS_SECOND:
        remedy = "ask a second person to approve, or begin your shift before the conversations you look after"
        raise NightlightError("this conversation did not run during a shift of yours", remedy=remedy)


def _kept(home: Home, case: Case) -> list[KeptMessage]:
    if not case.is_live or case.text_gone_at is not None:
        return []
    with transaction(home.database_url) as connection:
        return kept_messages(connection, case.conversation)


def _from_tables(broker: "Broker", conversation: str, person: str, purpose: str | None) -> Conversation:
    decided = broker.decisions.look_up(person, [MESSAGES]).get(MESSAGES)
    columns = {column.name: column.type for column in decided.access.allowed} if decided else {}
    if not {"conversation_id", "author", "sent_at", "text"} <= columns.keys():
        raise NightlightError(
            f"its text needs the columns conversation_id, author, sent_at and text of {MESSAGES}",
            remedy="ask an administrator to grant them",
        )
    rows = broker.sql(_statement(conversation, columns), principal=person, purpose=purpose, action=ACTION)
    messages = tuple(_message(row, number) for number, row in enumerate(rows.table.to_pylist(), 1))
    if not messages:
        raise NightlightError(
            "there is no text of this conversation for you", remedy="it is kept no longer, or not yours"
        )
    return Conversation(conversation, messages)


def _statement(conversation: str, columns: dict[str, str]) -> str:
    """The messages of texter and counselor, as they followed one another."""
    key = "conversation_id" if columns["conversation_id"] == "string" else "CAST(conversation_id AS VARCHAR)"
    names = ["author", "sent_at", "text", *(["message_id"] if "message_id" in columns else [])]
    order = [name for name in ("sent_at", "position") if name in columns]
    return (
        f"SELECT {', '.join(names)} FROM {MESSAGES} WHERE {key} = {literal(conversation)} "
        f"AND author IN ('texter', 'counselor') ORDER BY {', '.join(order)} LIMIT {MOST}"
    )


def _message(row: dict[str, Any], number: int) -> Message:
    sent_at = None if row["sent_at"] is None else moment(row["sent_at"])
    return Message(str(row.get("message_id") or number), Author(row["author"]), row["text"] or "", sent_at)
