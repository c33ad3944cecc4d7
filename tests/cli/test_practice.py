"""Promises of `nightlight practice`: cards are listed, files played again, and wrong input is one clear line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.simulator.openai_server import running
from typer.testing import CliRunner, Result

from nightlight.catalog.history import changing
from nightlight.cli.app import app, with_commands
from nightlight.conversations.corpus import shipped_corpus
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.versions import State, select_versions, update_version
from nightlight.studio.writing import import_corpus

CARD = "night-shift-fine"
MESSAGES = """Hi, I'm Robin. What's going on tonight?

It makes sense that you're worn out. What has that been like?
Are you thinking of suicide?
<silence>
Are you having thoughts of suicide?
"""


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NIGHTLIGHT_HOME", raising=False)


@pytest.fixture
def replay(tmp_path: Path) -> str:
    file = tmp_path / "messages.txt"
    file.write_text(MESSAGES)
    return str(file)


def practice(*arguments: str, typed: str = "") -> Result:
    command = app if app.registered_commands else with_commands()
    return CliRunner().invoke(command, ["practice", *arguments], input=typed, catch_exceptions=False)


def refusal(*arguments: str) -> str:
    with pytest.raises(NightlightError) as refused:
        practice(*arguments)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_without_a_card_the_cards_are_listed_and_the_starter_corpus_is_named_so() -> None:
    told = practice().stdout
    assert CARD in told
    assert "no clinician of your organization has approved it" in told
    rows = json.loads(practice("--json").stdout)
    assert {"card", "title", "difficulty", "topics", "state"} == set(rows[0])
    assert {row["state"] for row in rows} == {"starter"}


def test_a_replay_gives_the_whole_trace(replay: str) -> None:
    told = json.loads(practice(CARD, "--replay", replay, "--seed", "4", "--json").stdout)
    assert (told["card"], told["seed"], told["wording"], told["card_state"]) == (CARD, 4, "bank", "starter")
    assert told["played"] is True
    assert [turn["counselor"] for turn in told["turns"] if turn["counselor"]] == [
        line for line in MESSAGES.splitlines() if line and line != "<silence>"
    ]
    for turn in told["turns"]:
        assert set(turn["state"]) >= {"trust", "openness", "distress", "hope", "patience"}
        assert {"acts", "phase", "told", "rungs", "replies", "feedback"} <= set(turn)
    assert told["turns"][-1]["rungs"]["thoughts"] == "told"
    assert told["outcome"] is not None
    assert len(told["rubric"]) == 15


def test_the_same_replay_is_the_same_twice_and_another_seed_is_another_texter(replay: str) -> None:
    once, again, other = (
        practice(CARD, "--replay", replay, "--seed", seed, "--json").stdout for seed in ("1", "1", "2")
    )
    assert once == again
    assert json.loads(once)["turns"] != json.loads(other)["turns"]


def test_a_replay_without_json_reads_as_a_conversation_with_its_debrief(replay: str) -> None:
    told = practice(CARD, "--replay", replay).stdout
    assert told.startswith("Practice: the texter is played.")
    assert "counselor: Are you thinking of suicide?" in told
    assert "Debrief" in told


def test_a_card_file_can_be_played_before_anybody_has_it(replay: str) -> None:
    file = shipped_corpus() / "cards" / f"{CARD}.yaml"
    told = json.loads(practice(str(file), "--replay", replay, "--json").stdout)
    assert (told["card"], told["card_state"]) == (CARD, "file")


def test_a_chat_says_that_the_texter_is_played_all_the_time_and_stopping_does_not_count() -> None:
    told = practice(CARD, typed="\nhello\n/stop\n").stdout
    assert "the texter is played" in told.splitlines()[0]
    assert told.count("(practice: the texter is played)>") == 2
    assert "Nothing of this counts" in told
    assert "the supervisor on shift takes it on" in " ".join(
        told.split()
    )  # a card with danger in it never ends with a mere goodbye


def test_leaving_before_the_first_message_shows_nothing_of_the_texter() -> None:
    told = practice(CARD, typed="/stop\n").stdout
    assert "Before you start" in told
    assert ">" not in told


def test_the_play_stops_when_a_trainee_speaks_of_their_own_distress() -> None:
    own = "I need to stop, this happened to my brother"
    stopped = practice(CARD, typed=f"\n{own}\n\n").stdout
    assert "Let's stop here" in stopped
    assert "Nothing of this counts" in stopped
    meant = practice(CARD, typed=f"\n{own}\ng\n/stop\n").stdout
    assert meant.count("(practice: the texter is played)>") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("night-shift-fin",), "did you mean 'night-shift-fine'?"),
        (("nowhere.yaml",), "nowhere.yaml:1: no such file"),
        ((CARD, "--replay", "nowhere.txt"), "nowhere.txt: no such file"),
        ((CARD, "--wording", "bnak"), "did you mean 'bank'?"),
        ((CARD, "--wording", "openai"), "set url in the table [wording] of nightlight.toml"),
        ((CARD, "--mode", "loud"), "known: off, nudge, coach"),
        ((CARD, "--json"), "--replay FILE"),
        ((CARD, "--home", "nowhere"), "nowhere"),
    ],
)
def test_wrong_input_is_one_line_with_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    assert says in refusal(*arguments)


def test_a_model_words_the_replies_of_a_replay(replay: str, tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home")
    with running() as server:
        wording = f'[wording]\nkind = "openai"\nurl = "{server.url}"\nmodel = "llama"\n'
        (home.root / "nightlight.toml").write_text(wording)
        arguments = (CARD, "--home", str(home.root), "--replay", replay, "--seed", "4")
        told = json.loads(practice(*arguments, "--wording", "openai", "--json").stdout)
        shown = practice(*arguments, "--wording", "openai").stdout
        asked = len(server.requests)
        assert json.loads(practice(*arguments, "--json").stdout)["wording"] == "bank"
        assert len(server.requests) == asked
    assert told["wording"] == "openai"
    assert "llama" in [word["by"] for turn in told["turns"] for word in turn["words"]]
    assert "The model llama says the card's lines in its own words." in shown


def test_a_card_with_a_broken_rule_names_its_line(tmp_path: Path) -> None:
    text = (shipped_corpus() / "cards" / f"{CARD}.yaml").read_text()
    file = tmp_path / f"{CARD}.yaml"
    file.write_text(text.replace('gate: "turn>=1"', 'gate: "turn>1"', 1))
    line = text.splitlines().index('    gate: "turn>=1"') + 1
    assert f"{CARD}.yaml:{line}:" in refusal(str(file))


@pytest.mark.parametrize(("content", "says"), [(b"\n \n", "no message in it"), (b"caf\xe9", "not UTF-8 text")])
def test_a_replay_file_without_readable_messages_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "messages.txt"
    file.write_bytes(content)
    assert says in refusal(CARD, "--replay", str(file))


def test_with_a_home_its_studio_says_which_cards_there_are(home: Home, tmp_path: Path) -> None:
    """An empty studio leaves the starter corpus; one that holds cards is asked."""
    assert CARD in practice("--home", str(home.root)).stdout
    import_corpus(home, by="setup")
    rows = json.loads(practice("--home", str(home.root), "--json").stdout)
    assert {row["state"] for row in rows} == {"starter"}
    with changing(home.database_url) as connection:
        for version in select_versions(connection, name=CARD):
            update_version(connection, replace(version, state=State.RETIRED))
    assert CARD in refusal(CARD, "--home", str(home.root))
    assert CARD not in {row["card"] for row in json.loads(practice("--home", str(home.root), "--json").stdout)}
