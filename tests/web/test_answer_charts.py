"""Pictures of answers: two columns, bars or a line; what cannot be drawn is told."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from nightlight.web.console.charts import DRAWN_ROWS, Wish, chart_of

TABLE = pa.table(
    {
        "day": [date(2026, 3, day) for day in (1, 2, 3)],
        "n": [3, 1, None],
        "team": ["a", "b", "c"],
        "share": [0.1, 1.0, 0],
    }
)


@pytest.mark.parametrize(
    ("x", "y", "kind"), [(0, 1, "line"), (2, 1, "bar"), (1, 3, "line"), (2, 3, "line"), (0, 1, "bar")]
)
def test_two_columns_make_a_picture(x: int, y: int, kind: Any) -> None:
    chart = chart_of(TABLE, Wish(x=x, y=y, kind=kind), "en")
    assert chart is not None
    assert chart.drawn.startswith("<svg")
    assert f"{TABLE.column_names[y]} by {TABLE.column_names[x]}" in chart.drawn
    assert "<script" not in chart.drawn


def test_nothing_is_drawn_before_it_is_asked_for() -> None:
    chart = chart_of(TABLE, Wish(), "en")
    assert chart is not None
    assert (chart.drawn, chart.problem) == ("", "")
    assert chart.up == [(1, "n"), (3, "share")]
    assert (chart.wish.x, chart.wish.y) == (0, 3)


@pytest.mark.parametrize(("x", "y"), [(0, 2), (9, 1), (None, 1), (0, None)])
def test_columns_that_make_no_picture_are_told(x: int | None, y: int | None) -> None:
    chart = chart_of(TABLE, Wish(x=x, y=y), "en")
    assert chart is not None
    assert (chart.drawn, chart.problem) == ("", "choose two columns")


def test_an_answer_without_numbers_rows_or_a_second_column_has_no_picture() -> None:
    for table in (TABLE.select(["team", "day"]), TABLE.slice(0, 0), TABLE.select(["n"])):
        assert chart_of(table, Wish(x=0, y=0), "en") is None


def test_more_rows_than_a_picture_holds_are_cut_and_told() -> None:
    chart = chart_of(pa.table({"x": list(range(DRAWN_ROWS + 1)), "y": [1.0] * (DRAWN_ROWS + 1)}), Wish(x=0, y=1), "en")
    assert chart is not None
    assert chart.is_cut


def test_names_are_words_and_no_code() -> None:
    chart = chart_of(pa.table({"<script>": ["<img src=x>", "b"], "datum['x']": [1, 2]}), Wish(x=0, y=1), "en")
    assert chart is not None
    assert "<script>" not in chart.drawn
    assert "<img" not in chart.drawn
