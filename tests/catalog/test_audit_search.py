"""Promises of the search in the audit: what fits is found, newest first, once each, however many there are."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightlight.catalog import audit_search
from nightlight.catalog.audit import Entry, append, tail
from nightlight.catalog.audit_search import Found, Search, actions, search
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home, Settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Note = Callable[..., int]


@pytest.fixture
def audited(home: Home, url: str) -> Home:
    """A home whose audit stands on either engine."""
    return Home(home.root, Settings(database=url))


@pytest.fixture
def note(audited: Home) -> Note:
    """Have something in the audit, some hours ago; its sequence."""

    def written(statement: str = "SELECT 1", *, hours: float = 0, **values: Any) -> int:
        entry = Entry(**{"action": "sql", "principal": "ana", "purpose": "care", "outcome": "done", **values})
        entry = Entry(**{**vars(entry), "statement": statement})
        return append(audited, entry, clock=lambda: NOW - timedelta(hours=hours))

    return written


def sequences(found: Found) -> list[int]:
    return [record["sequence"] for record in found.records]


def test_records_are_found_by_who_what_how_and_why(audited: Home, note: Note) -> None:
    one = note(principal="sam", action="api", outcome="refused", purpose="quality")
    note()
    for wanted in (Search(principal="sam"), Search(action="api"), Search(outcome="refused"), Search(purpose="quality")):
        assert sequences(search(audited, wanted)) == [one]
    assert sequences(search(audited, Search(principal="sam", outcome="done"))) == []
    assert search(audited, Search(principal="sam")).records == tail(audited, 1, principal="sam")


def test_a_range_of_time_has_its_beginning_and_not_its_end(audited: Home, note: Note) -> None:
    late, middle, early = (note(hours=hours) for hours in (0, 1, 2))
    wanted = Search(since=NOW - timedelta(hours=2), until=NOW)
    assert set(sequences(search(audited, wanted))) == {middle, early}
    elsewhere = Search(since=datetime.fromisoformat("2026-03-01T13:00:00+01:00"))  # the same moment, another zone
    assert sequences(search(audited, elsewhere)) == [late]


def test_a_table_is_found_by_its_whole_name(audited: Home, note: Note) -> None:
    one = note(tables=("gold.daily", "gold.waits"))
    note(tables=("gold.daily_old", "xgold.waits"))
    assert sequences(search(audited, Search(table="gold.waits"))) == [one]
    assert sequences(search(audited, Search(table="gold.daily"))) == [one]
    assert sequences(search(audited, Search(table="gold.d%"))) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT Day FROM t", "DAY from"),
        ("SELECT \"a b\", 'x\\y'", "b\", 'x\\y"),
        ("line one\n\tline two", "one two"),
        ("100%_sure!", "100%_sure!"),
        ("Écoute à deux", "écoute à"),
    ],
)
def test_words_mean_themselves(audited: Home, note: Note, statement: str, words: str) -> None:
    one = note(statement)
    note("SELECT 1000 FROM surely")
    assert sequences(search(audited, Search(words=words))) == [one]


def test_words_are_looked_for_in_what_was_asked_and_answered_alone(audited: Home, note: Note) -> None:
    one = note(detail="there is no table")
    assert sequences(search(audited, Search(words="no table"))) == [one]
    assert sequences(search(audited, Search(words="microseconds"))) == []
    assert sequences(search(audited, Search(words="ana"))) == []


@pytest.mark.parametrize("wanted", [Search(), Search(words="select"), Search(table="gold.daily")])
def test_pages_follow_one_another_without_a_gap(audited: Home, note: Note, wanted: Search) -> None:
    written = [note(tables=("gold.daily",)) for _ in range(23)]
    seen: list[int] = []
    before = None
    while True:
        found = search(audited, wanted, before=before, limit=5)
        seen += sequences(found)
        if (before := found.older) is None:
            break
    assert seen[: len(written)] == written[::-1]


def test_a_search_that_no_index_helps_is_bounded_and_says_how_far_it_came(
    audited: Home, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "WINDOW", 10)
    wanted = note("the needle")
    later = [note("hay") for _ in range(25)]
    found = search(audited, Search(words="needle"))
    assert (found.records, found.looked_to) == ([], later[-10])
    steps = 1
    while found.older and not found.records:
        found, steps = search(audited, Search(words="needle"), before=found.older), steps + 1
    assert (sequences(found), steps) == ([wanted], 3)


def test_the_actions_there_are_are_listed_once(audited: Home, note: Note) -> None:
    assert actions(audited) == []
    for action in ("sql", "api", "sql", "user add"):
        note(action=action)
    assert actions(audited) == ["api", "sql", "user add"]


def test_a_damaged_record_is_named(audited: Home, note: Note) -> None:
    from sqlalchemy import text

    sequence = note()
    with transaction(audited.database_url) as connection:
        connection.execute(text("UPDATE audit SET record = :damaged"), {"damaged": json.dumps([1])})
    with pytest.raises(NightlightError, match=f"record {sequence} of the audit is damaged"):
        search(audited, Search())
