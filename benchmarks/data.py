"""The benchmarks' data: a home with the example line's year in its bronze tables, and its last day kept aside.

`python -m benchmarks.data FOLDER CONVERSATIONS` makes FOLDER/home and FOLDER/day; equal numbers give equal rows."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from examples.line.harbour import Line, chunks, partner_conversations, shifts, volunteers

from benchmarks.measure import measured, report
from nightlight.db import open_database
from nightlight.ingestion.quarantine import COLUMNS
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import IDENTITY, SENSITIVITY, TEXT, Lake
from nightlight.settings import Home

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SENSITIVE = {"text": TEXT, "texter_key": IDENTITY, "name": IDENTITY, "email": IDENTITY}
HELD_BACK_BY = {  # the time that decides which rows belong to the new day
    "bronze.messages": "sent_at",
    "bronze.conversation_events": "at",
    "bronze.partner_conversations": "received_at",
}


def generate(folder: Path, conversations: int) -> int:
    """Fill a new home's bronze tables; returns the number of messages, those of the last day included."""
    home = Home.create(folder / "home")
    open_database(home.database_url)
    lake = Lake(home.lake)
    line = Line(conversations, until=UNTIL)
    position: dict[str, int] = {}
    held: dict[str, list[pa.Table]] = {}
    for name, file, rows in deliveries(line):
        column = HELD_BACK_BY.get(name)
        if column:
            is_new = pc.greater_equal(rows.column(column), pa.scalar(UNTIL - DAY, rows.column(column).type))
            held.setdefault(name, []).append(rows.filter(is_new))
            rows = rows.filter(pc.invert(is_new))
        append(lake, name, as_delivered(rows, name, file, position.get(name, 0), UNTIL - DAY))
        position[name] = position.get(name, 0) + rows.num_rows
    (folder / "day").mkdir()
    for name, parts in held.items():
        rows = as_delivered(
            pa.concat_tables(parts), name, f"messages-{UNTIL - DAY:%Y%m%dT%H%M%S}Z", position[name], UNTIL
        )
        pq.write_table(rows, folder / "day" / f"{name}.parquet")
        position[name] += rows.num_rows
        quarantine = pa.schema([c.field for c in COLUMNS])
        write(lake.table(name.replace("bronze.", "quarantine.bronze_")), [], schema=quarantine, transactions={})
    return position["bronze.messages"]


def deliveries(line: Line) -> Iterator[tuple[str, str, pa.Table]]:
    """(table, file, rows) in the order in which ingestion would take them."""
    for chunk in chunks(line):
        period = f"{chunk.start:%Y%m%dT%H%M%S}Z.jsonl.gz"
        yield "bronze.messages", f"messages-{period}", chunk.messages
        yield "bronze.conversation_events", f"events-{period}", chunk.events
    yield "bronze.volunteers", "volunteers", volunteers(line)
    yield "bronze.shifts", "shifts", shifts(line)
    yield "bronze.partner_conversations", "lindenruf.csv", partner_conversations(line)


def as_delivered(rows: pa.Table, name: str, file: str, first: int, at: datetime) -> pa.Table:
    """The rows with the columns that ingestion adds and the tags that sources declare."""
    count = rows.num_rows
    added = {
        "_source": pa.array([name.removeprefix("bronze.")]).take(pa.array([0] * count, pa.int32())),
        "_file": pa.array([file]).take(pa.array([0] * count, pa.int32())),
        "_position": pa.array(np.arange(first, first + count)),
        "_ingested_at": pa.array([at], pa.timestamp("us", "UTC")).take(pa.array([0] * count, pa.int32())),
    }
    for column, values in added.items():
        rows = rows.append_column(column, values)
    fields = [f.with_metadata({SENSITIVITY: SENSITIVE[f.name]}) if f.name in SENSITIVE else f for f in rows.schema]
    return rows.cast(pa.schema(fields))


def append(lake: Lake, name: str, rows: pa.Table) -> None:
    """One commit, as ingestion makes it: rows together with how far the source was read."""
    if rows.num_rows:
        reached = rows.column("_position")[-1].as_py()
        write(lake.table(name), rows.to_batches(65_536), schema=rows.schema, transactions={"benchmark": reached})


if __name__ == "__main__":
    with measured() as used:
        messages = generate(Path(sys.argv[1]), int(sys.argv[2]))
    report(cpu_seconds=used.cpu_seconds, messages=messages)
