"""What waits for somebody in the life of a model: a rollout that goes on, a version to evaluate, to let in, to mend."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.languages import N_
from nightlight.registry.rollout import Rollout
from nightlight.registry.store import DEV, PROD, STAGING
from nightlight.registry.stored import CHALLENGER, PASSED, REFUSED, ModelVersion

TRIED_OUT = N_("is being tried out: %(people)s")
NOBODY_YET = N_("is challenger in prod, and nobody meets it yet")
STAGED = N_("is tried in staging; the next step is prod")
LET_IN = N_("passed its gate and waits for a second person")
MEND = N_("was refused by its gate")
EVALUATE = N_("has not been evaluated")
WORDS_OF_GATE = {PASSED: LET_IN, REFUSED: MEND}


@dataclass(frozen=True)
class Waiting:
    """A version and what it waits for."""

    version: ModelVersion
    word: str


def waiting(versions: Sequence[ModelVersion], rollout: Rollout | None) -> list[Waiting]:
    """The farthest first. Of what was trained only the newest version: older ones were left behind."""
    found = [_in_prod(each, rollout) for each in versions if each.workspace == PROD and CHALLENGER in each.aliases]
    if (staged := _newest(versions, STAGING, above=(PROD,))) is not None:
        found.append(Waiting(staged, STAGED))
    if (trained := _newest(versions, DEV, above=(STAGING, PROD))) is not None:
        found.append(Waiting(trained, WORDS_OF_GATE.get(trained.gate, EVALUATE)))
    return found


def _in_prod(version: ModelVersion, rollout: Rollout | None) -> Waiting:
    if rollout is not None and rollout.version.label == version.label:
        return Waiting(version, TRIED_OUT)
    return Waiting(version, NOBODY_YET)


def _newest(versions: Sequence[ModelVersion], workspace: str, *, above: Sequence[str]) -> ModelVersion | None:
    """The newest version of a workspace, unless it came with the product or a workspace above it has its files."""
    there = [each for each in versions if each.workspace == workspace]
    if not there:
        return None
    newest = max(there, key=lambda each: each.version)
    went_up = any(each.workspace in above and each.digest == newest.digest for each in versions)
    return None if went_up or newest.tags.get("shipped") else newest
