"""How the sources of a home stand: last run, rows, quarantined, cursor, lag."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nightlight.errors import NightlightError
from nightlight.ingestion.cursors import EPOCH
from nightlight.ingestion.declaration import read_source, source_files
from nightlight.ingestion.quarantine import quarantine_table
from nightlight.ingestion.runs import last_runs
from nightlight.ingestion.seen import SeenFiles
from nightlight.ingestion.sources import DATABASE_KINDS, FILE_KINDS, Source
from nightlight.lakehouse.tables import Lake, Table
from nightlight.settings import Home


def status(home: Home) -> list[dict[str, Any]]:
    """One row a source: source, table, state, last_run, rows, quarantined, cursor, lag_seconds, error.

    `rows` and `quarantined` are what the source has delivered in all; `lag_seconds` is the age of the newest value
    in its cursor column, or of its newest file where it names none. Reads no row of any table but its own.
    """
    lake = Lake(home.lake)
    runs, seen = last_runs(lake), SeenFiles(lake)
    return [_row(home, lake, name, runs.get(name, {}), seen) for name in source_files(home)]


def _row(home: Home, lake: Lake, name: str, last: dict[str, Any], seen: SeenFiles) -> dict[str, Any]:
    row: dict[str, Any] = {"source": name, "table": None, "state": _state(last), "last_run": last.get("finished_at")}
    try:
        source = read_source(source_files(home)[name], home)
        table = lake.table(source.table)
        row |= {
            "table": str(source.table),
            "rows": _count(table, name),
            "quarantined": _count(quarantine_table(lake, source.table), name),
            "cursor": _cursor(source, table, seen),
            "lag_seconds": _lag(source, table, seen),
            "error": last.get("error"),
        }
    except NightlightError as error:
        row |= {
            "state": "failed",
            "rows": None,
            "quarantined": None,
            "cursor": None,
            "lag_seconds": None,
            "error": str(error),
        }
    return row


def _state(last: dict[str, Any]) -> str:
    if not last:
        return "never run"
    return "failed" if last["error"] else "ok"


def _count(table: Table, source: str) -> int:
    """Rows of that source, read from the one column that names it."""
    import pyarrow.compute as pc

    if not table.exists:
        return 0
    column = "_source" if "_source" in table.schema.names else "source"
    return sum(pc.sum(pc.equal(batch.column(0), source)).as_py() or 0 for batch in table.batches([column]))


def _cursor(source: Source, table: Table, seen: SeenFiles) -> str | None:
    """How far the source was taken, for people: the last file and its line, a time, a number, a version."""
    if source.kind in FILE_KINDS:
        files = seen.of_source(source.name)
        return f"{max(files)}:{files[max(files)].end}" if files else None
    reached = table.transaction(f"ingest/{source.name}")
    column = source.cursor_column
    if reached is not None and source.kind in DATABASE_KINDS and column and column.type == "timestamp":
        return (EPOCH + timedelta(microseconds=reached)).isoformat()
    return None if reached is None else str(reached)


def _lag(source: Source, table: Table, seen: SeenFiles) -> int | None:
    """Seconds between now and the newest thing known of the source; None when nothing tells."""
    column = source.cursor_column
    newest: datetime | None = None
    if column and column.type == "timestamp":
        newest = max(
            (file.maximum[column.name] for file in table.files() if file.maximum.get(column.name)), default=None
        )
    elif files := seen.of_source(source.name):
        newest = EPOCH + timedelta(microseconds=max(file.changed for file in files.values()) // 1000)
    return int((datetime.now(UTC) - newest).total_seconds()) if newest else None
