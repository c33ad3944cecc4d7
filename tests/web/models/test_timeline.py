"""Who was champion when, as bars: one lane for each version, the newest first."""

from datetime import UTC, datetime, timedelta

from nightlight.registry.stored import ModelVersion
from nightlight.registry.tenure import Tenure
from nightlight.web.models.timeline import timeline

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def tenure(number: int, since: int, until: int | None) -> Tenure:
    """A time as champion, in days before now."""
    version = ModelVersion("pocket", number, "prod", "dario", NOW, (), "passed", "", False, "", {})
    ended = None if until is None else NOW - timedelta(days=until)
    return Tenure(version, NOW - timedelta(days=since), ended, "clara")


def test_a_version_that_was_taken_back_and_came_again_has_two_bars_in_one_lane() -> None:
    drawn = timeline([tenure(1, 10, 6), tenure(2, 6, 5), tenure(1, 5, None)], NOW)
    assert drawn is not None
    assert [(lane.version.version, lane.spans, lane.is_now) for lane in drawn.lanes] == [
        (2, ((40.0, 10.0),), False),
        (1, ((0.0, 40.0), (50.0, 50.0)), True),
    ]


def test_minutes_among_weeks_are_still_to_be_seen_and_stay_inside() -> None:
    drawn = timeline([tenure(1, 1000, 0), tenure(2, 0, None)], NOW)
    assert drawn is not None
    (start, width), *_ = drawn.lanes[0].spans
    assert width > 0.5
    assert start + width <= 100


def test_before_the_first_champion_there_is_no_picture() -> None:
    assert timeline([], NOW) is None
