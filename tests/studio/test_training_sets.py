"""Promises of training sets: only what is approved teaches a model, and everything says where it comes from."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.studio.conftest import CALM, NOW, RISKY, text_of

from nightlight.catalog.history import changing
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.documents import kind_of
from nightlight.studio.publishing import published_rows
from nightlight.studio.training_sets import build_training_set
from nightlight.studio.versions import State, Version, insert_version
from nightlight.studio.writing import draft

SCRIPT = f"{CALM}--skilled1"


def clock() -> datetime:
    return NOW


@pytest.fixture
def mixed(studio: Home) -> Home:
    """An approved card with an approved script, a starter, and a draft."""
    approved = {"approved_at": NOW, "expires_at": NOW + timedelta(days=30), "authors": ("clara",)}
    with changing(studio.database_url) as connection:
        for name in (CALM, SCRIPT, RISKY):
            version = Version(name, 1, kind_of(name), State.STARTER, text_of(name), (), (), "", "", NOW, NOW)
            if name != RISKY:
                version = replace(version, state=State.APPROVED, **approved)  # type: ignore[arg-type]
            insert_version(connection, version)
    draft(studio, "begun", "id: begun", by="clara", clock=clock)
    return studio


def test_only_what_is_approved_is_in_it(mixed: Home, tmp_path: Path) -> None:
    made = build_training_set(mixed, tmp_path / "set", by="dario", clock=clock)
    assert (made.cards, made.scripts, made.starters) == (1, 1, 0)
    (card,) = (tmp_path / "set" / "cards.jsonl").read_text().splitlines()
    (script,) = (tmp_path / "set" / "scripts.jsonl").read_text().splitlines()
    assert json.loads(card)["id"] == CALM
    assert json.loads(script)["messages"][0] == {
        "author": "texter",
        "text": "hi",
        "phase": "engagement",
        "acts": ["greet"],
        "facts": [],
        "rungs": [],
    }


def test_the_manifest_says_where_everything_comes_from(mixed: Home, tmp_path: Path) -> None:
    build_training_set(mixed, tmp_path / "set", by="dario", clock=clock, starter_allowed=True)
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert (manifest["made_by"], manifest["made_at"]) == ("dario", NOW.isoformat())
    found = {each["name"]: each for each in manifest["documents"]}
    assert {name: each["state"] for name, each in found.items()} == {
        CALM: "approved",
        SCRIPT: "approved",
        RISKY: "starter",
    }
    assert found[CALM]["sha256"] == hashlib.sha256(text_of(CALM).encode()).hexdigest()
    assert found[CALM]["authors"] == ["clara"]


@pytest.mark.parametrize(
    ("names", "starter_allowed", "what"),
    [
        ([RISKY], False, "'night-shift-fine' is starter, not approved"),
        (["begun"], True, "'begun' is draft, not approved"),
        ([CALM, "begun"], True, "'begun' is draft, not approved"),
        (["nothing"], True, "there is no card or script 'nothing'"),
    ],
)
def test_anything_else_is_refused_before_a_file_is_written(
    mixed: Home, tmp_path: Path, names: list[str], starter_allowed: bool, what: str
) -> None:
    with pytest.raises(NightlightError, match=what):
        build_training_set(mixed, tmp_path / "set", names, by="dario", clock=clock, starter_allowed=starter_allowed)
    assert not (tmp_path / "set").exists()


def test_what_has_expired_teaches_nobody(mixed: Home, tmp_path: Path) -> None:
    later = NOW + timedelta(days=31)
    with pytest.raises(NightlightError, match="no document is approved"):
        build_training_set(mixed, tmp_path / "set", by="dario", clock=lambda: later)
    with pytest.raises(NightlightError, match="was approved until 2026-03-31"):
        build_training_set(mixed, tmp_path / "set", [CALM], by="dario", clock=lambda: later)


def test_a_folder_with_files_in_it_is_left_alone(mixed: Home, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a file of somebody's")
    with pytest.raises(NightlightError, match="the folder is not empty"):
        build_training_set(mixed, tmp_path, by="dario", clock=clock)


def test_published_are_all_that_were_ever_in_use_and_no_draft(mixed: Home) -> None:
    rows = {row["name"]: row for row in published_rows(mixed)}
    assert rows.keys() == {CALM, SCRIPT, RISKY}
    assert (rows[CALM]["topics"], rows[CALM]["difficulty"]) == (["school", "anxiety", "family"], 1)
    assert (rows[SCRIPT]["topics"], rows[SCRIPT]["difficulty"]) == ([], None)
