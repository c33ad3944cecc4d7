"""The whole way of a model as docs/models.md tells it: its very commands, with recipes that learn nothing."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tests.clock import Clock
from tests.registry.story import APP, Command, commands
from tests.web.studio.conftest import run_as_passed

from nightlight.operations import model_evaluation, model_training
from nightlight.operations.model_suites import Step, Subject
from nightlight.operations.recipe_files import write_manifest
from nightlight.practice import sessions, wordings
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import Figure
from nightlight.settings import Home, shipped
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Said
from nightlight.simulator.wording import pocket
from nightlight.simulator.wording.prompt import Prompt
from nightlight.studio.training_sets import read_training_set

CARD = "exam-week-sleepless"


def recipe(name: str) -> Callable[..., None]:
    def train(
        training_set: Path,
        folder: Path,
        *,
        seed: int,
        on_step: Callable[[str], None],
        parameters: Mapping[str, str],
    ) -> None:
        documents = read_training_set(training_set, starter_allowed=True)
        folder.mkdir()
        (folder / "weights.safetensors").write_bytes(name.encode())
        write_manifest(
            folder,
            name=name,
            recipe=shipped(model_training.SCRIPTS[name]),
            parameters=parameters,
            documents=documents,
            seed=seed,
            metrics={"loss": 1.0},
        )

    return train


def suite(subject: Subject, on_step: Step) -> Sequence[Figure]:
    """Every model just meets its bars, but for the Llama that writes syllables."""
    bars = {bar.id: bar.limit or 0.0 for bar in read_bars(subject.home, subject.version.name)}
    if subject.version.name == "llama":
        bars["strange"] = 0.7
    return [Figure(key, f"figure {key}", value) for key, value in bars.items()]


class Saying:
    """A pocket texter that says the card's line with one word more."""

    name = "pocket"

    def __init__(self, folder: Path, *, model: str) -> None:
        self.model = model

    def generate(self, prompt: Prompt, *, seed: int, most_tokens: int) -> Iterator[str]:
        yield f"well {prompt.line}"


@pytest.fixture
def place(tmp_path: Path, empty_registry: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to begin in; the registry's tables are there, which take MLflow eight seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(model_training, "find_recipe", recipe)
    monkeypatch.setattr(model_evaluation, "SUITES", {"pocket": suite, "llama": suite})
    monkeypatch.setattr(model_evaluation, "baseline_figures", lambda name, on_step: ())
    monkeypatch.setattr(pocket, "PocketGenerator", Saying)
    return tmp_path / "home"


def test_the_pages_commands_lead_from_an_empty_folder_to_production_and_back(
    place: Path, empty_registry: Path, clock: Clock
) -> None:
    *way, rollback, history, tail = commands()
    for command in way:
        command.run(APP)
        if command.words[0] == "init":
            shutil.copytree(empty_registry, place / "registry")
        if command.words[1:2] == ("renew",):
            run_as_passed(Home.open(place), CARD)  # its tests take ten seconds, and have tests of their own
    (place / "nightlight.toml").write_text('[wording]\nkind = "pocket"\n')
    home = Home.open(place)
    running = begin(home, clock)
    assert running.wording == "pocket 2"
    answer(home, running, "Hi, what is on your mind tonight?", clock)

    assert "prod/pocket/1 is champion again" in rollback.run(APP)
    wordings.followed.cache_clear()  # seconds later
    answer(home, running, "It sounds like you carry a lot of it alone.", clock)
    said = [worded.by for turn in sessions.resume(home, running).turns[1:] for worded in turn.worded if worded.line]
    assert set(said) <= {"2", ""}
    assert "2" in said
    assert begin(home, clock).wording == "pocket 1"

    told = json.loads(Command((*history.words, "--json"), "").run(APP))
    assert [(event["action"], event["by"], event["outcome"]) for event in told if event["by"] != "nightlight"] == [
        ("train model", "dario", "done"),
        ("register model", "dario", "done"),
        ("evaluate model", "dario", "done"),
        ("promote model", "dario", "refused"),
        ("promote model", "cleo", "done"),
        ("promote model", "cleo", "refused"),
        ("promote model", "cleo", "done"),
        ("roll back model", "chen", "done"),
    ]
    assert told[-1]["detail"].endswith("prod/pocket/2 to prod/pocket/1: reads oddly at night")
    newest = json.loads(Command((*tail.words, "--json"), "").run(APP))
    assert "roll back model" in [record["action"] for record in newest]


def begin(home: Home, clock: Clock) -> sessions.Practice:
    return sessions.begin(home, "vera", CARD, mode=Mode.OFF, clock=clock)


def answer(home: Home, practice: sessions.Practice, text: str, clock: Clock) -> None:
    clock.pass_by(seconds=60)
    at = sessions.seconds_into(practice, clock())
    sessions.record(home, practice, Said(at, text), key=text[:20], clock=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()
