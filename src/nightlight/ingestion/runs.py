"""What each run of a source did (`ops.ingest_runs`), and how the sources of a home stand."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from nightlight.ingestion.sources import Column
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake

TABLE = "ops.ingest_runs"
COLUMNS = (
    Column("source", comment="Source"),
    Column("table", comment="Table it feeds"),
    Column("started_at", "timestamp", comment="When the run of this source began"),
    Column("finished_at", "timestamp", comment="When it ended"),
    Column("rows", "bigint", comment="Rows that arrived in the table"),
    Column("quarantined", "bigint", comment="Rows that broke the contract"),
    Column("files", "bigint", comment="Files or tables that had something new"),
    Column("new_columns", "array<string>", comment="Undeclared columns that turned up"),
    Column("error", comment="Why something was refused, in one line"),
)


@dataclass(frozen=True)
class SourceRun:
    """One source in one run; `error` is one line, and rows may have arrived although there is one."""

    source: str
    table: str
    started_at: datetime
    finished_at: datetime
    rows: int = 0
    quarantined: int = 0
    files: int = 0
    new_columns: tuple[str, ...] = ()
    waiting: int = 0
    guessed: tuple[str, ...] = ()  # columns of a new table that count as text or identity until SET TAG says otherwise
    error: str | None = None
    seconds: float = field(default=0.0)

    @property
    def did_something(self) -> bool:
        return bool(self.rows or self.quarantined or self.new_columns or self.error)

    @property
    def note(self) -> str:
        """What a person should know beyond the counts."""
        notes = [
            f"new columns: {', '.join(self.new_columns)}" if self.new_columns else "",
            f"sensitive until tagged otherwise: {', '.join(self.guessed)}" if self.guessed else "",
            f"refused rows are in quarantine.{self.table.replace('.', '_')}" if self.quarantined else "",
            f"unfinished last line in {self.waiting} file{'s'[: self.waiting > 1]}" if self.waiting else "",
            "failed" if self.error else "",
            "nothing new" if not self.did_something else "",
        ]
        return "; ".join(filter(None, notes))


def record(lake: Lake, runs: Sequence[SourceRun]) -> None:
    """Append the runs that did something, and those that ended a state of failure."""
    import pyarrow as pa

    failed = {row["source"] for row in last_runs(lake).values() if row["error"]}
    news = [run for run in runs if run.did_something or run.source in failed]
    if not news:
        return
    schema = pa.schema([column.field for column in COLUMNS])
    rows = [{name: value for name, value in asdict(run).items() if name in schema.names} for run in news]
    batches = pa.Table.from_pylist(rows, schema).to_batches()
    write(lake.table(TABLE), batches, schema=schema, transactions={}, description="What each run of a source took")


def last_runs(lake: Lake) -> dict[str, dict[str, Any]]:
    """The last recorded run of each source, by its name."""
    table = lake.table(TABLE).fresh()
    rows = table.read().to_pylist() if table.exists else []
    return {row["source"]: row for row in sorted(rows, key=lambda row: row["finished_at"])}


class Stopwatch:
    """When something began, and how long ago that was."""

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC)
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)
