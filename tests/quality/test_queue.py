"""The queue: what waits for whom, and in which order."""

from datetime import timedelta

import pytest
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, Clock, a_flag, flag_of, take_in

from nightlight.errors import NightlightError
from nightlight.quality.access import Reach
from nightlight.quality.flags.declared import Severity
from nightlight.quality.openings import Ground
from nightlight.quality.queue import counts, queue
from nightlight.quality.reviews import confirm
from nightlight.quality.shifts import begin_shift
from nightlight.quality.store import State
from nightlight.settings import Home

PAGE, HIGH, MEDIUM, LOW = Severity.PAGE, Severity.HIGH, Severity.MEDIUM, Severity.LOW


@pytest.fixture
def waiting(people: Home, clock: Clock) -> Home:
    """Five conversations: a and b high (b longer), c page, d medium of another team, e of nobody known."""
    at = clock.now
    take_in(people, "a", "v1", at - timedelta(hours=1), a_flag("no_safety_plan", HIGH), a_flag("no_closing", LOW))
    take_in(people, "b", "v1", at - timedelta(hours=3), a_flag("no_safety_plan", HIGH))
    take_in(people, "c", "v1", at - timedelta(minutes=5), a_flag("imminent_risk", PAGE))
    take_in(people, "d", "v2", at - timedelta(hours=9), a_flag("stuck", MEDIUM))
    take_in(people, "e", None, at - timedelta(hours=2), a_flag("stuck", MEDIUM))
    take_in(people, "calm", "v1", at)
    return people


def names(home: Home, clock: Clock, who: Reach, **wanted: object) -> str:
    return "".join(row.case.conversation for row in queue(home, who, clock=clock, **wanted))  # type: ignore[arg-type]


def test_the_severest_come_first_then_those_that_wait_longest(waiting: Home, clock: Clock) -> None:
    assert names(waiting, clock, SAM) == "cbae"
    assert names(waiting, clock, MIA) == "cbade"


def test_a_colleague_sees_their_own_team_and_a_stranger_nothing(waiting: Home, clock: Clock) -> None:
    assert names(waiting, clock, OLGA) == "de"
    assert names(waiting, clock, Reach("tess")) == "e"
    with pytest.raises(NightlightError):
        queue(waiting, OTTO, clock=clock)
    with pytest.raises(NightlightError):
        counts(waiting, OTTO)


def test_filters_by_severity_rule_and_state(waiting: Home, clock: Clock) -> None:
    assert names(waiting, clock, SAM, severity=HIGH) == "ba"
    assert names(waiting, clock, SAM, severity="low") == "a"
    assert names(waiting, clock, SAM, rule="stuck") == "e"
    assert names(waiting, clock, SAM, rule="no such rule'") == ""
    confirm(waiting, flag_of(waiting, "b").id, "", 60, by=SAM, clock=clock)
    assert names(waiting, clock, SAM) == "cae"
    assert names(waiting, clock, SAM, state=State.CONFIRMED) == "b"
    assert names(waiting, clock, SAM, limit=1) == "c"


def test_a_row_says_how_long_it_waits_and_what_for(waiting: Home, clock: Clock) -> None:
    row = queue(waiting, SAM, clock=clock)[2]
    assert row.case.conversation == "a"
    assert [flag.rule for flag in row.flags] == ["no_safety_plan", "no_closing"]
    assert (row.severity, row.waiting, row.calls) == (HIGH, timedelta(hours=1), False)
    assert row.may_open is Ground.NEEDS_SECOND
    assert queue(waiting, SAM, clock=clock)[0].calls


def test_a_running_conversation_is_opened_on_ones_shift(people: Home, clock: Clock) -> None:
    begin_shift(people, by=SAM, clock=clock)
    take_in(people, "c1", "v1", clock.now + timedelta(minutes=5), a_flag())
    assert [row.may_open for row in queue(people, SAM, clock=clock)] == [Ground.SHIFT]
    assert [row.may_open for row in queue(people, MIA, clock=clock)] == [Ground.NEEDS_SECOND]


def test_counts_are_of_conversations_by_their_severest_flag(waiting: Home) -> None:
    assert counts(waiting, SAM) == {PAGE: 1, HIGH: 2, MEDIUM: 1, LOW: 0}
    assert counts(waiting, OLGA) == {PAGE: 0, HIGH: 0, MEDIUM: 2, LOW: 0}
    assert counts(waiting, MIA) == {PAGE: 1, HIGH: 2, MEDIUM: 2, LOW: 0}


def test_nothing_waits_in_an_empty_queue(people: Home, clock: Clock) -> None:
    assert queue(people, SAM, clock=clock) == []
    assert set(counts(people, SAM).values()) == {0}


def test_the_queue_is_the_same_everywhere(anywhere: Home, clock: Clock) -> None:
    take_in(anywhere, "a", "v1", clock.now - timedelta(hours=1), a_flag("no_safety_plan", HIGH))
    take_in(anywhere, "b", "v1", clock.now - timedelta(hours=2), a_flag("imminent_risk", PAGE), a_flag("stuck", MEDIUM))
    take_in(anywhere, "d", "v2", clock.now - timedelta(hours=9), a_flag("stuck", MEDIUM))
    assert names(anywhere, clock, SAM) == "ba"
    assert names(anywhere, clock, OLGA) == "d"
    assert counts(anywhere, SAM) == {PAGE: 1, HIGH: 1, MEDIUM: 0, LOW: 0}
