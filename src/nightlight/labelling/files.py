"""A labeller's files: plain arrays without pickle, and a manifest of what they were made from and what they reach."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.conversations.corpus import message_files
from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError
from nightlight.labelling.linear import Head, LinearModel, Vocabulary
from nightlight.labelling.sequence import Layer, PhaseModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

MANIFEST = "manifest.json"
COUNSELOR, TEXTER, ONLINE, OFFLINE = "counselor", "texter", "online", "offline"
PARTS = (COUNSELOR, TEXTER, ONLINE, OFFLINE)
ENCODER = "encoder"  # a part that may lack: it reads the vectors of one sentence encoder


def save_parts(folder: Path, parts: "Mapping[str, Arrays]", facts: Mapping[str, object]) -> str:
    """Write each part as `<name>.npz` and the manifest with its digest; the version's first half. An encoder's part
    stays where the counselor's reader, with which it was calibrated, is the same as before."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    digests = {}
    for name, arrays in parts.items():
        stored = io.BytesIO()
        np.savez_compressed(stored, allow_pickle=False, **arrays)
        digests[name] = hashlib.sha256(stored.getvalue()).hexdigest()
        (folder / f"{name}.npz").write_bytes(stored.getvalue())
    manifest = {"sha256": digests, **facts, "libraries": _libraries(), **_still_fitting(folder, digests)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return together(digests)


def read_parts(folder: Path) -> "tuple[dict[str, Any], dict[str, Arrays]]":
    """The manifest and each part's arrays; raises NightlightError where one is missing or not what was written."""
    import numpy as np

    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        stored = {name: (folder / f"{name}.npz").read_bytes() for name in PARTS}
        arrays: dict[str, Arrays] = {
            name: dict(np.load(io.BytesIO(content), allow_pickle=False)) for name, content in stored.items()
        }
    except (OSError, ValueError) as error:
        raise NightlightError("the labeller cannot be read", where=str(folder), remedy="install it again") from error
    if {name: hashlib.sha256(content).hexdigest() for name, content in stored.items()} != manifest["sha256"]:
        raise NightlightError("the labeller is not what its manifest says", where=str(folder), remedy="make labeller")
    return manifest, arrays


def save_encoder_part(folder: Path, arrays: "Arrays", encoder: str) -> None:
    """Write the part that reads this version of an encoder beside the others, and its digest into their manifest."""
    import numpy as np

    manifest, _ = read_parts(folder)
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **arrays)
    (folder / f"{ENCODER}.npz").write_bytes(stored.getvalue())
    manifest[ENCODER] = {"sha256": hashlib.sha256(stored.getvalue()).hexdigest(), "encoder": encoder}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def read_encoder_part(folder: Path) -> "tuple[str, str, Arrays]":
    """The version of the encoder that a labeller was trained with, the part's digest, and its arrays; raises
    NightlightError where there is none, or it is not what was written."""
    import numpy as np

    path = folder / f"{ENCODER}.npz"
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))[ENCODER]
        stored = path.read_bytes()
    except (OSError, KeyError) as error:
        raise NightlightError(
            "this labeller was not trained with an encoder",
            where=str(path),
            remedy="leave the encoder out, or `make encoder` and then `make labeller ARGS=--encoder`",
        ) from error
    if hashlib.sha256(stored).hexdigest() != facts["sha256"]:
        raise NightlightError(
            "this part of the labeller is not what its manifest says",
            where=str(path),
            remedy="make labeller ARGS=--encoder",
        )
    return facts["encoder"], facts["sha256"], dict(np.load(io.BytesIO(stored), allow_pickle=False))


def _still_fitting(folder: Path, digests: Mapping[str, str]) -> dict[str, object]:
    try:
        former = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    same = former["sha256"].get(COUNSELOR) == digests.get(COUNSELOR)
    return {ENCODER: former[ENCODER]} if same and ENCODER in former else {}


def together(digests: Mapping[str, str]) -> str:
    """One short digest of all parts."""
    return hashlib.sha256("".join(digests[name] for name in sorted(digests)).encode()).hexdigest()[:8]


def linear_arrays(model: LinearModel) -> "dict[str, NDArray[Any]]":
    import numpy as np

    vocabulary = model.vocabulary
    inverse = [vocabulary.inverse.get(name, 0.0) for name in vocabulary.names]
    return {
        "names": _text("\n".join(vocabulary.names)),
        "heads": _text(json.dumps([asdict(head) for head in model.heads])),
        "inverse": np.array(inverse, dtype=np.float32),
        "weights": model.weights.astype(np.float16),
        **{name: getattr(model, name).astype(np.float32) for name in ("bias", "slope", "shift")},
    }


def linear_from(arrays: "Arrays") -> LinearModel:
    import numpy as np

    names = tuple(_of_text(arrays["names"]).split("\n"))
    inverse = {name: float(value) for name, value in zip(names, arrays["inverse"], strict=True) if value > 0}
    heads = tuple(Head(one["name"], tuple(one["labels"]), one["any"]) for one in json.loads(_of_text(arrays["heads"])))
    numbers = (arrays[name].astype(np.float32) for name in ("weights", "bias", "slope", "shift"))
    return LinearModel(Vocabulary(names, inverse), heads, *numbers)


def phase_arrays(model: PhaseModel) -> "dict[str, NDArray[Any]]":
    import numpy as np

    networks = {
        f"{number} {one.name}": getattr(network, one.name).astype(np.float32 if "bias" in one.name else np.float16)
        for number, network in enumerate(model.networks)
        for one in fields(Layer)
    }
    rest = np.array([model.weight_of_steps, model.sharpness])
    return {**networks, "steps": model.steps, "first": model.first, "rest": rest}


def phase_from(arrays: "Arrays") -> PhaseModel:
    import numpy as np

    count = len({name.split()[0] for name in arrays if " " in name})
    networks = tuple(
        Layer(*(arrays[f"{number} {one.name}"].astype(np.float64) for one in fields(Layer))) for number in range(count)
    )
    weight, sharpness = arrays["rest"].tolist()
    return PhaseModel(networks, arrays["steps"], arrays["first"], weight, sharpness)


def trained_on(corpus: Path) -> dict[str, str]:
    """The SHA-256 of every file that the training reads, by its path in the corpus."""
    files: Sequence[Path] = [
        *sorted((corpus / "cards").glob("*.yaml")),
        *sorted((corpus / "scripts").glob("*.txt")),
        corpus / "counselor_messages.tsv",
        *message_files(corpus, Author.COUNSELOR),
        *message_files(corpus, Author.TEXTER),
    ]
    return {str(path.relative_to(corpus)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "scikit-learn", "scipy")}


def _text(text: str) -> "NDArray[np.uint8]":
    import numpy as np

    return np.frombuffer(text.encode(), dtype=np.uint8)


def _of_text(array: "NDArray[Any]") -> str:
    return array.tobytes().decode()
