"""What a process used: CPU-seconds of all its threads and children, and its own peak memory. One JSON line says it."""

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Used:
    """CPU-seconds (user and system) of a `with measured()` block, set when it ends."""

    cpu_seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Used]:
    used, begun = Used(), cpu_seconds()
    yield used
    used.cpu_seconds = cpu_seconds() - begun


def cpu_seconds() -> float:
    """User and system seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def peak_megabytes() -> float:
    """The most memory this process has held. Linux counts it per program; `ru_maxrss` would count the parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def report(**figures: Any) -> None:
    """Print the arm's figures as the last line of its output."""
    load = os.getloadavg()[0]
    sys.stdout.write(json.dumps({**figures, "peak_megabytes": round(peak_megabytes(), 1), "load": load}) + "\n")
