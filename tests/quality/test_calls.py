"""Promises of what has to be told to somebody: noted before anybody is told, taken by one, and answered by opening."""

from datetime import timedelta

from tests.quality.conftest import MIA, OLGA, SAM, Clock, a_flag

from nightlight.db import transaction
from nightlight.quality.calls import TAKEN_FOR, TRY_AGAIN, answer_call, call_failed, call_told, take_call, unheard
from nightlight.quality.flags.declared import Severity
from nightlight.quality.raising import keep_flags
from nightlight.quality.store import LIVE, Case, State, insert_case, update_flag
from nightlight.settings import Home


def raise_flag(home: Home, clock: Clock, conversation: str = "live-1", severity: Severity = Severity.PAGE) -> None:
    case = Case(conversation, LIVE, "v1", None, clock.now, clock.now, None, 4, 1, "labels-1")
    with transaction(home.database_url) as connection:
        insert_case(connection, case)
        keep_flags(connection, conversation, [a_flag("imminent_risk", severity)], at=clock.now)


def test_a_call_is_taken_by_one_told_and_due_once_more(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    call = take_call(anywhere, clock=clock)
    assert call is not None
    assert (call.conversation, call.turn, call.rule, call.raised_at) == ("live-1", 1, "imminent_risk", clock.now)
    assert take_call(anywhere, clock=clock) is None, "somebody is telling it"
    call_told(anywhere, call, ["sam"], clock=clock)
    clock.pass_by(minutes=5)
    again = take_call(anywhere, clock=clock)
    assert again is not None
    assert (again.turn, again.flag) == (2, call.flag)
    call_told(anywhere, again, ["sam"], clock=clock)
    clock.pass_by(hours=5)
    assert take_call(anywhere, clock=clock) is None


def test_what_somebody_took_and_never_told_is_taken_again(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    assert take_call(anywhere, clock=clock)
    clock.pass_by(seconds=TAKEN_FOR.total_seconds())
    assert take_call(anywhere, clock=clock)


def test_what_failed_is_due_again_soon_and_the_others_come_first(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    raise_flag(anywhere, clock, "live-2")
    first = take_call(anywhere, clock=clock)
    assert first is not None
    call_failed(anywhere, first, "the mail server is away", clock=clock)
    second = take_call(anywhere, clock=clock)
    assert second is not None
    assert (first.conversation, second.conversation) == ("live-1", "live-2")
    clock.pass_by(seconds=TRY_AGAIN.total_seconds())
    assert take_call(anywhere, clock=clock) == first


def test_opening_answers_it_for_good(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    call = take_call(anywhere, clock=clock)
    assert call is not None
    call_told(anywhere, call, [], clock=clock)
    assert [each.at_address for each in unheard(anywhere, by=SAM)] == [True]
    with transaction(anywhere.database_url) as connection:
        answer_call(connection, "live-1", clock.now)
        answer_call(connection, "live-2", clock.now)
    assert unheard(anywhere, by=SAM) == []
    clock.pass_by(minutes=9)
    assert take_call(anywhere, clock=clock) is None


def test_a_call_that_reached_nobody_is_seen_by_those_who_see_the_conversation(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    assert unheard(anywhere, by=SAM) == [], "nobody has looked yet"
    call = take_call(anywhere, clock=clock)
    assert call is not None
    call_failed(anywhere, call, "the mail server is away", clock=clock)
    for by in (SAM, MIA):
        assert [each.problem for each in unheard(anywhere, by=by)] == ["the mail server is away"]
    assert unheard(anywhere, by=OLGA) == []


def test_what_went_away_before_anybody_was_told_calls_nobody(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    call = take_call(anywhere, clock=clock)
    assert call is not None
    call_failed(anywhere, call, "the mail server is away", clock=clock)
    with transaction(anywhere.database_url) as connection:
        update_flag(connection, call.flag, state=State.CLEARED.value, cleared_at=clock.now)
    clock.pass_by(minutes=1)
    assert take_call(anywhere, clock=clock) is None
    assert unheard(anywhere, by=SAM) == []


def test_a_flag_that_is_raised_again_after_a_decision_calls_again(anywhere: Home, clock: Clock) -> None:
    raise_flag(anywhere, clock)
    call = take_call(anywhere, clock=clock)
    assert call is not None
    call_told(anywhere, call, ["sam"], clock=clock)
    with transaction(anywhere.database_url) as connection:
        decided = {"state": State.DISMISSED.value, "reason": "not_so", "decided_by": "sam", "decided_at": clock.now}
        update_flag(connection, call.flag, **decided)
    clock.pass_by(minutes=2)
    with transaction(anywhere.database_url) as connection:
        keep_flags(connection, "live-1", [a_flag("imminent_risk", Severity.PAGE, "m1", "m7")], at=clock.now)
    again = take_call(anywhere, clock=clock)
    assert again is not None
    assert (again.flag, again.turn) == (call.flag, 1)


def test_conversations_of_the_tables_call_nobody(anywhere: Home, clock: Clock) -> None:
    case = Case("1001", "line", "v1", None, clock.now, clock.now, clock.now, 4, 1, "labels-1")
    with transaction(anywhere.database_url) as connection:
        insert_case(connection, case)
        keep_flags(connection, "1001", [a_flag("imminent_risk", Severity.PAGE)], at=clock.now - timedelta(minutes=1))
    assert take_call(anywhere, clock=clock) is None
