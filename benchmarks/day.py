"""One new day in a warm process: a full refresh, then the day's rows are delivered and the platform catches up."""

import sys
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.data import append
from benchmarks.measure import measured, report
from benchmarks.subject import Platform
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home

if __name__ == "__main__":
    home, day = Home.open(Path(sys.argv[1])), Path(sys.argv[2])
    platform = Platform.start(home, sys.argv[3])
    with measured() as full:
        platform.refresh(full=True)
    delivered = {file.stem: pq.read_table(file) for file in sorted(day.glob("*.parquet"))}
    for name, rows in delivered.items():
        append(Lake(home.lake), name, rows)
    with measured() as work:
        update = platform.refresh()
    report(
        full_seconds=full.cpu_seconds,
        work_seconds=work.cpu_seconds,
        datasets={event.dataset: event.cpu_seconds for event in update.events},
        actions={event.dataset: event.action for event in update.events},
        rows=delivered["bronze.messages"].num_rows,
    )
