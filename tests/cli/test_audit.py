"""Promises of `nightlight audit`: it reads on one screen, says whether all is as it was written, and anchors it."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nightlight.catalog.audit import Entry, append
from nightlight.cli.audit import ACTIONS, audit
from nightlight.errors import NightlightError
from nightlight.settings import Home

STATEMENT = (
    "SELECT day,\n       count(*) AS conversations\nFROM gold.daily\nWHERE day > DATE '2026-01-01'\nGROUP BY day"
)


@pytest.fixture
def home(home: Home) -> Home:
    """A home in whose audit ana asked twice and sam, who may not, once."""
    append(home, Entry("query", "ana", "quality", "done", STATEMENT, tables=("gold.daily",), rows=120_000, seconds=0.1))
    append(home, Entry("query", "sam", None, "refused", "SELECT 1", detail="a purpose is needed"))
    append(home, Entry("query", "ana", "quality", "done", "SELECT 2", rows=1))
    return home


def run(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(audit, [*arguments, "--home", str(home.root)], catch_exceptions=True)


def change_a_record(home: Home) -> None:
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("UPDATE audit SET principal = 'ana' WHERE principal = 'sam'")


@pytest.mark.parametrize("width", [80, 140])
def test_the_tail_is_folded_to_the_terminal_and_says_who_did_what_and_why_not(
    home: Home, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    append(home, Entry("roll back model", "chen", None, "done", "pocket", detail="reads oddly at night " * 5 + "again"))
    printed = run(home, "tail").output
    assert max(map(len, printed.splitlines())) <= width
    told = " ".join(printed.split())
    assert re.search(r" 1 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d ana query,? done:? SELECT day, count\(\*\) AS ", told)
    assert "GROUP BY day (for quality, 120,000 rows)" in told
    assert re.search(r"sam query,? refused:? SELECT 1: a purpose is needed 3 ", told)
    assert re.search(r"chen roll back model,? done:? pocket: (reads oddly at night ){5}again$", told)


def test_a_statement_that_has_no_end_is_cut_on_the_screen(home: Home) -> None:
    append(home, Entry("background query", "p" * 80, "w" * 80, "refused", "word " * 200, rows=999_999_999))
    printed = run(home, "tail", "--limit", "1").output
    assert printed.count("word") == 60
    assert "…" in printed
    assert json.loads(run(home, "tail", "--limit", "1", "--json").output)[0]["statement"] == "word " * 200


def test_the_tail_can_be_narrowed(home: Home) -> None:
    assert [record["sequence"] for record in json.loads(run(home, "tail", "--json", "--principal", "ana").output)] == [
        1,
        3,
    ]
    assert [
        record["principal"] for record in json.loads(run(home, "tail", "--json", "--outcome", "refused").output)
    ] == ["sam"]
    assert [record["sequence"] for record in json.loads(run(home, "tail", "--json", "--limit", "1").output)] == [3]
    assert run(home, "tail", "--action", "user add").output == "the audit has none\n"


def test_an_outcome_or_action_that_does_not_exist_is_an_error_with_those_that_do(home: Home) -> None:
    assert "outcomes are done, refused, failed" in str(run(home, "tail", "--outcome", "wrong").exception)
    assert "actions are sql, open result, " in str(run(home, "tail", "--action", "wrong").exception)
    assert isinstance(run(home, "tail", "--action", "wrong").exception, NightlightError)


def test_every_action_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    assert [action for action in ACTIONS if f"`{action}`" not in text] == []


def test_json_holds_the_whole_record(home: Home) -> None:
    first = json.loads(run(home, "tail", "--json").output)[0]
    assert first["statement"] == STATEMENT
    assert {"sequence", "at", "os_user", "host", "purpose", "versions", "tables", "seconds"} < set(first)


@pytest.mark.parametrize("text", ["[/bold]", "[red]x", "\x1b[2J\x1b]0;x\x07", "\u202eabc", "a\rb"])
def test_what_others_wrote_neither_breaks_the_table_nor_moves_the_cursor(home: Home, text: str) -> None:
    append(home, Entry("query", text, text, "refused", text))
    result = run(home, "tail", "--limit", "1")
    assert result.exit_code == 0
    assert all(letter.isprintable() or letter == "\n" for letter in result.output)
    if text.startswith("["):
        assert result.output.count(text) == 3


def test_an_untouched_audit_verifies(home: Home) -> None:
    result = run(home, "verify", "--json")
    assert result.exit_code == 0
    assert {"ok": True, "records": 3, "first_bad": None}.items() <= json.loads(result.output).items()
    assert run(home, "verify").output == "3 records, no record is anchored\n"


def test_a_changed_audit_exits_with_one_and_names_the_record(home: Home) -> None:
    change_a_record(home)
    result = run(home, "verify", "--json")
    assert result.exit_code == 1
    assert {"ok": False, "records": 3, "first_bad": 2}.items() <= json.loads(result.stdout).items()
    result = run(home, "verify")
    assert result.exit_code == 1
    assert result.stderr == "nightlight: the audit is not as it was written, from record 2 on\n"
    assert "record 2: column 'principal' is not as it was recorded" in result.stdout


def test_an_anchor_finds_what_was_cut_off(home: Home, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor"
    assert run(home, "anchor", str(anchor)).output == f"anchored record 3 in {anchor}\n"
    assert run(home, "verify", "--anchor", str(anchor)).output == "3 records, anchored up to record 3\n"
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM audit WHERE sequence > 1")
        connection.execute("UPDATE audit_head SET sequence = 1, hash = (SELECT hash FROM audit)")
    assert run(home, "verify").exit_code == 0
    result = run(home, "verify", "--anchor", str(anchor), "--json")
    assert (result.exit_code, json.loads(result.stdout)["first_bad"]) == (1, 2)
    assert isinstance(run(home, "anchor", str(anchor)).exception, NightlightError)


def test_the_anchor_of_the_settings_is_the_default(home: Home) -> None:
    refused = run(home, "anchor").exception
    assert isinstance(refused, NightlightError)
    assert "set audit_anchor in nightlight.toml" in str(refused)
    (home.root / "nightlight.toml").write_text('audit_anchor = "heads"\n')
    assert "cannot be read" in str(run(home, "verify").exception), "configured and missing: nobody can tell"
    anchored = json.loads(run(home, "anchor", "--json").output)
    assert (anchored["sequence"], anchored["file"]) == (3, str(home.root / "heads"))
    assert run(home, "verify").output == "3 records, anchored up to record 3\n"
