"""Dashboards in their files: one that is wrong says where, and harms no other."""

import os
from pathlib import Path

import pytest
from tests.dashboards.example import CHART, HEAD, write

from nightlight.dashboards.definition import CHART_KEYS, DASHBOARD_KEYS, KINDS, PARAMETER_KEYS, UNITS, Dashboard
from nightlight.dashboards.files import find_dashboard, read_dashboards
from nightlight.errors import NightlightError
from nightlight.settings import shipped


def error_of(folder: Path, text: str) -> str:
    write(folder, "a", text)
    found = find_dashboard(folder, "a")
    assert isinstance(found, NightlightError), "this should be wrong"
    return str(found)


def test_a_dashboard_is_read_from_its_file(tmp_path: Path) -> None:
    write(tmp_path, "a", HEAD + "refresh: 2m\ncharts:" + CHART)
    found = find_dashboard(tmp_path, "a")
    assert isinstance(found, Dashboard)
    assert (found.name, found.title, found.refresh) == ("a", "Volume", 120)
    chart = found.charts[0]
    assert (chart.name, chart.count, chart.dimensions, chart.may_leave) == ("by_day", "conversations", ("day",), True)
    assert chart.column("day").unit == "day"
    assert chart.column("wait_p50").title == "Wait p50"


def test_a_broken_file_harms_no_other(tmp_path: Path) -> None:
    write(tmp_path, "good", HEAD + "charts:" + CHART)
    write(tmp_path, "bad", "title: [")
    write(tmp_path, "Bad-Name", HEAD + "charts:" + CHART)
    found = read_dashboards(tmp_path)
    assert isinstance(found["good"], Dashboard)
    assert isinstance(found["bad"], NightlightError)
    assert "cannot name a dashboard" in str(found["Bad-Name"])


def test_a_file_is_read_again_when_it_was_written(tmp_path: Path) -> None:
    file = write(tmp_path, "a", HEAD + "charts:" + CHART)
    before = find_dashboard(tmp_path, "a")
    assert find_dashboard(tmp_path, "a") is before
    file.write_text(file.read_text().replace("Volume", "Volumes"))
    os.utime(file, (1, 1))
    after = find_dashboard(tmp_path, "a")
    assert isinstance(after, Dashboard)
    assert after.title == "Volumes"


@pytest.mark.parametrize("name", ["none", "../a", "a/b", "", "a.yml"])
def test_what_is_no_file_is_not_there(tmp_path: Path, name: str) -> None:
    write(tmp_path, "a", HEAD + "charts:" + CHART)
    assert find_dashboard(tmp_path / "inner", name) is None
    assert find_dashboard(tmp_path, name) is None


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (HEAD + "refesh: 60s\ncharts:" + CHART, "dashboards/a.yml:5: unknown key 'refesh'; did you mean 'refresh'?"),
        (HEAD + "refresh: often\ncharts:" + CHART, ":5: 'often' is no time; write 60s, 5m or none"),
        (HEAD + "refresh: 1s\ncharts:" + CHART, ":5: this is too often; 15s is the shortest"),
        (HEAD + "charts: []", ":5: a dashboard needs a chart"),
        (HEAD + "charts:" + CHART + CHART, "there are two charts 'by_day'"),
        (HEAD + "charts:" + CHART.replace("by_day", "By day"), "'By day' cannot be a name"),
        (HEAD + "charts:" + CHART.replace("count: conversations", "unsuppressed: why"), "'dimensions' needs a 'count'"),
        (HEAD + "charts:" + CHART + "    unsuppressed: why\n", "or why nothing of it is hidden"),
        (HEAD + "charts:" + CHART + "    number: conversations\n    vega: {mark: bar}\n", "not both"),
        (HEAD + "charts:" + CHART + "    vega: {mark: bar, data: {url: x}}\n", "'data' is not possible in a picture"),
        (HEAD + "charts:" + CHART + "    vega: {mark: {type: bar, href: x}}\n", "'href' is not possible in a picture"),
        (HEAD + "charts:" + CHART + "    vega: [1]\n", "a picture needs a 'mark'"),
        (HEAD + "charts:" + CHART.replace("FROM", "WHERE {{nobody}} FROM"), "there is no parameter 'nobody'"),
        (HEAD + "charts:" + CHART.replace("FROM", "WHERE '{{now}}' FROM"), "write it without quotes"),
        (HEAD + "charts:" + CHART.replace("FROM", "/* {{now}} */ FROM"), "outside of comments"),
        (HEAD + "charts:" + CHART.replace("FROM", "{{ FROM"), "a placeholder is {{name}} and nothing else"),
        (HEAD + "parameters: {p: {title: P, kind: dates, default: soon}}\ncharts:" + CHART, "no range of days"),
        (HEAD + "parameters: {p: {title: P, kind: day, default: soon}}\ncharts:" + CHART, "'soon' is no day"),
        (HEAD + "parameters: {p: {title: P, kind: choice, default: a}}\ncharts:" + CHART, "needs 'choices' or 'sql'"),
        (
            HEAD + "parameters: {p: {title: P, kind: day, default: today, sql: x}}\ncharts:" + CHART,
            "'sql' is for choice",
        ),
        (HEAD + "parameters: {now: {title: P, kind: day, default: today}}\ncharts:" + CHART, "cannot name a parameter"),
        (
            HEAD + "parameters: {p: {title: P, kind: choice, default: c, choices: {a: A}}}\ncharts:" + CHART,
            "'c' is not possible here",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, wrong: str, line: str) -> None:
    folder = tmp_path / "dashboards"
    folder.mkdir()
    told = error_of(folder, wrong)
    assert line in told
    assert told.startswith("dashboards/a.yml:")


def test_the_shipped_dashboards_are_right() -> None:
    found = read_dashboards(shipped("examples/line/dashboards"))
    assert {name: each for name, each in found.items() if isinstance(each, NightlightError)} == {}
    assert {"program_health", "queue_now", "quality", "training", "data_trust"} <= found.keys()


def test_the_documented_dashboard_is_one_and_every_key_is_documented(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text(encoding="utf-8")
    write(tmp_path, "nights", text.split("```yaml\n")[1].split("```")[0])
    found = find_dashboard(tmp_path, "nights")
    assert isinstance(found, Dashboard), str(found)
    words = {*DASHBOARD_KEYS, *PARAMETER_KEYS, *CHART_KEYS, *KINDS, *UNITS}
    assert {word for word in words if f"`{word}`" not in text} == set()
