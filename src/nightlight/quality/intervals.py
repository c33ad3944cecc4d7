"""Numbers with the interval they may lie in (95 %), and whether enough stands behind them to be told at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

FEWEST = 10
"""Decisions behind a number: with fewer it is not told."""
DRAWS = 2000
Z = 1.959963984540054
SEED = 7  # the same rows give the same interval


@dataclass(frozen=True)
class Share:
    """`hits` of `of`, with Wilson's interval; `value` and bounds are None where there are none at all."""

    hits: int
    of: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def is_told(self) -> bool:
        return self.of >= FEWEST


@dataclass(frozen=True)
class Rate:
    """`count` in `exposure` hours, per 100 of them, with the exact interval of a Poisson count. `behind`: decisions."""

    count: int
    exposure: float
    behind: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def is_told(self) -> bool:
        return self.behind >= FEWEST and self.value is not None


@dataclass(frozen=True)
class Spread:
    """The median of `n` durations in seconds, with its interval."""

    n: int
    median: float | None
    low: float | None
    high: float | None

    @property
    def is_told(self) -> bool:
        return self.n >= FEWEST


def share(hits: int, of: int) -> Share:
    """
    >>> found = share(18, 24)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.75, 0.551, 0.88)
    """
    if not of:
        return Share(hits, of, None, None, None)
    value = hits / of
    middle, spread = value + Z**2 / (2 * of), Z * sqrt(value * (1 - value) / of + Z**2 / (4 * of**2))
    scale = 1 + Z**2 / of
    return Share(hits, of, value, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def rate(count: int, hours: float, *, behind: int) -> Rate:
    """
    >>> found = rate(4, 200.0, behind=12)
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (2.0, 0.54, 5.12)
    """
    if hours <= 0:
        return Rate(count, hours, behind, None, None, None)
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * (count + 1)) / 2
    return Rate(count, hours, behind, *(float(each) * 100 / hours for each in (count, low, high)))


def spread(seconds: Sequence[float]) -> Spread:
    """The interval is that of order statistics, which holds for any distribution.

    >>> spread([60.0 * minutes for minutes in range(1, 12)])
    Spread(n=11, median=360.0, low=120.0, high=600.0)
    """
    if not seconds:
        return Spread(0, None, None, None)
    from statistics import median

    from scipy.stats import binom

    values, n = sorted(seconds), len(seconds)
    below = int(binom.ppf(0.025, n, 0.5))
    return Spread(n, median(values), values[max(below - 1, 0)], values[min(n - below, n - 1)])


def per_hour(found: Sequence[bool], seconds: Sequence[float]) -> tuple[float, list[float]]:
    """What was found in an hour of looking, and the same over bootstrap draws of the conversations looked at."""
    import numpy as np

    hits, took = np.asarray(found, float), np.asarray(seconds, float)
    rows = np.random.default_rng(SEED).integers(0, len(hits), (DRAWS, len(hits)))
    drawn = hits[rows].sum(axis=1) / np.maximum(took[rows].sum(axis=1), 1.0) * 3600
    return float(hits.sum() / max(took.sum(), 1.0) * 3600), [float(each) for each in drawn]


def bounds(drawn: Sequence[float]) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(np.asarray(drawn, float), [0.025, 0.975])
    return float(low), float(high)
