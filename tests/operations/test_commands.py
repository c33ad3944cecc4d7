"""Promises of commands started from pages: one of a kind at a time, in a process of its own, with what they said."""

import sys
from datetime import UTC, datetime

import pytest

from nightlight.errors import NightlightError
from nightlight.operations import commands
from nightlight.operations.commands import Command, last_command, start_command
from nightlight.settings import Home

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def finished(home: Home, kind: str) -> Command:
    command = start_command(home, kind, by="ada", clock=lambda: NOW)
    assert command.wait(120)
    return command


def test_a_command_says_what_it_says_on_the_command_line(home: Home) -> None:
    command = finished(home, "verify")
    assert (command.lines, command.is_good, command.by) == (["0 records, no record is anchored"], True, "ada")
    assert last_command(home, "verify") is command


def test_one_that_fails_says_so_and_the_parts_after_it_run_all_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(commands.KINDS, "two", (("sql",), ("audit", "verify")))
    command = finished(home, "two")
    assert command.is_good is False
    assert command.lines[-1] == "0 records, no record is anchored"


def test_a_second_one_is_refused_while_the_first_runs_and_other_kinds_and_homes_are_not(home: Home) -> None:
    first = start_command(home, "verify", by="ada")
    with pytest.raises(NightlightError, match="running already"):
        start_command(home, "verify", by="alba")
    assert first.wait(120)
    assert finished(home, "verify").is_good


def test_its_end_is_heard_of_before_anybody_stops_waiting(home: Home) -> None:
    heard: list[bool] = []
    command = start_command(home, "verify", by="ada", when_done=lambda each: heard.append(each.is_running))
    assert command.wait(120)
    assert heard == [False]


def test_what_cannot_be_started_is_a_failure_like_any_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    command = finished(home, "verify")
    assert command.is_good is False
    assert "could not be started" in command.lines[0]


def test_no_more_is_kept_of_what_it_says_than_a_page_can_show(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LINES_KEPT", 1)
    monkeypatch.setitem(commands.KINDS, "help", (("--help",),))
    assert len(finished(home, "help").lines) == 1


def test_nobody_has_started_anything_in_a_new_home(home: Home) -> None:
    assert last_command(home, "round") is None
