"""Training of the linear labeller: one logistic regression an act, calibrated on predictions made out of fold.

Folds follow cards and shared `before`s, never single messages. Needs scikit-learn."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.examples import Example
from nightlight.labelling.features import Seen, look
from nightlight.labelling.model import Vocabulary, read
from nightlight.labelling.rules import RUNGS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 20260
STRENGTH = 6.0  # C of the regressions
FOLDS = 4
MOST_FEATURES = 16_000
LEAST_WORDS, LEAST_RUNS, LEAST_BEFORE, LEAST_FORM = 2, 5, 3, 3  # in how many messages a feature occurs
UNKNOWN_WEIGHT = 0.3  # of an act that a sparsely labelled message may have without saying so
RARE_TOGETHER = 0.02
LOWEST, HIGHEST = 0.3, 0.7  # between which a threshold lies
LOWEST_RUNG = 0.5  # a texter is not led on by a question that was hardly asked


@dataclass(frozen=True)
class Fitted:
    """Weights (features x acts), bias, calibration (slope, shift) and threshold of each act."""

    vocabulary: Vocabulary
    acts: tuple[CounselorAct, ...]
    weights: "NDArray[np.float64]"
    bias: "NDArray[np.float64]"
    slope: "NDArray[np.float64]"
    shift: "NDArray[np.float64]"
    thresholds: "NDArray[np.float64]"

    def probabilities(self, examples: Sequence[Example]) -> "NDArray[np.float64]":
        """Calibrated, a row an example, before the sure rules."""
        import numpy as np

        scores = matrix(self.vocabulary, examples) @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(scores * self.slope + self.shift, -30, 30))))


def fit(examples: Sequence[Example], *, calibrate: bool = True) -> Fitted:
    """A labeller of these examples; without `calibrate` the scores are taken as they are and all thresholds are 0.5."""
    import numpy as np

    acts = tuple(act for act in CounselorAct if any(act in example.acts for example in examples))
    wanted, weight = targets(examples, acts)
    full = vocabulary_of(examples)
    weights, _ = _regressions(matrix(full, examples), wanted, weight)
    kept = np.sort(np.argsort(-np.abs(weights).max(axis=1), kind="stable")[:MOST_FEATURES])
    names = tuple(full.names[place] for place in kept)
    vocabulary = Vocabulary(names, {name: full.inverse[name] for name in names if name in full.inverse})
    weights, bias = _regressions(matrix(vocabulary, examples), wanted, weight)
    slope, shift, thresholds = np.ones(len(acts)), np.zeros(len(acts)), np.full(len(acts), 0.5)
    if calibrate:
        scores = out_of_fold(examples, acts)
        slope, shift = _calibration(scores, wanted, weight)
        sure = 1 / (1 + np.exp(-(scores * slope + shift)))
        least = [LOWEST_RUNG if act in RUNGS else LOWEST for act in acts]
        columns = zip(sure.T, wanted.T, weight.T, least, strict=True)
        thresholds = np.array([_threshold(*column) for column in columns])
    return Fitted(vocabulary, acts, weights, bias, slope, shift, thresholds)


def out_of_fold(examples: Sequence[Example], acts: Sequence[CounselorAct]) -> "NDArray[np.float64]":
    """The score of every example by a model that saw nothing of its group."""
    import numpy as np

    folds = np.array([fold_of(example.group) for example in examples])
    scores = np.zeros((len(examples), len(acts)))
    for fold in range(FOLDS):
        seen, held = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        training = [examples[place] for place in seen]
        vocabulary = vocabulary_of(training)
        weights, bias = _regressions(matrix(vocabulary, training), *targets(training, acts))
        scores[held] = matrix(vocabulary, [examples[place] for place in held]) @ weights + bias
    return scores


def fold_of(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def targets(
    examples: Sequence[Example], acts: Sequence[CounselorAct]
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Which act each example has, and how much that is believed: an act that a sparsely labelled message may well have
    besides what it names counts little as absent."""
    import numpy as np

    place = {act: number for number, act in enumerate(acts)}
    wanted = np.zeros((len(examples), len(acts)))
    for row, example in enumerate(examples):
        wanted[row, [place[act] for act in example.acts if act in place]] = 1
    together = (wanted.T @ wanted) / np.maximum(1, wanted.sum(axis=0))[:, None]
    weight = np.ones_like(wanted)
    for row, example in enumerate(examples):
        if not example.complete:
            named = [place[act] for act in example.acts if act in place]
            likely = together[named].max(axis=0, initial=0.0) > RARE_TOGETHER
            weight[row, likely & (wanted[row] == 0)] = UNKNOWN_WEIGHT
    return wanted, weight


