"""Hostile queries through the broker: how long each holds on, and how much memory any process takes meanwhile.

`python -m benchmarks.hostile HOME`"""

import sys
import threading
import time
from pathlib import Path

from benchmarks.dash_ours import ANALYST, children
from benchmarks.measure import report
from benchmarks.questions import HOSTILE, NOTHING
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.broker import Broker

LOOK_SECONDS = 0.01


class Watch:
    """The most memory that each of this process's descendants has held, as seen every few milliseconds."""

    def __init__(self) -> None:
        self.largest = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._thread.is_alive():
            raise RuntimeError("nobody watched the processes' memory")
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(LOOK_SECONDS):
            self.largest = max([self.largest, *map(gigabytes, descendants("self"))])


def descendants(process: int | str) -> list[int]:
    direct = children(process)
    return direct + [grandchild for child in direct for grandchild in descendants(child)]


def gigabytes(process: int | str) -> float:
    """The most memory a process has held; 0 when it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / (1 << 20)


def outcome(broker: Broker, text: str) -> str:
    """What became of a query, in the words its sender reads."""
    try:
        result = broker.sql(text, principal=ANALYST[0], purpose=ANALYST[1])
    except NightlightError as refusal:
        return str(refusal)
    return f"answered: {result.table.num_rows} rows"


if __name__ == "__main__":
    found = {}
    with Broker(Home.open(Path(sys.argv[1]))) as broker:
        outcome(broker, "SELECT count(*) FROM silver.conversations")  # its extract is there when the clock starts
        with Watch() as watch:
            for name, text in HOSTILE.items():
                begun = time.perf_counter()
                said = outcome(broker, text)
                found[name] = {"seconds": time.perf_counter() - begun, "outcome": said}
        still = outcome(broker, NOTHING)
    report(
        queries=found,
        longest_seconds=max(float(query["seconds"]) for query in found.values()),  # type: ignore[arg-type]
        largest_gigabytes=max(watch.largest, gigabytes("self")),
        afterwards=still,
    )
