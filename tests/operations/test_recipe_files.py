"""Promises of what recipes share: parameters are of their kinds, a resumed log has each step once, a plot is drawn."""

import json
from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.operations.recipe_files import (
    TrainingLog,
    chosen,
    draw_losses,
    export_genai,
    grams_of,
    read_log,
    run_recipe,
    write_manifest,
)
from nightlight.registry.manifest import check_files, read_manifest
from nightlight.studio.training_sets import TrainingDocuments

DEFAULTS = {"minutes": 8.0, "steps": 0, "precision": "int8"}
DOCUMENT = {
    "kind": "card",
    "name": "first-day",
    "version": 2,
    "state": "approved",
    "sha256": "ab",
    "authors": ["clara"],
}


def test_parameters_are_of_the_kind_of_their_defaults() -> None:
    assert chosen(DEFAULTS, {"minutes": "0.5", "steps": "20"}) == {"minutes": 0.5, "steps": 20, "precision": "int8"}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"minute": "8"}, "no parameter 'minute'; did you mean 'minutes'"),
        ({"steps": "1.5"}, "steps is not a whole number"),
    ],
)
def test_a_wrong_parameter_is_named(given: dict[str, str], what: str) -> None:
    with pytest.raises(NightlightError, match=what):
        chosen(DEFAULTS, given)


def test_a_training_that_goes_on_writes_each_step_once(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    for step in (1, 2, 3):
        log.write(step, loss=4.0 / step)
    with (tmp_path / "metrics.jsonl").open("a") as opened:
        opened.write('{"step": 4, "lo')  # killed while it wrote
    TrainingLog(tmp_path, from_step=2).write(3, loss=1.0)
    assert read_log(tmp_path) == [{"step": 1, "loss": 4.0}, {"step": 2, "loss": 2.0}, {"step": 3, "loss": 1.0}]


def test_the_losses_are_drawn(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    log.write(50, loss=2.0, held_out_loss=2.5)
    log.write(100, loss=1.0, held_out_loss=2.25)
    draw_losses(tmp_path, "Training of a model")
    drawn = (tmp_path / "loss.svg").read_text()
    assert drawn.startswith("<svg")
    assert "Training of a model" in drawn


def test_the_manifest_says_on_what_a_model_was_trained(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text("{}")
    documents = TrainingDocuments({}, (), (DOCUMENT,), "cd")
    write_manifest(
        tmp_path,
        name="pocket",
        recipe=Path(__file__),
        parameters={"steps": 20},
        documents=documents,
        seed=7,
        metrics={"loss": 0.5},
    )
    manifest = read_manifest(tmp_path)
    check_files(tmp_path, manifest)
    assert manifest.parameters == {"steps": "20"}
    assert [dict(each) for each in manifest.documents] == [
        {key: DOCUMENT[key] for key in ("kind", "name", "version", "state", "sha256")}
    ]
    assert "clara" not in json.dumps(dict(manifest.values)), "who wrote a card is told in the training set"


def test_an_unknown_precision_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="precision cannot be 'int2'"):
        export_genai(tmp_path, tmp_path / "genai", precision="int2")


def test_a_recipe_on_the_command_line_is_given_its_folders_seed_and_parameters(tmp_path: Path) -> None:
    told: dict[str, Any] = {}

    def train(training_set: Path, folder: Path, *, seed: int, on_step: Any, parameters: Any) -> None:
        on_step("step 1")
        told.update(training_set=training_set, folder=folder, seed=seed, parameters=parameters)

    found = run_recipe(
        train, "about", {"steps": 0, "learning_rate": 0.1}, ["set", "model", "--learning-rate", "0.2"], seed=5
    )
    assert found == (Path("set"), Path("model"))
    assert told["seed"] == 5
    assert told["parameters"] == {"steps": "0", "learning_rate": "0.2"}


def test_what_a_recipe_refuses_ends_it_with_one_line(tmp_path: Path) -> None:
    def train(training_set: Path, folder: Path, *, seed: int, on_step: Any, parameters: Any) -> None:
        raise NightlightError("no training set lies here")

    with pytest.raises(SystemExit, match="no training set lies here"):
        run_recipe(train, "about", {}, ["set", "model"], seed=5)


def test_twelve_words_in_a_row_are_found_wherever_they_stand() -> None:
    twelve = "a b c d e f g h i j k l"
    assert grams_of(f"so {twelve} then") & grams_of(f"{twelve} !")
    assert not grams_of("a b c d e f g h i j k")
