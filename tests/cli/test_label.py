"""`nightlight label`: labels and flags for a file of conversations, and one clear line for what cannot be read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.labelling.registered import QUIET, let_people_decide, to_production, write_other
from typer.testing import CliRunner, Result

from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.labelling.model import shipped_model
from nightlight.labelling.serving import _following
from nightlight.registry.versions import FILES, run_folder
from nightlight.settings import Home, shipped

GRAVE: list[dict[str, Any]] = [
    {"author": "texter", "text": "hi"},
    {"author": "counselor", "text": "Hi, I'm Robin. What brings you here tonight?"},
    {"author": "texter", "text": "i cant do this any more. i want to kill myself"},
    {"author": "counselor", "text": "Oh. And how is the weather where you are?"},
    {"author": "counselor", "text": "We have had a lot of rain here."},
    {"author": "counselor", "text": "Do you like your job?"},
    {"author": "texter", "text": "did you read what i wrote"},
]
ASSESSED = [*GRAVE, {"author": "counselor", "text": "I am sorry. Are you thinking about killing yourself tonight?"}]
Label = Callable[..., Result]


@pytest.fixture
def label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Label:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NIGHTLIGHT_HOME", raising=False)

    def labelled(*lines: Any, options: tuple[str, ...] = ()) -> Result:
        file = tmp_path / "talks.jsonl"
        written = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in lines]
        file.write_text("\n".join(written) + "\n", encoding="utf-8")
        return CliRunner().invoke(with_commands(), ["label", str(file), *options])

    return labelled


def talk(name: str, messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": name, "messages": messages, **more}


def flags(result: Result) -> set[str]:
    return {flag["flag"] for flag in json.loads(result.stdout)["flags"]}


def test_every_message_gains_labels_and_everything_else_stays(label: Label) -> None:
    given = talk("c1", [{**message, "mood": 3} for message in GRAVE], line="north")
    found = json.loads(label(given, options=("--json",)).stdout)
    assert (found["id"], found["line"]) == ("c1", "north")
    assert [(m["author"], m["text"], m["mood"]) for m in found["messages"]] == [
        (m["author"], m["text"], 3) for m in GRAVE
    ]
    for message in found["messages"]:
        assert message["phase"]
        assert message["coarse_phase"]
        assert 0 < message["phase_probability"] <= 1
        assert ("acts" in message) == (message["author"] == "counselor")
        assert ("risk" in message) == (message["author"] == "texter")
    assert found["messages"][2]["risk"] >= 2
    assert found["labeller"].startswith("labels-2-")


def test_risk_that_nobody_asks_about_is_flagged_while_it_lasts(label: Label) -> None:
    options = ("--json", "--online")
    found = json.loads(label(talk("c1", GRAVE), options=options).stdout)
    flag = next(each for each in found["flags"] if each["flag"] == "risk_not_assessed")
    assert flag["severity"] == "high"
    assert "3" in flag["message_ids"]
    assert "risk_not_assessed" not in flags(label(talk("c1", ASSESSED), options=options))


def test_people_see_a_table_and_why(label: Label) -> None:
    result = label(talk("c1", GRAVE))
    assert result.exit_code == 0
    assert "conversation c1" in result.stdout
    assert "highest risk: " in result.stdout
    assert "high: Risk told, not asked about: " in result.stdout


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"author": "texter", "text": "😭😭"}], "no words"),
        ([{"author": "texter", "text": "no puedo más con todo esto y nadie me escucha nunca"}], "another language"),
    ],
)
def test_what_should_not_be_guessed_at_says_why(label: Label, messages: list[dict[str, Any]], reason: str) -> None:
    found = json.loads(label(talk("c1", messages), options=("--json",)).stdout)["messages"][0]
    assert found["risk"] is None
    assert found["risk_attributes"] is None
    assert reason in found["abstained"]


def test_an_empty_conversation_has_no_labels(label: Label) -> None:
    assert json.loads(label(talk("c1", []), options=("--json",)).stdout)["messages"] == []
    assert "has no messages" in label(talk("c1", [])).stdout


def test_a_wrong_line_is_named_and_what_stood_before_it_is_there(label: Label) -> None:
    for wrong in (
        '{"id": "c2"}',
        "secret words",
        '{"id": "c2", "messages": [{"author": "bot", "text": "secret words"}]}',
    ):
        result = label(talk("c1", GRAVE), wrong, options=("--json",))
        assert isinstance(result.exception, NightlightError)
        assert ":2" in str(result.exception)
        assert "secret" not in str(result.exception)
        assert json.loads(result.stdout.splitlines()[0])["id"] == "c1"


def test_a_missing_and_an_empty_file_are_one_clear_line(label: Label, tmp_path: Path) -> None:
    result = CliRunner().invoke(with_commands(), ["label", str(tmp_path / "gone.jsonl")])
    assert "gone.jsonl" in str(result.exception)
    assert "no conversations" in str(label("").exception)


def test_thresholds_of_the_home_decide(label: Label, tmp_path: Path) -> None:
    home = tmp_path / "home"
    CliRunner().invoke(with_commands(), ["init", "--home", str(home), "--empty"])
    (home / "flags.toml").write_text("unassessed_messages = 10\n")
    options = ("--json", "--online", "--home", str(home))
    assert "risk_not_assessed" not in flags(label(talk("c1", GRAVE), options=options))


def test_the_champion_of_the_home_labels_and_is_named(label: Label, with_registry: Home, tmp_path: Path) -> None:
    let_people_decide(with_registry)
    options = ("--json", "--home", str(with_registry.root))
    quiet = talk("c1", [{"author": "texter", "text": QUIET}])
    before = label(quiet, options=options)
    version = to_production(with_registry, write_other(tmp_path / "other"))
    _following.cache_clear()  # another process
    after = label(quiet, options=options)
    assert [json.loads(each.stdout)["messages"][0]["risk"] for each in (before, after)] == [0, 4]
    assert before.stderr == f"labeller {shipped_model().version}, as it came with the product\n"
    assert after.stderr == f"labeller {json.loads(after.stdout)['labeller']}, {version.label}\n"
    (run_folder(with_registry, version) / FILES / "texter.npz").write_bytes(b"")
    _following.cache_clear()
    broken = label(quiet, options=options)
    assert json.loads(broken.stdout)["messages"] == json.loads(before.stdout)["messages"]
    assert "not what the manifest says" in broken.stderr


def test_conversations_nobody_here_wrote_are_labelled_with_flags_and_evidence() -> None:
    file = shipped("benchmarks/label") / "strangers_conversations.jsonl"
    result = CliRunner().invoke(with_commands(), ["label", str(file), "--json"])
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(found) == 14
    for conversation in found:
        ids = {str(number) for number in range(1, len(conversation["messages"]) + 1)}
        assert all(set(flag["message_ids"]) <= ids for flag in conversation["flags"])
        assert all(bool(message["phase"]) != bool(message.get("abstained")) for message in conversation["messages"])
    messages = [message for conversation in found for message in conversation["messages"]]
    assert sum(not message["phase"] for message in messages) <= 0.01 * len(messages)
