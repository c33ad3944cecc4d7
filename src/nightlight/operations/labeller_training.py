"""The labeller as a registered model: trained on a corpus's folder, with the manifest that every model has.

Its parts keep their own manifest's keys, so that the folder of a version is read like the shipped one."""

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from nightlight.errors import NightlightError
from nightlight.registry.manifest import MANIFEST, files_in, write_manifest
from nightlight.settings import LABELLER

RECIPE = "recipes/train_labeller.py"
DOCUMENTS = {"cards": "card", "scripts": "script"}


def train_labeller(
    training_set: Path,
    folder: Path,
    *,
    seed: int,
    on_step: Callable[[str], None],
    parameters: Mapping[str, str],
) -> None:
    """Train the labeller on a corpus; its seed is one of its own, and it has no parameters."""
    from nightlight.conversations.corpus import read_corpus
    from nightlight.labelling.files import save_parts, trained_on
    from nightlight.labelling.fitting import SEED
    from nightlight.labelling.training import train

    if parameters:
        raise NightlightError(f"the labeller has no parameter '{next(iter(parameters))}'", remedy="leave --set out")
    on_step("reading the corpus and training")
    facts: dict[str, object] = {"seed": SEED, "trained_on": trained_on(training_set)}
    save_parts(folder, train(read_corpus(training_set)).parts, facts)
    _write(folder, made_at=datetime.now(UTC), author="")


def copy_labeller(source: Path, folder: Path, *, author: str) -> None:
    """A trained labeller (as `make labeller` leaves it) in a new folder, with a model's manifest."""
    shutil.copytree(source, folder, copy_function=shutil.copyfile)
    made_at = datetime.fromtimestamp(int((source / MANIFEST).stat().st_mtime), UTC)
    _write(folder, made_at=made_at, author=author)


def _write(folder: Path, *, made_at: datetime, author: str) -> None:
    from nightlight.labelling.model import code_digest

    own: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    values = own | {
        "name": LABELLER,
        "made_at": made_at.isoformat(),
        "author": author,
        "recipe": RECIPE,
        "code_revision": code_digest()[:16],
        "parameters": {},
        "training_set": {"documents": [_document(path, digest) for path, digest in own["trained_on"].items()]},
        "metrics": {},
        "environment": own.get("libraries", {}),
        "files": files_in(folder),
    }
    write_manifest(folder, values)


def _document(path: str, digest: str) -> dict[str, object]:
    """Cards and scripts are approved in the studio or else starters; single messages are invented and no documents."""
    place = PurePosixPath(path)
    kind = DOCUMENTS.get(place.parts[0])
    state = "starter" if kind else "invented"
    return {"kind": kind or "message file", "name": place.stem, "version": 1, "state": state, "sha256": digest}
