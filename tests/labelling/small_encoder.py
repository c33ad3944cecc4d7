"""An encoder of random weights, small enough to be read in a millisecond."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE, HEADS, LAYERS, WIDE, MOST = 24, 3, 2, 40, 12
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "i", "feel", "##ing", "low", "ok", "alone", "to", "##night", ".", "?")
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": SIZE,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": MOST,
}
TOKENIZER = {
    "normalizer": {"type": "BertNormalizer", "lowercase": True, "strip_accents": None},
    "model": {"type": "WordPiece", "vocab": {piece: number for number, piece in enumerate(PIECES)}},
}
Arrays = dict[str, NDArray[np.float64]]


def shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, rows in (("word", len(PIECES)), ("position", MOST), ("token_type", 2)):
        yield f"embeddings.{name}_embeddings.weight", (rows, SIZE)
    norms, matrices = ["embeddings.LayerNorm"], []
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        matrices += [(f"{layer}.attention.self.{part}", SIZE, SIZE) for part in ("query", "key", "value")]
        matrices += [(f"{layer}.attention.output.dense", SIZE, SIZE)]
        matrices += [(f"{layer}.intermediate.dense", WIDE, SIZE), (f"{layer}.output.dense", SIZE, WIDE)]
    for name in norms:
        yield from ((f"{name}.weight", (SIZE,)), (f"{name}.bias", (SIZE,)))
    for name, out, inside in matrices:
        yield from ((f"{name}.weight", (out, inside)), (f"{name}.bias", (out,)))


def weights(seed: int = 1) -> Arrays:
    random = np.random.default_rng(seed)
    return {name: random.normal(0, 0.5, shape).astype(np.float16).astype(np.float64) for name, shape in shapes()}


def write(folder: Path, arrays: Mapping[str, NDArray[Any]], *, kind: str = "F32", prefix: str = "") -> Path:
    """A folder as sentence-transformers writes it."""
    folder.mkdir(exist_ok=True)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, array in arrays.items():
        stored = array.astype({"F32": "<f4", "F16": "<f2"}[kind]).tobytes()
        offsets = [len(content), len(content) + len(stored)]
        header[prefix + name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        content += stored
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + content)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    return folder
