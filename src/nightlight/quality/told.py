"""Conversations as the line's tables tell them: who answered, from when to when; never what was written."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.db import moment
from nightlight.lakehouse.tables import Lake
from nightlight.quality.intake import CONVERSATION_COLUMNS, CONVERSATIONS
from nightlight.quality.store import LINE, Case

if TYPE_CHECKING:
    import pyarrow as pa


def ended_conversations(lake: Lake, since: datetime, until: datetime) -> "Iterator[pa.RecordBatch]":
    """Those that a counselor answered and that ended from `since` on, before `until`; none where there is no table
    that tells it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = lake.table(CONVERSATIONS)
    if not table.exists or not set(CONVERSATION_COLUMNS) <= set(table.schema.names):
        return
    for batch in table.batches(list(CONVERSATION_COLUMNS)):
        ended = batch.column("closed_at")
        within = pc.and_(
            pc.greater_equal(ended, pa.scalar(since, ended.type)), pc.less(ended, pa.scalar(until, ended.type))
        )
        answered = pc.greater(batch.column("counselor_messages"), 0)
        yield batch.filter(pc.fill_null(pc.and_(within, answered), fill_value=False))


def case_told(row: Mapping[str, Any]) -> Case:
    """A conversation that stands in no queue, as its row tells it."""
    began_at = moment(row["queued_at"])
    return Case(
        str(row["conversation_id"]),
        LINE,
        None if row["counselor_id"] is None else str(row["counselor_id"]),
        None,
        began_at,
        moment(row["last_message_at"]) if row["last_message_at"] else began_at,
        moment(row["closed_at"]) if row["closed_at"] else None,
        0,
        row["texter_messages"] + row["counselor_messages"],
        "",
    )
