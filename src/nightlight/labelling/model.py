"""The trained labeller: what each author's messages do or show, and the phases of their course, from one folder.

Reading needs numpy only; `training` makes the files. Plain arrays, no pickle."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from nightlight.conversations.labels import HARMFUL_ACTS, Author, CounselorAct, Phase, RiskAttribute, TexterAct
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.features import Seen, look_at_counselor, look_at_texter, met_by
from nightlight.labelling.linear import LinearModel, known_share
from nightlight.labelling.reading import plain, words
from nightlight.labelling.risk import LEVELS, LabelledRisk, decided_level
from nightlight.labelling.rules import DENIED_RUNG, RULES, RUNGS, SURE, denies_rung, hits
from nightlight.labelling.sequence import (
    PHASES,
    PhaseModel,
    best_path,
    coarse_of,
    fine_within,
    offline_inputs,
    online_inputs,
)
from nightlight.settings import shipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOURCES = ("cues", "features", "linear", "model", "reading", "risk", "risk_marks", "rules", "sequence")
"""The modules that decide about a label beside the weights: their text belongs to the version."""
ACTS, PHASE, TEXTER_ACTS, RISK, ATTRIBUTES = "acts", "phase", "texter_acts", "risk", "attributes"
MOST_ACTS = 5
ASKED = NO_WORDS = 0.5
QUESTIONS = (CounselorAct.CLOSED_QUESTION, CounselorAct.OPEN_QUESTION)
"""What a question about risk is not besides: of 577 such messages in the corpus three are also called a question."""
REMEMBERED = 20_000  # messages whose reading is kept: the same words after the same words are read once


@dataclass(frozen=True)
class Reading:
    """What is said of one message: by head of the linear model; the share of its words that the model knows; its acts,
    if a counselor wrote it, else its risk."""

    heads: "dict[str, NDArray[np.float64]]"
    known: float
    acts: tuple[LabelledAct, ...] | None = None
    risk: LabelledRisk | None = None


class Remembered:
    """Readings by a digest of what was read: a conversation grows message by message, and each of them is read once.
    No text is remembered."""

    def __init__(self, read: Callable[[str, str], Reading]) -> None:
        self._read = read
        self._kept: dict[bytes, Reading] = {}
        self._lock = Lock()

    def __call__(self, text: str, before: str) -> Reading:
        key = blake2b(f"{len(text)} {text}{before}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if (found := self._kept.get(key)) is None:
            found = self._read(text, before)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > REMEMBERED:
                    del self._kept[next(iter(self._kept))]
        return found


class CounselorReader:
    """Reads counselors' messages; an `ActLabeller`."""

    def __init__(self, model: LinearModel, thresholds: "NDArray[np.float32]", version: str) -> None:
        self.version = version
        self.model = model
        self._acts = tuple(CounselorAct(act) for act in next(h for h in model.heads if h.name == ACTS).labels)
        self._limits = dict(zip(self._acts, thresholds.tolist(), strict=True))
        self.read = Remembered(self._read)

    def _read(self, text: str, before: str) -> Reading:
        seen = look_at_counselor(text, before)
        heads = self._heads(seen, text, before)
        acts = chosen_acts(overruled(self._named(heads), text, met_by(seen)), self._limits)
        if not words(plain(text)):  # a thumb, three dots: somebody listens
            acts = (LabelledAct(CounselorAct.BACKCHANNEL, NO_WORDS),)
        return Reading(heads, known_share(self.model.vocabulary, seen), acts=acts)

    def _heads(self, seen: Seen, text: str, before: str) -> "dict[str, NDArray[np.float64]]":
        return self.model.probabilities(seen)

    def _named(self, heads: "dict[str, NDArray[np.float64]]") -> dict[CounselorAct, float]:
        return dict(zip(self._acts, heads[ACTS].tolist(), strict=True))

    def probabilities(self, text: str, *, before: str = "") -> dict[CounselorAct, float]:
        """The calibrated probability of every act after the sure rules."""
        return overruled(self._named(self.read(text, before).heads), text, hits(text, before))

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        return self.read(text, before).acts or ()

    def label_by_weights(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        """As `label`, without the sure rules: for reports."""
        return chosen_acts(self._named(self.read(text, before).heads), self._limits)


class TexterReader:
    """Reads texters' messages; a `RiskLabeller`."""

    def __init__(
        self, model: LinearModel, limits: Sequence[float], thresholds: "NDArray[np.float32]", version: str
    ) -> None:
        self.version = version
        self._model, self._limits, self._thresholds = model, tuple(limits), thresholds.tolist()
        self._attributes = next(head.labels for head in model.heads if head.name == ATTRIBUTES)
        self.read = Remembered(self._read)

    def _read(self, text: str, before: str) -> Reading:
        seen = look_at_texter(text, before)
        heads = self._model.probabilities(seen)
        levels = tuple(heads[RISK].tolist())
        found = zip(self._attributes, heads[ATTRIBUTES].tolist(), self._thresholds, strict=True)
        attributes = tuple(RiskAttribute(name) for name, chance, limit in found if chance >= limit)
        risk = LabelledRisk(decided_level(levels, self._limits), levels, attributes)
        return Reading(heads, known_share(self._model.vocabulary, seen), risk=risk)

    def label(self, text: str, *, before: str = "") -> LabelledRisk:
        risk = self.read(text, before).risk
        if risk is None:
            raise AssertionError("a texter's message has its risk")
        return risk


@dataclass(frozen=True)
class Model:
    """Both readers, and the courses of phases: `online` with the messages so far, `offline` with all of them."""

    counselor: CounselorReader
    texter: TexterReader
    online: PhaseModel
    offline: PhaseModel
    version: str

    def read(self, author: Author, text: str, before: str) -> Reading:
        reader = self.counselor if author is Author.COUNSELOR else self.texter
        return reader.read(text, before)

    def phases(
        self, authors: Sequence[Author], readings: Sequence[Reading], *, online: bool
    ) -> list[tuple[Phase, float]]:
        """The fine phase of every message with its probability."""
        import numpy as np

        if not readings:
            return []
        rows, counselor = rows_of(authors, readings)
        if online:
            fine = self.online.probabilities(online_inputs(rows, counselor))
            path = coarse_of(fine).argmax(axis=1).tolist()
        else:
            fine = self.offline.probabilities(offline_inputs(rows, counselor))
            path = best_path(self.offline, coarse_of(fine))
        found = fine_within(fine, path)
        chances = fine[np.arange(len(fine)), [PHASES.index(phase) for phase in found]]
        return [(phase, round(float(chance), 4)) for phase, chance in zip(found, chances, strict=True)]


def rows_of(authors: Sequence[Author], readings: Sequence[Reading]) -> "tuple[NDArray[np.float64], NDArray[np.bool_]]":
    """Readings of a conversation as rows for the courses, and which of them are the counselor's."""
    import numpy as np

    counselor = np.array([author is Author.COUNSELOR for author in authors])
    size = {head: len(reading.heads[head]) for reading in readings for head in reading.heads}
    parts = [
        np.array([reading.heads.get(head, np.zeros(size.get(head, ROOM[head]))) for reading in readings])
        for head in (PHASE, ACTS, TEXTER_ACTS, RISK)
    ]
    return np.hstack([*parts, counselor[:, None].astype(float)]), counselor


ROOM = {PHASE: len(PHASES), ACTS: len(CounselorAct), TEXTER_ACTS: len(TexterAct), RISK: LEVELS}
"""How many labels a head has, for conversations in which its author says nothing."""


def code_digest() -> str:
    """The SHA-256 over the modules that decide about a label."""
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / f"{name}.py").read_bytes() for name in SOURCES)).hexdigest()


