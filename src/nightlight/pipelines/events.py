"""The event log: one row per dataset and update, kept as the table `ops.pipeline_events`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake

if TYPE_CHECKING:
    import pyarrow as pa

EVENTS = "ops.pipeline_events"


class Outcome(StrEnum):
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    NOT_RUN = "not run"  # something it reads failed


@dataclass(frozen=True)
class Event:
    """What one update did with one dataset. Seconds are wall time; rows of views count what was computed anew."""

    update: str
    project: str
    dataset: str
    action: str
    reason: str
    outcome: Outcome
    started_at: datetime
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    rows_in: int = 0
    rows_out: int = 0
    dropped: int = 0
    duplicates: int = 0
    broken: Mapping[str, int] = field(default_factory=dict)  # rows per broken expectation
    versions_read: Mapping[str, int] = field(default_factory=dict)
    version_written: int | None = None
    delay_p95_seconds: float | None = None
    error: str | None = None

    def as_row(self) -> dict[str, Any]:
        return {**asdict(self), "outcome": str(self.outcome)}


def record_events(lake: Lake, events: Sequence[Event]) -> None:
    """Append events to the log."""
    if not events:
        return
    import pyarrow as pa

    schema = event_schema()
    rows = [
        {**event.as_row(), "broken": json.dumps(event.broken), "versions_read": json.dumps(event.versions_read)}
        for event in events
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)
    write(lake.table(EVENTS), [batch], schema=schema, transactions={}, description=str(__doc__).splitlines()[0])
    lake.forget(lake.table(EVENTS))


def read_events(lake: Lake, *, dataset: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """The newest events first."""
    table = lake.table(EVENTS)
    if not table.exists:
        return []
    import pyarrow.compute as pc

    rows = table.read()
    if dataset is not None:
        rows = rows.filter(pc.equal(rows["dataset"], dataset))
    chosen: list[dict[str, Any]] = rows.sort_by([("started_at", "descending")]).slice(0, limit).to_pylist()
    for row in chosen:
        row["broken"], row["versions_read"] = json.loads(row["broken"]), json.loads(row["versions_read"])
    return chosen


def event_schema() -> "pa.Schema":
    import pyarrow as pa

    kinds = {"rows_in": pa.int64(), "rows_out": pa.int64(), "dropped": pa.int64(), "duplicates": pa.int64()}
    kinds |= {name: pa.float64() for name in ("seconds", "cpu_seconds", "delay_p95_seconds")}
    kinds |= {"started_at": pa.timestamp("us", "UTC"), "version_written": pa.int64()}
    return pa.schema([pa.field(name, kinds.get(name, pa.string())) for name in Event.__dataclass_fields__])
