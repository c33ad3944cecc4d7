"""Corrections: a person says that a label is wrong, with a reason, and another one reviews it.

The label stays as it was and the correction stands beside it. Reviewed ones evaluate labellers; they train one only
for a granted training purpose, and only where the texter agreed to that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit import Entry
from nightlight.catalog.requests import check_reason
from nightlight.conversations.labels import HIGHEST_RISK, Author, CounselorAct, Phase
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError, suggest
from nightlight.labelling.conversation import LabelledMessage
from nightlight.quality.access import Clock, Reach, find_seen, may, quality_changes
from nightlight.quality.label_rows import kept_messages
from nightlight.quality.store import Case
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

AXES = ("phase", "acts", "risk")
PROPOSED, ACCEPTED, REJECTED = "proposed", "accepted", "rejected"
MOST_ACTS = 6


@dataclass(frozen=True)
class Correction:
    """`old`, `new`: a phase, a sorted list of acts, or a level of risk; `old` is None where nothing was assessed.
    `state`: proposed, accepted, rejected."""

    id: int
    conversation: str
    message_id: str
    axis: str
    old: Any
    new: Any
    reason: str
    labeller: str
    corrected_by: str
    corrected_at: datetime
    state: str
    reviewed_by: str | None
    reviewed_at: datetime | None


def correct(
    home: Home,
    conversation: str,
    message_id: str,
    axis: str,
    new: object,
    reason: str,
    *,
    by: Reach,
    clock: Clock,
    labels: LabelledMessage | None = None,
    labeller: str = "",
) -> Correction:
    """Say what a message's phase, acts or risk is; a second person reviews it.

    `labels` and `labeller`: what the page showed, of a conversation whose labels are not kept here.
    """
    value, why = _check_value(axis, new), check_reason(reason)
    detail = f"{axis} of message {message_id}"
    entry = Entry("correct label", by.person, None, "done", statement=conversation, detail=detail)
    with quality_changes(home, entry) as connection:
        case = find_seen(connection, by, conversation)
        known = _kept_labels(connection, case, message_id) if case.is_live else labels
        if known is not None:
            _check_author(known, axis)
        values = {
            "conversation": conversation,
            "message_id": message_id,
            "axis": axis,
            "old": json.dumps(_old(known, axis)),
            "new": json.dumps(value),
            "reason": why,
            "labeller": case.labeller if case.is_live else labeller or case.labeller,
            "corrected_by": by.person,
            "corrected_at": clock(),
            "state": PROPOSED,
        }
        insert_row(connection, "quality_corrections", values)
        return corrections_in(connection, conversation=conversation)[-1]


def review_correction(home: Home, correction: int, *, accepted: bool, by: Reach, clock: Clock) -> Correction:
    """Accept or reject somebody else's correction."""
    action = "accept correction" if accepted else "reject correction"
    with quality_changes(home, Entry(action, by.person, None, "done", statement=str(correction))) as connection:
        found = corrections_in(connection, id=correction)
        if not found or not _sees(connection, by, found[0]):
            raise NightlightError("there is no such correction", remedy="choose one from the list")
        if found[0].corrected_by == by.person:
            raise NightlightError("a second person is needed: this is your own", remedy="ask a colleague")
        if found[0].state != PROPOSED:
            raise NightlightError(f"this correction is {found[0].state} already", remedy="correct the label anew")
        values = {"state": ACCEPTED if accepted else REJECTED, "reviewed_by": by.person, "reviewed_at": clock()}
        update_rows(connection, "quality_corrections", {"id": correction}, values)
        return corrections_in(connection, id=correction)[0]


def corrections_of(home: Home, conversation: str, *, by: Reach) -> list[Correction]:
    """Those of a conversation that somebody sees, the oldest first."""
    with transaction(home.database_url) as connection:
        find_seen(connection, by, conversation)
        return corrections_in(connection, conversation=conversation)


def proposed_corrections(home: Home, *, by: Reach) -> list[Correction]:
    """Those that wait for a second person, of conversations that somebody sees; one's own among them."""
    with transaction(home.database_url) as connection:
        if not may(connection, by.person, "EXECUTE"):
            return []
        found = corrections_in(connection, state=PROPOSED)
        return [each for each in found if _sees(connection, by, each)]


def accepted_corrections(home: Home) -> list[Correction]:
    """What labellers are evaluated with: of each message and axis the last one that was accepted. No text."""
    with transaction(home.database_url) as connection:
        found = corrections_in(connection, state=ACCEPTED)
    return list({(each.conversation, each.message_id, each.axis): each for each in found}.values())


def corrections_in(connection: "Connection", **match: Any) -> list[Correction]:
    """The corrections that have these values, the oldest first."""
    return [_correction(row) for row in rows_of(connection, "quality_corrections", "id", **match)]


def _check_value(axis: str, new: object) -> str | int | list[str]:
    if axis == "phase":
        if not isinstance(new, str) or new not in set(Phase):
            raise NightlightError("there is no such phase", remedy=suggest(str(new), list(Phase)))
        return new
    if axis == "acts":
        return _check_acts(new)
    if axis == "risk":
        if isinstance(new, bool) or not isinstance(new, int) or not 0 <= new <= HIGHEST_RISK:
            raise NightlightError(f"a level of risk goes from 0 to {HIGHEST_RISK}", remedy="choose one of them")
        return new
    raise NightlightError("what is corrected is phase, acts or risk", remedy=suggest(axis, list(AXES)))


def _check_acts(new: object) -> list[str]:
    acts = list(new) if isinstance(new, Sequence) and not isinstance(new, str) else []
    wrong = [str(act) for act in acts if act not in set(CounselorAct)]
    if wrong or not acts:
        raise NightlightError(
            "a message does at least one act", remedy=suggest(wrong[0] if wrong else "", list(CounselorAct))
        )
    if len(set(acts)) > MOST_ACTS:
        raise NightlightError(f"a message does at most {MOST_ACTS} acts", remedy="choose those that stand out")
    return sorted({str(act) for act in acts})


def _check_author(labels: LabelledMessage, axis: str) -> None:
    if (axis, labels.author) in (("acts", Author.TEXTER), ("risk", Author.COUNSELOR)):
        raise NightlightError(f"a message of the {labels.author} has no {axis}", remedy="choose another one")


def _old(labels: LabelledMessage | None, axis: str) -> str | int | list[str] | None:
    if labels is None:
        return None
    if axis == "phase":
        return None if labels.phase is None else labels.phase.value
    if axis == "acts":
        return None if labels.acts is None else sorted(each.act.value for each in labels.acts)
    return None if labels.risk is None else labels.risk.level


def _kept_labels(connection: "Connection", case: Case, message_id: str) -> LabelledMessage | None:
    found = [each for each in kept_messages(connection, case.conversation) if each.id == message_id]
    if not found:
        raise NightlightError("there is no such message in this conversation", remedy="choose one of them")
    return found[0].labels


def _sees(connection: "Connection", by: Reach, correction: Correction) -> bool:
    try:
        find_seen(connection, by, correction.conversation)
    except NightlightError:
        return False
    return True


def _correction(row: dict[str, Any]) -> Correction:
    return Correction(
        **{
            **row,
            "old": json.loads(row["old"]),
            "new": json.loads(row["new"]),
            "corrected_at": moment(row["corrected_at"]),
            "reviewed_at": moment(row["reviewed_at"]) if row["reviewed_at"] else None,
        }
    )
