"""The frame of an invented line: how many conversations, over which days, from which seed.

Inside this package a time is an int64 of milliseconds since 1970 UTC, and a set of rows is `Rows`: equally long
columns by name. numpy and pyarrow load with these modules: the product loads the package only to generate a line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightlight.errors import NightlightError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = Mapping[str, NDArray[Any]]

SECOND, HOUR, DAY = 1_000, 3_600_000, 86_400_000


@dataclass(frozen=True)
class Line:
    """An invented line; equal lines give equal data, byte for byte. Raises NightlightError for an impossible one."""

    conversations: int
    until: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    days: int = 365
    seed: int = 7

    def __post_init__(self) -> None:
        if self.until.tzinfo is None:
            raise NightlightError(
                "the end of the example line has no time zone", remedy="write it as 2026-11-01T00:00Z"
            )
        if self.conversations < 1 or self.days < 1 or self.seed < 0:
            raise NightlightError("the example line needs at least one conversation and one day, and no negative seed")

    @property
    def end(self) -> int:
        return int(self.until.timestamp()) * SECOND

    @property
    def start(self) -> int:
        return self.end - self.days * DAY

    def generator(self, *stream: int) -> np.random.Generator:
        """A random generator of its own for each numbered stream: parts can be drawn in any order."""
        return np.random.default_rng([self.seed, *stream])


def moment(time: int) -> datetime:
    return datetime.fromtimestamp(time / SECOND, UTC)


def take(rows: Rows, index: NDArray[Any]) -> Rows:
    """The rows at these positions, or those a mask keeps."""
    return {name: column[index] for name, column in rows.items()}


def concatenate(*parts: Rows) -> Rows:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def in_order(rows: Rows, by: str) -> Rows:
    return take(rows, np.argsort(rows[by], kind="stable"))


def pick(generator: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Positions drawn with these weights."""
    until = np.cumsum(weights)
    chosen: Ints = np.searchsorted(until, generator.random(size) * until[-1], side="right")
    return chosen


Progress = Callable[[str, float], None]
