"""Promises of `nightlight backup` and `nightlight restore`: one file, a home again, one line for what goes wrong."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import add_member, add_principal
from nightlight.catalog.statements import read_statements
from nightlight.cli.backup import backup, restore
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies


@pytest.fixture
def home(home: Home) -> Home:
    """A home that ada manages and ana does not."""
    add_principal(home.database_url, "admins", "group", by="root")
    for name in ("ada", "ana", "otto"):
        add_principal(home.database_url, name, "user", by="root")
    add_member(home.database_url, "ada", "admins", by="root")
    grant = "GRANT MANAGE ON CATALOG TO admins;"
    apply_policies(home, list(read_statements(grant, "p.sql")), by="root", text=grant)
    return home


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(backup)
    app.command()(restore)
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_a_home_is_backed_up_and_restored_and_both_say_what_they_did(home: Home, tmp_path: Path) -> None:
    file, again = tmp_path / "b", tmp_path / "again"
    taken = run("backup", file, "--home", home.root)
    assert taken.exit_code == 0
    assert "backed up 0 tables and 1 audit records" in taken.output
    assert "its texts, its keys" in taken.output
    restored = run("restore", file, "--home", again)
    assert restored.exit_code == 0
    assert f"into {again}: 0 tables with 0 rows, 1 audit records verified" in restored.output
    assert "sign in again" in restored.output
    assert Home.open(again).key("mask") == home.key("mask")


def test_scripts_read_both_as_json(home: Home, tmp_path: Path) -> None:
    taken = json.loads(run("backup", tmp_path / "b", "--home", home.root, "--json").output)
    assert (taken["file"], taken["audit_records"], taken["notes"]) == (str(tmp_path / "b"), 1, [])
    restored = json.loads(run("restore", tmp_path / "b", "--home", tmp_path / "again", "--json").output)
    assert (restored["home"], restored["tables"], restored["files"]) == (
        *(str(tmp_path / "again"), 0),
        taken["files"] - 3,  # what it is, the anchor and the list
    )


def test_a_backup_in_somebodys_name_needs_that_they_manage_the_home(home: Home, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "ada", "--as", "ada", "--home", home.root).exit_code == 0
    assert tail(home, 1)[0]["principal"] == "ada"
    for name in ("ana", "otto"):
        refused = run("backup", tmp_path / name, "--as", name, "--home", home.root)
        assert isinstance(refused.exception, NightlightError)
        assert not (tmp_path / name).exists()


def test_a_file_that_is_no_backup_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a letter")
    refused = run("restore", tmp_path / "b", "--home", tmp_path / "again")
    assert isinstance(refused.exception, NightlightError)
    assert "is no backup that can be restored" in str(refused.exception)
    assert run("restore", tmp_path / "none", "--home", tmp_path / "again").exit_code == 2
