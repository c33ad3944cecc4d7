"""Promises of `nightlight model`: from a folder of files to production and back, each step one command."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.practice.test_live_checks import LEAK, SPOKEN
from tests.practice.test_live_checks import lines as practised
from tests.registry.models import STARTER, add_people, clock, write_model
from typer.testing import CliRunner, Result

from nightlight.catalog.statements import read_statements
from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.operations import model_evaluation, model_start
from nightlight.operations.model_suites import Step, Subject
from nightlight.practice.cohorts import make_cohort
from nightlight.registry.gates import Figure
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

APP = with_commands()


def run(home: Home, *words: str) -> Result:
    done = CliRunner().invoke(APP, ["model", *words, "--home", str(home.root)])
    if isinstance(done.exception, NightlightError):
        raise done.exception
    return done


def suite(subject: Subject, on_step: Step) -> Sequence[Figure]:
    leaks = 0.0 if (subject.folder / "weights.safetensors").read_bytes() != b"leaky" else 0.25
    return Figure("leaks", "facts told too early", leaks), Figure("fluency", "lines that read well", 0.8)


@pytest.fixture
def place(with_registry: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    add_people(with_registry)
    monkeypatch.setattr(model_start, "SHIPPED", ("labeller",))  # versions of `pocket` are these tests' own
    monkeypatch.setattr(model_evaluation, "SUITES", {"pocket": suite})
    monkeypatch.setattr(model_evaluation, "baseline_figures", lambda name, on_step: ())
    return with_registry


def test_from_a_folder_to_production_and_back(place: Home, tmp_path: Path) -> None:
    for word in ("first", "second"):
        run(place, "register", str(write_model(tmp_path / word, word)), "--as", "dario")
    for number in ("1", "2"):
        assert "the gate lets it through" in run(place, "evaluate", "pocket", number, "--as", "dario").output
        words = ("--alias", "champion", "--as", "clara")
        done = run(place, "promote", "pocket", number, "--to", "staging", *words)
        assert done.output == f"staging/pocket/{number} is champion now, from dev/pocket/{number}\n"
        run(place, "promote", "pocket", number, "--to", "prod", *words)
    assert run(place, "rollback", "pocket", "--as", "clara").output == "prod/pocket/1 is champion again\n"
    rows = json.loads(run(place, "list", "--json").output)
    pockets = [row for row in rows if (row["name"], row["workspace"]) == ("pocket", "prod")]
    assert [(row["version"], row["aliases"], row["gate"]) for row in pockets] == [
        (1, ["champion"], "passed"),
        (2, ["previous"], "passed"),
    ]
    story = json.loads(run(place, "history", "pocket", "--json").output)
    assert [event["action"] for event in story].count("promote model") == 4
    assert story[-1]["action"] == "roll back model"
    compared = json.loads(run(place, "compare", "pocket", "1", "prod/2", "--json").output)
    assert [row["better"] for row in compared] == ["same", "same"]


def test_a_challenger_is_tried_out_and_that_ends(place: Home, tmp_path: Path) -> None:
    assert run(place, "rollout", "pocket").output == "no version of pocket is tried out\n"
    for number, (word, alias) in enumerate((("first", "champion"), ("second", "challenger")), 1):
        run(place, "register", str(write_model(tmp_path / word, word)), "--as", "dario")
        run(place, "evaluate", "pocket", str(number), "--as", "dario")
        for to in ("staging", "prod"):
            run(place, "promote", "pocket", str(number), "--to", to, "--alias", alias, "--as", "clara")
    make_practice(place)
    done = run(place, "rollout", "pocket", "2", "--cohort", "spring", "--as", "clara").output
    assert done.startswith("prod/pocket/2 is tried out since ")
    assert " by clara: cohort spring\n" in done
    assert done.endswith("nobody meets it: practice does not follow 'pocket' here; docs/wording.md shows how\n")
    (place.root / "nightlight.toml").write_text('[wording]\nkind = "pocket"\n')
    assert "nobody meets it" not in run(place, "rollout", "pocket").output
    assert "10 % of people" in run(place, "rollout", "pocket", "2", "--percentage", "10", "--as", "clara").output
    assert "nobody (shadow)" in run(place, "rollout", "pocket", "2", "--shadow", "--as", "clara").output
    assert json.loads(run(place, "rollout", "pocket", "--json").output)["kind"] == "shadow"
    for person, why in (("dario", "a second person tries it out"), ("ana", "does not have EXECUTE")):
        with pytest.raises(NightlightError, match=why):
            run(place, "rollout", "pocket", "2", "--percentage", "10", "--as", person)
    with pytest.raises(NightlightError, match="there is no cohort 'autumn'"):
        run(place, "rollout", "pocket", "2", "--cohort", "autumn", "--as", "clara")
    ended = run(place, "rollout", "pocket", "--stop", "--reason", "seen enough", "--as", "clara")
    assert ended.output == "no version of pocket is tried out\n"
    story = json.loads(run(place, "history", "pocket", "--json").output)
    assert [event["action"] for event in story if event["outcome"] == "done"][-2:] == ["roll out model", "stop rollout"]


def make_practice(home: Home) -> None:
    """Sam teaches ana."""
    policies = """
    CREATE GROUP teachers; ADD USER sam TO GROUP teachers; GRANT MANAGE ON APP practice TO teachers;
    CREATE GROUP volunteers; ADD USER ana TO GROUP volunteers;
    """
    apply_policies(home, read_statements(policies, "test.sql"), by="test")
    make_cohort(home, "spring", ["ana"], by="sam", clock=clock)


def test_live_checks_are_shown_and_a_broken_bar_is_exit_code_1(place: Home) -> None:
    assert run(place, "checks").output == "no model was asked for a line in the last 24 hours\n"
    (place.root / "nightlight.toml").write_text(
        '[wording]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nmodel = "harbour"\n'
    )
    practised(place, "openai harbour", [SPOKEN] * 57, at=datetime.now(UTC))
    assert run(place, "checks").exit_code == 0
    practised(place, "openai harbour", [LEAK] * 3, at=datetime.now(UTC), session="two")
    assert "kept" in run(place, "checks", "llama").output
    practised(place, "openai harbour", [LEAK], at=datetime.now(UTC), session="three")
    done = run(place, "checks")
    assert done.exit_code == 1
    assert "nightlight: openai harbour: 6.56 % of 61 lines would have told too much, at most 5 %" in done.stderr
    assert json.loads(run(place, "checks", "--json").stdout)[0]["leaks"] == 4
    assert "no model was asked" in run(place, "checks", "pocket").output


def test_a_gate_that_refuses_is_exit_code_1_with_its_reasons(place: Home, tmp_path: Path) -> None:
    run(place, "register", str(write_model(tmp_path / "leaky", "leaky")), "--as", "dario")
    done = run(place, "evaluate", "pocket", "1", "--as", "dario")
    assert done.exit_code == 1
    assert "the gate refuses pocket 1: leaks facts told too early: 0.25, has to be at most 0" in done.stderr
    assert json.loads(run(place, "evaluate", "pocket", "1", "--as", "dario", "--json").stdout)["passed"] is False
    with pytest.raises(NightlightError, match="the gate refuses dev/pocket/1"):
        run(place, "promote", "pocket", "1", "--to", "staging", "--alias", "champion", "--as", "clara")


def test_an_author_and_a_stranger_promote_nothing(place: Home, tmp_path: Path) -> None:
    run(place, "register", str(write_model(tmp_path / "first")), "--as", "dario")
    run(place, "evaluate", "pocket", "1", "--as", "dario")
    words = ("promote", "pocket", "1", "--to", "staging", "--alias", "champion", "--as")
    with pytest.raises(NightlightError, match="'dario' trained or registered dev/pocket/1"):
        run(place, *words, "dario")
    with pytest.raises(NightlightError, match="'otto' does not have EXECUTE on MODEL pocket"):
        run(place, *words, "otto")


def test_what_the_product_brings_is_there_at_the_first_look(place: Home) -> None:
    rows = json.loads(run(place, "list", "--json").output)
    labellers = [row for row in rows if row["name"] == "labeller"]
    assert {(row["workspace"], *row["aliases"]) for row in labellers} == {
        (workspace, "champion") for workspace in ("dev", "staging", "prod")
    }
    card = run(place, "show", "labeller", "1", "--workspace", "prod").output
    assert card.startswith("# labeller 1 (prod)")
    assert "**starter**" in card


def test_a_card_is_shown_with_its_manifest_and_report(place: Home, tmp_path: Path) -> None:
    run(place, "register", str(write_model(tmp_path / "first", documents=(STARTER,))), "--as", "dario")
    run(place, "evaluate", "pocket", "1", "--as", "dario")
    shown = json.loads(run(place, "show", "pocket", "1", "--json").output)
    assert shown["manifest"]["seed"] == 7
    assert shown["report"]["passed"] is True
    assert "- 1 starter card" in run(place, "show", "pocket", "1").output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("evaluate", "labeler"), r"did you mean 'labeller'\?"),
        (("evaluate", "labeller", "1"), "it is not said who evaluates; name a user with --as"),
        (("compare", "labeller", "1", "live/x"), "'live/x' is no version; write 3, or prod/1"),
        (("show", "pocket", "1"), "there is no model 'pocket'; known: labeller"),
        (("register", "{tmp}", "--as", "dario"), "this folder has no manifest"),
        (("train", "pokcet", "--training-set", "{tmp}", "--as", "dario"), r"did you mean 'pocket'\?"),
        (("train", "pocket", "--training-set", "{tmp}", "--as", "dario", "--set", "x"), "'x' sets nothing; write NAME"),
        (("rollout", "pocket", "2", "--as", "clara"), "it is not said how; choose --shadow, --cohort NAME"),
        (("rollout", "pocket", "--shadow", "--as", "clara"), "it is not said which version"),
        (("rollout", "pocket", "2", "--shadow"), "it is not said who does it; name a user with --as"),
        (("rollout", "pocket", "2", "--shadow", "--stop", "--as", "clara"), "a version is tried out in one way"),
        (("rollout", "pocket", "--stop", "--as", "clara"), "no version of 'pocket' is being tried out"),
        (("checks", "labeller"), "no live checks are taken of 'labeller'"),
        (("rollback", "pocket", "--as", "clara"), "prod has no version of 'pocket' to go back to"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_what_to_do(
    place: Home, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    with pytest.raises(NightlightError, match=why):
        run(place, *(word.replace("{tmp}", str(tmp_path)) for word in words))
