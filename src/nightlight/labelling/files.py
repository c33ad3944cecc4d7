"""A labeller's files: plain arrays without pickle, and a manifest of what they were made from and what they reach."""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.labelling.model import MANIFEST, MODEL

if TYPE_CHECKING:
    from nightlight.labelling.training import Fitted


def save(fitted: "Fitted", folder: Path, *, corpus: Path, seed: int, figures: Mapping[str, object]) -> str:
    """Write model and manifest; the SHA-256 of the model."""
    import numpy as np

    inverse = np.array([fitted.vocabulary.inverse.get(name, 0.0) for name in fitted.vocabulary.names], dtype=np.float32)
    stored = io.BytesIO()
    np.savez_compressed(
        stored,
        names=np.frombuffer("\n".join(fitted.vocabulary.names).encode(), dtype=np.uint8),
        inverse=inverse,
        weights=fitted.weights.astype(np.float16),
        bias=fitted.bias.astype(np.float32),
        slope=fitted.slope.astype(np.float32),
        shift=fitted.shift.astype(np.float32),
        thresholds=fitted.thresholds.astype(np.float32),
    )
    digest = hashlib.sha256(stored.getvalue()).hexdigest()
    manifest = {
        "sha256": digest,
        "seed": seed,
        "acts": [str(act) for act in fitted.acts],
        "libraries": _libraries(),
        "trained_on": trained_on(corpus),
        "figures": figures,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(stored.getvalue())
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return digest


def trained_on(corpus: Path) -> dict[str, str]:
    """The SHA-256 of every file that the training reads, by its path in the corpus."""
    files = [*sorted((corpus / "scripts").glob("*.txt")), corpus / "counselor_messages.tsv"]
    return {str(path.relative_to(corpus)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "scikit-learn", "scipy")}
