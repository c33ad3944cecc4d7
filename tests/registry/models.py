"""People and model folders that tests about models share: dario trains, clara may decide, otto may nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightlight.catalog.principals import add_principal
from nightlight.catalog.statements import read_statements
from nightlight.registry.manifest import MANIFEST, files_in
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
POLICIES = """
CREATE GROUP trainers; ADD USER dario TO GROUP trainers; CREATE GROUP deciders; ADD USER clara TO GROUP deciders;
ADD USER dario TO GROUP deciders;
GRANT EXECUTE ON MODEL pocket TO trainers; GRANT EXECUTE ON MODEL pocket TO deciders;
GRANT MANAGE ON MODEL pocket TO deciders; CREATE GROUP admins; ADD USER ada TO GROUP admins;
GRANT MANAGE ON CATALOG TO admins;
"""
GATES = """
[pocket.leaks]
at_most = 0.0
must_not_regress = true

[pocket.fluency]
at_least = 0.5
must_not_regress = true
tolerance = 0.05
"""
APPROVED = {"kind": "card", "name": "late-bus", "version": 2, "state": "approved", "sha256": "a" * 64}
STARTER = {"kind": "card", "name": "exam-week", "version": 1, "state": "starter", "sha256": "b" * 64}


def clock() -> datetime:
    return NOW


def add_people(home: Home) -> None:
    for user in ("dario", "clara", "otto", "ada"):
        add_principal(home.database_url, user, "user", by="test")
    apply_policies(home, read_statements(POLICIES, "test.sql"), by="test")
    (home.root / "gates.toml").write_text(GATES)


def write_model(
    folder: Path,
    word: str = "first",
    *,
    documents: Sequence[Mapping[str, Any]] = (APPROVED,),
    author: str = "dario",
    **more: Any,
) -> Path:
    """A folder as a recipe leaves it."""
    (folder / "tokens").mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(word.encode())
    (folder / "tokens" / "words.json").write_text("{}")
    values = {
        "name": "pocket",
        "made_at": "2026-11-01T12:00:00+00:00",
        "author": author,
        "recipe": "recipes/train_pocket_texter.py",
        "code_revision": "abc123",
        "parameters": {"minutes": 8},
        "training_set": {"sha256": "c" * 64, "documents": list(documents)},
        "seed": 7,
        "metrics": {"loss": 1.25, "device": "cpu"},
        "environment": {},
        "files": files_in(folder),
    }
    (folder / MANIFEST).write_text(json.dumps(values | more))
    return folder
