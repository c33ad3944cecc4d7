"""Promises of tables on the screen: numbers and times are whole or on a line of their own, text alone is folded."""

from datetime import datetime

import pytest

from nightlight.cli.output import print_rows

ROWS = [{"name": "a", "at": datetime(2026, 1, 2, 3, 4, 5, 6), "rows": 788309334396, "why": "many words " * 8}]


@pytest.mark.parametrize("columns", [20, 40, 50, 60, 100, 200])
def test_numbers_and_times_are_never_broken(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    print_rows(ROWS, as_json=False)
    shown = capsys.readouterr().out
    assert "2026-01-02 03:04:05" in shown
    assert "788,309,334,396" in shown
    assert shown.count("many") == shown.count("words") == 8


def test_text_is_folded_before_a_table_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    print_rows(ROWS, as_json=False)
    assert capsys.readouterr().out.split()[:4] == ["name", "at", "rows", "why"]
    monkeypatch.setenv("COLUMNS", "40")
    print_rows(ROWS, as_json=False)
    assert capsys.readouterr().out.splitlines()[:2] == ["row 1", "name: a"]
