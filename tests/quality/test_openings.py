"""The two-person rule: sam asks, tess of the same team approves, olga of another team and otto are others."""

import pytest
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, TESS, Clock, a_flag, flag_of, take_in

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.quality.flags.declared import Severity
from nightlight.quality.openings import (
    Ground,
    approve_opening,
    ask_opening,
    decline_opening,
    look_at_emergency,
    may_open,
    open_in_emergency,
    own_openings,
    waiting_openings,
)
from nightlight.quality.reviews import dismiss
from nightlight.quality.shifts import begin_shift
from nightlight.settings import Home

WHY = "A colleague asked me to look at how it went."


@pytest.fixture
def asked(people: Home, clock: Clock) -> Home:
    """A conversation that ended, with a grave flag, and one that calls somebody at once."""
    take_in(people, "c1", "v1", clock.now, a_flag())
    take_in(people, "c9", "v1", clock.now, a_flag("imminent_risk", Severity.PAGE))
    clock.pass_by(hours=1)
    return people


def test_outside_ones_shift_a_second_person_approves_for_a_day(asked: Home, clock: Clock) -> None:
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.NEEDS_SECOND
    opening = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.NEEDS_SECOND
    assert [each.id for each in waiting_openings(asked, by=TESS)] == [opening.id]
    assert approve_opening(asked, opening.id, by=TESS, clock=clock).seconded_by == "tess"
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.APPROVED
    assert may_open(asked, "c1", by=TESS, now=clock.now) is Ground.NEEDS_SECOND  # it is for the one who asked
    assert may_open(asked, "c9", by=SAM, now=clock.now) is Ground.NEEDS_SECOND  # and for this conversation
    assert waiting_openings(asked, by=TESS) == []
    clock.pass_by(hours=23, minutes=59)
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.APPROVED
    clock.pass_by(minutes=1)
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.NEEDS_SECOND


def test_nobody_approves_their_own(asked: Home, clock: Clock) -> None:
    opening = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="a second person"):
        approve_opening(asked, opening.id, by=SAM, clock=clock)
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.NEEDS_SECOND
    refused = tail(asked, 1, action="approve opening")[0]
    assert (refused["principal"], refused["outcome"]) == ("sam", "refused")


def test_a_stranger_neither_asks_nor_approves_nor_sees_that_somebody_asked(asked: Home, clock: Clock) -> None:
    opening = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    assert waiting_openings(asked, by=OTTO) == []
    for act in (
        lambda: ask_opening(asked, "c1", WHY, by=OTTO, clock=clock),
        lambda: approve_opening(asked, opening.id, by=OTTO, clock=clock),
        lambda: decline_opening(asked, opening.id, by=OTTO, clock=clock),
        lambda: open_in_emergency(asked, "c9", WHY, by=OTTO, clock=clock),
        lambda: may_open(asked, "c1", by=OTTO, now=clock.now),
    ):
        with pytest.raises(NightlightError, match="EXECUTE"):
            act()


def test_another_teams_supervisor_may_approve_and_not_ask(asked: Home, clock: Clock) -> None:
    """At night there may be one supervisor of each team: the second person is any of them, and opens nothing."""
    with pytest.raises(NightlightError, match="no such conversation"):
        ask_opening(asked, "c1", WHY, by=OLGA, clock=clock)
    opening = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    assert approve_opening(asked, opening.id, by=OLGA, clock=clock).seconded_by == "olga"
    with pytest.raises(NightlightError, match="no such conversation"):
        may_open(asked, "c1", by=OLGA, now=clock.now)


def test_a_request_is_decided_once(asked: Home, clock: Clock) -> None:
    opening = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    declined = decline_opening(asked, opening.id, by=TESS, clock=clock)
    assert declined.declined_at == clock.now
    assert not declined.is_valid(clock.now)
    for decide in (approve_opening, decline_opening):
        with pytest.raises(NightlightError, match="already"):
            decide(asked, opening.id, by=TESS, clock=clock)
    assert may_open(asked, "c1", by=SAM, now=clock.now) is Ground.NEEDS_SECOND
    assert ask_opening(asked, "c1", WHY, by=SAM, clock=clock).id != opening.id


