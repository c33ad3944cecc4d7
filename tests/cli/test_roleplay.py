"""Promises of `nightlight roleplay`: cards from file to approved in the terminal, and one line for what is refused."""

import json
from pathlib import Path

import pytest
from tests.studio.conftest import CALM, POLICIES, text_of
from tests.web.studio.conftest import run_as_passed
from typer.testing import CliRunner

from nightlight.catalog.statements import read_statements
from nightlight.cli.roleplay import roleplay as commands
from nightlight.conversations.corpus import shipped_corpus
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies


@pytest.fixture
def place(home: Home) -> Home:
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="root", text=POLICIES)
    return home


def roleplay(home: Home, *arguments: str) -> str:
    result = CliRunner().invoke(commands, [*arguments, "--home", str(home.root)], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_a_card_goes_from_a_file_to_approved(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "my-card.yaml"
    file.write_text(text_of(CALM).replace(f"id: {CALM}", "id: my-card"))
    assert roleplay(place, "import", str(file), "--as", "clara") == "1 new or changed\n"
    run_as_passed(place, "my-card")
    assert roleplay(place, "submit", "my-card") == "my-card version 1 is in review\n"
    with pytest.raises(NightlightError, match="nobody reviews what they wrote themselves"):
        roleplay(place, "approve", "my-card", "--as", "clara")
    assert "is approved until 2099-01-0" in roleplay(
        place, "approve", "my-card", "--as", "cleo", "--until", "2099-01-01"
    )
    (row,) = json.loads(roleplay(place, "list", "--json"))
    assert (row["name"], row["state"], row["authors"]) == ("my-card", "approved", "clara")
    folder = tmp_path / "out"
    assert roleplay(place, "export", "my-card", str(folder)) == f"wrote 1 files into {folder}\n"
    built = json.loads(roleplay(place, "training-set", "build", str(tmp_path / "set"), "--json"))
    assert (built["cards"], built["scripts"], built["starters"]) == (1, 0, 0)
    assert roleplay(place, "retire", "my-card", "--as", "cleo") == "retired: my-card version 1\n"


def test_starters_are_read_by_two_people_as_they_are_and_teach_from_then_on(place: Home, tmp_path: Path) -> None:
    roleplay(place, "import")
    names = (CALM, f"{CALM}--mixed1", f"{CALM}--poor1")
    with pytest.raises(NightlightError, match="is a starter: only a draft can be submitted") as refused:
        roleplay(place, "submit", CALM, "--as", "clara")
    assert f"nightlight roleplay renew {CALM}" in str(refused.value)
    assert roleplay(place, "renew", *names, "--as", "clara").splitlines()[0] == f"{CALM} version 2 is a draft"
    run_as_passed(place, CALM)
    assert len(roleplay(place, "submit", *names).splitlines()) == 3
    assert len(roleplay(place, "approve", *names, "--as", "cleo", "--until", "2099-01-01").splitlines()) == 3
    built = json.loads(roleplay(place, "training-set", "build", str(tmp_path / "set"), "--json"))
    assert (built["cards"], built["scripts"], built["starters"]) == (1, 2, 0)


def test_of_several_documents_one_refusal_holds_up_none_of_the_others(place: Home) -> None:
    roleplay(place, "import")
    good, unread = f"{CALM}--mixed1", f"{CALM}--poor1"
    roleplay(place, "renew", good, unread, "--as", "clara")
    for command, person, refused, done in (
        ("renew", "clara", "there is a new version already", f"{CALM} version 2 is a draft"),
        ("submit", "clara", "there is no card or script 'none'", f"{good} version 2 is in review"),
        ("approve", "cleo", "it is not in review", f"{good} version 2 is approved until "),
    ):
        names = {"renew": [good, CALM], "submit": ["none", good], "approve": [unread, good]}[command]
        result = CliRunner().invoke(commands, [command, *names, "--as", person, "--home", str(place.root)])
        first, second = result.stdout.splitlines()
        assert first.startswith(f"{names[0]}: refused: ")
        assert refused in first
        assert second.startswith(done)
        assert (result.exit_code, result.stderr) == (1, "nightlight: 1 of 2 refused\n")


def test_a_returned_card_says_so_and_versions_are_compared(place: Home, tmp_path: Path) -> None:
    file = tmp_path / "my-card.yaml"
    file.write_text(text_of(CALM).replace(f"id: {CALM}", "id: my-card"))
    roleplay(place, "import", str(file), "--as", "clara")
    run_as_passed(place, "my-card")
    roleplay(place, "submit", "my-card", "--as", "clara")
    said = roleplay(place, "return", "my-card", "--as", "cleo", "--reason", "the goal is not clear yet")
    assert said == "my-card version 1 is a draft again\n"
    assert roleplay(place, "diff", "my-card", "1", "1") == "nothing differs\n"


def test_files_in_order_are_said_to_be(tmp_path: Path) -> None:
    card = shipped_corpus() / "cards" / f"{CALM}.yaml"
    result = CliRunner().invoke(commands, ["check", str(card)])
    assert (result.exit_code, result.stdout) == (0, "1 file in order\n")


def test_every_problem_of_a_file_is_a_line_and_the_exit_code_says_so(tmp_path: Path) -> None:
    file = tmp_path / "my-card.yaml"
    file.write_text(text_of(CALM).replace("difficulty: 1", "difficulty: 7"))
    result = CliRunner().invoke(commands, ["check", str(file)])
    assert result.exit_code == 1
    assert f"{file}:4: difficulty must be a whole number from 1 to 3; write it in digits" in result.stdout
    assert result.stderr == "nightlight: 1 problem in 1 file\n"


def test_what_is_not_there_is_said_in_one_line(place: Home) -> None:
    with pytest.raises(NightlightError, match="there is no card or script 'none'"):
        roleplay(place, "submit", "none")
    with pytest.raises(NightlightError, match="'soon' is no date"):
        roleplay(place, "approve", "none", "--as", "cleo", "--until", "soon")
