"""Rollout: how the challenger of production is tried out, as tags of its version, which MLflow's own pages show too.

Two people for the way up, as in promotion: the author lets nobody meet what they made. One is enough to end it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError, suggest
from nightlight.lakehouse.lock import run_lock
from nightlight.registry.store import PROD, open_store
from nightlight.registry.stored import CHALLENGER, ModelVersion
from nightlight.registry.versions import (
    Clock,
    authors_of,
    check_decides,
    files_of,
    get_version,
    holder,
    now_utc,
    one_line,
    refusals_recorded,
)
from nightlight.settings import LABELLER, Home

if TYPE_CHECKING:
    from mlflow import MlflowClient

SHADOW, COHORT, PERCENTAGE = KINDS = ("shadow", "cohort", "percentage")
KIND, VALUE, BY, SINCE = TAGS = ("rollout", "rollout_value", "rollout_by", "rollout_since")
NOT_SPOKEN = (LABELLER,)
"""Models that nobody converses with."""


@dataclass(frozen=True)
class Rollout:
    """`kind`: shadow (asked for the same lines and never heard), cohort or percentage (of people; `value` says which).
    `by`, `since`: who began it, and when."""

    version: ModelVersion
    kind: str
    value: str
    by: str
    since: datetime

    @property
    def people(self) -> str:
        """Who meets the version, in words.

        >>> Rollout(None, "percentage", "10", "clara", datetime.min).people  # type: ignore[arg-type]
        '10 % of people'
        """
        words = {SHADOW: "nobody (shadow)", COHORT: f"cohort {self.value}", PERCENTAGE: f"{self.value} % of people"}
        return words[self.kind]


def start_rollout(
    home: Home, name: str, version: int, *, kind: str, value: str = "", by: str, clock: Clock = now_utc
) -> Rollout:
    """Try the challenger of production out; in place of how it was tried before. Raises NightlightError for another
    version, an author who would let their own in, and a value that does not fit."""
    statement = f"{name} {version} by {kind[:20]}"
    with (
        refusals_recorded(home, "roll out model", by, statement, clock),
        run_lock(home.root, "promotion"),
    ):
        check_decides(home, by, name)
        check_is_spoken(name)
        found = _challenger(home, name, version)
        if by in authors_of(found):
            raise NightlightError(f"'{by}' trained or registered {found.label}", remedy="a second person tries it out")
        value = _checked(kind, value)
        files_of(home, found)
        tried = Rollout(found, kind, value, by, clock())
        detail = f"{found.label}, {tried.people}, files {found.digest[:12]}"
        entry = Entry("roll out model", by, None, "done", statement=statement, detail=detail)
        append(home, entry, clock=clock)
        with open_store(home, PROD) as client:
            for key, each in zip(TAGS, (kind, value, by, tried.since.isoformat()), strict=True):
                client.set_model_version_tag(name, str(found.version), key, each)
        return _running(home, name)


def stop_rollout(home: Home, name: str, *, by: str, reason: str = "", clock: Clock = now_utc) -> None:
    """Let the champion alone speak again; raises NightlightError when nothing is tried out."""
    with (
        refusals_recorded(home, "stop rollout", by, name, clock),
        run_lock(home.root, "promotion"),
    ):
        check_decides(home, by, name)
        running = _running(home, name)
        told = one_line(reason)
        detail = f"{running.version.label}, {running.people}" + (f": {told}" if told else "")
        append(home, Entry("stop rollout", by, None, "done", statement=name, detail=detail), clock=clock)
        with open_store(home, PROD) as client:
            end_rollout(client, running.version)


def rollout_of(home: Home, name: str) -> Rollout | None:
    """How the challenger of production is tried out just now; None when it is not."""
    return rollout_in(holder(home, name, CHALLENGER, workspace=PROD))


def rollout_in(version: ModelVersion | None) -> Rollout | None:
    """What the tags of a version say; None for what no `start_rollout` wrote."""
    if version is None or version.tags.get(KIND) not in KINDS:
        return None
    tags: Mapping[str, str] = version.tags
    try:
        value = _checked(tags[KIND], tags[VALUE])
        return Rollout(version, tags[KIND], value, tags[BY], datetime.fromisoformat(tags[SINCE]))
    except (KeyError, ValueError, NightlightError):
        return None


def end_rollout(client: "MlflowClient", version: ModelVersion) -> None:
    for key in TAGS:
        if key in version.tags:
            client.delete_model_version_tag(version.name, str(version.version), key)


def check_is_spoken(name: str) -> None:
    if name in NOT_SPOKEN:
        raise NightlightError(
            f"the model '{name}' talks with nobody: it is not tried out on people",
            remedy=f"`nightlight model compare {name} ONE OTHER` puts two versions side by side",
        )


def _running(home: Home, name: str) -> Rollout:
    running = rollout_of(home, name)
    if running is None:
        raise NightlightError(f"no version of '{name}' is being tried out")
    return running


def _challenger(home: Home, name: str, version: int) -> ModelVersion:
    found = get_version(home, name, version, workspace=PROD)
    if CHALLENGER not in found.aliases:
        there = holder(home, name, CHALLENGER, workspace=PROD)
        remedy = (
            f"the challenger is version {there.version}"
            if there
            else f"promote one: `nightlight model promote {name} VERSION --to {PROD} --alias {CHALLENGER} --as USER`"
        )
        raise NightlightError(f"{found.label} is not the challenger", remedy=remedy)
    return found


def _checked(kind: str, value: str) -> str:
    """The value as it is kept; raises NightlightError where it does not fit."""
    if kind not in KINDS:
        raise NightlightError(f"'{kind[:20]}' is no way to try a version out", remedy=suggest(kind[:20], KINDS))
    if kind == PERCENTAGE:
        if not (value.isascii() and value.isdigit() and len(value) <= 2 and int(value)):
            raise NightlightError(f"'{value[:20]}' is no percentage", remedy="write a whole number from 1 to 99")
        return str(int(value))
    if kind == COHORT and not value.strip():
        raise NightlightError("no cohort is named", remedy="name one")
    return value
