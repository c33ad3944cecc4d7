"""`nightlight ingest` as people and scripts meet it."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from nightlight.cli.ingest import ingest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line
    from typer.testing import Result

Message = Callable[..., dict[str, Any]]


def command(line: "Line", *words: str) -> "Result":
    return CliRunner().invoke(ingest, [*words, "--home", str(line.home.root)])


def test_run_prints_what_each_source_did_and_then_nothing_new(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(1), make_message(2, channel="web")])
    first = command(line, "run")
    assert first.exit_code == 0
    assert "messages" in first.stdout
    second = command(line, "run")
    assert (second.exit_code, second.stdout) == (0, "nothing new\n")


def test_run_fails_after_the_other_sources_are_done(line: "Line", make_message: Message) -> None:
    line.declare("broken", "kind = 1\n")
    line.export("a.jsonl", [make_message(1)])
    result = command(line, "run", "--json")
    assert result.exit_code == 1
    rows = {row["source"]: row for row in json.loads(result.stdout)}
    assert rows["messages"]["rows"] == 1
    assert result.stderr.startswith("nightlight: ")
    assert result.stderr.count("\n") == 1
    assert "broken.toml:1" in result.stderr


def test_status_and_load_print_json(line: "Line", make_message: Message) -> None:
    file = line.export("a.jsonl", [make_message(1)])
    assert json.loads(command(line, "load", "bronze.letters", str(file), "--json").stdout)[0]["rows"] == 1
    assert json.loads(command(line, "status", "--json").stdout)[0]["source"] == "messages"
