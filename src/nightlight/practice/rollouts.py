"""Who meets a version that is tried out: a cohort's people, or a share of all, each always the same version."""

from hashlib import sha256

from nightlight.db import transaction
from nightlight.practice.cohorts import cohorts_of, find
from nightlight.registry.rollout import COHORT, PERCENTAGE, Rollout, start_rollout
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import Clock, check_decides, now_utc, refusals_recorded
from nightlight.settings import Home


def roll_out(
    home: Home, name: str, version: int, *, kind: str, value: str = "", by: str, clock: Clock = now_utc
) -> Rollout:
    """Try the challenger of production out; raises NightlightError for a cohort that is not there as well."""
    if kind == COHORT:
        with refusals_recorded(home, "roll out model", by, f"{name} {version} by {kind}", clock):
            check_decides(home, by, name)  # or anybody would learn which cohorts there are
            with transaction(home.database_url) as connection:
                value = find(connection, value).name
    return start_rollout(home, name, version, kind=kind, value=value, by=by, clock=clock)


def meets(home: Home, rollout: Rollout, person: str) -> bool:
    """Whether this person's next session has the version that is tried out."""
    if rollout.kind == COHORT:
        with transaction(home.database_url) as connection:
            return rollout.value in cohorts_of(connection, person)
    return rollout.kind == PERCENTAGE and place_of(rollout.version, person) < int(rollout.value)


def place_of(version: ModelVersion, person: str) -> int:
    """From 0 to 99, for a version always the same: a share that grows takes people in and sends none away."""
    digest = sha256(f"{version.name}\n{version.digest}\n{person}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100
