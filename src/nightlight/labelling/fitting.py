"""Fitting of a linear model with several heads, calibrated on predictions made out of fold. Needs scikit-learn.

Folds follow groups (a card, a writer, a shared `before`), never single messages."""

import hashlib
import math
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nightlight.labelling.features import Seen
from nightlight.labelling.linear import Head, LinearModel, Vocabulary, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SEED = 20260
STRENGTH = 6.0  # C of the regressions
MOST_STEPS = 60  # of a regression with several classes
FOLDS = 4
MOST_FEATURES = 16_000
LEAST_WORDS, LEAST_RUNS, LEAST_BEFORE, LEAST_FORM = 2, 5, 3, 3  # in how many messages a feature occurs
UNKNOWN_WEIGHT = 0.3  # of a label that a sparsely labelled message may have without saying so
RARE_TOGETHER = 0.02


@dataclass(frozen=True)
class Example:
    """One message as a model sees it. `labels`: by head, the most salient first; a head that is not there is unknown.
    `complete`: labels that are not named are absent; else unknown. `group`: what must not be split."""

    seen: Seen
    labels: Mapping[str, tuple[str, ...]]
    group: str
    complete: bool = True
    weight: Mapping[str, float] = field(default_factory=dict)

    def weight_for(self, head: str) -> float:
        return self.weight.get(head, 1.0)


@dataclass(frozen=True)
class Fitted:
    """A calibrated model, and the scores that each training example got from a model that saw nothing of its group."""

    model: LinearModel
    out_of_fold: "Floats"


def fit(examples: Sequence[Example], heads: Sequence[Head], *, most: int = MOST_FEATURES) -> Fitted:
    """A model of these examples with these heads, which keeps the `most` features with the largest weights."""
    import numpy as np

    vocabulary = vocabulary_of(examples)
    rows = matrix(vocabulary, examples)
    weights, bias = _regressions(rows, examples, heads)
    scores = scores_out_of_fold(rows, examples, heads)
    slope, shift = calibration(examples, heads, scores)
    if len(vocabulary.names) > most:
        kept = np.sort(np.argsort(-np.abs(weights).max(axis=1), kind="stable")[:most])
        weights, bias = _regressions(rows[:, kept], examples, heads)
        vocabulary = vocabulary.only(kept.tolist())
    arrays = [np.asarray(each, dtype=np.float32) for each in (weights, bias, slope, shift)]
    return Fitted(LinearModel(vocabulary, tuple(heads), *arrays), scores)


def folds_of(groups: Sequence[str]) -> list[int]:
    """A fold for each group's members; groups of one kind (their first word) are spread evenly, by their digest."""
    kinds: dict[str, set[str]] = {}
    for group in groups:
        kinds.setdefault(group.split()[0], set()).add(group)
    place: dict[str, int] = {}
    for members in kinds.values():
        ordered = sorted(members, key=lambda group: hashlib.sha256(group.encode()).hexdigest())
        place |= {group: number % FOLDS for number, group in enumerate(ordered)}
    return [place[group] for group in groups]


def targets(examples: Sequence[Example], head: Head) -> "tuple[Floats, Floats]":
    """Which label each example has (examples x labels), and how much that is believed: a label that a sparsely
    labelled message may well have besides what it names counts little as absent; an unknown head counts nothing."""
    import numpy as np

    place = {label: number for number, label in enumerate(head.labels)}
    wanted = np.zeros((len(examples), len(head.labels)))
    for row, example in enumerate(examples):
        named = example.labels.get(head.name, ())[: None if head.any else 1]
        wanted[row, [place[label] for label in named if label in place]] = 1
    together = (wanted.T @ wanted) / np.maximum(1, wanted.sum(axis=0))[:, None]
    weight = np.zeros_like(wanted)
    for row, example in enumerate(examples):
        if head.name not in example.labels:
            continue
        weight[row] = example.weight_for(head.name)
        if not example.complete:
            named_places = [place[label] for label in example.labels[head.name] if label in place]
            likely = together[named_places].max(axis=0, initial=0.0) > RARE_TOGETHER
            weight[row, likely & (wanted[row] == 0)] *= UNKNOWN_WEIGHT
    return wanted, weight


def vocabulary_of(examples: Iterable[Example]) -> Vocabulary:
    """The features that occur often enough in these examples."""
    found: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
    size = 0
    for example in examples:
        size += 1
        seen = example.seen
        for known, block in zip(found, (seen.terms, seen.runs, seen.heard, {*seen.marks, *seen.rules}), strict=True):
            known.update(set(block))
    least = (LEAST_WORDS, LEAST_RUNS, LEAST_BEFORE, LEAST_FORM)
    kept = [
        {name: number for name, number in sorted(block.items()) if number >= limit}
        for block, limit in zip(found, least, strict=True)
    ]
    inverse = {name: 1 + math.log((1 + size) / (1 + number)) for block in kept[:3] for name, number in block.items()}
    return Vocabulary(tuple(name for block in kept for name in block), inverse)


