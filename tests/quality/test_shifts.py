"""Shifts of supervisors, and which conversations ran during one."""

from datetime import timedelta

import pytest
from tests.quality.conftest import OTTO, SAM, TESS, Clock, Talk, take_in

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.quality.access import Reach
from nightlight.quality.openings import Ground, may_open
from nightlight.quality.shifts import begin_shift, current_shift, end_shift, on_duty
from nightlight.settings import Home


def ground(home: Home, clock: Clock, conversation: str, who: Reach = SAM) -> Ground:
    return may_open(home, conversation, by=who, now=clock.now)


def test_somebody_is_on_duty_from_beginning_to_end(people: Home, clock: Clock) -> None:
    assert on_duty(people, clock.now) == ()
    shift = begin_shift(people, hours=6, by=SAM, clock=clock)
    begin_shift(people, by=TESS, clock=clock)
    assert current_shift(people, "sam", clock.now) == shift
    assert on_duty(people, clock.now) == ("sam", "tess")
    clock.pass_by(hours=7)
    assert current_shift(people, "sam", clock.now) is None
    assert on_duty(people, clock.now) == ("tess",)
    end_shift(people, by=TESS, clock=clock)
    assert on_duty(people, clock.now) == ()
    assert current_shift(people, "tess", clock.now) is None


def test_beginning_and_ending_twice_change_nothing(people: Home, clock: Clock) -> None:
    first = begin_shift(people, by=SAM, clock=clock)
    clock.pass_by(hours=1)
    assert begin_shift(people, by=SAM, clock=clock) == first
    end_shift(people, by=SAM, clock=clock)
    end_shift(people, by=SAM, clock=clock)
    assert begin_shift(people, by=SAM, clock=clock).id != first.id


@pytest.mark.parametrize("hours", [0, -1, 17, float("nan")])
def test_a_shift_has_a_sensible_length(people: Home, clock: Clock, hours: float) -> None:
    with pytest.raises(NightlightError, match="a shift lasts"):
        begin_shift(people, hours=hours, by=SAM, clock=clock)


def test_a_stranger_has_no_shift(people: Home, clock: Clock) -> None:
    with pytest.raises(NightlightError, match="EXECUTE"):
        begin_shift(people, by=OTTO, clock=clock)
    assert on_duty(people, clock.now) == ()


def test_what_ran_during_a_shift_is_opened_without_asking(people: Home, clock: Clock) -> None:
    take_in(people, "before", "v1", clock.now - timedelta(minutes=1))
    take_in(people, "into", "v1", clock.now + timedelta(minutes=1))
    begin_shift(people, hours=2, by=SAM, clock=clock)
    take_in(people, "within", "v1", clock.now + timedelta(minutes=90))
    take_in(people, "out of", "v1", clock.now + timedelta(hours=2, minutes=59))
    take_in(people, "after", "v1", clock.now + timedelta(hours=3, minutes=1))
    clock.pass_by(hours=10)
    found = {name: ground(people, clock, name) for name in ("before", "into", "within", "out of", "after")}
    assert found == {
        "before": Ground.NEEDS_SECOND,
        "into": Ground.SHIFT,
        "within": Ground.SHIFT,
        "out of": Ground.SHIFT,
        "after": Ground.NEEDS_SECOND,
    }


def test_a_conversation_that_runs_now_is_on_the_shift_that_begins_now(talk: Talk) -> None:
    talk.say("T: hi")
    talk.clock.pass_by(minutes=20)
    assert ground(talk.home, talk.clock, "live-1") is Ground.NEEDS_SECOND
    begin_shift(talk.home, by=SAM, clock=talk.clock)
    assert ground(talk.home, talk.clock, "live-1") is Ground.SHIFT
    assert ground(talk.home, talk.clock, "live-1", TESS) is Ground.NEEDS_SECOND


def test_a_shift_that_was_ended_early_holds_nothing_that_came_later(people: Home, clock: Clock) -> None:
    begin_shift(people, by=SAM, clock=clock)
    clock.pass_by(hours=1)
    end_shift(people, by=SAM, clock=clock)
    take_in(people, "later", "v1", clock.now + timedelta(hours=2))
    assert ground(people, clock, "later") is Ground.NEEDS_SECOND


def test_the_audit_has_shifts(people: Home, clock: Clock) -> None:
    begin_shift(people, hours=4, by=SAM, clock=clock)
    end_shift(people, by=SAM, clock=clock)
    assert [record["action"] for record in tail(people, 2)] == ["begin shift", "end shift"]
