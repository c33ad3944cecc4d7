"""Which version was champion when, as bars on one line of time: a lane for each version, the newest first.

Pure geometry in hundredths of the time shown; templates draw it, with a table of the same beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightlight.registry.stored import ModelVersion
from nightlight.registry.tenure import Tenure

NARROWEST = 0.7


@dataclass(frozen=True)
class Lane:
    """One version, with where each of its times as champion begins and how long it is."""

    version: ModelVersion
    spans: tuple[tuple[float, float], ...]
    is_now: bool


@dataclass(frozen=True)
class Timeline:
    begin: datetime
    end: datetime
    lanes: tuple[Lane, ...]


def timeline(tenures: Sequence[Tenure], now: datetime) -> Timeline | None:
    """None where nobody was champion yet."""
    if not tenures:
        return None
    begin = min(each.since for each in tenures)
    seconds = max((now - begin).total_seconds(), 1.0)
    spans: dict[str, list[tuple[float, float]]] = {}
    versions: dict[str, ModelVersion] = {}
    for each in sorted(tenures, key=lambda tenure: tenure.since):
        x = 100 * (each.since - begin).total_seconds() / seconds
        width = 100 * ((each.until or now) - each.since).total_seconds() / seconds
        width = max(NARROWEST, width)
        versions[each.version.label] = each.version
        spans.setdefault(each.version.label, []).append((round(min(x, 100 - width), 2), round(width, 2)))
    now_champion = {each.version.label for each in tenures if each.until is None}
    lanes = tuple(Lane(versions[label], tuple(found), label in now_champion) for label, found in spans.items())
    return Timeline(begin, now, lanes[::-1])
