"""Corrections with the text they are about, to train a labeller: only for a granted purpose of training, and only of
conversations whose texter agreed to it. Otherwise none, with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nightlight.catalog.purposes import allowed_purposes
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.corrections import Correction, accepted_corrections
from nightlight.settings import Home
from nightlight.sql.masks import literal

if TYPE_CHECKING:
    from nightlight.sql.broker import Broker

CONVERSATIONS, MESSAGES, CONSENT = "silver.conversations", "silver.messages", "consent_training"
ACTION = "training corrections"
KEY, MESSAGE = "CAST(conversation_id AS VARCHAR)", "CAST(message_id AS VARCHAR)"  # whatever they are there


@dataclass(frozen=True)
class TrainingCorrections:
    """`rows`: text, axis, new, old, and where each comes from; `left_out`: accepted corrections that may not be used,
    and `why`."""

    rows: tuple[dict[str, Any], ...]
    left_out: int
    why: str = ""


def training_corrections(home: Home, broker: "Broker", *, principal: str, purpose: str) -> TrainingCorrections:
    """What may train a labeller now. Raises NightlightError unless the principal may use this purpose of training.

    A model that learned from it never leaves this home.
    """
    _check_purpose(home, principal, purpose)
    corrections = accepted_corrections(home)
    readable = _columns(broker, principal, CONVERSATIONS)
    if not readable.get(CONSENT, "").startswith("bool"):
        why = f"no texter's consent to training is recorded: {CONVERSATIONS} has no true-or-false column {CONSENT}"
        return TrainingCorrections((), len(corrections), f"{why} that {principal} may read")
    if not {"conversation_id", "message_id", "text"} <= _columns(broker, principal, MESSAGES).keys():
        why = f"{principal} may not read conversation_id, message_id and text of {MESSAGES}"
        return TrainingCorrections((), len(corrections), why)
    texts = _texts(broker, corrections, principal, purpose)
    found = ((each, texts.get((each.conversation, each.message_id))) for each in corrections)
    rows = tuple(_row(each, text) for each, text in found if text)
    left = len(corrections) - len(rows)
    why = "their texters have not agreed to training, or their text is not there" if left else ""
    return TrainingCorrections(rows, left, why)


def _check_purpose(home: Home, principal: str, purpose: str) -> None:
    with transaction(home.database_url) as connection:
        kinds = {each["name"]: each["kind"] for each in allowed_purposes(connection, principal)}
    if kinds.get(purpose) == "training":
        return
    mine = [name for name, kind in kinds.items() if kind == "training"]
    remedy = f"you may use {', '.join(mine)}" if mine else "ask an administrator to allow you one"
    raise NightlightError("corrections train a labeller for a purpose of training alone", remedy=remedy)


def _columns(broker: "Broker", principal: str, table: str) -> dict[str, str]:
    """The columns that somebody reads as they are written, with their types."""
    decided = broker.decisions.look_up(principal, [table]).get(table)
    return {column.name: column.type for column in decided.access.allowed if not column.mask} if decided else {}


def _texts(
    broker: "Broker", corrections: Sequence[Correction], principal: str, purpose: str
) -> dict[tuple[str, str], str]:
    """The texts of consented conversations, by conversation and message, as this principal may read them."""
    if not corrections:
        return {}
    agreed = f"SELECT conversation_id FROM {CONVERSATIONS} WHERE {CONSENT}"
    statement = (
        f"SELECT {KEY} AS conversation, {MESSAGE} AS message, text FROM {MESSAGES} "
        f"WHERE conversation_id IN ({agreed}) AND {KEY} IN ({_list(each.conversation for each in corrections)}) "
        f"AND {MESSAGE} IN ({_list(each.message_id for each in corrections)})"
    )
    rows = broker.sql(statement, principal=principal, purpose=purpose, action=ACTION).table.to_pylist()
    return {(row["conversation"], row["message"]): row["text"] for row in rows if row["text"]}


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in sorted(set(values)))


def _row(correction: Correction, text: str) -> dict[str, Any]:
    return {
        "text": text,
        "axis": correction.axis,
        "new": correction.new,
        "old": correction.old,
        "labeller": correction.labeller,
        "corrected_by": correction.corrected_by,
        "reviewed_by": correction.reviewed_by,
        "conversation": correction.conversation,
        "message_id": correction.message_id,
        "is_synthetic": False,
    }
