"""Promises of the demo's practice: invented, marked as such, once, and only where there is a roster."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.lakehouse.tables import Lake
from nightlight.operations import practice_demo
from nightlight.practice import store
from nightlight.practice.cohorts import list_cohorts
from nightlight.practice.efficacy import list_efficacy
from nightlight.practice.sessions import list_practices, resume
from nightlight.practice.tables import publish
from nightlight.settings import Home
from nightlight.studio.writing import import_corpus

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
POLICIES = """
CREATE GROUP volunteers; CREATE GROUP trainers; ADD USER sam TO GROUP trainers;
ADD USER vera TO GROUP volunteers; GRANT MANAGE ON APP practice TO trainers;
"""


@pytest.fixture
def line(home: Home, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Five volunteers, one of whom has left, and cohorts of two with two sessions each."""
    for name, value in {"EACH": 2, "SESSIONS": 2, "ASSESSED": (1,)}.items():
        monkeypatch.setattr(practice_demo, name, value)
    apply_statements(home.database_url, list(read_statements(POLICIES, "x.sql")), by="setup")
    import_corpus(home, by="setup")
    schema = pa.schema(
        {
            "volunteer_id": pa.int64(),
            "email": pa.string(),
            "joined_on": pa.date32(),
            "left_on": pa.date32(),
            "updated_at": pa.timestamp("us", "UTC"),
        }
    )
    rows = [
        {
            "volunteer_id": number,
            "email": f"v{number}@example.org",
            "joined_on": NOW.replace(month=1, day=number).date(),
            "left_on": NOW.date() if number == 5 else None,
            "updated_at": NOW,
        }
        for number in range(1, 6)
    ]
    deliver(home, "bronze.volunteers", rows, schema)
    return home


def clock() -> datetime:
    return NOW


def test_trainees_have_weeks_of_sessions_marked_as_invented(line: Home) -> None:
    seeded = practice_demo.seed_practice(line, clock=clock)
    assert seeded is not None
    assert (seeded.people, seeded.sessions) == (5, 10)
    assert publish(line).sessions == 10
    rows = Lake(line.lake).table("practice.sessions").read().to_pylist()
    assert {row["person"] for row in rows} == {"vera", *(f"v{number}@example.org" for number in range(1, 5))}
    assert all(row["is_demo"] and row["ended_at"] <= NOW for row in rows)
    assert {row["kind"] for row in rows} == {"practice", "assessment"}
    assert len(list_efficacy(line, "vera")) == 2
    assert [each.name for each in list_cohorts(line, by="sam")] == ["Autumn", "Summer"]


def test_what_was_kept_can_be_looked_at_again(line: Home) -> None:
    practice_demo.seed_practice(line, clock=clock)
    for practice in list_practices(line, "vera"):
        assert resume(line, practice).outcome == practice.outcome


def test_it_is_invented_once(line: Home) -> None:
    practice_demo.seed_practice(line, clock=clock)
    assert practice_demo.seed_practice(line, clock=clock) is None
    with transaction(line.database_url) as connection:
        assert len(store.select(connection, "1 = 1")) == 10


def test_without_a_roster_nothing_is_invented(make_home: Callable[[Path], Home], tmp_path: Path) -> None:
    home = make_home(tmp_path / "other")
    assert practice_demo.seed_practice(home, clock=clock) is None
    assert not list_practices(home, "vera")
