"""Acts by words and by sense together: the plain reader's scores and those of an encoder's vectors, half and half.

The part of the labeller that reads vectors belongs to one encoder and to one plain reader; others are refused."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nightlight.errors import NightlightError
from nightlight.labelling.encoder import Encoder, dense
from nightlight.labelling.features import Seen
from nightlight.labelling.files import ENCODER, linear_from, read_encoder_part
from nightlight.labelling.linear import Head, LinearModel
from nightlight.labelling.model import ACTS, CounselorReader, Model, read_model
from nightlight.settings import shipped

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

SHARE = 0.5  # of the words; the rest is of the vectors
SOURCES = ("encoder", "fusion", "wordpiece")
"""The modules that decide about an act beside those of the plain reader: their text belongs to the version."""


class Said(NamedTuple):
    """A message, and what it answers."""

    text: str
    before: str


def fused(plain: "NDArray[Any]", vectors: "NDArray[Any]", part: LinearModel) -> "NDArray[np.float64]":
    """Scores of acts before calibration, a row for each message."""
    import numpy as np

    return np.asarray(SHARE * plain + (1 - SHARE) * (vectors @ part.weights + part.bias), dtype=np.float64)


class FusedReader(CounselorReader):
    """Reads counselors' messages as the plain reader does, but for the probabilities of acts and their thresholds.

    `part`: a linear model of the vectors, whose calibration is that of both together."""

    def __init__(
        self,
        plain: CounselorReader,
        encoder: Encoder,
        part: LinearModel,
        thresholds: "NDArray[np.float32]",
        version: str,
    ) -> None:
        super().__init__(plain.model, thresholds, version)
        self._encoder, self._part = encoder, part
        self._columns = columns_of(plain.model.heads, ACTS)

    def _heads(self, seen: Seen, text: str, before: str) -> "dict[str, NDArray[np.float64]]":
        scores = self.model.scores(seen)[None, :]
        both = fused(scores[:, self._columns], dense(self._encoder, [Said(text, before)]), self._part)
        return self.model.of_scores(scores, first=True) | self._part.of_scores(both, first=True)


def columns_of(heads: tuple[Head, ...], name: str) -> slice:
    """Where a head's labels stand among those of all heads."""
    names = [head.name for head in heads]
    sizes = [len(head.labels) for head in heads]
    place = names.index(name)
    return slice(sum(sizes[:place]), sum(sizes[: place + 1]))


def shipped_model_with(encoder: Encoder) -> Model:
    """The model that comes with the product, reading with this encoder too."""
    return read_model_with(encoder, shipped("models/labeller"))


def read_model_with(encoder: Encoder, folder: Path) -> Model:
    """The model in a folder, reading with this encoder too; raises NightlightError where it has no part for it."""
    model = read_model(folder)
    wanted, digest, arrays = read_encoder_part(folder)
    if wanted != encoder.version:
        raise NightlightError(
            f"the labeller reads with {wanted}, and this is {encoder.version}",
            where=str(folder / f"{ENCODER}.npz"),
            remedy="name the one that `make encoder` installs, or train for yours: make labeller ARGS='--encoder DIR'",
        )
    version = f"{model.version}+{encoder.version}-{_code_and(digest)}"
    reader = FusedReader(model.counselor, encoder, linear_from(arrays), arrays["thresholds"], version)
    return replace(model, counselor=reader, version=version)


def _code_and(digest: str) -> str:
    folder = Path(__file__).parent
    code = b"".join((folder / f"{name}.py").read_bytes() for name in SOURCES)
    return hashlib.sha256(digest.encode() + code).hexdigest()[:8]
