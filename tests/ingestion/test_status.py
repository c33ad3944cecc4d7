"""How sources stand is told from the lake, without reading a message."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightlight.ingestion import ingest
from nightlight.ingestion.status import status

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

Message = Callable[..., dict[str, Any]]


def test_each_source_shows_its_run_rows_cursor_and_lag(line: "Line", make_message: Message) -> None:
    assert [(row["state"], row["rows"]) for row in status(line.home)] == [("never run", 0)]
    line.export("a.jsonl", [make_message(1), make_message(2), make_message(3, author="robot")])
    line.run()
    line.run()
    (row,) = status(line.home)
    assert (row["source"], row["table"], row["state"]) == ("messages", "bronze.messages", "ok")
    assert (row["rows"], row["quarantined"], row["cursor"], row["error"]) == (2, 1, "a.jsonl:3", None)
    expected = (datetime.now(UTC) - datetime(2026, 3, 1, 0, 0, 2, 250_000, UTC)).total_seconds()
    assert abs(row["lag_seconds"] - expected) < 10


def test_a_failure_stays_visible_until_a_run_is_well(line: "Line", make_message: Message) -> None:
    ingest.run(line.home)
    (row,) = status(line.home)
    assert row["state"] == "failed"
    assert "no file matches" in row["error"]
    line.export_bytes("a.jsonl", b"")
    line.run()
    assert status(line.home)[0]["state"] == "ok"


def test_a_broken_declaration_shows_its_line_and_hides_no_other(line: "Line") -> None:
    line.declare("broken", "kind = 1\n")
    rows = {row["source"]: row for row in status(line.home)}
    assert "'kind' must be text in quotes" in rows["broken"]["error"]
    assert rows["messages"]["state"] == "never run"
