"""Promises of `nightlight training`: practice into tables, a study's report, erasure; one clear line otherwise."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.principals import add_principal
from nightlight.catalog.statements import read_statements
from nightlight.cli.app import with_commands
from nightlight.db import insert_row, transaction
from nightlight.errors import NightlightError
from nightlight.practice.tables import is_used
from nightlight.settings import Home

POLICIES = "CREATE GROUP trainers; ADD USER sam TO GROUP trainers; GRANT MANAGE ON APP practice TO trainers;"
APP = with_commands()


def run(home: Home, *words: str) -> Result:
    return CliRunner().invoke(APP, ["training", *words, "--home", str(home.root)])


@pytest.fixture
def line(home: Home) -> Home:
    apply_statements(home.database_url, list(read_statements(POLICIES, "x.sql")), by="setup")
    add_principal(home.database_url, "otto", "user", by="setup")
    with transaction(home.database_url) as connection:
        values = {"name": "spring", "seed": "s", "arms": "[]", "held_out_before": "a", "held_out_after": "b"}
        insert_row(connection, "practice_studies", {**values, "made_by": "sam", "made_at": "2026-03-01"})
    return home


def test_publishing_says_what_it_did_and_can_be_repeated(line: Home) -> None:
    assert not is_used(line)
    assert json.loads(run(line, "publish", "--json").output)["sessions"] == 0
    assert is_used(line)
    assert run(line, "publish").output == "0 sessions are new; tables changed: none\n"


def test_a_report_counts_people_and_claims_nothing_without_them(line: Home) -> None:
    shown = run(line, "study", "report", "spring", "--as", "sam")
    assert "Study spring: 0 raters, 0 people lost" in shown.output
    assert shown.output.count("too few") == 3
    found = json.loads(run(line, "study", "report", "spring", "--as", "sam", "--json").output)
    assert [arm["joined"] for arm in found["arms"]] == [0, 0, 0]
    assert all(effect["difference"] is None for effect in found["effects"])


def test_a_report_is_for_trainers(line: Home) -> None:
    assert isinstance(run(line, "study", "report", "spring", "--as", "otto").exception, NightlightError)
    assert "no study 'summer'" in str(run(line, "study", "report", "summer", "--as", "sam").exception)


def test_erasing_somebody_who_never_practised_erases_nothing(line: Home) -> None:
    assert run(line, "erase", "otto").output == "erased 0 sessions of otto\n"
    assert "MANAGE" in str(run(line, "erase", "sam", "--as", "otto").exception)


def test_without_a_home_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, ["training", "publish", "--home", str(tmp_path)])
    assert "there is no Nightlight home here" in str(result.exception)
