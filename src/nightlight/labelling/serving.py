"""The labeller that works in a home: its champion in production, else the one that came with the product.

A moved alias is followed within ten seconds. A champion that cannot be read stops nobody: the shipped one works on, and
`in_use` says why."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

from nightlight.errors import NightlightError
from nightlight.labelling.model import Model, read_model, shipped_model
from nightlight.registry.serving import Followed
from nightlight.registry.store import PROD
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import PRODUCT, files_of, list_versions, manifest_of
from nightlight.settings import LABELLER, Home, shipped

SHIPPED = f"models/{LABELLER}"
KEPT = 4  # models in memory, with which running sessions go on
TRY_AGAIN = 60.0  # seconds; files that could not be read may have been restored by then
WAYS_OUT = f"restore its files from a backup, or take it back: `nightlight model rollback {LABELLER}`"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class InUse:
    """`champion`: None before there is one. `problem`: why the shipped model works in its place. `folder`: where the
    model's files lie."""

    model: Model
    folder: Path
    champion: ModelVersion | None = None
    problem: NightlightError | None = None

    @property
    def is_shipped(self) -> bool:
        return self.folder == shipped(SHIPPED)

    @property
    def told(self) -> str:
        """Which labeller it is, in a line: its version, and which registered one that is."""
        if self.champion is None or self.problem is not None:
            return f"{self.model.version}, as it came with the product"
        return f"{self.model.version}, {self.champion.label}"


def labeller_in_use(home: Home | None) -> Model:
    """What labels here now. A session keeps the model it began with; who begins one asks anew."""
    return in_use(home).model


def in_use(home: Home | None) -> InUse:
    """The same, with which registered version it is; without a home the one that came with the product."""
    return shipped_in_use() if home is None else _following(home).current()


def labeller_of(home: Home, version: str) -> Model:
    """The model that gave labels of this version, as long as production keeps it; else the one in use."""
    now = labeller_in_use(home)
    weights = weights_in(version)
    for model in (now, shipped_model()):
        if weights_in(model.version) == weights:
            return model
    try:
        kept = [each for each in list_versions(home, LABELLER) if each.workspace == PROD]
        found = next((each for each in kept if weights_of(home, each) == weights), None)
        return _read(home, found).model if found else now
    except NightlightError:
        return now


def model_of(home: Home, version: ModelVersion) -> Model:
    """A registered version's model; raises NightlightError where it cannot be read."""
    found = _read(home, version)
    if found.problem is not None:
        raise found.problem
    return found.model


def weights_of(home: Home, version: ModelVersion) -> str:
    """What versions of labels by this model begin with, whatever the rules beside it are; "" where nobody can say."""
    from nightlight.labelling.files import together

    try:
        return f"labels-2-{together(manifest_of(home, version).values['sha256'])}"
    except (NightlightError, KeyError, TypeError, AttributeError):
        return ""


def weights_in(version: str) -> str:
    """
    >>> weights_in("labels-2-53128b2b-2a9cf4d2+minilm-1-2f4e")
    'labels-2-53128b2b'
    """
    return "-".join(version.split("-")[:3])


class Following:
    """The model of a home's champion as of at most some seconds ago; safe to share between threads."""

    def __init__(self, home: Home, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._home, self._clock = home, clock
        self._followed = Followed(home, LABELLER, clock=clock)
        self._lock = Lock()
        self._known: InUse | None = None
        self._read_at, self._read_of = 0.0, ("", "")

    def current(self) -> InUse:
        try:
            champion = self._followed.current()
        except NightlightError as error:
            return InUse(shipped_model(), shipped(SHIPPED), problem=error)
        with self._lock:
            of = (champion.label, champion.champion_by) if champion else ("", "")
            if self._known is None or of != self._read_of or self._is_due(self._known):
                self._known = _read(self._home, None if _is_superseded(self._home, champion) else champion)
                self._read_at, self._read_of = self._clock(), of
                if self._known.problem is not None:
                    LOG.warning("the shipped labeller works in the champion's place: %s", self._known.problem)
            return self._known

    def _is_due(self, known: InUse) -> bool:
        return known.problem is not None and self._clock() - self._read_at >= TRY_AGAIN


def _is_superseded(home: Home, champion: ModelVersion | None) -> bool:
    """Whether it came with an earlier release and nobody chose it: what came with this one works in its place."""
    if champion is None or not champion.tags.get("shipped") or champion.champion_by != PRODUCT:
        return False
    return weights_of(home, champion) not in ("", weights_in(shipped_model().version))


@lru_cache(maxsize=8)
def _following(home: Home) -> Following:
    return Following(home)


@cache
def shipped_in_use() -> InUse:
    return InUse(shipped_model(), shipped(SHIPPED))


def _read(home: Home, version: ModelVersion | None) -> InUse:
    """The model of a registered version; what came with the product is read where it lies, once."""
    if version is None:
        return shipped_in_use()
    try:
        if weights_of(home, version) == weights_in(shipped_model().version):
            return InUse(shipped_model(), shipped(SHIPPED), version)
        folder = files_of(home, version)
        return InUse(_model(folder, version.digest), folder, version)
    except NightlightError as error:
        problem = NightlightError(error.what, where=error.where, remedy=WAYS_OUT)
    except Exception as error:  # whatever is wrong with a file: people go on
        what = f"{version.label} is no labeller that can be read ({type(error).__name__})"
        problem = NightlightError(what, remedy=WAYS_OUT)
    return InUse(shipped_model(), shipped(SHIPPED), version, problem)


@lru_cache(maxsize=KEPT)
def _model(folder: Path, digest: str) -> Model:
    return read_model(folder)