def test_ones_own_request_is_taken_back(asked: Home, clock: Clock) -> None:
    opening = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    decline_opening(asked, opening.id, by=SAM, clock=clock)
    assert waiting_openings(asked, by=TESS) == []
    assert [each.id for each in own_openings(asked, by=SAM)] == [opening.id]


def test_one_asks_once_with_a_reason_and_only_where_it_is_needed(asked: Home, clock: Clock) -> None:
    with pytest.raises(NightlightError, match="a reason is needed"):
        ask_opening(asked, "c1", "because", by=SAM, clock=clock)
    ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="asked for this already"):
        ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    begin_shift(asked, by=TESS, clock=clock)
    take_in(asked, "mine", "v1", clock.now)
    with pytest.raises(NightlightError, match="already"):
        ask_opening(asked, "mine", WHY, by=TESS, clock=clock)


def test_in_an_emergency_one_is_let_in_at_once_and_everybody_who_manages_sees_it(asked: Home, clock: Clock) -> None:
    opening = open_in_emergency(asked, "c9", WHY, by=SAM, clock=clock)
    assert may_open(asked, "c9", by=SAM, now=clock.now) is Ground.EMERGENCY
    assert [each.id for each in waiting_openings(asked, by=MIA)] == [opening.id]
    assert [each.id for each in waiting_openings(asked, by=SAM)] == [opening.id]
    assert waiting_openings(asked, by=TESS) == []
    assert tail(asked, 1)[0]["action"] == "open conversation in emergency"
    with pytest.raises(NightlightError, match="a second person"):
        look_at_emergency(asked, opening.id, by=SAM, clock=clock)
    clock.pass_by(hours=2)
    assert look_at_emergency(asked, opening.id, by=MIA, clock=clock).seconded_by == "mia"
    assert waiting_openings(asked, by=MIA) == []
    assert may_open(asked, "c9", by=SAM, now=clock.now) is Ground.EMERGENCY
    clock.pass_by(hours=22)
    assert may_open(asked, "c9", by=SAM, now=clock.now) is Ground.NEEDS_SECOND


def test_an_emergency_is_what_calls_somebody_at_once(asked: Home, clock: Clock) -> None:
    with pytest.raises(NightlightError, match="calls a supervisor"):
        open_in_emergency(asked, "c1", WHY, by=SAM, clock=clock)
    dismiss(asked, flag_of(asked, "c9", "imminent_risk").id, "not_so", "", 5, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="calls a supervisor"):
        open_in_emergency(asked, "c9", WHY, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="no such conversation"):
        open_in_emergency(asked, "c9", WHY, by=OLGA, clock=clock)


def test_a_request_is_not_looked_at_like_an_emergency_nor_the_other_way(asked: Home, clock: Clock) -> None:
    request = ask_opening(asked, "c1", WHY, by=SAM, clock=clock)
    emergency = open_in_emergency(asked, "c9", WHY, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="no such request"):
        look_at_emergency(asked, request.id, by=MIA, clock=clock)
    with pytest.raises(NightlightError, match="no such request"):
        approve_opening(asked, emergency.id, by=MIA, clock=clock)


def test_the_rule_holds_everywhere(anywhere: Home, clock: Clock) -> None:
    take_in(anywhere, "c1", "v1", clock.now, a_flag())
    clock.pass_by(hours=1)
    opening = ask_opening(anywhere, "c1", WHY, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="a second person"):
        approve_opening(anywhere, opening.id, by=SAM, clock=clock)
    approve_opening(anywhere, opening.id, by=TESS, clock=clock)
    assert may_open(anywhere, "c1", by=SAM, now=clock.now) is Ground.APPROVED
