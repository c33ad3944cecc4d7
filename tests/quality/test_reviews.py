"""Deciding about a flag: sam of the team, olga of another one, otto a stranger."""

import pytest
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, TESS, Clock, a_flag, flag_of, take_in

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.quality import reviews
from nightlight.quality.access import Reach
from nightlight.quality.reviews import LONGEST_NOTE, LONGEST_REVIEW, REASONS, confirm, dismiss, reopen
from nightlight.quality.store import State
from nightlight.settings import Home


@pytest.fixture
def flag(people: Home, clock: Clock) -> int:
    take_in(people, "c1", "v1", clock.now, a_flag())
    return flag_of(people, "c1").id


def test_a_flag_is_confirmed_with_a_note_and_the_time_it_took(people: Home, clock: Clock, flag: int) -> None:
    clock.pass_by(minutes=3)
    found = confirm(people, flag, "  asked the team\n to follow up ", 95.5, by=SAM, clock=clock)
    assert (found.state, found.decided_by, found.decided_at) == (State.CONFIRMED, "sam", clock.now)
    assert found.note == "asked the team to follow up"
    events = reviews.history(people, [found], by=SAM)[flag]
    assert [(event.event, event.person, event.seconds) for event in events] == [
        ("raised", "", None),
        ("confirmed", "sam", 95.5),
    ]


@pytest.mark.parametrize("reason", REASONS)
def test_a_flag_is_dismissed_with_a_reason(people: Home, clock: Clock, flag: int, reason: str) -> None:
    found = dismiss(people, flag, reason, "", None, by=SAM, clock=clock)
    assert (found.state, found.reason) == (State.DISMISSED, reason)


@pytest.mark.parametrize("reason", ["", "because", "Not_so"])
def test_no_flag_is_dismissed_without_one(people: Home, clock: Clock, flag: int, reason: str) -> None:
    with pytest.raises(NightlightError, match="reasons"):
        dismiss(people, flag, reason, "", None, by=SAM, clock=clock)
    assert flag_of(people, "c1").state is State.OPEN


def test_a_decision_is_made_once_and_may_be_taken_back(people: Home, clock: Clock, flag: int) -> None:
    confirm(people, flag, "", 10, by=SAM, clock=clock)
    with pytest.raises(NightlightError, match="sam has confirmed"):
        dismiss(people, flag, "not_so", "", 10, by=TESS, clock=clock)
    again = reopen(people, flag, "looked at it once more", by=TESS, clock=clock)
    assert (again.state, again.decided_by, again.note) == (State.OPEN, None, None)
    assert dismiss(people, flag, "not_so", "", 10, by=TESS, clock=clock).state is State.DISMISSED
    events = [event.event for event in reviews.history(people, [again], by=SAM)[flag]]
    assert events == ["raised", "confirmed", "reopened", "dismissed"]


def test_what_nobody_decided_is_not_taken_back(people: Home, clock: Clock, flag: int) -> None:
    with pytest.raises(NightlightError, match="nobody has decided"):
        reopen(people, flag, "", by=SAM, clock=clock)


@pytest.mark.parametrize("who", [OLGA, OTTO])
def test_a_colleague_of_another_team_and_a_stranger_decide_nothing(
    people: Home, clock: Clock, flag: int, who: Reach
) -> None:
    for act in (
        lambda: confirm(people, flag, "", 1, by=who, clock=clock),
        lambda: dismiss(people, flag, "not_so", "", 1, by=who, clock=clock),
        lambda: reopen(people, flag, "", by=who, clock=clock),
        lambda: reviews.history(people, [flag_of(people, "c1")], by=who),
    ):
        with pytest.raises(NightlightError, match=r"no such flag|no such conversation|does not have EXECUTE"):
            act()
    assert flag_of(people, "c1").state is State.OPEN


def test_another_teams_flag_and_none_at_all_are_told_alike(people: Home, clock: Clock, flag: int) -> None:
    told = []
    for number in (flag, 999):
        with pytest.raises(NightlightError) as refusal:
            confirm(people, number, "", 1, by=OLGA, clock=clock)
        told.append(str(refusal.value))
    assert told[0] == told[1]


def test_whoever_manages_decides_about_any(people: Home, clock: Clock, flag: int) -> None:
    assert confirm(people, flag, "", 1, by=MIA, clock=clock).decided_by == "mia"


def test_the_audit_has_every_decision_and_every_refusal_without_notes(people: Home, clock: Clock, flag: int) -> None:
    confirm(people, flag, "a private note", 1, by=SAM, clock=clock)
    with pytest.raises(NightlightError):
        confirm(people, flag, "a private note", 1, by=OLGA, clock=clock)
    records = tail(people, 10, action="confirm flag")
    assert [(record["principal"], record["outcome"]) for record in records] == [
        ("sam", "done"),
        ("olga", "refused"),
    ]
    assert "private" not in str(records)


def test_a_page_left_open_all_night_is_no_review_of_a_night(people: Home, clock: Clock, flag: int) -> None:
    found = confirm(people, flag, "", 60_000, by=SAM, clock=clock)
    assert reviews.history(people, [found], by=SAM)[flag][-1].seconds == LONGEST_REVIEW


def test_a_very_long_note_is_refused(people: Home, clock: Clock, flag: int) -> None:
    with pytest.raises(NightlightError, match="too long"):
        confirm(people, flag, "x" * (LONGEST_NOTE + 1), 1, by=SAM, clock=clock)
