"""The statistics of a training study: a difference with its interval, an effect, and what could have been found.

A study too small to say anything says that, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt

FEWEST = 12  # people with both assessments in an arm, below which no difference is told
DRAWS = 4000
POWER, LEVEL = 0.8, 0.05


@dataclass(frozen=True)
class Effect:
    """The difference of two arms' mean changes (`arm` minus `against`), and Hedges' g, each with its 95 % interval.

    `detectable`: the smallest effect that a study of this size finds with 80 % power. Where `told` is False the
    figures are None: there are too few people for them.
    """

    arm: str
    against: str
    n: tuple[int, int]
    told: bool
    detectable: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None

    @property
    def sentence(self) -> str:
        """What can be said, for people."""
        people = f"{self.n[0]} and {self.n[1]} people"
        if not self.told:
            return (
                f"{self.arm} against {self.against}: {people} are too few to tell a difference ({FEWEST} each needed)"
            )
        between = f"95 % interval {self.difference_low:+.2f} to {self.difference_high:+.2f}"
        is_shown = (self.difference_low or 0) > 0 or (self.difference_high or 0) < 0
        verdict = "a difference is shown" if is_shown else "no difference is shown"
        return (
            f"{self.arm} against {self.against}: {self.difference:+.2f} points ({between}), "
            f"effect {self.effect:+.2f} ({self.effect_low:+.2f} to {self.effect_high:+.2f}), {people}; {verdict}. "
            f"A study of this size finds effects of {self.detectable:.2f} or more"
        )


def effect_of(arm: str, values: Sequence[float], against: str, others: Sequence[float], *, seed: int) -> Effect:
    """Compare two arms; the interval comes from a bootstrap of people, drawn anew within each arm."""
    import numpy as np

    n = (len(values), len(others))
    detectable = minimal_detectable_effect(*n)
    if min(n) < FEWEST:
        return Effect(arm, against, n, False, detectable)
    random = np.random.default_rng(seed)
    one, two = np.asarray(values, float), np.asarray(others, float)
    drawn_one = one[random.integers(0, n[0], (DRAWS, n[0]))]
    drawn_two = two[random.integers(0, n[1], (DRAWS, n[1]))]
    differences = drawn_one.mean(axis=1) - drawn_two.mean(axis=1)
    low, high = np.quantile(differences, [LEVEL / 2, 1 - LEVEL / 2])
    effect = hedges_g(values, others)
    error = sqrt((n[0] + n[1]) / (n[0] * n[1]) + effect**2 / (2 * (n[0] + n[1]))) * _normal(1 - LEVEL / 2)
    difference = float(one.mean() - two.mean())
    return Effect(
        arm, against, n, True, detectable, difference, float(low), float(high), effect, effect - error, effect + error
    )


def hedges_g(values: Sequence[float], others: Sequence[float]) -> float:
    """The standardized difference of means, corrected for small samples; 0 where nothing varies.

    >>> round(hedges_g([2, 4, 6], [1, 3, 5]), 2)
    0.4
    """
    from statistics import fmean, variance

    n, m = len(values), len(others)
    pooled = ((n - 1) * variance(values) + (m - 1) * variance(others)) / (n + m - 2)
    if pooled == 0:
        return 0.0
    return (fmean(values) - fmean(others)) / sqrt(pooled) * (1 - 3 / (4 * (n + m) - 9))


def minimal_detectable_effect(n: int, m: int) -> float | None:
    """The smallest standardized effect found with 80 % power by a two-sided test at 5 %; None without people.

    >>> round(minimal_detectable_effect(64, 64), 2)
    0.5
    """
    if n < 2 or m < 2:
        return None
    from scipy.optimize import brentq
    from scipy.stats import nct, t

    freedom = n + m - 2
    scale = sqrt(n * m / (n + m))
    critical = t.ppf(1 - LEVEL / 2, freedom)

    def missing(effect: float) -> float:
        below = float(nct.cdf(critical, freedom, effect * scale))
        return POWER - (1.0 if isnan(below) else 1 - below)  # far out it is no number, and the power is 1

    return float(brentq(missing, 0.01, 50 / scale))


def _normal(quantile: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(quantile)
