"""Labels of a message as they lie in a row: JSON that holds no word of the message."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase, RiskAttribute
from nightlight.db import moment
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage
from nightlight.labelling.risk import LabelledRisk

if TYPE_CHECKING:
    from sqlalchemy import Connection

DIGITS = 4  # of a probability


@dataclass(frozen=True)
class KeptMessage:
    """A live message; `text` is None where it is kept no longer, `labels` where it has not been read yet."""

    id: str
    author: Author
    sent_at: datetime
    text: str | None
    labels: LabelledMessage | None


def kept_messages(connection: "Connection", conversation: str) -> list[KeptMessage]:
    """The messages of a live conversation as they were sent; those of one moment as they arrived."""
    from sqlalchemy import text

    query = text(
        "SELECT message_id, author, sent_at, text, labels FROM quality_messages "
        "WHERE conversation = :conversation ORDER BY sent_at, arrived"
    )
    return [_kept(row) for row in connection.execute(query, {"conversation": conversation})]


def as_conversation(conversation: str, messages: Sequence[KeptMessage]) -> Conversation:
    """Its text; what is kept no longer is empty."""
    return Conversation(conversation, tuple(Message(m.id, m.author, m.text or "", m.sent_at) for m in messages))


def as_labelled(conversation: str, messages: Sequence[KeptMessage], version: str) -> LabelledConversation:
    """Its labels; a message that nobody has read yet is left out."""
    labels = tuple(message.labels for message in messages if message.labels is not None)
    return LabelledConversation(conversation, labels, version, online=True)


def labels_to_json(labels: LabelledMessage) -> str:
    """
    >>> labels_to_json(LabelledMessage("1", Author.TEXTER, None, Phase.OTHER, None, 0.51239, None, None, "no words"))
    '{"phase": "other", "coarse": null, "phase_p": 0.5124, "acts": null, "risk": null, "abstained": "no words"}'
    """
    risk = labels.risk
    return json.dumps(
        {
            "phase": labels.phase,
            "coarse": labels.coarse_phase,
            "phase_p": _short(labels.phase_probability),
            "acts": None if labels.acts is None else [[each.act, _short(each.probability)] for each in labels.acts],
            "risk": None if risk is None else [risk.level, [_short(p) for p in risk.probabilities], risk.attributes],
            "abstained": labels.abstained,
        }
    )


def labels_from_json(row: str, message: str, author: Author, sent_at: datetime | None) -> LabelledMessage:
    values = json.loads(row)
    acts, risk = values["acts"], values["risk"]
    return LabelledMessage(
        message,
        author,
        sent_at,
        values["phase"] and Phase(values["phase"]),
        values["coarse"] and CoarsePhase(values["coarse"]),
        values["phase_p"],
        None if acts is None else tuple(LabelledAct(CounselorAct(act), probability) for act, probability in acts),
        None if risk is None else LabelledRisk(risk[0], tuple(risk[1]), tuple(RiskAttribute(each) for each in risk[2])),
        values["abstained"],
    )


def _short(probability: float | None) -> float | None:
    return None if probability is None else round(float(probability), DIGITS)


def _kept(row: Any) -> KeptMessage:
    author, sent_at = Author(row.author), moment(row.sent_at)
    labels = labels_from_json(row.labels, row.message_id, author, sent_at) if row.labels else None
    return KeptMessage(row.message_id, author, sent_at, row.text, labels)
