"""Flags that the pipeline found enter the queue: once each, whatever people have decided about them stays.

What was found weeks ago in a line's past is a matter for measures, not for a queue: nobody can act on it any more. A
conversation that was sent live has its flags from there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import database_errors
from nightlight.db import moment, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake, Table
from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.raising import keep_flags, plan_flags
from nightlight.quality.store import LINE, Case, QueuedFlag, insert_case, select_cases, select_flags
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection

Clock = Callable[[], datetime]
FLAGS, CONVERSATIONS = "gold.conversation_flags", "silver.conversations"
FLAG_COLUMNS = (
    *("conversation_id", "rule", "rule_version", "severity", "message_ids", "why", "probability", "risk", "labeller"),
    "ended_at",
)
CONVERSATION_COLUMNS = (
    *("conversation_id", "counselor_id", "queued_at", "last_message_at", "closed_at"),
    *("texter_messages", "counselor_messages"),
)
TAKEN_IN = timedelta(days=30)
# Conversations that may change: those that go on or ended lately, and those whose flags wait for a person.
LATELY = (
    "(ended_at IS NULL OR ended_at >= :since OR conversation IN "
    "(SELECT conversation FROM quality_flags WHERE state = 'open'))"
)
OURS = f"quality_cases WHERE source = 'line' AND {LATELY}"
AT_ONCE = 200  # conversations of one transaction


@dataclass(frozen=True)
class TakenIn:
    """What one call changed: conversations that are new in the queue, flags raised and flags cleared."""

    conversations: int = 0
    raised: int = 0
    cleared: int = 0


def take_in(home: Home, *, clock: Clock) -> TakenIn:
    """Bring the queue to what `gold.conversation_flags` says now; called again, it changes nothing.

    Conversations that ended longer ago than TAKEN_IN stay out, unless they are in the queue already.
    """
    lake = Lake(home.lake)
    table = lake.table(FLAGS)
    if not table.exists:
        return TakenIn()
    _check(table, FLAG_COLUMNS)
    at = clock()
    since = at - TAKEN_IN
    with transaction(home.database_url) as connection:
        cases = select_cases(connection, LATELY, since=since)
        queued = _by_conversation(
            select_flags(connection, f"conversation IN (SELECT conversation FROM {OURS})", since=since)
        )
    ours = {case.conversation for case in cases if case.source == LINE}
    live = {case.conversation for case in cases} - ours
    found = _found(table, since, at, ours)
    changed = {
        key: found.get(key, [])
        for key in sorted((found.keys() | ours) - live)
        if plan_flags(queued.get(key, []), [flag for flag, _ in found.get(key, [])])
    }
    return _write(home, lake, changed, at=at) if changed else TakenIn()


def _write(home: Home, lake: Lake, changed: Mapping[str, Sequence["Found"]], *, at: datetime) -> TakenIn:
    told = _conversations(lake, set(changed))
    total, keys = TakenIn(), list(changed)
    for start in range(0, len(keys), AT_ONCE):
        with database_errors(), transaction(home.database_url) as connection:
            for key in keys[start : start + AT_ONCE]:
                total = _keep(connection, key, changed[key], told.get(key), at, total)
    return total


Found = tuple[Flag, int]
"""A flag, and the highest risk of its conversation."""


def _keep(
    connection: "Connection",
    key: str,
    found: Sequence[Found],
    told: Mapping[str, Any] | None,
    at: datetime,
    so_far: TakenIn,
) -> TakenIn:
    known = next(iter(select_cases(connection, "conversation = :key", key=key)), None)
    if known is None and (told is None or moment(told["queued_at"]) > at):  # its own row comes later than its flags
        return so_far
    if known is not None and known.source != LINE:  # it was sent live
        return so_far
    case = _case(key, found, told, known)
    if known is None:
        insert_case(connection, case)
    else:
        values = {name: getattr(case, name) for name in ("last_at", "ended_at", "risk", "messages", "labeller")}
        update_rows(connection, "quality_cases", {"conversation": key}, values)
    kept = keep_flags(connection, key, [flag for flag, _ in found], at=at)
    return TakenIn(
        so_far.conversations + (known is None), so_far.raised + len(kept.raised), so_far.cleared + len(kept.cleared)
    )


def _case(key: str, found: Sequence[Found], told: Mapping[str, Any] | None, known: Case | None) -> Case:
    """The conversation as its tables tell it; as it is known where they do no more."""
    risk = max((risk for _, risk in found), default=known.risk if known else 0)
    labeller = found[0][0].labeller if found else known.labeller if known else ""
    if told is None:
        assert known is not None
        return replace(known, risk=risk, labeller=labeller)
    counselor, began_at = told["counselor_id"], moment(told["queued_at"])
    return Case(
        key,
        LINE,
        None if counselor is None else str(counselor),
        None,
        began_at,
        moment(told["last_message_at"]) if told["last_message_at"] else began_at,
        moment(told["closed_at"]) if told["closed_at"] else None,
        risk,
        told["texter_messages"] + told["counselor_messages"],
        labeller,
    )


def _by_conversation(flags: Sequence[QueuedFlag]) -> dict[str, list[QueuedFlag]]:
    found: dict[str, list[QueuedFlag]] = {}
    for flag in flags:
        found.setdefault(flag.conversation, []).append(flag)
    return found


def _found(table: Table, since: datetime, until: datetime, known: set[str]) -> dict[str, list[Found]]:
    """The flags of conversations that go on, ended lately, or are known; the severest first."""
    found: dict[str, list[Found]] = {}
    for batch in table.batches(list(FLAG_COLUMNS)):
        for row in _lately(batch, since, until, known).to_pylist():
            found.setdefault(str(row["conversation_id"]), []).append((_flag(row), int(row["risk"] or 0)))
    return {key: sorted(each, key=lambda pair: -pair[0].severity.rank) for key, each in found.items()}


def _lately(batch: "pa.RecordBatch", since: datetime, until: datetime, known: set[str]) -> "pa.RecordBatch":
    import pyarrow as pa
    import pyarrow.compute as pc

    ended, keys = batch.column("ended_at"), pc.cast(batch.column("conversation_id"), pa.string())
    late = pc.and_(
        pc.greater_equal(ended, pa.scalar(since, ended.type)), pc.less_equal(ended, pa.scalar(until, ended.type))
    )
    wanted = pc.or_(pc.fill_null(late, fill_value=True), pc.is_in(keys, value_set=pa.array(sorted(known), pa.string())))
    return batch.filter(wanted)


def _flag(row: Mapping[str, Any]) -> Flag:
    return Flag(
        row["rule"],
        row["rule_version"],
        Severity(row["severity"]),
        tuple(str(each) for each in row["message_ids"]),
        row["why"],
        row["probability"],
        row["labeller"],
    )


def _conversations(lake: Lake, wanted: set[str]) -> dict[str, dict[str, Any]]:
    table = lake.table(CONVERSATIONS)
    if not table.exists:
        return {}
    _check(table, CONVERSATION_COLUMNS)
    return {str(row["conversation_id"]): row for row in _rows_of(table, wanted)}


def _rows_of(table: Table, wanted: set[str]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    chosen = pa.array(sorted(wanted), pa.string())
    for batch in table.batches(list(CONVERSATION_COLUMNS)):
        keys = pc.cast(batch.column("conversation_id"), pa.string())
        yield from batch.filter(pc.is_in(keys, value_set=chosen)).to_pylist()


def _check(table: Table, columns: Sequence[str]) -> None:
    if missing := [name for name in columns if name not in table.schema.names]:
        raise NightlightError(
            f"{table.name} has no column '{missing[0]}', which the queue needs",
            remedy="give the dataset the columns of the example line's (docs/pipelines.md)",
        )
