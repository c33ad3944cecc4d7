"""A set as JSON Lines, for a labeller's evaluation: the final label of every message, and both annotators' beside it.

The text of invented conversations goes with it; that of real ones stays where it is, and is joined by its ids."""

import json
from typing import Any

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.conversations.labels import Author
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.annotation.adjudication import Pair, decided_count, pairs
from nightlight.quality.annotation.labels import Label
from nightlight.quality.annotation.store import AnnotationSet, Kind, conversations_of
from nightlight.quality.store import SECURABLE
from nightlight.settings import Home


def export(home: Home, name: str, *, by: str, with_names: bool = False) -> tuple[list[str], int]:
    """The lines of a set, one conversation each, and how many messages have no final label yet (null in its place).

    `with_names`: who the annotators are; without it they are A and B. For who manages quality; the audit has it first.
    """
    try:
        with transaction(home.database_url) as connection:
            check_privilege(connection, by, "MANAGE", SECURABLE)
        found, every = pairs(home, name, by=by)
    except NightlightError as refusal:
        append(home, Entry("export annotation", by, None, "refused", statement=name, detail=str(refusal)))
        raise
    detail = "with the annotators' names" if with_names else ""
    append(home, Entry("export annotation", by, found.purpose, "done", statement=name, rows=len(every), detail=detail))
    with transaction(home.database_url) as connection:
        ids = {each.number: each.conversation for each in conversations_of(connection, name)}
    people = [each.person if with_names else each.letter for each in found.annotators]
    messages: dict[int, list[dict[str, Any]]] = {number: [] for number in ids}
    for pair in every:
        messages[pair.message.number].append(_message(pair, people, with_text=found.kind is Kind.INVENTED))
    lines = [_line(found, ids[number], said) for number, said in messages.items()]
    decided, differing = decided_count(every)
    return lines, differing - decided


def _line(found: AnnotationSet, conversation: str, messages: list[dict[str, Any]]) -> str:
    values = {"id": conversation, "set": found.name, "is_synthetic": found.kind is Kind.INVENTED, "messages": messages}
    return json.dumps(values, ensure_ascii=False)


def _message(pair: Pair, people: list[str], *, with_text: bool) -> dict[str, Any]:
    held = pair.message
    said = [
        {"annotator": person, **_label(label, held.author), "unsure": label.is_unsure}
        for person, label in zip(people, (pair.one, pair.other), strict=True)
    ]
    return {
        "id": held.message_id,
        "author": str(held.author),
        **({"text": held.text} if with_text else {}),
        "sent_at": held.sent_at.isoformat() if held.sent_at else None,
        **_label(pair.final, held.author),
        "agreed": not pair.differing,
        "annotators": said,
    }


def _label(label: Label | None, author: Author) -> dict[str, Any]:
    """The keys of `nightlight label`: acts of a counselor's message, risk of a texter's, null for what is not there."""
    of_counselor = author is Author.COUNSELOR
    return {
        "phase": label and str(label.phase),
        "acts": [str(act) for act in label.acts] if label and of_counselor else None,
        "risk": label.risk if label and not of_counselor else None,
        "risk_attributes": [str(each) for each in label.attributes] if label and not of_counselor else None,
    }
