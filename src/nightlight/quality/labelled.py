"""A conversation with its labels and flags as one JSON object: what `nightlight label` prints."""

from collections.abc import Sequence
from typing import Any

from nightlight.conversations.conversation import Conversation
from nightlight.conversations.labels import Author
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage, Labeller
from nightlight.quality.flags.declared import Flag, Seen
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.thresholds import Thresholds

DIGITS = 4  # of a probability


def label_and_flag(
    conversation: Conversation, labeller: Labeller, thresholds: Thresholds, *, online: bool
) -> tuple[LabelledConversation, tuple[Flag, ...]]:
    """Labels and flags; `online` reads it as if it were running: each message with what came before it, and no rule
    for ended conversations."""
    labels = labeller.label(conversation, online=online)
    return labels, find_flags(Seen(conversation, labels, ended=not online), thresholds)


def labelled_json(given: dict[str, Any], labels: LabelledConversation, flags: Sequence[Flag]) -> dict[str, Any]:
    """What was given, every message with its labels, and the flags; other keys stay as they were."""
    messages = [
        {**message, **_message(label)} for message, label in zip(given["messages"], labels.messages, strict=True)
    ]
    return {
        **given,
        "messages": messages,
        "flags": [_flag(flag) for flag in flags],
        "labeller": labels.version,
        "read": "online" if labels.online else "offline",
    }


def highest_risk(labels: LabelledConversation) -> int | None:
    """The highest level that any message shows; None where none was assessed."""
    return max((message.risk.level for message in labels.messages if message.risk), default=None)


def _message(label: LabelledMessage) -> dict[str, Any]:
    """Each key of an author's messages is there; null where it was not assessed, and `abstained` says why."""
    found: dict[str, Any] = {
        "phase": label.phase,
        "coarse_phase": label.coarse_phase,
        "phase_probability": _short(label.phase_probability),
    }
    if label.author is Author.COUNSELOR:
        acts = label.acts
        found["acts"] = acts and [{"act": each.act, "probability": _short(each.probability)} for each in acts]
    else:
        risk = label.risk
        found |= {
            "risk": risk and risk.level,
            "risk_attributes": risk and list(risk.attributes),
            "risk_probabilities": risk and [_short(each) for each in risk.probabilities],
        }
    return found | ({"abstained": label.abstained} if label.abstained else {})


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "flag": flag.rule,
        "severity": flag.severity,
        "message_ids": list(flag.message_ids),
        "why": flag.why,
        "probability": _short(flag.probability),
        "rule_version": flag.rule_version,
    }


def _short(probability: float | None) -> float | None:
    return None if probability is None else round(float(probability), DIGITS)
