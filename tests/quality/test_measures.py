"""What flags are worth: every number against a count by hand, and nothing told from a handful."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.conftest import Deliver
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, Clock, a_flag, flag_of, take_in

from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.flags.declared import Severity
from nightlight.quality.intervals import rate, share, spread
from nightlight.quality.measures import measure, week_of
from nightlight.quality.raising import keep_flags
from nightlight.quality.reviews import confirm, dismiss, reopen
from nightlight.quality.store import LIVE, Case, insert_case
from nightlight.settings import Home


def decided(home: Home, clock: Clock, confirmed: int, dismissed: int, *, reason: str = "not_so") -> None:
    """Conversations of v1 with a flag that sam decided about, half a minute each."""
    for number in range(confirmed + dismissed):
        take_in(home, f"c{reason}{number}", "v1", clock.now, a_flag())
        flag = flag_of(home, f"c{reason}{number}").id
        if number < confirmed:
            confirm(home, flag, "", 30, by=SAM, clock=clock)
        else:
            dismiss(home, flag, reason, "", 30, by=SAM, clock=clock)


def run_live(home: Home, conversation: str, began_at: datetime, minutes: float, raised_after: float | None) -> None:
    """A live conversation of v1 that has ended, flagged while it ran."""
    end = began_at + timedelta(minutes=minutes)
    case = Case(conversation, LIVE, "v1", None, began_at, end, end, 2, 20, "labels-1", "texter")
    with transaction(home.database_url) as connection:
        insert_case(connection, case)
        if raised_after is not None:
            at = began_at + timedelta(minutes=raised_after)
            keep_flags(connection, conversation, [a_flag("risk_not_assessed")], at=at)


def test_precision_is_what_people_confirmed_among_what_they_decided(people: Home, clock: Clock) -> None:
    decided(people, clock, 9, 3)
    take_in(people, "waits", "v1", clock.now, a_flag())
    found = measure(people, by=SAM, clock=clock).all
    assert (found.raised, found.waiting) == (13, 1)
    assert (found.precision.hits, found.precision.of, found.precision.value) == (9, 12, 0.75)
    assert found.precision.is_told
    assert (found.precision.low, found.precision.high) == pytest.approx((0.468, 0.911), abs=0.001)


def test_fewer_than_ten_decisions_tell_nothing_but_their_counts(people: Home, clock: Clock) -> None:
    decided(people, clock, 9, 0)
    found = measure(people, by=SAM, clock=clock).all
    assert (found.precision.hits, found.precision.of) == (9, 9)
    assert not found.precision.is_told
    assert not found.false_alarms.is_told
    assert not found.answer.is_told


def test_somebody_who_tests_the_line_counts_neither_way(people: Home, clock: Clock) -> None:
    decided(people, clock, 4, 1)
    decided(people, clock, 0, 3, reason="test")
    found = measure(people, by=SAM, clock=clock).all
    assert (found.precision.hits, found.precision.of) == (4, 5)


def test_what_was_known_and_handled_is_not_confirmed_and_no_false_alarm(people: Home, clock: Clock) -> None:
    run_live(people, "long", clock.now - timedelta(hours=60), 50 * 60, None)
    decided(people, clock, 9, 1)
    decided(people, clock, 0, 2, reason="known_and_handled")
    clock.pass_by(minutes=1)
    found = measure(people, by=SAM, clock=clock).all
    assert (found.precision.hits, found.precision.of) == (9, 12)
    assert (found.false_alarms.count, found.false_alarms.exposure) == (1, 50.0)
    assert (found.false_alarms.value, found.false_alarms.is_told) == (2.0, True)


def test_a_decision_that_was_taken_back_counts_no_longer(people: Home, clock: Clock) -> None:
    decided(people, clock, 1, 0)
    reopen(people, flag_of(people, "cnot_so0").id, "", by=SAM, clock=clock)
    found = measure(people, by=SAM, clock=clock).all
    assert (found.precision.of, found.waiting) == (0, 1)
    assert found.precision.value is None


def test_rules_and_weeks_are_told_apart(people: Home, clock: Clock) -> None:
    before = clock.now - timedelta(weeks=2)
    take_in(people, "old", "v1", before, a_flag("never_screened", Severity.MEDIUM))
    take_in(people, "new", "v1", clock.now, a_flag())
    found = measure(people, by=SAM, clock=clock)
    assert [each.name for each in found.rules] == ["no_safety_plan", "never_screened"]
    raised = {each.name: each.raised for each in found.weeks if each.raised}
    assert raised == {"2026-02-16": 1, "2026-03-02": 1}
    assert len(found.weeks) == 12
    assert found.weeks[-1].name == "2026-03-02"


def test_lead_is_from_the_first_flag_to_the_end_of_a_running_conversation(people: Home, clock: Clock) -> None:
    for number in range(10):
        began = clock.now - timedelta(hours=5)
        run_live(people, f"live{number}", began, 60, 20 + number)
        confirm(people, flag_of(people, f"live{number}", "risk_not_assessed").id, "", 10, by=SAM, clock=clock)
    take_in(people, "after", "v1", clock.now, a_flag())  # found when it was over: no time was won
    confirm(people, flag_of(people, "after").id, "", 10, by=SAM, clock=clock)
    found = measure(people, by=SAM, clock=clock).all
    assert (found.lead.n, found.lead.median) == (10, 35.5 * 60)
    assert found.lead.is_told
    assert (found.lead.low, found.lead.high) == (32 * 60, 39 * 60)
    assert found.answer.n == 11


def test_recovery_is_what_went_away_before_anybody_looked(people: Home, clock: Clock) -> None:
    for number in range(4):
        run_live(people, f"live{number}", clock.now - timedelta(hours=2), 60, 10)
    for number in range(3):
        with transaction(people.database_url) as connection:
            keep_flags(connection, f"live{number}", [], at=clock.now - timedelta(minutes=100))
    # looked at although it went away: it recovered first
    confirm(people, flag_of(people, "live0", "risk_not_assessed").id, "", 5, by=SAM, clock=clock)
    take_in(people, "plan", "v1", clock.now, a_flag())  # of a rule that never goes away by itself
    found = measure(people, by=SAM, clock=clock).all
    assert (found.recovery.hits, found.recovery.of) == (3, 4)


def test_hours_of_the_tables_count_and_those_of_an_unanswered_conversation_do_not(
    people: Home, clock: Clock, deliver: Deliver
) -> None:
    told(people, deliver, clock, ("1", 1, 3), ("2", 2, 4), ("3", None, 0))
    clock.pass_by(hours=1)
    assert measure(people, by=MIA, clock=clock).load.chat_hours == 4.0
    assert measure(people, by=SAM, clock=clock).load.chat_hours == 2.0, "of her own team alone"


def test_load_says_how_much_was_looked_at(people: Home, clock: Clock, deliver: Deliver) -> None:
    told(people, deliver, clock, *((str(n), 1, 3) for n in range(20)))
    decided(people, clock, 2, 2)
    clock.pass_by(hours=1)
    load = measure(people, by=SAM, clock=clock).load
    assert (load.reviewed.hits, load.reviewed.of) == (4, 20)
    assert load.hours == pytest.approx(4 * 30 / 3600)


def test_people_see_the_measures_of_their_own_teams(people: Home, clock: Clock) -> None:
    decided(people, clock, 1, 1)
    assert measure(people, by=SAM, clock=clock).all.raised == 2
    assert measure(people, by=MIA, clock=clock).all.raised == 2
    assert measure(people, by=OLGA, clock=clock).all.raised == 0
    with pytest.raises(NightlightError):
        measure(people, by=OTTO, clock=clock)


def told(home: Home, deliver: Deliver, clock: Clock, *rows: tuple[str, int | None, int]) -> None:
    """Conversations of the line's tables that ended now, two hours long: id, counselor, the counselor's messages."""
    import pyarrow as pa

    moment = pa.timestamp("us", "UTC")
    schema = pa.schema(
        [
            ("conversation_id", pa.string()),
            ("counselor_id", pa.string()),
            *((name, moment) for name in ("queued_at", "last_message_at", "closed_at")),
            ("texter_messages", pa.int64()),
            ("counselor_messages", pa.int64()),
        ]
    )
    deliver(
        home,
        "silver.conversations",
        [
            {
                "conversation_id": key,
                "counselor_id": None if counselor is None else f"v{counselor}",
                "queued_at": clock.now - timedelta(hours=2),
                "last_message_at": clock.now,
                "closed_at": clock.now,
                "texter_messages": 5,
                "counselor_messages": messages,
            }
            for key, counselor, messages in rows
        ],
        schema,
    )


def test_intervals_are_those_of_the_textbooks() -> None:
    """Wilson for 0 and 10 of 10 (Agresti and Coull), Garwood for 0 and 10 events."""
    assert share(10, 10).low == pytest.approx(0.7225, abs=1e-4)
    assert share(0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert share(0, 0).value is None
    assert (rate(0, 100, behind=10).low, rate(0, 100, behind=10).high) == pytest.approx((0, 3.689), abs=1e-3)
    assert (rate(10, 100, behind=10).low, rate(10, 100, behind=10).high) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert rate(3, 0, behind=20).is_told is False
    assert spread([]).median is None


def test_a_week_begins_on_monday_in_utc() -> None:
    assert week_of(datetime(2026, 3, 1, 23, 59, tzinfo=UTC)) == date(2026, 2, 23)
    assert week_of(datetime(2026, 3, 2, tzinfo=UTC)) == date(2026, 3, 2)
