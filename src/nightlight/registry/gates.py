"""Gates: what was measured of a version, held against its bars and against the champion; kept beside its files."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.registry.bars import Bar
from nightlight.registry.store import open_store
from nightlight.registry.stored import PASSED, REFUSED, ModelVersion
from nightlight.registry.versions import check_may, get_version, now_utc, refusals_recorded, run_folder
from nightlight.settings import Home

REPORT = "gate_report.json"
EXACTNESS = 1e-9


@dataclass(frozen=True)
class Figure:
    """One number that a suite has found."""

    id: str
    name: str
    value: float


@dataclass(frozen=True)
class Measure:
    """A figure and what it has to reach; `bar`: None where only a regress counts, or nothing at all."""

    id: str
    name: str
    value: float
    bar: float | None
    at_most: bool
    must_not_regress: bool

    @property
    def meets_bar(self) -> bool:
        if self.bar is None:
            return True
        return self.value <= self.bar + EXACTNESS if self.at_most else self.value >= self.bar - EXACTNESS


@dataclass(frozen=True)
class GateReport:
    """What a version reached, beside the champion's figures; `refused_because`: one line for each reason.

    `digest`: of the manifest of what was measured. `champion`: whose figures stand beside, "" for nobody's, with the
    digest of its manifest ("" for a baseline, which is no model).
    """

    model: str
    version: int
    at: datetime
    measures: tuple[Measure, ...]
    champion_measures: tuple[Measure, ...] = ()
    refused_because: tuple[str, ...] = ()
    workspace: str = "dev"
    digest: str = ""
    champion: str = ""
    champion_digest: str = ""

    @property
    def passed(self) -> bool:
        return not self.refused_because

    @property
    def figures(self) -> tuple[Figure, ...]:
        return _figures(self.measures)

    def figures_of(self, champion: ModelVersion | None) -> tuple[Figure, ...]:
        """The figures of this champion, or without one of the baseline, if they were taken beside this version's."""
        digest = champion.digest if champion else ""
        return _figures(self.champion_measures) if digest == self.champion_digest else ()


def judge(
    version: ModelVersion,
    figures: Sequence[Figure],
    bars: Sequence[Bar],
    *,
    at: datetime,
    champion: ModelVersion | None = None,
    champion_figures: Sequence[Figure] = (),
    baseline: str = "",
) -> GateReport:
    """The report of a version with these figures. `baseline`: whose figures stand beside where there is no champion."""
    measures, others = _measures(figures, bars), _measures(champion_figures, bars)
    taken, theirs = {each.id: each for each in measures}, {each.id: each.value for each in others}
    reasons = [reason for bar in bars for reason in _reasons(bar, taken.get(bar.id), theirs.get(bar.id))]
    return GateReport(
        model=version.name,
        version=version.version,
        at=at,
        measures=measures,
        champion_measures=others,
        refused_because=tuple(reasons),
        workspace=version.workspace,
        digest=version.digest,
        champion=(champion.label if champion else baseline) if others else "",
        champion_digest=champion.digest if champion and others else "",
    )


def save_report(home: Home, report: GateReport, *, by: str, clock: Callable[[], datetime] = now_utc) -> ModelVersion:
    """Keep a report beside the files of the version it is about, which carries its verdict from now on."""
    version = get_version(home, report.model, report.version, workspace=report.workspace)
    with refusals_recorded(home, "evaluate model", by, version.label, clock):
        check_may(home, by, "EXECUTE", version.name)
        if report.digest != version.digest:
            raise NightlightError(f"this report is about other files than those of {version.label}")
        detail = "gate passed" if report.passed else f"gate refused: {'; '.join(report.refused_because)}"
        append(home, Entry("evaluate model", by, None, "done", statement=version.label, detail=detail), clock=clock)
        _keep(home, version, report)
    return get_version(home, version.name, version.version, workspace=version.workspace)


def carry_report(home: Home, report: GateReport, to: ModelVersion) -> None:
    """Keep the report of a version beside its copy in another workspace."""
    _keep(home, to, replace(report, version=to.version, workspace=to.workspace))


def get_report(home: Home, version: ModelVersion) -> GateReport | None:
    """The newest report about a version; raises NightlightError for a damaged one."""
    file = run_folder(home, version) / REPORT
    if not file.is_file():
        return None
    try:
        return _read(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise NightlightError(
            f"the gate report of {version.label} is damaged", where=str(file), remedy="evaluate the version again"
        ) from error


def _keep(home: Home, version: ModelVersion, report: GateReport) -> None:
    file = run_folder(home, version) / REPORT
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(report), default=str, indent=1) + "\n", encoding="utf-8")
    run = version.place.split("/")[1]
    with open_store(home, version.workspace) as client:
        for measure in report.measures:
            client.log_metric(run, f"gate {measure.id}", measure.value)
        client.set_model_version_tag(version.name, str(version.version), "gate", PASSED if report.passed else REFUSED)


def _read(values: Mapping[str, Any]) -> GateReport:
    known = {field.name for field in fields(GateReport)}
    found = {name: value for name, value in values.items() if name in known}
    for name in ("measures", "champion_measures"):
        found[name] = tuple(Measure(**each) for each in found[name])
    found |= {"refused_because": tuple(found["refused_because"]), "at": datetime.fromisoformat(found["at"])}
    return GateReport(**found)


def _figures(measures: Sequence[Measure]) -> tuple[Figure, ...]:
    return tuple(Figure(each.id, each.name, each.value) for each in measures)


def _measures(figures: Sequence[Figure], bars: Sequence[Bar]) -> tuple[Measure, ...]:
    known = {bar.id: bar for bar in bars}
    return tuple(
        Measure(
            each.id,
            each.name,
            each.value,
            bar.limit if bar else None,
            bar.at_most if bar else False,
            bar.must_not_regress if bar else False,
        )
        for each in figures
        for bar in [known.get(each.id)]
    )


def _reasons(bar: Bar, measure: Measure | None, champion: float | None) -> list[str]:
    if measure is None:
        return [f"{bar.id} was not measured"]
    if not math.isfinite(measure.value):
        return [f"{bar.id} {measure.name}: no number came out"]
    found = []
    if not measure.meets_bar:
        sign = "at most" if bar.at_most else "at least"
        found.append(f"{bar.id} {measure.name}: {measure.value:.3g}, has to be {sign} {bar.limit:.3g}")
    if bar.must_not_regress and champion is not None:
        worse = measure.value - champion if bar.at_most else champion - measure.value
        if worse > bar.tolerance + EXACTNESS:
            found.append(f"{bar.id} {measure.name}: {measure.value:.3g}, the champion has {champion:.3g}")
    return found
