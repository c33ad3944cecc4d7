"""What readers choose: checked, and written into SQL as values that cannot be anything else."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dashboards.example import CHART, HEAD, write

from nightlight.dashboards.definition import Dashboard, Parameter
from nightlight.dashboards.files import find_dashboard
from nightlight.dashboards.parameters import Filled, fill_in
from nightlight.errors import NightlightError

NOW = datetime(2026, 3, 18, 2, 30, 41, tzinfo=UTC)  # a Wednesday
PARAMETERS = """parameters:
  period: {title: Days, kind: dates, default: last 2 months, whole: months}
  weeks: {title: Weeks, kind: dates, default: last 2 weeks, whole: weeks}
  day: {title: Day, kind: day, default: yesterday}
  partner: {title: Line, kind: choice, default: all, choices: {all: All lines}, sql: SELECT partner}
charts:
"""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Dashboard:
    folder = tmp_path_factory.mktemp("dashboards")
    write(folder, "a", HEAD + PARAMETERS + CHART)
    found = find_dashboard(folder, "a")
    assert isinstance(found, Dashboard)
    return found


def fill(dashboard: Dashboard, given: Mapping[str, str] | None = None, *options: str) -> Filled:
    return fill_in(dashboard, given or {}, NOW, "UTC", lambda sql: list(options))


def test_defaults_leave_out_what_is_still_going_on(dashboard: Dashboard) -> None:
    assert fill(dashboard).chosen == {
        "period_from": "2026-01-01",
        "period_to": "2026-02-28",
        "weeks_from": "2026-03-02",
        "weeks_to": "2026-03-15",
        "day": "2026-03-17",
        "partner": "all",
    }


def test_days_grow_to_whole_months_and_weeks(dashboard: Dashboard) -> None:
    given = {
        "period_from": "2026-01-15",
        "period_to": "2026-02-03",
        "weeks_from": "2026-03-04",
        "weeks_to": "2026-03-09",
    }
    chosen = fill(dashboard, given).chosen
    assert (chosen["period_from"], chosen["period_to"]) == ("2026-01-01", "2026-02-28")
    assert (chosen["weeks_from"], chosen["weeks_to"]) == ("2026-03-02", "2026-03-15")


def test_today_is_the_day_where_the_line_is(dashboard: Dashboard) -> None:
    there = fill_in(dashboard, {}, NOW, "America/New_York", lambda sql: [])
    assert there.chosen["day"] == "2026-03-16"


def test_now_is_the_minute_so_that_two_who_ask_within_it_ask_the_same(dashboard: Dashboard) -> None:
    assert (
        fill(dashboard).sql("SELECT {{now}}, {{ today }}")
        == "SELECT TIMESTAMPTZ '2026-03-18 02:30:00+00', DATE '2026-03-18'"
    )


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"day": "18.3.2026"}, "Day: this is no date (2026-03-01)"),
        ({"day": "2026-02-30"}, "Day: this is no date (2026-03-01)"),
        ({"day": "9999-12-31"}, "Day: this is no date (2026-03-01)"),
        ({"day": "٢٠٢٦-٠٣-٠١"}, "Day: this is no date (2026-03-01)"),
        ({"period_from": "2026-03-02", "period_to": "2026-03-01"}, "Days: the first day comes after the last"),
        ({"period_from": "x"}, "Days: this is no date (2026-03-01)"),
        ({"partner": "nobody"}, "Line: this is not one of the choices"),
        ({"partner": "all' OR '1' = '1"}, "Line: this is not one of the choices"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(dashboard: Dashboard, given: Mapping[str, str], error: str) -> None:
    assert fill(dashboard, given, "home").errors == [error]


def test_choices_come_from_what_the_reader_may_see(dashboard: Dashboard) -> None:
    filled = fill(dashboard, {"partner": "lindenruf"}, "home", "lindenruf")
    assert filled.errors == []
    assert dict(filled.fields[-1].options) == {"all": "All lines", "home": "home", "lindenruf": "lindenruf"}


def test_a_query_of_choices_that_is_refused_is_told_beside_its_field(dashboard: Dashboard) -> None:
    def refuse(sql: str) -> list[str]:
        raise NightlightError("there is no table gold.volume_daily")

    assert fill_in(dashboard, {}, NOW, "UTC", refuse).errors == ["Line: there is no table gold.volume_daily"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    import duckdb

    with duckdb.connect() as connection:
        yield connection


@settings(deadline=None)
@given(text=st.text(max_size=40))
def test_a_chosen_text_is_one_literal_whatever_is_in_it(engine: Any, text: str) -> None:
    parameter = Parameter("partner", "Line", "choice", "all", sql="x")
    dashboard = Dashboard("a", "A", "a?", "o", ("p",), (), (parameter,))
    value = text.strip()
    filled = fill_in(dashboard, {"partner": value}, NOW, "UTC", lambda sql: [value])
    if filled.errors or not value:
        return
    row = engine.execute(filled.sql("SELECT {{partner}}")).fetchone()
    assert row == (value.replace("\0", ""),)