def vocabulary_of(examples: Iterable[Example]) -> Vocabulary:
    """The features that occur often enough in these examples."""
    found: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
    size = 0
    for example in examples:
        size += 1
        seen = _look(example)
        for known, block in zip(found, (seen.terms, seen.runs, seen.heard, {*seen.marks, *seen.rules}), strict=True):
            known.update(set(block))
    least = (LEAST_WORDS, LEAST_RUNS, LEAST_BEFORE, LEAST_FORM)
    kept = [
        {name: number for name, number in sorted(block.items()) if number >= limit}
        for block, limit in zip(found, least, strict=True)
    ]
    inverse = {name: 1 + math.log((1 + size) / (1 + number)) for block in kept[:3] for name, number in block.items()}
    return Vocabulary(tuple(name for block in kept for name in block), inverse)


@lru_cache(maxsize=20_000)
def _look(example: Example) -> Seen:
    return look(example.text, example.before)


def matrix(vocabulary: Vocabulary, examples: Sequence[Example]) -> Any:
    """The examples as a sparse matrix, a row each."""
    import numpy as np
    from scipy.sparse import csr_matrix

    places = vocabulary.places
    rows = [read(vocabulary, places, _look(example)) for example in examples]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.fromiter((place for row in rows for place in row), dtype=np.int32, count=ends[-1])
    values = np.fromiter((value for row in rows for value in row.values()), dtype=np.float64, count=ends[-1])
    return csr_matrix((values, columns, ends), shape=(len(rows), len(vocabulary.names)))


def _regressions(
    rows: Any, wanted: "NDArray[np.float64]", weight: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    weights, bias = np.zeros((rows.shape[1], wanted.shape[1])), np.full(wanted.shape[1], -10.0)
    for number in range(wanted.shape[1]):
        if not wanted[:, number].any():
            continue
        model = LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, tol=0.01, random_state=SEED)
        model.fit(rows, wanted[:, number], sample_weight=weight[:, number])
        weights[:, number], bias[number] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _calibration(
    scores: "NDArray[np.float64]", wanted: "NDArray[np.float64]", weight: "NDArray[np.float64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Platt's two numbers an act."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    slope, shift = np.ones(scores.shape[1]), np.zeros(scores.shape[1])
    for number in range(scores.shape[1]):
        model = LogisticRegression(C=10.0)
        model.fit(scores[:, [number]], wanted[:, number], sample_weight=weight[:, number])
        slope[number], shift[number] = model.coef_[0, 0], model.intercept_[0]
    return slope, shift


def _threshold(
    sure: "NDArray[np.float64]", wanted: "NDArray[np.float64]", weight: "NDArray[np.float64]", least: float
) -> float:
    """The threshold with the best F1 out of fold, `least` or higher."""
    import numpy as np

    def f1(limit: float) -> float:
        said = sure >= limit
        hit, wrong = (weight * wanted * said).sum(), (weight * (1 - wanted) * said).sum()
        return float(2 * hit / max(1e-9, hit + wrong + wanted.sum()))

    return float(max(np.linspace(least, HIGHEST, 21), key=f1))
