"""Promises of `nightlight annotation`: a set from scripts or consented conversations, its agreement, its labels."""

import json
from pathlib import Path

import pytest
from tests.quality.annotation.conftest import POLICIES, label_all
from tests.studio.conftest import text_of
from typer.testing import CliRunner, Result

from nightlight.catalog.history import changing
from nightlight.catalog.statements import read_statements
from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.studio.documents import now_utc
from nightlight.studio.versions import Kind, State, Version, insert_version

SCRIPTS = ("exam-week-sleepless--skilled1", "exam-week-sleepless--mixed1")
APP = with_commands()


def run(home: Home, *words: str) -> Result:
    done = CliRunner().invoke(APP, ["annotation", *words, "--home", str(home.root)])
    if isinstance(done.exception, NightlightError):
        raise done.exception
    return done


@pytest.fixture
def place(home: Home) -> Home:
    """A home with two scripts in use and one that is a draft."""
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="root", text=POLICIES)
    now = now_utc()
    states = (*((name, State.STARTER) for name in SCRIPTS), ("exam-week-sleepless--poor1", State.DRAFT))
    with changing(home.database_url) as connection:
        for name, state in states:
            insert_version(connection, Version(name, 1, Kind.SCRIPT, state, text_of(name), (), (), "", "", now, now))
    return home


@pytest.fixture
def consented(tmp_path: Path) -> Path:
    file = tmp_path / "own.jsonl"
    talk = {"id": "c1", "consent": True, "messages": [{"author": "texter", "text": "a long day"}]}
    file.write_text(json.dumps(talk) + "\n")
    return file


def test_a_set_of_scripts_holds_those_in_use_and_no_draft(place: Home) -> None:
    made = run(place, "new", "pilot", "--scripts", "9", "--annotators", "ana, bea", "--as", "clara")
    assert made.output == "pilot is there for ana and bea: Quality, Annotation\n"
    for person in ("ana", "bea"):
        label_all(place, person)
    lines = run(place, "export", "pilot", "--as", "clara").output.splitlines()
    assert {json.loads(line)["id"] for line in lines} == set(SCRIPTS)


def test_real_conversations_come_with_their_purpose(place: Home, consented: Path) -> None:
    words = ("new", "own", str(consented), "--annotators", "ana,bea", "--as", "clara")
    with pytest.raises(NightlightError, match="a purpose is needed to read real conversations; name it with --purpose"):
        run(place, *words)
    assert run(place, *words, "--purpose", "quality_review").exit_code == 0


def test_a_set_is_of_a_file_or_of_scripts(place: Home, consented: Path) -> None:
    people = ("--annotators", "ana,bea", "--as", "clara")
    for words in (("new", "x"), ("new", "x", str(consented), "--scripts", "1")):
        with pytest.raises(NightlightError, match="name a file of them, or how many with --scripts N"):
            run(place, *words, *people)


def test_agreement_is_printed_with_its_lines_once_both_are_done(place: Home) -> None:
    run(place, "new", "pilot", "--scripts", "2", "--annotators", "ana,bea", "--as", "clara")
    label_all(place, "ana", change={(1, at): {"phase": "closing"} for at in range(8, 13)})
    with pytest.raises(NightlightError, match="when both annotators are done"):
        run(place, "agreement", "pilot", "--as", "clara")
    label_all(place, "bea", change={(1, at): {"phase": "closing"} for at in range(9, 13)})
    printed = run(place, "agreement", "pilot", "--as", "clara").output
    assert "0.75" in printed
    assert "closing" in printed
    found = json.loads(run(place, "agreement", "pilot", "--as", "clara", "--json").output)
    phase = next(each for each in found["axes"] if each["axis"] == "phase")
    assert (phase["line"], phase["reached"]) == (0.75, "yes")
    assert phase["low"] <= phase["alpha"] <= phase["high"]
    assert found["boundaries"]["f1"] == 1
    assert found["disagreements"][0]["places"] == [[1, 8]]


def test_an_export_says_what_is_still_open_and_who_labelled_when_asked(place: Home) -> None:
    run(place, "new", "pilot", "--scripts", "1", "--annotators", "ana,bea", "--as", "clara")
    label_all(place, "ana")
    label_all(place, "bea", change={(1, 1): {"phase": "closing"}})
    plain = run(place, "export", "pilot", "--as", "clara")
    assert plain.stderr == "1 message still differs: its final label is null\n"
    assert '"bea"' not in plain.stdout
    assert '"bea"' in run(place, "export", "pilot", "--as", "clara", "--names").stdout
    with pytest.raises(NightlightError, match="'ana' does not have MANAGE"):
        run(place, "export", "pilot", "--as", "ana")
