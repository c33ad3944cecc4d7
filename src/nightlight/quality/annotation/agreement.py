"""Krippendorff's alpha: how far people agree beyond what chance would give. 1 is perfect, 0 is chance.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011) and "Content Analysis" (4th ed., 2019), chapter
12: alpha = 1 - observed / expected disagreement, both from the matrix of coincidences of values within units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

RESAMPLES, SEED = 1_000, 7
INTERVAL = (2.5, 97.5)  # percentiles


class Metric(StrEnum):
    """How far two values lie apart: all the same far, or the further the more values lie between them."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"


@dataclass(frozen=True)
class Agreement:
    """`value` is None where nothing could differ: one value alone was used. `low` to `high`: 95 of 100 resamples of
    the conversations lie there; None for fewer than two conversations. `units`: the messages that were compared."""

    value: float | None
    low: float | None
    high: float | None
    units: int


def coincidences(units: Iterable[Sequence[int | None]], size: int) -> "Matrix":
    """The coincidence matrix of units, each with the values that its observers gave (None: none) from 0 to size - 1.

    A unit of m values adds 1 / (m - 1) for each ordered pair of them; a unit with one value pairs with nothing.
    """
    import numpy as np

    found = np.zeros((size, size))
    for unit in units:
        values = [value for value in unit if value is not None]
        for place, one in enumerate(values):
            for other in values[:place] + values[place + 1 :]:
                found[one, other] += 1 / (len(values) - 1)
    return found


def alpha(matrices: "Matrix", metric: Metric = Metric.NOMINAL) -> float | None:
    """Alpha of one coincidence matrix, or of several questions together: one minus the disagreement observed in all of
    them, over what chance would give in all of them."""
    observed, expected = _disagreement(matrices, metric)
    total = float(expected.sum())
    return None if total == 0 else 1 - float(observed.sum()) / total


def agreement(by_conversation: "Matrix", metric: Metric = Metric.NOMINAL) -> Agreement:
    """Alpha with its interval. `by_conversation`: coincidence matrices by conversation, question and the two values
    (conversations x questions x size x size); two people label, so that a unit counts twice in each question."""
    import numpy as np

    if not len(by_conversation):
        return Agreement(None, None, None, 0)
    whole = by_conversation.sum(axis=0)
    units = round(float(whole[0].sum()) / 2)
    low = high = None
    if len(by_conversation) > 1:
        count = len(by_conversation)
        draws = np.random.default_rng(SEED).multinomial(count, [1 / count] * count, size=RESAMPLES)
        observed, expected = _disagreement(np.tensordot(draws, by_conversation, axes=1), metric)
        above, below = observed.sum(axis=1), expected.sum(axis=1)
        values = 1 - above[below > 0] / below[below > 0]
        if len(values):
            low, high = (float(each) for each in np.percentile(values, INTERVAL))
    return Agreement(alpha(whole, metric), low, high, units)


def _disagreement(matrices: "Matrix", metric: Metric) -> "tuple[Matrix, Matrix]":
    """Observed and expected disagreement of coincidence matrices (the last two axes), zero where nothing is paired."""
    import numpy as np

    values = matrices.sum(axis=-1)  # n_c: how often each value was paired
    total = values.sum(axis=-1)
    apart = _distances(values, metric)
    pairs = values[..., :, None] * values[..., None, :]
    observed = (matrices * apart).sum(axis=(-2, -1)) / np.maximum(total, 1)
    expected = (pairs * apart).sum(axis=(-2, -1)) / np.maximum(total * (total - 1), 1)
    return observed, expected


def _distances(values: "Matrix", metric: Metric) -> "Matrix":
    """Squared distances of every two values. Ordinal: the sum of n_g for g from c to k, less half of n_c and of n_k,
    which is the distance of their middle ranks."""
    import numpy as np

    size = values.shape[-1]
    if metric is Metric.NOMINAL:
        return np.broadcast_to(1 - np.eye(size), (*values.shape, size))
    ranks = np.cumsum(values, axis=-1) - values / 2
    apart: Matrix = (ranks[..., :, None] - ranks[..., None, :]) ** 2
    return apart
