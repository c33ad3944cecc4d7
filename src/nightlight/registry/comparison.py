"""Two versions side by side: their measures, and what the same training gives twice."""

from dataclasses import dataclass

from nightlight.registry.gates import Measure, get_report
from nightlight.registry.manifest import Manifest
from nightlight.registry.stored import ModelVersion
from nightlight.settings import Home


@dataclass(frozen=True)
class Compared:
    """One measure of two versions; `better`: "first", "second", "same", or "" where one of them lacks it."""

    id: str
    name: str
    first: float | None
    second: float | None
    bar: float | None
    better: str


def compare(home: Home, first: ModelVersion, second: ModelVersion) -> list[Compared]:
    """The measures of two versions' gate reports side by side."""
    one, other = _measures(home, first), _measures(home, second)
    ids = {measure.id: measure for measure in (*one.values(), *other.values())}
    return [
        Compared(
            key, known.name, _value(one, key), _value(other, key), known.bar, _better(one.get(key), other.get(key))
        )
        for key, known in ids.items()
    ]


def differences(before: Manifest, again: Manifest) -> list[dict[str, object]]:
    """What a training gave and what the same training gives now: files by digest, metrics by value."""
    rows: list[dict[str, object]] = []
    for kind, then, now in (("file", before.files, again.files), ("metric", before.metrics, again.metrics)):
        for name in sorted({*then, *now}):
            one, other = then.get(name), now.get(name)
            rows.append({"what": f"{kind} {name}", "then": one, "now": other, "same": one == other})
    return rows


def _measures(home: Home, version: ModelVersion) -> dict[str, Measure]:
    report = get_report(home, version)
    return {measure.id: measure for measure in report.measures} if report else {}


def _value(measures: dict[str, Measure], key: str) -> float | None:
    return measures[key].value if key in measures else None


def _better(one: Measure | None, other: Measure | None) -> str:
    if one is None or other is None or (one.bar is None and not one.must_not_regress):
        return ""
    if one.value == other.value:
        return "same"
    return "first" if (one.value < other.value) is one.at_most else "second"
