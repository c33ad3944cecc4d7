"""Linear models over what is seen of a message: one row of features, several heads. Plain arrays, no pickle.

A head of kind `any` says of each label on its own whether it is there; one of kind `one` chooses a single label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nightlight.labelling.features import (
    BEFORE_WEIGHT,
    FORM_WEIGHT,
    LETTER_WEIGHT,
    RULE_WEIGHT,
    WORD_WEIGHT,
    Seen,
    weighted,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST = 30.0  # of a score before it becomes a probability


@dataclass(frozen=True)
class Vocabulary:
    """The known features in their order, and the inverse document frequency of those that are counted."""

    names: tuple[str, ...]
    inverse: dict[str, float]

    @property
    def places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def only(self, places: Sequence[int]) -> "Vocabulary":
        """The features at these places alone."""
        names = tuple(self.names[place] for place in places)
        return Vocabulary(names, {name: self.inverse[name] for name in names if name in self.inverse})


def read(vocabulary: Vocabulary, places: dict[str, int], seen: Seen) -> dict[int, float]:
    """The message as values at the places of known features."""
    found: dict[int, float] = {}
    for block, weight in ((seen.terms, WORD_WEIGHT), (seen.runs, LETTER_WEIGHT), (seen.heard, BEFORE_WEIGHT)):
        found |= {places[name]: value for name, value in weighted(block, vocabulary.inverse, weight)}
    found |= {places[name]: FORM_WEIGHT for name in seen.marks if name in places}
    return found | {places[name]: RULE_WEIGHT for name in seen.rules if name in places}


@dataclass(frozen=True)
class Head:
    """`any`: a probability for each label; else (one label of all) probabilities that sum to 1."""

    name: str
    labels: tuple[str, ...]
    any: bool


class LinearModel:
    """`weights`: features x columns, the columns of the heads one after another; `slope`, `shift`: of each column,
    they make its score a calibrated one."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        heads: tuple[Head, ...],
        weights: "NDArray[np.float32]",
        bias: "NDArray[np.float32]",
        slope: "NDArray[np.float32]",
        shift: "NDArray[np.float32]",
    ) -> None:
        self.vocabulary, self.heads = vocabulary, heads
        self.weights, self.bias, self.slope, self.shift = weights, bias, slope, shift
        self._places = vocabulary.places

    def probabilities(self, seen: Seen) -> "dict[str, NDArray[np.float64]]":
        """By head: of its labels, in their order. Rounded to four digits so that machines agree."""
        return self.of_scores(self.scores(seen)[None, :], first=True)

    def scores(self, seen: Seen) -> "NDArray[np.float32]":
        """The score of every column before calibration."""
        import numpy as np

        values = read(self.vocabulary, self._places, seen)
        chosen = np.fromiter(values, dtype=np.int64, count=len(values))
        scale = np.fromiter(values.values(), dtype=np.float32, count=len(values))
        return np.asarray((self.weights[chosen] * scale[:, None]).sum(axis=0) + self.bias)

    def of_scores(self, scores: "NDArray[Any]", *, first: bool = False) -> "dict[str, NDArray[np.float64]]":
        """Probabilities by head from rows of scores; `first`: of the first row alone, without that axis."""
        import numpy as np

        straight = np.clip(scores.astype(np.float64) * self.slope + self.shift, -LARGEST, LARGEST)
        found, start = {}, 0
        for head in self.heads:
            part = straight[:, start : start + len(head.labels)]
            start += len(head.labels)
            chances = 1 / (1 + np.exp(-part)) if head.any else _shares(part)
            found[head.name] = np.round(chances[0] if first else chances, 4)
        return found


def _shares(scores: "NDArray[np.float64]") -> "NDArray[np.float64]":
    import numpy as np

    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def known_share(vocabulary: Vocabulary, seen: Seen) -> float:
    """The share of a message's words that the vocabulary knows, in [0, 1]; 1 where it has none."""
    said = [name for name in seen.terms if name.startswith("w:") and " " not in name and name[2:3].isalpha()]
    return sum(name in vocabulary.inverse for name in said) / len(said) if said else 1.0
