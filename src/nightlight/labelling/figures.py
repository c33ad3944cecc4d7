"""Figures of a classification: per class, macro F1, calibration, confusion, with intervals from resampling groups.

A group is what must not be split (a conversation, card, writer); intervals are 95 % percentiles of 500 resamples."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 500
BINS = 15


@dataclass(frozen=True)
class Share:
    """A value in [0, 1] with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True)
class ClassFigures:
    """One class: `wanted` messages have it, `said` are labelled so."""

    label: str
    wanted: int
    said: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Classes:
    """How well one label of several was told. `macro_f1`: mean over the classes that are wanted. `confusion`: rows are
    what was wanted, columns what was said, both in the order of `classes`."""

    name: str
    messages: int
    accuracy: Share
    macro_f1: Share
    calibration_error: float | None
    majority: float
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def classes_of(
    name: str,
    wanted: Sequence[str],
    said: Sequence[str],
    groups: Sequence[str],
    *,
    labels: Sequence[str] = (),
    sure: Sequence[float] | None = None,
) -> Classes:
    """The figures of these answers; `sure`: the probability of each answer; `labels`: the order of the classes."""
    import numpy as np

    order = list(labels) or sorted({*wanted, *said})
    place = {label: number for number, label in enumerate(order)}
    by_group: dict[str, NDArray[np.float64]] = {}
    for right, answer, group in zip(wanted, said, groups, strict=True):
        table = by_group.setdefault(group, np.zeros((len(order), len(order))))
        table[place[right], place[answer]] += 1
    tables = np.stack(list(by_group.values()))
    whole = tables.sum(axis=0)
    drawn = np.random.default_rng(0).integers(0, len(tables), (RESAMPLES, len(tables)))
    resampled = [tables[chosen].sum(axis=0) for chosen in drawn]
    return Classes(
        name,
        len(wanted),
        _share(whole, resampled, _accuracy),
        _share(whole, resampled, _macro_f1),
        None if sure is None else calibration_error([a == b for a, b in zip(wanted, said, strict=True)], sure),
        float(whole.sum(axis=1).max() / whole.sum()),
        tuple(_class(whole, number, label) for number, label in enumerate(order)),
        tuple(tuple(int(count) for count in row) for row in whole),
    )


def broken_down(
    wanted: Sequence[str], said: Sequence[str], groups: Sequence[str], by: Sequence[str]
) -> Mapping[str, Classes]:
    """The same figures for each value of `by` (a topic, a length, a partner), one value a message."""
    found = {}
    for value in sorted(set(by)):
        chosen = [number for number, own in enumerate(by) if own == value]
        parts = ([column[number] for number in chosen] for column in (wanted, said, groups))
        found[value] = classes_of(value, *parts)
    return found


def calibration_error(right: Sequence[bool], sure: Sequence[float], bins: int = BINS) -> float:
    """The expected calibration error over bins of equal width (Guo et al. 2017).

    >>> calibration_error([True, False], [1.0, 1.0])
    0.5
    """
    total = [0.0] * bins
    for hit, chance in zip(right, sure, strict=True):
        total[min(bins - 1, int(chance * bins))] += hit - chance
    return sum(abs(gap) for gap in total) / max(1, len(right))


def _share(whole: "NDArray[np.float64]", resampled: Sequence["NDArray[np.float64]"], measure: Any) -> Share:
    import numpy as np

    low, high = np.percentile([measure(table) for table in resampled], [2.5, 97.5])
    return Share(float(measure(whole)), float(low), float(high))


def _accuracy(table: "NDArray[np.float64]") -> float:
    return float(table.trace() / max(1, table.sum()))


def _macro_f1(table: "NDArray[np.float64]") -> float:
    import numpy as np

    wanted, said = table.sum(axis=1), table.sum(axis=0)
    there = wanted > 0
    return float((2 * table.diagonal()[there] / np.maximum(1, wanted + said)[there]).mean()) if there.any() else 0.0


def _class(table: "NDArray[np.float64]", number: int, label: str) -> ClassFigures:
    both, wanted, said = table[number, number], table[number].sum(), table[:, number].sum()
    return ClassFigures(
        label,
        int(wanted),
        int(said),
        float(both / max(1, said)),
        float(both / max(1, wanted)),
        float(2 * both / max(1, wanted + said)),
    )
