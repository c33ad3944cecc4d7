"""A linear labeller: features times weights, calibrated act by act, the sure rules on top. Plain arrays, no pickle.

Reading a message needs numpy only; training.py makes the file."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.conversations.labels import CounselorAct
from nightlight.errors import NightlightError
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.features import (
    BEFORE_WEIGHT,
    FORM_WEIGHT,
    LETTER_WEIGHT,
    RULE_WEIGHT,
    WORD_WEIGHT,
    Seen,
    look,
    weighted,
)
from nightlight.labelling.reading import plain, words
from nightlight.labelling.rules import DENIED_RUNG, RULES, RUNGS, SURE, denies_rung, hits

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCES = ("cues", "features", "model", "reading", "rules")
"""The modules that decide about a label beside the weights: their text belongs to the version."""
MODEL, MANIFEST = "model.npz", "manifest.json"
MOST_ACTS = 5
ASKED = NO_WORDS = 0.5
QUESTIONS = (CounselorAct.CLOSED_QUESTION, CounselorAct.OPEN_QUESTION)
"""What a question about risk is not besides: of 577 such messages in the corpus three are also called a question."""


@dataclass(frozen=True)
class Vocabulary:
    """The known features in their order, and the inverse document frequency of those that are counted."""

    names: tuple[str, ...]
    inverse: dict[str, float]

    @property
    def places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}


def read(vocabulary: Vocabulary, places: dict[str, int], seen: Seen) -> dict[int, float]:
    """The message as values at the places of known features."""
    found: dict[int, float] = {}
    for block, weight in ((seen.terms, WORD_WEIGHT), (seen.runs, LETTER_WEIGHT), (seen.heard, BEFORE_WEIGHT)):
        found |= {places[name]: value for name, value in weighted(block, vocabulary.inverse, weight)}
    found |= {places[name]: FORM_WEIGHT for name in seen.marks if name in places}
    return found | {places[name]: RULE_WEIGHT for name in seen.rules if name in places}


class LinearLabeller:
    """Labels with the weights of one file. The texts' order does not matter, nor does the process."""

    def __init__(self, folder: Path) -> None:
        import numpy as np

        try:
            manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            stored = (folder / MODEL).read_bytes()
            arrays = np.load(folder / MODEL, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise NightlightError(
                "the labeller cannot be read", where=str(folder), remedy="install it again"
            ) from error
        if hashlib.sha256(stored).hexdigest() != manifest["sha256"]:
            raise NightlightError(
                "the labeller is not what its manifest says", where=str(folder), remedy="make labeller"
            )
        self.version = f"acts-1-{manifest['sha256'][:8]}-{code_digest()[:8]}"
        names = tuple(arrays["names"].tobytes().decode().split("\n"))
        inverse = {name: float(value) for name, value in zip(names, arrays["inverse"], strict=True) if value > 0}
        self._vocabulary = Vocabulary(names, inverse)
        self._places = self._vocabulary.places
        self._acts = tuple(CounselorAct(act) for act in manifest["acts"])
        self._weights: NDArray[np.float32] = arrays["weights"].astype(np.float32)
        self._bias: NDArray[np.float32] = arrays["bias"].astype(np.float32)
        self._slope, self._shift = arrays["slope"].tolist(), arrays["shift"].tolist()
        self._limits = dict(zip(self._acts, arrays["thresholds"].tolist(), strict=True))

    def probabilities(self, text: str, *, before: str = "") -> dict[CounselorAct, float]:
        """The calibrated probability of every act after the sure rules."""
        return overruled(self._by_weights(text, before), text, before)

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        if not words(plain(text)):  # a thumb, three dots: somebody listens
            return (LabelledAct(CounselorAct.BACKCHANNEL, NO_WORDS),)
        return chosen_acts(self.probabilities(text, before=before), self._limits)

    def label_by_weights(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        """What the weights alone say, without the sure rules on top: for reports."""
        return chosen_acts(self._by_weights(text, before), self._limits)

    def _by_weights(self, text: str, before: str) -> dict[CounselorAct, float]:
        """Rounded to four digits so that machines agree."""
        import numpy as np

        values = read(self._vocabulary, self._places, look(text, before))
        chosen = np.fromiter(values, dtype=np.int64, count=len(values))
        scale = np.fromiter(values.values(), dtype=np.float32, count=len(values))
        scores = (self._weights[chosen] * scale[:, None]).sum(axis=0) + self._bias
        return {
            act: round(1 / (1 + math.exp(-max(-30.0, min(30.0, slope * float(score) + shift)))), 4)
            for act, score, slope, shift in zip(self._acts, scores, self._slope, self._shift, strict=True)
        }


def code_digest() -> str:
    """The SHA-256 over the modules that decide about a label."""
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / f"{name}.py").read_bytes() for name in SOURCES)).hexdigest()


def overruled(found: dict[CounselorAct, float], text: str, before: str) -> dict[CounselorAct, float]:
    """The probabilities after the sure rules: they put an act there, take a denied or quoted rung
    away, and leave no plain question beside a question about risk."""
    sure = {RULES[number].act for number in hits(text, before) if RULES[number].sure}
    changed = dict(found)
    if denies_rung(text) and not sure & RUNGS:
        changed |= {act: min(found.get(act, 0.0), DENIED_RUNG) for act in RUNGS}
    if CounselorAct.EUPHEMISM in sure and not sure & RUNGS:
        changed |= {act: min(found.get(act, 0.0), DENIED_RUNG) for act in RUNGS}
    changed |= {act: max(SURE, found.get(act, 0.0)) for act in sure}
    if any(changed.get(act, 0.0) >= ASKED for act in RUNGS):
        changed |= {act: min(changed.get(act, 0.0), DENIED_RUNG) for act in QUESTIONS}
    return changed


def chosen_acts(found: dict[CounselorAct, float], thresholds: dict[CounselorAct, float]) -> tuple[LabelledAct, ...]:
    """The acts that pass their thresholds, most probable first; else the most probable one that is no question about
    risk: a texter is not led on by a question that was hardly asked."""
    order = {act: place for place, act in enumerate(CounselorAct)}
    ranked = sorted(found.items(), key=lambda item: (-item[1], order[item[0]]))
    passed = [item for item in ranked if item[1] >= thresholds.get(item[0], 0.5)]
    chosen = passed or [item for item in ranked if item[0] not in RUNGS][:1] or ranked[:1]
    return tuple(LabelledAct(act, probability) for act, probability in chosen[:MOST_ACTS])
