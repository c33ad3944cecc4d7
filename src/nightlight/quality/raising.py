"""What a new look at a conversation does to its flags in the queue: raised, severer, cleared, or as they were.

First a plan from what is there and what was found, then its writing; an empty plan writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.flags.rules import RULE
from nightlight.quality.store import (
    Happened,
    QueuedFlag,
    State,
    evidence_of,
    flags_of,
    insert_flag,
    insert_flag_event,
    update_flag,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

STANDS_AGAIN = ("known_and_handled", "test")
"""Dismissals that more evidence of the same kind does not take back."""


@dataclass(frozen=True)
class Change:
    """One step: `event` None writes newer evidence and nothing else; `flag` None: the rule finds it no longer."""

    rule: str
    event: Happened | None
    flag: Flag | None
    queued: QueuedFlag | None


@dataclass(frozen=True)
class Kept:
    """What became of the flags, by their rules: severest first."""

    raised: tuple[Flag, ...] = ()
    cleared: tuple[str, ...] = ()


def keep_flags(connection: "Connection", conversation: str, flags: Sequence[Flag], *, at: datetime) -> Kept:
    """Bring the queue to what was found; the same flags again change nothing, and what people decided stays."""
    plan = plan_flags(flags_of(connection, conversation), flags)
    for change in plan:
        _write(connection, conversation, change, at)
    raised = (change.flag for change in plan if change.event is Happened.RAISED and change.flag)
    cleared = (change.rule for change in plan if change.event is Happened.CLEARED)
    return Kept(tuple(sorted(raised, key=lambda flag: -flag.severity.rank)), tuple(cleared))


def plan_flags(queued: Sequence[QueuedFlag], flags: Sequence[Flag]) -> list[Change]:
    """The steps from the flags in the queue to those that were found now."""
    known = {each.rule: each for each in queued}
    return [*_found(known, flags), *_gone(known, {flag.rule for flag in flags})]


def as_flag(queued: QueuedFlag) -> Flag:
    """What a flag in the queue says, as its rule said it."""
    return Flag(
        queued.rule,
        queued.rule_version,
        queued.severity,
        queued.message_ids,
        queued.why,
        queued.probability,
        queued.labeller,
    )


def _found(known: dict[str, QueuedFlag], flags: Sequence[Flag]) -> Iterator[Change]:
    for flag in flags:
        queued = known.get(flag.rule)
        if queued is None or queued.state is State.CLEARED or _is_more(queued, flag):
            yield Change(flag.rule, Happened.RAISED, flag, queued)
        elif queued.state is State.OPEN and as_flag(queued) != flag:
            yield Change(flag.rule, None, flag, queued)


def _gone(known: dict[str, QueuedFlag], found: set[str]) -> Iterator[Change]:
    for rule, queued in known.items():
        if rule not in found and queued.state is State.OPEN and rule in RULE and RULE[rule].clears:
            yield Change(rule, Happened.CLEARED, None, queued)


def _is_more(queued: QueuedFlag, flag: Flag) -> bool:
    """Whether a flag that waits or was decided about has to be looked at anew: it is severer now; or nobody saw some
    of its evidence when they dismissed it, and it is grave."""
    if flag.severity.rank > queued.severity.rank:
        return True
    if queued.state is not State.DISMISSED or queued.reason in STANDS_AGAIN:
        return False
    is_grave = flag.severity.rank >= Severity.HIGH.rank
    return is_grave and not set(flag.message_ids) <= set(queued.message_ids)


def _write(connection: "Connection", conversation: str, change: Change, at: datetime) -> None:
    flag, queued = change.flag, change.queued
    if queued is None and flag is not None:
        number = insert_flag(connection, conversation, flag, at)
        insert_flag_event(connection, number, Happened.RAISED, at=at, severity=flag.severity)
    elif queued is not None and flag is None:
        update_flag(connection, queued.id, state=State.CLEARED.value, cleared_at=at)
        insert_flag_event(connection, queued.id, Happened.CLEARED, at=at, severity=queued.severity)
    elif queued is not None and flag is not None:
        values = evidence_of(flag)
        if change.event is Happened.RAISED:
            values |= {"state": State.OPEN.value, "cleared_at": None}
            values |= {"decided_by": None, "decided_at": None, "reason": None, "note": None}
            if queued.state is not State.OPEN:  # one that got severer has waited since it was raised
                values["raised_at"] = at
            insert_flag_event(connection, queued.id, Happened.RAISED, at=at, severity=flag.severity)
        update_flag(connection, queued.id, **values)
