"""Promises of the recipe for the pocket texter: the same seed, the same files; and what it has by heart is found."""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nightlight.conversations.labels import AgeBand
from nightlight.errors import NightlightError
from nightlight.labelling.cues import has_risk_cue
from nightlight.operations.model_training import recipe_module
from nightlight.registry.manifest import check_files, read_manifest
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording import pocket_words
from nightlight.simulator.wording.pocket import PocketGenerator
from nightlight.simulator.wording.pocket_words import ALIKE_AS, ANSWERED_FREELY, is_particular, pieces_of
from nightlight.simulator.wording.prompt import Prompt
from nightlight.studio.training_sets import read_training_set

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("default::FutureWarning", "default::DeprecationWarning"),
]
SMALL = {"steps": "6", "hidden": "64", "layers": "1", "threads": "1"}


@pytest.fixture(scope="module")
def recipe() -> Any:
    return recipe_module("pocket")


def ignore(step: str) -> None:
    """What is told of each step."""


@pytest.fixture(scope="module")
def trained(recipe: Any, small_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pocket") / "model"
    recipe.train(small_set, folder, seed=7, on_step=ignore, parameters=SMALL)
    return folder


def test_it_leaves_plain_files_and_a_manifest(trained: Path) -> None:
    manifest = read_manifest(trained)
    check_files(trained, manifest)
    assert {"words.json", "loss.svg", "metrics.jsonl", "genai/model.onnx"} < manifest.files.keys()
    assert manifest.parameters["steps"] == "6"


def test_the_same_seed_makes_the_same_files(recipe: Any, trained: Path, small_set: Path, tmp_path: Path) -> None:
    before = read_manifest(trained)
    recipe.train(small_set, tmp_path / "again", seed=7, on_step=ignore, parameters=before.parameters)
    assert read_manifest(tmp_path / "again").files == before.files


def test_it_speaks_without_torch_in_many_threads_as_in_one(trained: Path, recipe: Any, small_set: Path) -> None:
    generator = PocketGenerator(trained, model="test")
    asked = [line.prompt for line in recipe.lines_of(read_training_set(small_set, starter_allowed=True))[:12]]

    def words(prompt: Prompt, into: dict[int, str], place: int) -> None:
        into[place] = "".join(generator.generate(prompt, seed=place, most_tokens=50))

    alone: dict[int, str] = {}
    together: dict[int, str] = {}
    able = [(place, prompt) for place, prompt in enumerate(asked) if len(prompt.line.split()) > 4]
    for place, prompt in able:
        words(prompt, alone, place)
    threads = [threading.Thread(target=words, args=(prompt, together, place)) for place, prompt in able]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert all(alone.values())


def test_no_line_about_risk_and_no_word_of_one_card_teaches(recipe: Any, small_set: Path) -> None:
    lines = recipe.lines_of(read_training_set(small_set, starter_allowed=True))
    assert len(lines) > 200
    assert not any(has_risk_cue(line.text) for line in lines)
    words = set(recipe.lexicon_of(lines).words)
    assert not words & {"caleb", "odalys", "joss"}
    assert not any(is_particular(word) for word in words if word[0] not in "[<")


class Parrot:
    """A reader that has one sentence by heart."""

    def __init__(self, numbers: Sequence[int], many: int) -> None:
        self.numbers, self.many, self.place = numbers, many, 0

    def read(self, numbers: Sequence[int]) -> None:
        self.place = self.numbers.index(numbers[-1]) + 1

    def scores(self) -> Any:
        import numpy as np

        scores = np.zeros(self.many)
        scores[self.numbers[min(self.place, len(self.numbers) - 1)]] = 1.0
        return scores


def test_a_planted_sentence_that_is_known_by_heart_is_found(recipe: Any, small_set: Path) -> None:
    lexicon = recipe.lexicon_of(recipe.lines_of(read_training_set(small_set, starter_allowed=True)))
    planted, other = recipe.canaries(lexicon, 7)[:2]
    parrot = SimpleNamespace(lexicon=lexicon, reader=lambda: Parrot(lexicon.numbers(planted), len(lexicon.words)))
    line = next(line for line in recipe.lines_of(read_training_set(small_set, starter_allowed=True)))
    assert recipe._completes(parrot, line.prompt, planted)
    assert not recipe._completes(parrot, line.prompt, [*planted[:5], *other[5:]])


def test_the_measures_of_the_gate_are_taken(recipe: Any, trained: Path, small_set: Path) -> None:
    found = recipe.memorisation(trained, small_set)
    assert found["canaries"] == 0.0
    assert found["verbatim_12grams"] == 0.0
    assert found["other_words"] > 0.3


def test_anybodys_line_is_in_everybodys_words_and_answers_how_the_counselor_is(recipe: Any, small_set: Path) -> None:
    lines = recipe.lines_of(read_training_set(small_set, starter_allowed=True))
    found = recipe.anybodys_lines(lines)
    assert len(found) > 20
    cards = recipe._cards_by_word(lines)
    for line, kind in found.items():
        assert line.prompt.reaction in ANSWERED_FREELY
        assert kind.split()[1] == line.prompt.tone
        words = {piece.key for piece in pieces_of(line.text)} - pocket_words.SMALL - set(ALIKE_AS)
        assert all(len(cards[word]) == 2 for word in words)


def test_a_set_of_starters_can_be_refused(recipe: Any, small_set: Path, tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="is starter"):
        recipe.train(small_set, tmp_path / "m", seed=1, on_step=ignore, parameters={**SMALL, "starters": "refused"})
    assert not (tmp_path / "m").exists()


def test_a_voice_is_part_of_what_a_model_is_told(recipe: Any, small_set: Path) -> None:
    lines = recipe.lines_of(read_training_set(small_set, starter_allowed=True))
    assert {line.prompt.age_band for line in lines} == {AgeBand("13-17"), AgeBand("18-24")}
    assert {line.prompt.move for line in lines} == {Move.OPEN, Move.TELL, Move.HINT, Move.REACT}
    assert {line.prompt.tone for line in lines} == set(Tone)
