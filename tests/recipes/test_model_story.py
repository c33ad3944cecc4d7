"""The whole way of a model, as docs/models.md tells it, with real training: minutes on one core."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.story import APP, Command, commands
from tests.web.studio.conftest import run_as_passed

from nightlight.conversations.corpus import starter_corpus
from nightlight.operations import model_suites
from nightlight.practice.wordings import chosen, open_wording
from nightlight.registry.gates import get_report
from nightlight.registry.stored import CHAMPION, ModelVersion
from nightlight.registry.versions import get_version, holder
from nightlight.settings import Home
from nightlight.simulator.wording.generated import GeneratedWording

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("default::FutureWarning", "default::DeprecationWarning"),  # peft's on transformers 5
]
CARD = "exam-week-sleepless"
SMALL = ("steps=40", "--set", "hidden=64", "--set", "layers=1", "--set", "threads=1")
SHORTER = {"minutes=1": SMALL, "epochs=1": ("epochs=1", "--set", "threads=1")}


@pytest.fixture
def place(tmp_path: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to begin in, with the checkpoint beside it; practice is measured with one card."""
    shutil.copytree(tiny_llama, tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTLIGHT_HOME", str(tmp_path / "home"))
    card = starter_corpus().cards[CARD]
    monkeypatch.setattr(model_suites, "_cards", lambda names: [card])
    return tmp_path / "home"


def test_the_gate_refuses_what_has_learned_nothing_and_lets_a_trained_texter_through(place: Path) -> None:
    *way, rollback, _, _ = map(shorter, commands())
    for command in way:
        command.run(APP)
        if command.words[1:2] == ("renew",):
            run_as_passed(Home.open(place), CARD)  # its tests take ten seconds, and have tests of their own
    (place / "nightlight.toml").write_text('[wording]\nkind = "pocket"\n')
    home = Home.open(place)
    refused = get_report(home, get_version(home, "llama", 1))
    assert refused is not None
    assert any(reason.startswith("strange ") for reason in refused.refused_because)
    assert champion(home).label == "prod/pocket/2"
    assert chosen(home, "vera") == "pocket 2"
    wording = open_wording(home, "pocket", "2")
    assert isinstance(wording, GeneratedWording)
    assert wording.generator.model == "2"
    rollback.run(APP)
    assert champion(home).label == "prod/pocket/1"


def champion(home: Home) -> ModelVersion:
    found = holder(home, "pocket", CHAMPION, workspace="prod")
    assert found is not None
    return found


def shorter(command: Command) -> Command:
    """The same with a training of seconds."""
    words = [new for word in command.words for new in SHORTER.get(word, (word,))]
    return replace(command, words=tuple(words))
