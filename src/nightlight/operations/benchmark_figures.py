"""The figures of a benchmark: ratios of CPU-seconds against their targets, and the machine they were measured on."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

Arm: TypeAlias = Mapping[str, Any]
Round: TypeAlias = Mapping[str, Arm]  # one report per arm

MEGABYTES_AT_MOST = 1024.0
CHEAPER_DAY = {"M": 70.0, "L": 150.0}
LIBRARIES = ("nightlight", "pysail", "pyspark-client", "deltalake", "duckdb", "pyarrow")


@dataclass(frozen=True)
class Figure:
    """A measured number and its limit, an upper one unless `at_least`; None: no target, or nothing to measure it by."""

    name: str
    measured: float | None
    limit: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """
        >>> Figure("ratio", 1.2, 1.25).met, Figure("times", 60, 70, at_least=True).met, Figure("ratio", 3.0).met
        (True, False, None)
        """
        if self.measured is None or self.limit is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def as_row(self) -> dict[str, Any]:
        target = "" if self.limit is None else f"{'>=' if self.at_least else '<='} {self.limit:g}"
        return {"figure": self.name, "target": target, "measured": self.measured, "met": self.met}


def full_figures(scale: str, rounds: Sequence[Round]) -> list[Figure]:
    """The figures of a full refresh; targets stand where the scale is the one they were set for."""
    large, small = scale in ("M", "L"), scale == "S"
    figures = [
        Figure(
            "update / raw script, work alone", ratio(rounds, "ours", "raw", "work_seconds"), 1.25 if large else None
        ),
        Figure("update / raw script, whole process", ratio(rounds, "ours", "raw"), 1.5 if small else None),
        Figure("raw script / floor, work alone", ratio(rounds, "raw", "floor", "work_seconds")),
        Figure("engine's floor / floor, work alone", ratio(rounds, "engine_floor", "floor", "work_seconds")),
        Figure("Delta commit / plain write", ratio(rounds, "delta", "plain", "work_seconds"), 1.2),
        Figure("peak memory, MB", peak(rounds, "ours"), MEGABYTES_AT_MOST if scale == "L" else None),
    ]
    if "dbt" in rounds[0]:
        figures.append(Figure("dbt-duckdb / raw script, whole process", ratio(rounds, "dbt", "raw")))
        figures.append(
            Figure("update / dbt-duckdb, whole process", ratio(rounds, "ours", "dbt"), 1.0 if small else None)
        )
    return figures


def day_figures(scale: str, rounds: Sequence[Round]) -> list[Figure]:
    """How many times cheaper one new day is than a full refresh of the same home in the same process."""
    times = median(found["day"]["full_seconds"] / found["day"]["work_seconds"] for found in rounds)
    return [
        Figure("full refresh / new day", times, CHEAPER_DAY.get(scale), at_least=True),
        Figure("new day, CPU-seconds", median(found["day"]["work_seconds"] for found in rounds)),
        Figure("peak memory, MB", peak(rounds, "day"), MEGABYTES_AT_MOST if scale == "L" else None),
    ]


def linearity(large: Mapping[str, Any], medium: Mapping[str, Any] | None) -> Figure:
    """Cost per message at L over cost per message at M, from two results of `full`; None when M was not run."""
    name = "cost per message, L / M"
    return Figure(name, per_message(large) / per_message(medium) if medium else None, 1.15)


def per_message(result: Mapping[str, Any]) -> float:
    return float(median(found["ours"]["work_seconds"] for found in result["rounds"])) / float(result["messages"])


def ratio(rounds: Sequence[Round], one: str, other: str, seconds: str = "process_seconds") -> float:
    """The median, over rounds, of how much more one arm cost than the other in the same round.

    >>> ratio([{"a": {"process_seconds": 3}, "b": {"process_seconds": 2}}], "a", "b")
    1.5
    """
    return float(median(found[one][seconds] / found[other][seconds] for found in rounds))


def peak(rounds: Sequence[Round], arm: str) -> float:
    return max(float(found[arm]["peak_megabytes"]) for found in rounds)


def median_by_dataset(rounds: Sequence[Round], arm: str) -> dict[str, float]:
    """CPU-seconds of each dataset of an arm."""
    return {name: median(found[arm]["datasets"][name] for found in rounds) for name in rounds[0][arm]["datasets"]}


def machine() -> dict[str, Any]:
    """The processor, cores, memory, load and versions a result belongs to."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _first(file: str, key: str) -> str:
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
