"""A roster in an SQLite file: changes arrive once, late rows too, and every mishap is one line."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

ROSTER = """
kind = "sqlite"
path = "roster.db"
from = "volunteers"
table = "bronze.volunteers"
key = ["volunteer_id"]
cursor = "updated_at"
overlap = "2h"
[columns.volunteer_id]
type = "bigint"
required = true
[columns.name]
sensitivity = "identity"
[columns.left_on]
type = "date"
[columns.updated_at]
type = "timestamp"
"""


def write(line: "Line", *rows: tuple[Any, ...]) -> None:
    with closing(sqlite3.connect(line.home.root / "roster.db")) as database, database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS volunteers"
            " (volunteer_id INTEGER PRIMARY KEY, name TEXT, left_on TEXT, updated_at TEXT, hours REAL)"
        )
        database.executemany("INSERT OR REPLACE INTO volunteers VALUES (?, ?, ?, ?, ?)", rows)


@pytest.fixture
def roster(line: "Line") -> "Line":
    (line.home.sources / "messages.toml").unlink()
    line.declare("roster", ROSTER)
    return line


def arrived(line: "Line") -> list[tuple[Any, ...]]:
    return [(row["volunteer_id"], row["name"]) for row in line.rows("bronze.volunteers")]


def test_new_and_changed_rows_arrive_once(roster: "Line") -> None:
    write(roster, (1, "Ada", None, "2026-01-01T10:00:00Z", 0.1), (2, "Bo", None, "2026-01-01T11:00:00Z", 2))
    first = roster.run()
    assert (first.rows, first.new_columns) == (2, ("hours",))
    assert not roster.run().did_something
    write(
        roster, (2, "Bo B.", "2026-01-02", "2026-01-02 09:00:00", 2), (3, "Cy", None, "2026-01-02T09:00:00+00:00", None)
    )
    assert roster.run().rows == 2
    assert arrived(roster) == [(1, "Ada"), (2, "Bo"), (2, "Bo B."), (3, "Cy")]
    assert roster.rows("bronze.volunteers")[0]["hours"] == "0.1"
    assert {row["_file"] for row in roster.rows("bronze.volunteers")} == {"volunteers"}
    assert not roster.run().did_something


def test_a_late_row_within_the_overlap_arrives_and_only_it(roster: "Line") -> None:
    write(roster, (1, "Ada", None, "2026-01-01T10:00:00Z", 0), (2, "Bo", None, "2026-01-01T11:00:00Z", 0))
    roster.run()
    write(roster, (3, "late", None, "2026-01-01T10:30:00Z", 0), (4, "too late", None, "2026-01-01T08:59:00Z", 0))
    assert roster.run().rows == 1
    write(roster, (5, "same moment", None, "2026-01-01T11:00:00Z", 0))
    assert roster.run().rows == 1
    assert arrived(roster)[2:] == [(3, "late"), (5, "same moment")]
    assert not roster.run().did_something


def test_rows_that_break_the_contract_are_quarantined_once(roster: "Line") -> None:
    write(roster, (1, "Ada", None, "2026-01-01T10:00:00Z", 0), (2, "Bo", "someday", "2026-01-01T10:00:00Z", 0))
    write(roster, (3, "Cy", None, None, 0), (4, "Di", None, "yesterday", 0))
    assert roster.run().quarantined == 3
    assert not roster.run().did_something
    rules = sorted(row["rule"] for row in roster.quarantine("quarantine.bronze_volunteers"))
    assert rules == ["left_on: not a date", "updated_at: missing", "updated_at: not a timestamp"]


def test_a_column_that_is_null_for_thousands_of_rows_keeps_its_type(roster: "Line") -> None:
    write(roster, *((number, None, None, "2026-01-01T10:00:00Z", 0) for number in range(1, 3000)))
    write(roster, (3000, "Zoe", "2026-01-01", "2026-01-01T10:00:00Z", 0))
    assert roster.run().rows == 3000


@pytest.mark.parametrize(
    ("content", "line_"),
    [
        (None, "there is no database file"),
        (b"this is no database at all, only words " * 40, "it is not an SQLite database"),
        (b"", "the database has no such table"),
    ],
)
def test_an_unreadable_database_is_one_clear_line(roster: "Line", content: bytes | None, line_: str) -> None:
    if content is not None:
        (roster.home.root / "roster.db").write_bytes(content)
    assert line_ in str(roster.run().error)


def test_a_missing_column_that_is_needed_is_named(roster: "Line") -> None:
    with closing(sqlite3.connect(roster.home.root / "roster.db")) as database, database:
        database.execute("CREATE TABLE volunteers (volunteer_id INTEGER, name TEXT)")
    assert "volunteers has no column 'updated_at'" in str(roster.run().error)


def test_the_file_is_opened_for_reading_only(roster: "Line") -> None:
    write(roster, (1, "Ada", None, "2026-01-01T10:00:00Z", 0))
    Path(roster.home.root / "roster.db").chmod(0o400)
    assert roster.run().rows == 1


def test_a_table_that_breaks_off_half_way_leaves_nothing_and_counts_nothing(roster: "Line") -> None:
    write(roster, *((number, "x", None, "2026-01-01T10:00:00Z", 0) for number in range(1, 3000)))
    write(roster, *((number, "x", "someday", "2026-01-02T10:00:00Z", 0) for number in range(3000, 6000)))
    run = roster.run()
    assert "column 'left_on' is declared as date" in str(run.error)
    assert (run.rows, run.quarantined, roster.rows("bronze.volunteers")) == (0, 0, [])
    write(roster, *((number, "x", "2026-01-01", "2026-01-02T10:00:00Z", 0) for number in range(3000, 6000)))
    assert roster.run().rows == 5999