def matrix(vocabulary: Vocabulary, examples: Sequence[Example]) -> Any:
    """The examples as a sparse matrix, a row each."""
    import numpy as np
    from scipy.sparse import csr_matrix

    places = vocabulary.places
    rows = [read(vocabulary, places, example.seen) for example in examples]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.fromiter((place for row in rows for place in row), dtype=np.int32, count=ends[-1])
    values = np.fromiter((value for row in rows for value in row.values()), dtype=np.float64, count=ends[-1])
    return csr_matrix((values, columns, ends), shape=(len(rows), len(vocabulary.names)))


def scores_out_of_fold(rows: Any, examples: Sequence[Example], heads: Sequence[Head]) -> "Floats":
    """The scores of each example (a row of the matrix) by a model that saw nothing of its group."""
    import numpy as np

    folds = np.array(folds_of([example.group for example in examples]))
    scores = np.zeros((len(examples), sum(len(head.labels) for head in heads)))
    for fold in range(FOLDS):
        seen, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(held):
            weights, bias = _regressions(rows[seen], [examples[place] for place in seen.tolist()], heads)
            scores[held] = rows[held] @ weights + bias
    return scores


def calibration(examples: Sequence[Example], heads: Sequence[Head], scores: "Floats") -> "tuple[Floats, Floats]":
    """Slope and shift of every column, from scores out of fold: Platt's two numbers for each label of an `any` head;
    one slope, the temperature, for all labels of another."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    slope, shift, start = np.ones(scores.shape[1]), np.zeros(scores.shape[1]), 0
    for head in heads:
        wanted, weight = targets(examples, head)
        columns = range(start, start + len(head.labels))
        start += len(head.labels)
        if not head.any:
            known = weight[:, 0] > 0
            slope[list(columns)] = _temperature(scores[known][:, list(columns)], wanted[known].argmax(axis=1))
            continue
        for number, column in enumerate(columns):
            known = weight[:, number] > 0
            if 0 < wanted[known, number].sum() < known.sum():
                line = LogisticRegression(C=10.0)
                line.fit(scores[known][:, [column]], wanted[known, number], sample_weight=weight[known, number])
                slope[column], shift[column] = line.coef_[0, 0], line.intercept_[0]
    return slope, shift


def best_threshold(sure: "Floats", wanted: "Floats", weight: "Floats", least: float, most: float) -> float:
    """The threshold between `least` and `most` with the best F1."""
    import numpy as np

    def f1(limit: float) -> float:
        said = sure >= limit
        hit, wrong = (weight * wanted * said).sum(), (weight * (1 - wanted) * said).sum()
        return float(2 * hit / max(1e-9, hit + wrong + (weight * wanted).sum()))

    return float(max(np.linspace(least, most, 21), key=f1))


def _temperature(scores: "Floats", right: "NDArray[np.int64]") -> float:
    import numpy as np

    def loss(slope: float) -> float:
        raised = scores * slope
        most = raised.max(axis=1)
        chosen = np.asarray(raised[np.arange(len(right)), right])
        return float((most + np.log(np.exp(raised - most[:, None]).sum(axis=1)) - chosen).mean())

    return float(min(np.linspace(0.3, 3.0, 55), key=loss))


def _regressions(rows: Any, examples: Sequence[Example], heads: Sequence[Head]) -> "tuple[Floats, Floats]":
    """Weights (features x columns) and bias of all heads, one after another."""
    import numpy as np

    fitted = [_head(rows, *targets(examples, head), head) for head in heads]
    return np.hstack([weights for weights, _ in fitted]), np.concatenate([bias for _, bias in fitted])


def _head(rows: Any, wanted: "Floats", weight: "Floats", head: Head) -> "tuple[Floats, Floats]":
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    weights, bias = np.zeros((rows.shape[1], len(head.labels))), np.full(len(head.labels), -10.0)
    known = np.flatnonzero(weight.max(axis=1) > 0)
    if not len(known):
        return weights, bias
    part, wanted, weight = rows[known], wanted[known], weight[known]
    if not head.any:
        right = wanted.argmax(axis=1)
        model = LogisticRegression(C=STRENGTH, max_iter=MOST_STEPS, tol=2e-3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped where more would change little
            model.fit(part, right, sample_weight=weight[:, 0])
        coefficients, own = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            coefficients, own = np.vstack([-coefficients, coefficients]) / 2, np.array([-own[0], own[0]]) / 2
        weights[:, model.classes_], bias[model.classes_] = coefficients.T, own
        return weights, bias
    for number in range(len(head.labels)):
        if 0 < wanted[:, number].sum() < len(wanted):
            model = LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, tol=0.03, random_state=SEED)
            model.fit(part, wanted[:, number], sample_weight=weight[:, number])
            weights[:, number], bias[number] = model.coef_[0], model.intercept_[0]
    return weights, bias
