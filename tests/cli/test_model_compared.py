"""`nightlight model compare`: labels of two labellers in tables, and as ids alone for scripts."""

import json
from pathlib import Path

import pytest
from tests.labelling.registered import QUIET, let_people_decide, to_production, write_other
from typer.testing import CliRunner, Result

from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.operations import model_start
from nightlight.settings import Home

TALK = {"id": "c1", "messages": [{"author": "texter", "text": QUIET}, {"author": "counselor", "text": "And then?"}]}


@pytest.fixture
def place(with_registry: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The shipped labeller as dev/1 and prod/1, and another as dev/2 and prod/2."""
    let_people_decide(with_registry)
    monkeypatch.setattr(model_start, "SHIPPED", ("labeller",))
    model_start.prepare_models(with_registry)
    to_production(with_registry, write_other(tmp_path / "other"))
    (tmp_path / "talks.jsonl").write_text(json.dumps(TALK) + "\n")
    return with_registry


def compare(home: Home, *words: str) -> Result:
    return CliRunner().invoke(with_commands(), ["model", "compare", *words, "--home", str(home.root)])


def test_people_see_how_often_they_differ_and_what_turned_into_what(place: Home, tmp_path: Path) -> None:
    told = compare(place, "labeller", "prod/1", "prod/2", "--conversations", str(tmp_path / "talks.jsonl")).stdout
    assert "prod/labeller/1 (labels-2-" in told
    assert "1 conversations, 2 messages" in told
    lines = [line.split() for line in told.splitlines()]
    assert ["risk", "1", "1", "1.00", "0.00"] in lines
    assert ["c1", "2", "1", "0.50", "0", "0", "1"] in [line[:7] for line in lines]
    assert ["risk", "0", "4", "1"] in lines


def test_scripts_get_ids_and_no_text(place: Home, tmp_path: Path) -> None:
    words = ("labeller", "prod/1", "2", "--conversations", str(tmp_path / "talks.jsonl"), "--json")
    told = compare(place, *words).stdout
    found = json.loads(told)
    risk = next(each for each in found["differences"] if each["axis"] == "risk")
    assert risk == {"conversation": "c1", "place": "1", "axis": "risk", "one": "0", "other": "4"}
    assert {"axis": "risk", "asked": 1, "differ": 1, "kappa": 0.0, "share": 1.0} in found["axes"]
    assert [(each["conversation"], each["differ"]) for each in found["apart"]] == [("c1", 1)]
    assert QUIET not in told


def test_a_labeller_plays_no_card_and_an_empty_file_is_told(place: Home, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    for more in (("--card", "night-shift-fine"), ("--conversations", str(tmp_path / "none.jsonl"))):
        done = compare(place, "labeller", "prod/1", "prod/2", *more)
        assert isinstance(done.exception, NightlightError)
        assert done.exception.remedy
