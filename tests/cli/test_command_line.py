"""Promises of the command line: commands explain themselves, bad input is one clear line, documents name real ones."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import typer

from nightlight.cli.app import app, with_commands
from nightlight.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def nightlight(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "nightlight", *arguments], capture_output=True, text=True)


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its help."""
    group = typer.main.get_command(app if app.registered_commands else with_commands())
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", found.help or "") for inner, found in command.commands.items())
        else:
            yield name, command.help or ""


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_a_sentence_what_it_does(name: str) -> None:
    assert re.match(r"[A-Z].+\.$", COMMANDS[name].splitlines()[0])


def test_the_commands_of_the_data_path_are_there() -> None:
    assert {"demo", "init", "doctor", "ingest run", "ingest load", "ingest status"} < set(COMMANDS)
    assert {"pipeline dry-run", "pipeline run", "pipeline events", "pipeline lineage", "bench"} < set(COMMANDS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_documents_name_commands_that_exist(document: Path) -> None:
    words = re.findall(r"(?:^\s*|`|bin/)nightlight ([a-z]+(?: [a-z][a-z-]*)?)", document.read_text(), re.MULTILINE)
    known = {*COMMANDS, *(name.split()[0] for name in COMMANDS)}
    assert [word for word in words if word not in known and word.split()[0] not in COMMANDS] == []


def test_documents_name_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for file in DOCUMENTS for name in re.findall(r"(?:^|`)make ([a-z-]+)", file.read_text(), re.MULTILINE)
    }
    assert named <= targets


def test_every_setting_is_documented_with_its_default() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| `(.+?)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    defaults = asdict(Settings())
    tables = {name: defaults.pop(name) for name, value in [*defaults.items()] if isinstance(value, dict)}
    defaults |= {f"{table}.{name}": value for table, values in tables.items() for name, value in values.items()}
    assert {name: json.loads(default) for name, default in rows} == json.loads(json.dumps(defaults))


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    names = {
        re.split(r"[^A-Za-z0-9-]", line)[0] for line in [*project["dependencies"], *(x for e in extras for x in e)]
    }
    assert names == set(re.findall(r"^\| `([\w-]+)", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))


def test_without_a_home_a_command_says_so_in_one_line(tmp_path: Path) -> None:
    result = nightlight("ingest", "run", "--home", str(tmp_path / "nowhere"))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(
        f"nightlight: {tmp_path}/nowhere: there is no Nightlight home here; run `nightlight init`"
    )


def test_the_version_is_told() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert nightlight("--version").stdout == f"nightlight {version}\n"


def test_wrong_usage_exits_with_two() -> None:
    assert nightlight("demo", "--conversations", "many").returncode == 2


def test_init_makes_a_home_and_doctor_finds_it_in_order(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    assert json.loads(nightlight("init", "--home", home, "--json").stdout) == {"home": home, "empty": False}
    result = nightlight("doctor", "--home", home, "--json")
    assert result.returncode == 0, result.stderr
    assert {check["state"] for check in json.loads(result.stdout)} <= {"ok", "warning"}


def test_doctor_fails_where_something_is_wrong(tmp_path: Path) -> None:
    result = nightlight("doctor", "--home", str(tmp_path))
    assert result.returncode == 1
    assert "there is no Nightlight home here" in result.stdout
    assert result.stderr == "nightlight: 1 of 3 checks found something wrong\n"
