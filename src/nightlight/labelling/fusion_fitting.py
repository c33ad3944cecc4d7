"""Training of the part that reads an encoder's vectors, beside a plain reader that is trained already.

Folds are those of the plain reader: what a score out of fold says, nobody of its group has taught."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nightlight.labelling.encoder import Encoder, dense
from nightlight.labelling.examples import Example
from nightlight.labelling.files import linear_arrays
from nightlight.labelling.fitting import (
    FOLDS,
    Fitted,
    calibration,
    folds_of,
    matrix,
    scores_out_of_fold,
    targets,
    vocabulary_of,
)
from nightlight.labelling.fitting import Example as Row
from nightlight.labelling.fusion import SHARE
from nightlight.labelling.linear import LinearModel, Vocabulary
from nightlight.labelling.training import COUNSELOR_HEADS, act_thresholds, counselor_row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ACTS_HEAD = COUNSELOR_HEADS[0]
SIZES = (4.0, 2.0)  # of the vectors of a message and of what it answers: how little a large weight costs
FIRST_BIAS = -3.0  # most acts are seldom
ROUNDS, REMEMBERED_STEPS = 150, 10


def train_encoder_part(examples: Sequence[Example], encoder: Encoder) -> "dict[str, NDArray[Any]]":
    """The arrays of the part for one encoder, from the messages that the plain reader was trained on."""
    rows = [counselor_row(example) for example in examples]
    plain = scores_out_of_fold(matrix(vocabulary_of(rows), rows), rows, (ACTS_HEAD,))
    return encoder_part(rows, fit_fusion(rows, dense(encoder, examples), plain))


def encoder_part(rows: Sequence[Row], fitted: Fitted) -> "dict[str, NDArray[Any]]":
    return {**linear_arrays(fitted.model), "thresholds": act_thresholds(rows, fitted)}


def fit_fusion(rows: Sequence[Row], vectors: "NDArray[np.float32]", plain: "Floats") -> Fitted:
    """A model of the vectors, calibrated together with the plain reader's scores out of fold (rows x acts)."""
    import numpy as np

    own = np.zeros_like(plain)
    folds = np.array(folds_of([row.group for row in rows]))
    for fold in range(FOLDS):
        seen, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(held):
            weights, bias = _regressions(vectors[seen], *targets([rows[place] for place in seen.tolist()], ACTS_HEAD))
            own[held] = vectors[held] @ weights + bias
    scores = SHARE * plain + (1 - SHARE) * own
    slope, shift = calibration(rows, (ACTS_HEAD,), scores)
    weights, bias = _regressions(vectors, *targets(rows, ACTS_HEAD))
    names = tuple(f"v:{place}" for place in range(vectors.shape[1]))
    arrays = [np.asarray(each, dtype=np.float32) for each in (weights, bias, slope, shift)]
    return Fitted(LinearModel(Vocabulary(names, {}), (ACTS_HEAD,), *arrays), scores)


def _regressions(vectors: "NDArray[np.float32]", wanted: "Floats", weight: "Floats") -> "tuple[Floats, Floats]":
    """Logistic regressions of all acts at once; weights (numbers of a vector x acts) and bias."""
    import numpy as np
    from scipy.optimize import minimize

    sizes = np.repeat(np.array(SIZES, dtype=np.float32), vectors.shape[1] // len(SIZES))
    rows, believed = vectors * sizes, weight.astype(np.float32)
    signs, shape = (2 * wanted - 1).astype(np.float32), (vectors.shape[1] + 1, wanted.shape[1])

    def loss(flat: "Floats") -> "tuple[float, Floats]":
        both = flat.astype(np.float32).reshape(shape)
        margins = np.clip((rows @ both[:-1] + both[-1]) * signs, -60, 60)
        value = (believed * np.logaddexp(0, -margins)).sum(dtype=np.float64)
        pull = -signs * believed / (1 + np.exp(margins))
        slopes = np.vstack([rows.T @ pull + both[:-1], pull.sum(axis=0)])
        return float(value + 0.5 * (both[:-1] ** 2).sum(dtype=np.float64)), slopes.astype(np.float64).ravel()

    start = np.zeros(shape)
    start[-1] = FIRST_BIAS
    options = {"maxiter": ROUNDS, "maxcor": REMEMBERED_STEPS}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(shape)
    return found[:-1] * sizes[:, None], found[-1]
