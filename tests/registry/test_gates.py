"""Gates: a version reaches its bars and is no worse than the champion, or its report says in what it is not."""

import math

import pytest
from tests.registry.conftest import Trained, measured
from tests.registry.models import NOW, clock

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.registry.bars import Bar
from nightlight.registry.gates import Figure, get_report, judge, save_report
from nightlight.settings import Home

BARS = (Bar("leaks", 0.0, True, True), Bar("fluency", 0.5, False, True, 0.05))


def figures(leaks: float, fluency: float) -> tuple[Figure, ...]:
    return Figure("leaks", "facts told too early", leaks), Figure("fluency", "lines that read well", fluency)


def test_what_reaches_every_bar_passes(trained: Trained) -> None:
    report = judge(trained(leaks=None), figures(0.0, 0.5), BARS, at=NOW)
    assert report.passed


def test_what_misses_a_bar_is_refused_with_the_number_and_the_bar(trained: Trained) -> None:
    report = judge(trained(leaks=None), figures(0.01, 0.4), BARS, at=NOW)
    assert report.refused_because == (
        "leaks facts told too early: 0.01, has to be at most 0",
        "fluency lines that read well: 0.4, has to be at least 0.5",
    )


def test_a_bar_nobody_measured_lets_nothing_through(trained: Trained) -> None:
    report = judge(trained(leaks=None), figures(0.0, 0.9)[1:], BARS, at=NOW)
    assert report.refused_because == ("leaks was not measured",)


def test_no_number_is_no_pass(trained: Trained) -> None:
    assert not judge(trained(leaks=None), figures(0.0, math.nan), BARS, at=NOW).passed


@pytest.mark.parametrize(("fluency", "passes"), [(0.86, True), (0.85, True), (0.84, False)])
def test_a_version_is_no_worse_than_the_champion_beyond_the_tolerance(
    trained: Trained, fluency: float, passes: bool
) -> None:
    version, champion = trained(leaks=None), trained("second", leaks=None)
    report = judge(version, figures(0.0, fluency), BARS, at=NOW, champion=champion, champion_figures=figures(0.0, 0.9))
    assert report.passed is passes
    assert report.champion == "dev/pocket/2"


def test_a_measure_without_a_bar_is_shown_and_decides_nothing(trained: Trained) -> None:
    report = judge(trained(leaks=None), (*figures(0.0, 0.9), Figure("A8", "words a message", 99.0)), BARS, at=NOW)
    assert report.passed
    assert [measure.id for measure in report.measures] == ["leaks", "fluency", "A8"]


def test_a_report_is_kept_with_its_version_and_read_as_it_was(home: Home, trained: Trained) -> None:
    version = trained(leaks=None)
    report = judge(version, figures(0.0, 0.8), BARS, at=NOW)
    assert get_report(home, version) is None
    assert save_report(home, report, by="dario", clock=clock).gate == "passed"
    assert get_report(home, version) == report
    assert tail(home, 1, action="evaluate model")[0]["detail"] == "gate passed"


def test_a_refusal_is_on_the_version_and_in_the_audit(home: Home, trained: Trained) -> None:
    assert measured(home, trained(leaks=None), 0.2, 0.8).gate == "refused"
    assert "leaks facts told too early: 0.2" in tail(home, 1, action="evaluate model")[0]["detail"]


def test_a_stranger_keeps_no_report(home: Home, trained: Trained) -> None:
    version = trained(leaks=None)
    report = judge(version, figures(0.0, 0.8), BARS, at=NOW)
    with pytest.raises(NightlightError, match="'otto' does not have EXECUTE on MODEL pocket"):
        save_report(home, report, by="otto", clock=clock)
    assert get_report(home, version) is None
