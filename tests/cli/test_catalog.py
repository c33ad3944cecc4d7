"""Promises of `nightlight catalog`: a file is applied as a whole, and what stands can be seen from every side."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Deliver
from typer.testing import CliRunner

from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.principals import list_principals
from nightlight.cli.catalog import catalog as commands
from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP analysts;
ADD USER ana TO GROUP analysts;      -- owner-like: may read
ADD USER carl TO GROUP colleagues;
CREATE PURPOSE improve_service OF operations 'why';
ALLOW PURPOSE improve_service TO analysts;
GRANT USE SCHEMA ON SCHEMA silver TO analysts;
GRANT SELECT ON SCHEMA silver TO analysts;
GRANT SELECT (key) ON TABLE silver.people TO analysts;
SET MASK ON TAG sensitivity = 'identity' hash;
SET ROW FILTER ON TABLE silver.people (
  team = 'Tide'
) TO analysts;
SET TAG ON COLUMN silver.people.key sensitivity = 'identity';
"""
FIRST = "CREATE GROUP colleagues; CREATE GROUP strangers; ADD USER otto TO GROUP strangers;"


@pytest.fixture
def place(home: Home, deliver: Deliver, tmp_path: Path) -> Home:
    import pyarrow as pa

    people = pa.schema([("id", pa.int64()), ("key", pa.string()), ("team", pa.string())])
    deliver(home, "silver.people", [{"id": 1, "key": "k", "team": "Tide"}], people)
    deliver(home, "gold.keys", [{"key": "k"}], pa.schema([("key", pa.string())]))
    record_lineage(home.database_url, "gold.keys", {"key": [("silver.people", "key")]}, ["silver.people"])
    (tmp_path / "first.sql").write_text(FIRST)
    (tmp_path / "policies.sql").write_text(POLICIES)
    catalog(home, "apply", str(tmp_path / "first.sql"))
    return home


@pytest.fixture
def applied(place: Home, tmp_path: Path) -> Home:
    catalog(place, "apply", str(tmp_path / "policies.sql"))
    return place


