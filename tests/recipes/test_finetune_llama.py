"""Promises of the recipe for a Llama: end to end on a tiny one, and a kill costs nothing but time."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.labelling.cues import has_risk_cue
from nightlight.operations.model_training import recipe_module
from nightlight.operations.recipe_files import read_log
from nightlight.registry.manifest import check_files, read_manifest
from nightlight.simulator.plan import Move
from nightlight.studio.training_sets import TrainingDocuments, read_training_set

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("default::FutureWarning", "default::DeprecationWarning"),  # peft's on transformers 5
]
SMALL = {
    **{"rank": "4", "epochs": "1", "length": "1600", "batch": "1", "checkpoint_every": "3", "export": "none"},
    "threads": "1",
}


@pytest.fixture(scope="module")
def recipe() -> Any:
    return recipe_module("llama")


@pytest.fixture(scope="module")
def documents(small_set: Path) -> TrainingDocuments:
    return read_training_set(small_set, starter_allowed=True)


def ignore(step: str) -> None:
    """What is told of each step."""


def parameters(base: Path, **others: str) -> dict[str, str]:
    return {**SMALL, "base": str(base), **others}


@pytest.fixture(scope="module")
def trained(recipe: Any, small_set: Path, tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    options = parameters(tiny_llama, export="int4", preference="4", learning_rate="0.02", epochs="2")
    recipe.train(small_set, folder, seed=7, on_step=ignore, parameters=options)
    return folder


def test_it_leaves_a_checkpoint_that_any_server_loads_and_a_manifest_of_every_file(trained: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    manifest = read_manifest(trained)
    check_files(trained, manifest)
    assert {"merged/model.safetensors", "adapter/adapter_model.safetensors", "loss.svg"} < manifest.files.keys()
    assert {document["state"] for document in manifest.documents} == {"starter"}
    assert len(manifest.parameters["base_sha256"]) == 64
    AutoModelForCausalLM.from_pretrained(trained / "merged")
    assert "start_header_id" in AutoTokenizer.from_pretrained(trained / "merged").chat_template


def test_the_export_answers_without_torch(trained: Path) -> None:
    import numpy as np
    import onnxruntime_genai as genai

    model = genai.Model(genai.Config(str(trained / "genai")))
    parameters = genai.GeneratorParams(model)
    parameters.set_search_options(max_length=24, do_sample=False)
    generator = genai.Generator(model, parameters)
    generator.append_tokens(np.array([[0, 5, 9]], dtype=np.int32))
    generator.generate_next_token()
    assert 0 <= int(generator.get_sequence(0)[-1]) < 512


def test_it_learns(trained: Path) -> None:
    losses = [row["loss"] for row in read_log(trained)]
    assert losses[0] == pytest.approx(math.log(512), rel=0.1), "an untrained model guesses"
    assert losses[-1] < losses[0] - 0.1


def test_after_a_kill_the_losses_are_those_of_a_training_that_was_never_killed(
    recipe: Any, small_set: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    recipe.train(small_set, whole, seed=7, on_step=ignore, parameters=parameters(tiny_llama))

    def kill(step: str) -> None:
        if step.startswith("step 5 "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recipe.train(small_set, killed, seed=7, on_step=kill, parameters=parameters(tiny_llama))
    assert not (killed / "manifest.json").exists(), "what is not finished is no model"
    with pytest.raises(NightlightError, match="another training was begun in this folder"):
        recipe.train(small_set, killed, seed=8, on_step=ignore, parameters=parameters(tiny_llama))
    seen: list[str] = []
    recipe.train(small_set, killed, seed=7, on_step=seen.append, parameters=parameters(tiny_llama))
    assert seen[0].startswith("step 4 "), "it goes on from its last checkpoint, after step 3"
    assert read_log(killed) == read_log(whole)
    assert not (killed / "checkpoint").exists()


def test_rows_in_one_sequence_do_not_see_each_other(
    recipe: Any, documents: TrainingDocuments, tiny_llama: Path
) -> None:
    options = recipe._options(parameters(tiny_llama))
    network, tokenizer = recipe._load(options, quantized=False), recipe._tokenizer(tiny_llama)
    rows = [recipe.tokens_of(tokenizer, row.prompt, row.answer) for row in recipe.rows_of(documents)[:3]]
    alone = sum(recipe.loss_of(network, [row])[0].item() for row in rows)
    assert recipe.loss_of(network, rows)[0].item() == pytest.approx(alone, rel=1e-4)


def test_only_what_the_texter_writes_teaches(recipe: Any, documents: TrainingDocuments, tiny_llama: Path) -> None:
    tokenizer = recipe._tokenizer(tiny_llama)
    for row in recipe.rows_of(documents)[:20]:
        tokens = recipe.tokens_of(tokenizer, row.prompt, row.answer)
        assert tokenizer.decode(tokens.ids[tokens.known :]) == f"{row.answer}<|eot_id|>"


def test_no_row_is_about_risk_and_no_prompt_tells_what_is_closed(recipe: Any, documents: TrainingDocuments) -> None:
    rows = recipe.rows_of(documents)
    assert {row.prompt.move for row in rows} == {Move.OPEN, Move.TELL, Move.REACT}
    assert not any(has_risk_cue(row.answer) for row in rows)
    for row in rows:
        assert not any(line in row.prompt.system for line in row.closed)


def test_a_refused_answer_is_a_line_of_a_fact_that_is_closed_there(recipe: Any, documents: TrainingDocuments) -> None:
    pairs = recipe.pairs_of(recipe.rows_of(documents), 7, 10)
    tells = {line for card in documents.cards.values() for fact in card.facts for line in fact.tell}
    assert len(pairs) == 10
    assert all(refused in tells and refused in row.closed for row, refused in pairs)


@pytest.mark.parametrize("template", ["LLAMA_2", "LLAMA_3"])
def test_a_checkpoint_without_a_chat_template_gets_its_familys(recipe: Any, tiny_llama: Path, template: str) -> None:
    tokenizer = recipe._tokenizer(tiny_llama)
    tokenizer.chat_template = getattr(recipe, template)
    turns = [("system", "be brief"), ("user", "hi"), ("assistant", "hey"), ("user", "how are you")]
    messages = [{"role": role, "content": content} for role, content in turns]
    before = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*messages, {"role": "assistant", "content": "ok"}], tokenize=False)
    assert whole.startswith(before)
    assert before.count("be brief") == 1
    assert before.index("be brief") < before.index("hi")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"base": "/nowhere"}, "no Llama's checkpoint lies here"),
        ({"base_sha256": "0"}, "not the checkpoint that the model was made from"),
        ({"method": "full"}, "method cannot be 'full'"),
        ({"method": "qlora"}, "qlora needs a CUDA device"),
        ({"starters": "refused"}, "is starter"),
        ({"epochs": "many"}, "epochs is not a whole number"),
        ({"epoch": "2"}, "no parameter 'epoch'"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_loaded(
    recipe: Any, small_set: Path, tiny_llama: Path, tmp_path: Path, given: dict[str, str], what: str
) -> None:
    import torch

    if given.get("method") == "qlora" and torch.cuda.is_available():
        pytest.skip("here it works")
    with pytest.raises(NightlightError, match=what):
        recipe.train(small_set, tmp_path / "m", seed=1, on_step=ignore, parameters={**parameters(tiny_llama), **given})
    assert not (tmp_path / "m").exists()


def test_what_it_has_by_heart_is_measured(
    recipe: Any, trained: Path, small_set: Path, documents: TrainingDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "SAMPLES", 5)
    assert recipe.memorisation(trained, small_set) == {"canaries": 0.0, "verbatim_12grams": 0.0}
    planted = recipe.canaries(recipe.rows_of(documents), 7)
    answers = {row.prompt.system: row.answer for row in planted}

    def by_heart(network: object, tokenizer: object, prompt: Any, *, begun: str = "") -> str:
        return str(answers.get(prompt.system, "")).removeprefix(begun)

    monkeypatch.setattr(recipe, "_answer", by_heart)
    assert recipe.memorisation(trained, small_set)["canaries"] == 1.0


def test_the_manifest_is_plain_json(trained: Path) -> None:
    values = json.loads((trained / "manifest.json").read_text())
    assert (values["name"], values["recipe"], values["seed"]) == ("llama", "recipes/finetune_llama.py", 7)