@cache
def shipped_model() -> Model:
    """The model that comes with the product; read once in a process."""
    return read_model(shipped("models/labeller"))


def read_model(folder: Path) -> Model:
    """The model in a folder; raises NightlightError where it cannot be read or was changed."""
    from nightlight.labelling.files import (
        COUNSELOR,
        OFFLINE,
        ONLINE,
        TEXTER,
        linear_from,
        phase_from,
        read_parts,
        together,
    )

    manifest, arrays = read_parts(folder)
    version = f"labels-2-{together(manifest['sha256'])}-{code_digest()[:8]}"
    return Model(
        CounselorReader(linear_from(arrays[COUNSELOR]), arrays[COUNSELOR]["thresholds"], version),
        TexterReader(
            linear_from(arrays[TEXTER]), arrays[TEXTER]["levels"].tolist(), arrays[TEXTER]["thresholds"], version
        ),
        phase_from(arrays[ONLINE]),
        phase_from(arrays[OFFLINE]),
        version,
    )


def overruled(found: dict[CounselorAct, float], text: str, met: Iterable[int]) -> dict[CounselorAct, float]:
    """The probabilities after the sure ones of the rules that were `met`: they put an act there, take a denied or
    quoted rung away, and leave no plain question beside a question about risk."""
    sure = {RULES[number].act for number in met if RULES[number].sure}
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
    """The acts that pass their thresholds, most probable first; else the most probable one that is neither a question
    about risk nor harmful: nobody is led on by a question that was hardly asked, or blamed on a suspicion."""
    order = {act: place for place, act in enumerate(CounselorAct)}
    ranked = sorted(found.items(), key=lambda item: (-item[1], order[item[0]]))
    passed = [item for item in ranked if item[1] >= thresholds.get(item[0], 0.5)]
    chosen = passed or [item for item in ranked if item[0] not in RUNGS | HARMFUL_ACTS][:1] or ranked[:1]
    return tuple(LabelledAct(act, probability) for act, probability in chosen[:MOST_ACTS])
