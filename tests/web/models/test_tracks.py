"""Pictures of measures: places on a line that hold what they stand for."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nightlight.registry.bars import Bar
from nightlight.registry.gates import Figure, judge
from nightlight.registry.stored import ModelVersion
from nightlight.web.models.tracks import Track, place, rows_of

AT = datetime(2026, 11, 2, tzinfo=UTC)
VERSION = ModelVersion("pocket", 1, "dev", "dario", AT, (), "passed", "", False, "", {})
BARS = (Bar("a", 0.1, True, True), Bar("b", 0.9, False), Bar("c", None, True, True, 0.01))


@pytest.mark.parametrize("value", [0.0, 0.05, 0.2, 0.97, 1.0, 12.0, -3.0])
@pytest.mark.parametrize("other", [None, 0.0, 0.5, 7.0])
def test_everything_stands_on_the_line(value: float, other: float | None) -> None:
    track = place(value, bar=0.1, other=other)
    stands = [each for each in (track.found, track.bar, track.other) if each is not None]
    assert all(0 <= each <= 100 for each in stands)
    assert track.low < track.high


def test_what_the_bar_allows_is_the_side_it_names() -> None:
    at_most, at_least = place(0.05, bar=0.1), place(0.5, bar=0.1, at_most=False)
    assert at_most.allowed == (0.0, at_most.bar)
    assert at_least.allowed == (at_least.bar, round(100 - (at_least.bar or 0), 1))


def test_what_is_no_number_stands_nowhere() -> None:
    assert place(math.nan, bar=0.1).found is None
    assert place(math.inf).found is None


def test_what_is_refused_comes_first_and_what_decides_nothing_last() -> None:
    figures = [Figure(each, each, value) for each, value in (("x", 1.0), ("b", 0.95), ("a", 0.2), ("c", 0.5))]
    champion = [Figure("c", "c", 0.3)]
    report = judge(VERSION, figures, BARS, at=AT, champion=replace(VERSION, version=2), champion_figures=champion)
    rows = rows_of(report)
    assert [(row.measure.id, row.is_met) for row in rows] == [("a", False), ("c", False), ("b", True), ("x", None)]
    assert rows[1].reason == "c c: 0.5, the champion has 0.3", "no bar of its own, and worse than the champion"
    assert isinstance(rows[0].track, Track)
