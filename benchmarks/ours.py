"""Our arm: the platform refreshes the example line's project in full, in a home that holds bronze and no more."""

import sys
from pathlib import Path

from benchmarks.measure import cpu_seconds, measured, report
from benchmarks.subject import Platform
from nightlight.settings import Home

if __name__ == "__main__":
    platform = Platform.start(Home.open(Path(sys.argv[1])), sys.argv[2])
    start = cpu_seconds()
    with measured() as work:
        update = platform.refresh(full=True)
    report(
        start_seconds=start,
        work_seconds=work.cpu_seconds,
        datasets={event.dataset: event.cpu_seconds for event in update.events},
        duplicates={event.dataset: event.duplicates for event in update.events if event.duplicates},
    )
