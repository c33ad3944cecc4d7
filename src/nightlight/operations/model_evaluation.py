"""Evaluating a version: the suite of its model measures it and, where nobody has yet, the champion it would follow."""

from collections.abc import Mapping, Sequence

from nightlight.errors import NightlightError, suggest
from nightlight.operations.model_suites import BASELINE, SUITES, Step, Subject, Suite, baseline_figures
from nightlight.operations.model_training import NOTHING
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import Figure, GateReport, get_report, judge, save_report
from nightlight.registry.store import DEV, PROD, STAGING
from nightlight.registry.stored import CHAMPION, ModelVersion
from nightlight.registry.versions import (
    TRAINING_SET,
    Clock,
    check_may,
    files_of,
    get_version,
    holder,
    now_utc,
    refusals_recorded,
    run_folder,
)
from nightlight.settings import Home

AT_ONCE = 4


def evaluate_version(
    home: Home,
    name: str,
    version: int,
    *,
    by: str,
    workspace: str = DEV,
    suites: Mapping[str, Suite] | None = None,
    at_once: int = AT_ONCE,
    on_step: Step = NOTHING,
    clock: Clock = now_utc,
) -> GateReport:
    """Measure a version, judge it, and keep the report with it.

    `at_once`: cards that a server is asked about at the same time. A line that does not come in time counts against the
    model.
    """
    with refusals_recorded(home, "evaluate model", by, f"{workspace}/{name}/{version}", clock):
        check_may(home, by, "EXECUTE", name)
        found = get_version(home, name, version, workspace=workspace)
        bars, suite = read_bars(home, name), _suite(name, SUITES if suites is None else suites)
        figures = measure_version(home, found, suite, on_step, at_once=at_once)
    champion = _champion(home, found)
    theirs = _champion_figures(home, champion, suite, on_step, at_once) if champion else baseline_figures(name, on_step)
    report = judge(found, figures, bars, at=clock(), champion=champion, champion_figures=theirs, baseline=BASELINE)
    save_report(home, report, by=by, clock=clock)
    return report


def measure_version(
    home: Home, version: ModelVersion, suite: Suite, on_step: Step = NOTHING, *, at_once: int = 1
) -> Sequence[Figure]:
    training_set = run_folder(home, version) / TRAINING_SET
    kept = training_set if training_set.is_dir() else None
    return suite(Subject(home, version, files_of(home, version), kept, at_once), on_step)


def _suite(name: str, suites: Mapping[str, Suite]) -> Suite:
    if name not in suites:
        raise NightlightError(f"there is no suite for '{name}'", remedy=suggest(name, sorted(suites)))
    return suites[name]


def _champion(home: Home, version: ModelVersion) -> ModelVersion | None:
    """Of the workspace farthest up that has one which is another model."""
    for workspace in (PROD, STAGING, DEV):
        champion = holder(home, version.name, CHAMPION, workspace=workspace)
        if champion is not None and champion.digest != version.digest:
            return champion
    return None


def _champion_figures(
    home: Home, champion: ModelVersion, suite: Suite, on_step: Step, at_once: int
) -> Sequence[Figure]:
    report = get_report(home, champion)
    if report is not None:
        return report.figures
    said = lambda step: on_step(f"the champion, {champion.label}: {step}")  # noqa: E731
    return measure_version(home, champion, suite, said, at_once=at_once)
