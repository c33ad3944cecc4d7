"""What a new look at a conversation does to the flags in its queue."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from tests.quality.conftest import SAM, Clock, a_flag, flag_of, take_in

from nightlight.db import transaction
from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.raising import Kept, keep_flags
from nightlight.quality.reviews import confirm, dismiss
from nightlight.quality.store import Happened, State, history_of
from nightlight.settings import Home

CLEARS, STAYS = "risk_not_assessed", "no_safety_plan"


def look(home: Home, clock: Clock, *flags: Flag) -> Kept:
    clock.pass_by(minutes=1)
    with transaction(home.database_url) as connection:
        return keep_flags(connection, "c1", flags, at=clock.now)


def happened(home: Home, rule: str) -> Sequence[Happened]:
    flag = flag_of(home, "c1", rule)
    with transaction(home.database_url) as connection:
        return [event.event for event in history_of(connection, [flag])[flag.id]]


@pytest.fixture
def home_with_case(people: Home, clock: Clock) -> Home:
    take_in(people, "c1", "v1", clock.now)
    return people


def test_the_same_flags_again_change_nothing(home_with_case: Home, clock: Clock) -> None:
    assert [flag.rule for flag in look(home_with_case, clock, a_flag()).raised] == [STAYS]
    before = flag_of(home_with_case, "c1")
    assert look(home_with_case, clock, a_flag()) == Kept()
    assert flag_of(home_with_case, "c1") == before
    assert happened(home_with_case, STAYS) == ["raised"]


def test_a_flag_that_may_go_is_cleared_and_one_that_may_not_stays(home_with_case: Home, clock: Clock) -> None:
    look(home_with_case, clock, a_flag(CLEARS), a_flag(STAYS))
    assert look(home_with_case, clock).cleared == (CLEARS,)
    assert flag_of(home_with_case, "c1", CLEARS).state is State.CLEARED
    assert flag_of(home_with_case, "c1", CLEARS).cleared_at == clock.now
    assert flag_of(home_with_case, "c1", STAYS).state is State.OPEN


def test_raised_again_after_clearing_it_is_the_same_flag_and_waits_anew(home_with_case: Home, clock: Clock) -> None:
    look(home_with_case, clock, a_flag(CLEARS))
    first = flag_of(home_with_case, "c1", CLEARS)
    look(home_with_case, clock)
    assert [flag.rule for flag in look(home_with_case, clock, a_flag(CLEARS, Severity.HIGH, "m9")).raised] == [CLEARS]
    again = flag_of(home_with_case, "c1", CLEARS)
    assert (again.id, again.state, again.cleared_at) == (first.id, State.OPEN, None)
    assert (again.raised_at, again.message_ids) == (clock.now, ("m9",))
    assert happened(home_with_case, CLEARS) == ["raised", "cleared", "raised"]


def test_newer_evidence_is_kept_without_raising_anything(home_with_case: Home, clock: Clock) -> None:
    look(home_with_case, clock, a_flag())
    first = flag_of(home_with_case, "c1")
    assert look(home_with_case, clock, a_flag(STAYS, Severity.HIGH, "m1", "m2")) == Kept()
    assert flag_of(home_with_case, "c1").message_ids == ("m1", "m2")
    assert flag_of(home_with_case, "c1").raised_at == first.raised_at


def test_a_severer_flag_is_told_of_and_has_waited_since_the_first_time(home_with_case: Home, clock: Clock) -> None:
    look(home_with_case, clock, a_flag())
    first = flag_of(home_with_case, "c1")
    assert len(look(home_with_case, clock, a_flag(STAYS, Severity.PAGE)).raised) == 1
    now = flag_of(home_with_case, "c1")
    assert (now.severity, now.raised_at) == (Severity.PAGE, first.raised_at)


def test_what_people_decided_stays(home_with_case: Home, clock: Clock) -> None:
    look(home_with_case, clock, a_flag(STAYS), a_flag(CLEARS))
    confirm(home_with_case, flag_of(home_with_case, "c1", STAYS).id, "", 30, by=SAM, clock=clock)
    dismiss(home_with_case, flag_of(home_with_case, "c1", CLEARS).id, "not_so", "", 30, by=SAM, clock=clock)
    assert look(home_with_case, clock, a_flag(STAYS, Severity.HIGH, "m2"), a_flag(CLEARS)) == Kept()
    assert look(home_with_case, clock) == Kept()
    assert flag_of(home_with_case, "c1", STAYS).state is State.CONFIRMED
    assert flag_of(home_with_case, "c1", CLEARS).state is State.DISMISSED


@pytest.mark.parametrize(
    ("reason", "severity", "messages", "comes_back"),
    [
        ("not_so", Severity.HIGH, ("m1", "m2"), True),  # a grave one with evidence that nobody has seen
        ("not_so", Severity.HIGH, ("m1",), False),
        ("not_so", Severity.MEDIUM, ("m1", "m2"), False),
        ("known_and_handled", Severity.HIGH, ("m1", "m2"), False),
        ("known_and_handled", Severity.PAGE, ("m1",), True),  # whatever was handled: it is severer now
        ("test", Severity.HIGH, ("m1", "m2"), False),
    ],
)
def test_a_dismissed_flag_comes_back_only_for_more_than_what_was_dismissed(
    home_with_case: Home, clock: Clock, reason: str, severity: Severity, messages: tuple[str, ...], comes_back: bool
) -> None:
    first = Severity.MEDIUM if severity is Severity.MEDIUM else Severity.HIGH
    look(home_with_case, clock, a_flag(STAYS, first, "m1"))
    dismiss(home_with_case, flag_of(home_with_case, "c1").id, reason, "", 30, by=SAM, clock=clock)
    kept = look(home_with_case, clock, a_flag(STAYS, severity, *messages))
    assert bool(kept.raised) is comes_back
    assert flag_of(home_with_case, "c1").state is (State.OPEN if comes_back else State.DISMISSED)
    assert happened(home_with_case, STAYS)[-1] == ("raised" if comes_back else "dismissed")


def test_a_flag_of_a_rule_that_is_no_more_stays(home_with_case: Home, clock: Clock) -> None:
    look(home_with_case, clock, a_flag("a_rule_of_old"))
    clock.now += timedelta(hours=1)
    assert look(home_with_case, clock) == Kept()
    assert flag_of(home_with_case, "c1", "a_rule_of_old").state is State.OPEN
