"""Training from the home: a recipe's files become a version of whoever had it trained, and come out again the same."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.registry.models import add_people, clock, write_model

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.operations.labeller_training import copy_labeller
from nightlight.operations.model_training import find_recipe, reproduce, train_model
from nightlight.registry.manifest import read_manifest
from nightlight.registry.versions import get_version, list_versions, manifest_of, register
from nightlight.settings import Home, shipped


@pytest.fixture
def home(with_registry: Home) -> Home:
    add_people(with_registry)
    return with_registry


@pytest.fixture
def training_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "cards.jsonl").write_text('{"id": "late-bus"}\n')
    return folder


def recipe(
    training_set: Path,
    folder: Path,
    *,
    seed: int,
    on_step: Callable[[str], None],
    parameters: Mapping[str, str],
) -> None:
    """Learns the set by heart."""
    learned = (training_set / "cards.jsonl").read_text() + f"{seed} {sorted(parameters.items())}"
    on_step("learning")
    write_model(folder, learned, author="", seed=seed, parameters=dict(parameters))


def train(home: Home, training_set: Path, *, by: str = "dario") -> int:
    made = train_model(
        home, "pocket", training_set, by=by, seed=3, parameters={"minutes": "1"}, recipe=recipe, clock=clock
    )
    return made.version


def test_whoever_has_a_model_trained_is_its_author(home: Home, training_set: Path) -> None:
    version = get_version(home, "pocket", train(home, training_set))
    assert version.author == "dario"
    assert manifest_of(home, version).parameters == {"minutes": "1"}
    assert [record["action"] for record in tail(home, 2)] == ["train model", "register model"]
    assert tail(home, 1, action="train model")[0]["detail"] == "seed 3, minutes 1"


def test_a_stranger_trains_nothing(home: Home, training_set: Path) -> None:
    with pytest.raises(NightlightError, match="'otto' does not have EXECUTE on MODEL pocket"):
        train(home, training_set, by="otto")
    assert list_versions(home) == []
    assert tail(home, 1)[0]["outcome"] == "refused"


def test_the_same_training_gives_the_same_model(home: Home, training_set: Path) -> None:
    version = get_version(home, "pocket", train(home, training_set))
    rows = reproduce(home, version, recipe=recipe)
    assert {row["what"] for row in rows} == {"file weights.safetensors", "file tokens/words.json", "metric loss"}
    assert all(row["same"] for row in rows)


def test_a_training_that_gives_something_else_is_noticed(home: Home, training_set: Path) -> None:
    version = get_version(home, "pocket", train(home, training_set))

    def forgetful(
        training_set: Path, folder: Path, *, seed: int, on_step: Callable[[str], None], parameters: Mapping[str, str]
    ) -> None:
        write_model(folder, "something else")

    differ = [row["what"] for row in reproduce(home, version, recipe=forgetful) if not row["same"]]
    assert differ == ["file weights.safetensors"]


def test_without_its_training_set_a_version_cannot_be_trained_again(home: Home, tmp_path: Path) -> None:
    version = register(home, "pocket", write_model(tmp_path / "m"), author="dario", clock=clock)
    with pytest.raises(NightlightError, match="no training set was kept with dev/pocket/1; register with --training-"):
        reproduce(home, version, recipe=recipe)


def test_a_missing_library_is_said_with_how_to_install_it(home: Home, training_set: Path) -> None:
    def lacking(
        training_set: Path, folder: Path, *, seed: int, on_step: Callable[[str], None], parameters: Mapping[str, str]
    ) -> None:
        raise ModuleNotFoundError(name="torch")

    with pytest.raises(NightlightError, match=r"this needs torch, which is not installed; run `pip install torch"):
        train_model(home, "pocket", training_set, by="dario", recipe=lacking, clock=clock)
    assert list_versions(home) == []


def test_a_model_without_a_recipe_is_said_with_those_that_have_one() -> None:
    with pytest.raises(NightlightError, match=r"no recipe for 'labeler'; did you mean 'labeller'\?"):
        find_recipe("labeler")
    assert callable(find_recipe("labeller"))


def test_the_labellers_files_are_a_model_that_says_what_it_learned_from(tmp_path: Path) -> None:
    copy_labeller(shipped("models/labeller"), tmp_path / "copy", author="nightlight")
    manifest = read_manifest(tmp_path / "copy")
    own = json.loads((shipped("models/labeller") / "manifest.json").read_text())
    assert len(manifest.documents) == len(own["trained_on"])
    assert {document["state"] for document in manifest.documents} == {"starter", "invented"}
    assert manifest.values["sha256"] == own["sha256"]  # what reads a labeller finds what it looks for
