"""Which version of a model was champion of a workspace when, and who made it so, as the audit tells it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightlight.registry.history import Event, history
from nightlight.registry.store import PROD
from nightlight.registry.stored import CHAMPION, ModelVersion
from nightlight.registry.versions import list_versions
from nightlight.settings import Home

INSTALLED = re.compile(r"(?P<to>\w+)/\w+")
PROMOTED = re.compile(rf"\w+ \d+ to (?P<to>\w+) as {CHAMPION}")
GIVEN = re.compile(r"(?P<source>\w+/\w+/\d+), files (?P<digest>\w+)")
TAKEN_BACK = re.compile(r"\w+/\w+/\d+ to (?P<label>\w+/\w+/\d+)")


@dataclass(frozen=True)
class Tenure:
    """The time that a version was champion; `until`: None while it is. `by`: who made it champion."""

    version: ModelVersion
    since: datetime
    until: datetime | None
    by: str


def tenures(home: Home, name: str, workspace: str = PROD) -> list[Tenure]:
    """The champions of a workspace one after the other, the oldest first; the last one is what is champion now."""
    known = [version for version in list_versions(home, name) if version.workspace == workspace]
    found: list[Tenure] = []
    for event in history(home, name):
        if event.outcome == "done" and (version := _made_champion(event, known, workspace)):
            _begin(found, version, event.at, event.by)
    now = next((version for version in known if CHAMPION in version.aliases), None)
    if now and not (found and found[-1].version.label == now.label):
        # Moved past the audit, by MLflow's own client, or written there and then not done: what is so counts.
        _begin(found, now, now.champion_since or now.made_at, now.champion_by)
    return found


def _begin(found: list[Tenure], version: ModelVersion, since: datetime, by: str) -> None:
    if found and found[-1].version.label == version.label:
        return
    if found:
        found[-1] = replace(found[-1], until=since)
    found.append(Tenure(version, since, None, by))


def _made_champion(event: Event, known: Sequence[ModelVersion], workspace: str) -> ModelVersion | None:
    """The version that an event made champion of the workspace, if it did."""
    return next(_made(event, known, workspace), None)


def _made(event: Event, known: Sequence[ModelVersion], workspace: str) -> Iterator[ModelVersion]:
    match event.action:
        case "install model" if _leads_to(INSTALLED, event, workspace):
            yield from (each for each in known if event.detail and each.digest.startswith(event.detail))
        case "promote model" if _leads_to(PROMOTED, event, workspace):
            given = GIVEN.match(event.detail)
            same = [each for each in known if given and each.digest.startswith(given["digest"])]
            # The same files may have been registered twice: the copy of the version that was named.
            yield from (each for each in same if given and given["source"] in (each.source, each.label))
            yield from same
        case "roll back model":
            back = TAKEN_BACK.match(event.detail)
            yield from (each for each in known if back and each.label == back["label"])


def _leads_to(pattern: re.Pattern[str], event: Event, workspace: str) -> bool:
    found = pattern.fullmatch(event.what)
    return found is not None and found["to"] == workspace