def catalog(home: Home, *arguments: str) -> str:
    """What the command prints; its refusal is raised."""
    result = CliRunner().invoke(commands, [*arguments, "--home", str(home.root)], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def rows(home: Home, *arguments: str) -> Any:
    return json.loads(catalog(home, *arguments, "--json"))


def test_a_file_is_applied_once_and_again_without_a_change(place: Home, tmp_path: Path) -> None:
    file = str(tmp_path / "policies.sql")
    assert rows(place, "apply", file)["changed"] == 11
    again = catalog(place, "apply", file)
    assert again == "11 statements, nothing changed\n"


def test_a_mistake_is_said_with_its_place_and_nothing_is_applied(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "wrong.sql"
    file.write_text("CREATE GROUP late;\nGRANT SELECT (kee) ON TABLE silver.people TO late;\n")
    with pytest.raises(NightlightError) as caught:
        catalog(place, "apply", str(file))
    assert str(caught.value) == f"{file}:2: silver.people has no column 'kee'; did you mean 'key'?"
    assert "late" not in {row["name"] for row in list_principals(place.database_url)}


@pytest.mark.parametrize("actor", ["carl", "otto", "nobody"])
def test_only_who_manages_the_catalog_applies_in_the_own_name(place: Home, tmp_path: Path, actor: str) -> None:
    catalog(place, "apply", str(tmp_path / "policies.sql"))
    file = tmp_path / "more.sql"
    file.write_text("GRANT MANAGE ON CATALOG TO ana;")
    with pytest.raises(NightlightError):
        catalog(place, "apply", str(file), "--as", actor)
    catalog(place, "apply", str(file))
    assert "nothing changed" in catalog(place, "apply", str(file), "--as", "ana")


def test_tables_to_come_are_notes(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "early.sql"
    file.write_text("GRANT SELECT ON TABLE gold.later TO strangers;")
    assert catalog(place, "apply", str(file)).splitlines() == [
        "note: 1 table does not exist yet: gold.later",
        "1 statement: 1 changed something",
    ]


def test_many_tables_to_come_are_one_note_and_a_slip_keeps_its_line(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "early.sql"
    names = ["gold.one", "gold.two", "gold.three", "gold.four", "silver.peple"]
    file.write_text("".join(f"GRANT SELECT ON TABLE {name} TO strangers;\n" for name in names))
    assert catalog(place, "apply", str(file)).splitlines()[:-1] == [
        f"note: {file}:5: there is no table silver.peple yet; did you mean silver.people?",
        "note: 4 tables do not exist yet: gold.one, gold.two, gold.three .. and 1 more",
    ]


def test_a_grant_on_a_schema_without_a_table_is_a_note(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "early.sql"
    file.write_text("".join(f"GRANT SELECT ON SCHEMA {name} TO strangers;\n" for name in ("silver", "slver", "later")))
    assert catalog(place, "apply", str(file)).splitlines()[:-1] == [
        f"note: {file}:2: schema slver holds no table yet; did you mean 'silver'?",
        "note: 1 schema holds no table yet: later",
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CREATE GRUOP a;", "GROUP"),
        ("GRANT SELCT ON SCHEMA s TO a;", "SELECT"),
        ("GRNT SELECT ON SCHEMA s TO a;", "GRANT"),
    ],
)
def test_a_misspelt_word_is_told_the_right_one(place: Home, tmp_path: Path, text: str, meant: str) -> None:
    (tmp_path / "slip.sql").write_text(text)
    with pytest.raises(NightlightError, match=rf"slip\.sql:1: expected .*; did you mean {meant}\?$"):
        catalog(place, "apply", str(tmp_path / "slip.sql"))


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["show", "silver.peple"], "there is no table 'silver.peple'; did you mean 'silver.people'?"),
        (["show", "people"], "there is no schema 'people'; did you mean 'silver.people'?"),
        (["who-can", "SELECT", "silver.peple"], "there is no table 'silver.peple'; did you mean 'silver.people'?"),
        (["who-can", "SELECT", "silver.people.kee"], "there is no column 'kee' in silver.people; did you mean 'key'?"),
        (["who-can", "use-schema", "slver"], "there is no schema 'slver'; did you mean 'silver'?"),
        (["what-can", "carll"], "there is no user, group or service principal 'carll'; did you mean 'carl'?"),
    ],
)
def test_what_exists_nowhere_is_an_error(applied: Home, command: list[str], line: str) -> None:
    with pytest.raises(NightlightError) as caught:
        catalog(applied, *command)
    assert str(caught.value) == line


def test_what_has_grants_before_it_exists_is_answered_with_a_note(applied: Home, tmp_path: Path) -> None:
    (tmp_path / "early.sql").write_text("GRANT SELECT ON TABLE gold.later TO strangers;")
    catalog(applied, "apply", str(tmp_path / "early.sql"))
    for command in (["show", "gold.later"], ["who-can", "SELECT", "gold.later", "--all"]):
        result = CliRunner().invoke(commands, [*command, "--home", str(applied.root)], catch_exceptions=False)
        assert (result.exit_code, result.stderr) == (0, "nightlight: TABLE gold.later does not exist yet\n")
        assert "strangers" in result.stdout or "otto" in result.stdout


def test_who_can_names_the_owner_and_neither_colleague_nor_stranger(applied: Home) -> None:
    found = {row["principal"]: row for row in rows(applied, "who-can", "SELECT", "silver.people.key")}
    assert set(found) == {"ana", "pipelines"}
    assert "analysts" in found["ana"]["reason"]
    everybody = {
        row["principal"]: row["allowed"] for row in rows(applied, "who-can", "select", "silver.people", "--all")
    }
    assert everybody == {"ana": True, "carl": False, "otto": False, "pipelines": True}


def test_who_can_takes_privileges_of_two_words_as_a_shell_likes_them(applied: Home) -> None:
    assert [
        row["principal"] for row in rows(applied, "who-can", "use-schema", "silver") if row["principal"] != "pipelines"
    ] == ["ana"]


def test_what_can_tells_the_mask_and_the_filter(applied: Home) -> None:
    found = {
        row["securable"].split()[-1]: row for row in rows(applied, "what-can", "ana") if row["privilege"] == "SELECT"
    }
    assert "hash" in found["silver.people.key"]["mask"]
    assert "team = 'Tide'" in found["silver.people.key"]["filter"]
    assert found["silver.people.id"]["mask"] is None
    assert catalog(applied, "what-can", "otto") == "otto can do nothing\n"


def test_show_tells_what_stands_on_a_table_by_whom_and_since_when(applied: Home) -> None:
    found = rows(applied, "show", "silver.people")
    assert {row["on"] for row in found["grants"]} == {"TABLE silver.people", "SCHEMA silver"}
    assert all(row["since"] and row["by"] for row in found["grants"] + found["masks"] + found["filters"])
    assert [(row["column"], row["mask"]) for row in found["masks"]] == [("key", "hash")]
    assert [row["filter"] for row in found["filters"]] == ["team = 'Tide'"]
    assert [(row["column"], row["tag"]) for row in found["tags"]] == [("key", "sensitivity = 'identity'")]
    assert [row["column"] for row in found["columns"]] == ["id", "key", "team"]


def test_show_tells_where_an_inherited_tag_comes_from(applied: Home) -> None:
    found = rows(applied, "show", "gold.keys.key")
    assert [(row["tag"], row["from"]) for row in found["tags"]] == [("sensitivity = 'identity'", "silver.people.key")]
    assert [row["on"] for row in found["masks"]] == ["TAG sensitivity = 'identity'"]


def test_show_without_a_name_lists_schemas_and_tables_with_counts(applied: Home) -> None:
    found = {row["securable"]: row for row in rows(applied, "show")}
    assert found["silver.people"] == {
        "securable": "silver.people",
        "columns": 3,
        "grants": 1,
        "tags": 1,
        "masks": 0,
        "filters": 1,
    }
    assert found["silver"]["grants"] == 2


def test_something_that_is_no_securable_is_said_to_be_none(applied: Home) -> None:
    with pytest.raises(NightlightError, match="names nothing that privileges are granted on"):
        catalog(applied, "show", "silver people")


@pytest.mark.parametrize(
    "command", [["show"], ["show", "silver.people"], ["who-can", "SELECT", "silver.people"], ["what-can", "ana"]]
)
def test_what_is_shown_fits_a_terminal_of_a_hundred_columns(applied: Home, command: list[str]) -> None:
    lines = on_a_terminal(applied, 100, *command)
    assert len(lines) > 2
    assert max(map(len, lines)) <= 100
    assert not any("…" in line for line in lines)


def on_a_terminal(home: Home, columns: int, *arguments: str) -> list[str]:
    """What a terminal of that width would show."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 200, columns, 0, 0))
    command = [sys.executable, "-m", "nightlight", "catalog", *arguments, "--home", str(home.root)]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command, stdout=inner, env=environment) as process:
        os.close(inner)
        shown = b""
        while chunk := _read(outer):
            shown += chunk
    assert process.returncode == 0
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # closed by the other end
        return b""
