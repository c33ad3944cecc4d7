"""Measures as pictures: what was found, the bar and the champion's figure as places on a line that fits all three.

Pure geometry in hundredths of the line; templates draw it, with the numbers beside it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nightlight.registry.comparison import Compared
from nightlight.registry.gates import EXACTNESS, GateReport, Measure

ROOM = 1.2  # the line ends beyond the farthest of what stands on it


@dataclass(frozen=True)
class Track:
    """Places from 0 to 100; None for what there is none of. `low`, `high`: the numbers at the ends of the line.

    `allowed`: where the stretch that the bar allows begins, and how long it is.
    """

    low: float
    high: float
    found: float | None
    bar: float | None = None
    other: float | None = None
    allowed: tuple[float, float] | None = None


@dataclass(frozen=True)
class Row:
    """One measure of a gate report. `is_met`: None where it decides nothing. `reason`: what the gate said of it."""

    measure: Measure
    champion: float | None
    track: Track
    is_met: bool | None
    reason: str = ""


def rows_of(report: GateReport) -> list[Row]:
    """The measures that decide, those first that the gate refused; then the others."""
    theirs = {each.id: each.value for each in report.champion_measures}
    rows = [_row(each, theirs.get(each.id), report.refused_because) for each in report.measures]
    return sorted(rows, key=lambda row: (row.is_met is not False, row.is_met is None))


def _row(measure: Measure, champion: float | None, reasons: Sequence[str]) -> Row:
    decides = measure.bar is not None or measure.must_not_regress
    reason = next((each for each in reasons if each.startswith(f"{measure.id} {measure.name}:")), "")
    is_met = (not reason and measure.meets_bar) if decides else None
    track = place(measure.value, bar=measure.bar, other=champion, at_most=measure.at_most)
    return Row(measure, champion, track, is_met, reason)


def pair_of(compared: Compared) -> Track:
    """Two versions' figures on one line."""
    return replace(place(compared.first, bar=compared.bar, other=compared.second), allowed=None)


def place(found: float | None, *, bar: float | None = None, other: float | None = None, at_most: bool = True) -> Track:
    """
    >>> place(0.95, bar=0.9, other=0.8, at_most=False)
    Track(low=0.7, high=1.0, found=83.3, bar=66.7, other=33.3, allowed=(66.7, 33.3))
    >>> place(0.0, bar=0.0)
    Track(low=0.0, high=1.0, found=0.0, bar=0.0, other=None, allowed=(0.0, 0.0))
    """
    low, high = _ends(each for each in (found, bar, other) if each is not None and math.isfinite(each))

    def at(value: float | None) -> float | None:
        return None if value is None or not math.isfinite(value) else round(100 * (value - low) / (high - low), 1)

    stands = at(bar)
    allowed = None if stands is None else (0.0, stands) if at_most else (stands, round(100 - stands, 1))
    return Track(low, high, at(found), stands, at(other), allowed)


def _ends(values: Iterable[float]) -> tuple[float, float]:
    """The numbers at both ends: 0 and beyond the largest; of shares near 1 the last stretch before it."""
    known = list(values) or [0.0]
    smallest, largest = min(known), max(known)
    if smallest >= 0.5 and largest <= 1 + EXACTNESS:
        room = max(0.01, 1 - smallest)
        return round(max(0.0, 1 - 1.5 * room), 3), 1.0
    if smallest < 0:
        return smallest * ROOM, max(0.0, largest) * ROOM or 1.0
    return 0.0, largest * ROOM or 1.0
