"""Promises of the demo's queue: filled day by day, partly decided about, with one conversation that goes on; once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.audit import tail
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.lakehouse.tables import Lake
from nightlight.operations.quality_demo import LEFT, LIVE, seed_quality
from nightlight.quality.access import Reach
from nightlight.quality.samples import samples
from nightlight.quality.store import QueuedFlag, select_cases, select_flags
from nightlight.settings import Home

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
POLICIES = """
CREATE GROUP clinicians; ADD USER clara TO GROUP clinicians;
CREATE GROUP supervisors; ADD USER sam TO GROUP supervisors;
GRANT EXECUTE ON APP quality TO clinicians; GRANT EXECUTE ON APP quality TO supervisors;
GRANT MANAGE ON APP quality TO clinicians;
"""
AT = pa.timestamp("us", "UTC")
TABLES = {
    "gold.conversation_flags": pa.schema(
        {
            "conversation_id": pa.int64(),
            "rule": pa.string(),
            "rule_version": pa.int32(),
            "severity": pa.string(),
            "message_ids": pa.list_(pa.int64()),
            "why": pa.string(),
            "probability": pa.float64(),
            "risk": pa.int32(),
            "labeller": pa.string(),
            "ended_at": AT,
        }
    ),
    "silver.conversations": pa.schema(
        {
            "conversation_id": pa.int64(),
            "counselor_id": pa.int64(),
            "queued_at": AT,
            "last_message_at": AT,
            "closed_at": AT,
            "texter_messages": pa.int64(),
            "counselor_messages": pa.int64(),
        }
    ),
    "silver.volunteers": pa.schema({"volunteer_id": pa.int64(), "team": pa.string(), "left_on": pa.date32()}),
}


def clock() -> datetime:
    return NOW


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    """Thirty conversations, one ended on each of the last days, with a flag each."""
    apply_statements(home.database_url, list(read_statements(POLICIES, "x.sql")), by="setup")
    for name, rows in {
        "gold.conversation_flags": [flag(day) for day in range(30)],
        "silver.conversations": [conversation(day) for day in range(30)],
        "silver.volunteers": [{"volunteer_id": 7, "team": "Keepers"}, {"volunteer_id": 3, "team": "Tide"}],
    }.items():
        deliver(home, name, rows, TABLES[name])
    return home


def flag(day: int) -> dict[str, Any]:
    return {
        "conversation_id": day,
        "rule": "no_closing",
        "rule_version": 1,
        "severity": ("low", "medium", "high")[day % 3],
        "message_ids": [day],
        "why": "It ended without a goodbye.",
        "risk": 1,
        "labeller": "labels-1",
        "ended_at": ended(day),
    }


def ended(day: int) -> datetime:
    return NOW - timedelta(days=day, hours=1)


def conversation(day: int) -> dict[str, Any]:
    times = {"queued_at": ended(day) - timedelta(hours=1), "last_message_at": ended(day), "closed_at": ended(day)}
    return {"conversation_id": day, "counselor_id": 7, "texter_messages": 9, "counselor_messages": 8, **times}


def flags(home: Home, state: str) -> list[QueuedFlag]:
    with transaction(home.database_url) as connection:
        return select_flags(connection, "state = :state AND rule = 'no_closing'", state=state)


def test_the_newest_flags_wait_and_the_older_ones_were_decided_about(line: Home) -> None:
    seeded = seed_quality(line, clock=clock)
    assert seeded.decided == len(flags(line, "confirmed")) + len(flags(line, "dismissed"))
    assert len(flags(line, "confirmed")) > 3
    assert len(flags(line, "dismissed")) > 3
    assert {each.raised_at >= NOW - LEFT for each in flags(line, "open")} == {True}
    assert len({each.raised_at for each in flags(line, "open")}) > 2
    assert all(
        each.decided_at and each.decided_at <= NOW and each.decided_by == "clara" for each in flags(line, "confirmed")
    )


def test_a_conversation_of_the_supervisors_team_goes_on_in_which_risk_was_not_asked_about(line: Home) -> None:
    seeded = seed_quality(line, clock=clock)
    assert seeded.live
    with transaction(line.database_url) as connection:
        (case,) = select_cases(connection, "source = 'live'")
        rules = {each.rule for each in select_flags(connection, "conversation = :id", id=case.conversation)}
    assert case.conversation.startswith(LIVE)
    assert (case.counselor, case.ended_at) == ("7", None)
    assert NOW - timedelta(minutes=2) < case.last_at <= NOW
    assert "risk_not_assessed" in rules
    assert seeded.waiting == len(flags(line, "open")) + 1


def test_a_random_sample_was_read_in_part_by_the_supervisor(line: Home) -> None:
    seed_quality(line, clock=clock)
    ((sample, sampled),) = samples(line, by=Reach("sam", counselors=frozenset({"7"})))
    assert sample.drawn_by == "clara"
    assert {each.answered_by for each in sampled[:-2]} == {"sam"}
    assert [each.answer for each in sampled[-2:]] == [None, None]
    assert {"problem", "nothing"} <= {each.answer for each in sampled}


def test_what_was_decided_is_in_the_tables(line: Home) -> None:
    seed_quality(line, clock=clock)
    rows = Lake(line.lake).table("quality.flags").read().to_pylist()
    assert {row["decided_by"] for row in rows} == {"clara", None}


def test_a_second_time_nothing_changes(line: Home) -> None:
    seed_quality(line, clock=clock)
    before = {state: flags(line, state) for state in ("open", "confirmed", "dismissed")}
    again = seed_quality(line, clock=clock)
    assert (again.decided, again.live) == (0, False)
    assert {state: flags(line, state) for state in before} == before


def test_the_audit_says_that_it_was_invented_and_has_no_word_of_it(line: Home) -> None:
    seed_quality(line, clock=clock)
    told = str(tail(line, limit=500))
    assert "invented decisions and messages" in told
    assert "burden" not in told


def test_without_flags_and_people_only_the_conversation_is_there(home: Home) -> None:
    seeded = seed_quality(home, clock=clock)
    assert (seeded.waiting, seeded.decided, seeded.live) == (1, 0, True)
