"""A small training set of the shipped corpus, and a tiny Llama whose tokenizer is trained on it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.studio import training_sets
from nightlight.studio.card_source import tree_of
from nightlight.studio.versions import Kind

CARDS = ("exam-week-sleepless", "breakup-dorm")


def write_set(folder: Path, cards: tuple[str, ...] = CARDS, scripts: int = 1) -> Path:
    """A training set of starters, as `build_training_set` writes it."""
    corpus = starter_corpus()
    chosen = [script for card in cards for script in corpus.scripts_of(card)[:scripts]]
    written = [asdict(script) for script in chosen]
    rows = {Kind.CARD: [tree_of(corpus.cards[card]) for card in cards], Kind.SCRIPT: written}
    folder.mkdir()
    digests, documents = {}, []
    for kind, found in rows.items():
        text = "".join(json.dumps(row) + "\n" for row in found)
        (folder / training_sets.FILES[kind]).write_text(text, encoding="utf-8")
        digests[training_sets.FILES[kind]] = training_sets._digest(text.encode())
        documents += [{"kind": kind, "name": row["id"], "version": 1, "state": "starter"} for row in found]
    manifest = {"files": digests, "documents": documents}
    (folder / training_sets.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("training") / "set")


@pytest.fixture(scope="session")
def tiny_llama(small_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of 64, as it is before it has learned anything; the special tokens are those of Llama 3."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("llama") / "tiny"
    special = ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"]
    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=512, special_tokens=special, initial_alphabet=letters, show_progress=False)
    tokenizer.train([str(small_set / "scripts.jsonl")], trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=special[0], eos_token=special[1])
    wrapped.save_pretrained(folder)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=128,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
