"""How datasets stand, as the event log tells: the newest update, and the checks of the last that wrote."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import Event, Outcome, record_events
from nightlight.pipelines.health import RECENT_UPDATES, read_health
from nightlight.settings import Home

AT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


def event(dataset: str, minutes: int, outcome: Outcome, **more: Any) -> Event:
    return Event("u", "p", dataset, "recompute", "", outcome, AT + timedelta(minutes=minutes), **more)


def test_without_an_update_nothing_is_known(home: Home) -> None:
    assert read_health(Lake(home.lake)) == {}


def test_the_newest_update_counts_and_the_checks_of_the_last_that_wrote(home: Home) -> None:
    lake = Lake(home.lake)
    wrote = event("s.a", 0, Outcome.DONE, broken={"positive": 3})
    record_events(lake, [wrote, event("s.b", 0, Outcome.DONE), event("s.a", 5, Outcome.UNCHANGED)])
    found = read_health(lake)
    assert (found["s.a"].checked_at, found["s.a"].written_at) == (AT + timedelta(minutes=5), AT)
    assert (dict(found["s.a"].broken), found["s.a"].is_failing) == ({"positive": 3}, False)
    assert dict(found["s.b"].broken) == {}


def test_a_failure_is_seen_as_soon_as_it_is_recorded(home: Home) -> None:
    lake = Lake(home.lake)
    record_events(lake, [event("s.a", 0, Outcome.DONE)])
    assert not read_health(lake)["s.a"].is_failing
    record_events(Lake(home.lake), [event("s.a", 1, Outcome.FAILED, error="x is missing")])
    assert read_health(lake)["s.a"].is_failing
    assert read_health(lake)["s.a"].error == "x is missing"


def test_the_last_updates_are_kept_the_newest_first(home: Home) -> None:
    lake = Lake(home.lake)
    record_events(lake, [event("s.a", minutes, Outcome.UNCHANGED) for minutes in range(RECENT_UPDATES + 5)])
    updates = read_health(lake)["s.a"].updates
    assert len(updates) == RECENT_UPDATES
    assert updates[0]["started_at"] > updates[1]["started_at"]
