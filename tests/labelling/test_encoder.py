"""Vectors of texts: a small encoder of random weights against the formula written out; the real one, where it is
installed, against numbers that transformers 5 and torch 2.13 gave."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.labelling.small_encoder import CONFIG, HEADS, LAYERS, MOST, PIECES, SIZE, TOKENIZER, Arrays, weights, write

from nightlight.errors import NightlightError
from nightlight.labelling.encoder import Encoder, dense
from nightlight.labelling.encoder_files import PACKAGE, installed_encoder

TEXTS = (
    "i feel low.",
    "ok",
    "",
    "feeling alone tonight?",
    "i feel ok",
    "what",
    "ok?",
    "feel low. feel alone. feel ok?",
)


@dataclass(frozen=True)
class Message:
    text: str
    before: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "encoder", weights())


@pytest.fixture
def encoder(folder: Path) -> Encoder:
    return Encoder(folder)


def by_formula(arrays: Arrays, pieces: str) -> NDArray[np.float64]:
    """The vector of one text, token by token and head by head, in double precision."""

    def dense(row: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return np.asarray(arrays[f"{name}.weight"] @ row + arrays[f"{name}.bias"])

    def norm(row: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        straight = (row - row.mean()) / math.sqrt(row.var() + 1e-12)
        return np.asarray(straight * arrays[f"{name}.weight"] + arrays[f"{name}.bias"])

    def gelu(value: float) -> float:
        return value * (1 + math.erf(value / math.sqrt(2))) / 2

    numbers = [PIECES.index(piece) for piece in ("[CLS]", *pieces.split(), "[SEP]")]
    table = {name: arrays[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")}
    rows = [table["word"][number] + table["position"][at] + table["token_type"][0] for at, number in enumerate(numbers)]
    rows = [norm(row, "embeddings.LayerNorm") for row in rows]
    for number in range(LAYERS):
        layer, width = f"encoder.layer.{number}", SIZE // HEADS
        asks, keys, values = (
            [dense(row, f"{layer}.attention.self.{part}") for row in rows] for part in ("query", "key", "value")
        )
        told = []
        for row, ask in zip(rows, asks, strict=True):
            taken = np.zeros(SIZE)
            for part in (slice(start, start + width) for start in range(0, SIZE, width)):
                share = np.exp([float(ask[part] @ key[part]) / math.sqrt(width) for key in keys])
                taken[part] = sum(s * value[part] for s, value in zip(share / share.sum(), values, strict=True))
            told.append(
                norm(row + dense(taken, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
            )
        rows = []
        for row in told:
            wide = np.array([gelu(value) for value in dense(row, f"{layer}.intermediate.dense").tolist()])
            rows.append(norm(row + dense(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm"))
    mean = np.mean(rows, axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def test_vectors_are_what_the_formula_says(encoder: Encoder) -> None:
    pieces = ("i feel low .", "ok", "", "feel ##ing alone to ##night ?", "i feel ok", "[UNK]", "ok ?")
    cut = "feel low . feel alone . feel ok ?"
    wanted = [by_formula(weights(), text) for text in (*pieces, cut)]
    np.testing.assert_allclose(encoder.encode(TEXTS), wanted, atol=2e-6)


def test_of_a_text_that_is_too_long_the_beginning_counts(encoder: Encoder) -> None:
    np.testing.assert_allclose(encoder.encode(["ok " * 500])[0], by_formula(weights(), "ok " * (MOST - 2)), atol=2e-6)


def test_a_vector_does_not_depend_on_what_is_read_with_it(encoder: Encoder) -> None:
    many = [text for _ in range(60) for text in TEXTS]  # several portions, in another order than they are read in
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(many), np.tile(alone, (60, 1)), atol=2e-6)


def test_vectors_have_length_one_and_single_precision(encoder: Encoder) -> None:
    found = encoder.encode(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_no_text_is_no_row(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, SIZE)


def test_half_precision_and_names_with_a_prefix_are_read(folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", weights(), kind="F16", prefix="bert.")
    assert np.array_equal(Encoder(other).encode(TEXTS), Encoder(folder).encode(TEXTS))


def test_the_version_names_the_files(folder: Path, tmp_path: Path) -> None:
    version = Encoder(folder).version
    assert version == Encoder(write(tmp_path / "same", weights())).version
    assert version != Encoder(write(tmp_path / "other", weights(seed=2))).version
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER | {"more": 1}))
    assert version != Encoder(folder).version


def test_the_longest_text_is_what_the_sentence_encoder_says(folder: Path) -> None:
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 4}')
    np.testing.assert_allclose(Encoder(folder).encode(["ok " * 9])[0], by_formula(weights(), "ok ok"), atol=2e-6)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("config.json", CONFIG | {"model_type": "llama"}, "shaped like BERT"),
        ("config.json", CONFIG | {"hidden_act": "relu"}, "gelu"),
        ("config.json", CONFIG | {"position_embedding_type": "relative_key"}, "positions"),
        ("config.json", CONFIG | {"num_hidden_layers": 3}, "lacks 'encoder.layer.2"),
        ("config.json", {"model_type": "bert", "max_position_embeddings": 9}, "lacks 'hidden_size'"),
        ("config.json", CONFIG | {"hidden_size": None}, "do not fit together"),
        ("config.json", CONFIG | {"num_attention_heads": 5}, "do not fit together"),
        ("tokenizer.json", TOKENIZER | {"model": {"type": "WordPiece", "vocab": {"[UNK]": 99}}}, "do not fit together"),
        ("config.json", [], "not what it should be"),
        ("tokenizer.json", TOKENIZER | {"model": {"type": "BPE"}}, "WordPiece"),
        ("tokenizer.json", {"model": TOKENIZER["model"]}, "lacks 'normalizer'"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "more parts"),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "the mean"),
    ],
)
def test_a_model_that_would_be_read_wrongly_is_refused(
    folder: Path, name: str, content: object, complaint: str
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    with pytest.raises(NightlightError, match=complaint) as refused:
        Encoder(folder)
    assert "make encoder" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff" * 64, b"\x02" + b"\0" * 7 + b"[]"])
def test_weights_that_are_no_weights_are_refused(folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(NightlightError, match="weights cannot be read"):
        Encoder(folder)


def test_weights_that_were_cut_off_are_refused(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-5])
    with pytest.raises(NightlightError, match="weights cannot be read"):
        Encoder(folder)


def test_a_folder_without_an_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"config\.json: this file of the encoder cannot be read"):
        Encoder(tmp_path)


def test_a_message_is_its_own_vector_and_that_of_what_it_answers(encoder: Encoder) -> None:
    low, ok = encoder.encode(["i feel low.", "ok"])
    rows = dense(encoder, [Message("ok", "i feel low."), Message("i feel low.", ""), Message("ok", "ok")])
    nothing = np.zeros(SIZE)
    np.testing.assert_allclose(rows, [[*ok, *low], [*low, *nothing], [*ok, *ok]], atol=2e-6)


def test_no_message_is_no_row(encoder: Encoder) -> None:
    assert dense(encoder, []).shape == (0, 2 * SIZE)


def test_an_installed_encoder_is_found_and_its_code_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PACKAGE / "model").mkdir(parents=True)
    (tmp_path / PACKAGE / "__init__.py").write_text("raise SystemExit('this was run')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed_encoder() == tmp_path / PACKAGE / "model"


def test_a_package_without_a_model_is_no_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed_encoder() is None


REFERENCE = {
    "i dont know what to do anymore": (0.00595, -0.08228, -0.00243, -0.01781, 0.01669, -0.05595, 0.00342, -0.00493),
    "Thank you for telling me. How long have you felt like this?": (
        *(0.02857, -0.02475, 0.08663, 0.07203, 0.08213, -0.03757, -0.08056, -0.03753),
    ),
    "It sounds like school has been a lot lately.": (
        *(0.05927, -0.01965, 0.11932, 0.04094, 0.05325, -0.02697, -0.06149, -0.03659),
    ),
    "ok": (-0.04612, -0.05907, -0.02188, 0.01694, 0.04528, -0.01728, 0.02644, 0.06383),
    "Who could you talk to tonight?": (-0.07616, -0.06671, 0.01758, 0.01691, 0.06013, -0.02123, 0.07637, -0.00202),
}
"""The first eight numbers of all-MiniLM-L6-v2 (weights 53aa5117), by transformers 5 and torch 2.13."""


@pytest.mark.skipif(installed_encoder() is None, reason="`make encoder` installs the weights")
def test_the_usual_encoder_gives_what_transformers_gives() -> None:
    folder = installed_encoder()
    assert folder
    found = Encoder(folder).encode(list(REFERENCE))
    assert found.shape == (5, 384)
    np.testing.assert_allclose(found[:, :8], list(REFERENCE.values()), atol=1e-5)
