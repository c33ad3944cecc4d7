"""Promises of training sets: only what is approved teaches a model, and everything says where it comes from."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.studio.conftest import CALM, NOW, RISKY, text_of

from nightlight.catalog.history import changing
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.documents import kind_of
from nightlight.studio.publishing import published_rows
from nightlight.studio.training_sets import TrainingDocuments, build_training_set, read_training_set
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


def test_a_script_brings_its_card(mixed: Home, tmp_path: Path) -> None:
    made = build_training_set(mixed, tmp_path / "set", [SCRIPT], by="dario", clock=clock)
    assert (made.cards, made.scripts) == (1, 1)
    again = build_training_set(mixed, tmp_path / "again", [SCRIPT, CALM], by="dario", clock=clock)
    assert (again.cards, again.scripts) == (1, 1)


def test_a_home_without_cards_is_told_how_to_take_the_shipped_ones_in(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="this home has no cards and scripts") as refused:
        build_training_set(home, tmp_path / "set", by="dario", clock=clock, starter_allowed=True)
    assert "nightlight roleplay import" in str(refused.value)


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


@pytest.fixture
def built(mixed: Home, tmp_path: Path) -> Path:
    return build_training_set(mixed, tmp_path / "set", by="dario", clock=clock).folder


def read(folder: Path, *, starter_allowed: bool = False, at: datetime = NOW) -> TrainingDocuments:
    return read_training_set(folder, starter_allowed=starter_allowed, clock=lambda: at)


def change_manifest(folder: Path, **changes: object) -> None:
    """Change its first document, as somebody would who wants more in than was approved."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["documents"][0] |= changes
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_recipe_reads_the_cards_and_scripts_that_were_approved(built: Path, cards: dict[str, Card]) -> None:
    documents = read(built)
    assert documents.cards == {CALM: cards[CALM]}
    (script,) = documents.scripts
    shipped = starter_corpus()
    (same,) = (each for each in shipped.scripts if each.id == SCRIPT)
    assert [replace(each, line=0) for each in same.messages] == list(script.messages)
    assert documents.sha256 == hashlib.sha256((built / "manifest.json").read_bytes()).hexdigest()


def test_a_starter_teaches_only_where_starters_are_allowed(mixed: Home, tmp_path: Path) -> None:
    folder = build_training_set(mixed, tmp_path / "set", by="dario", clock=clock, starter_allowed=True).folder
    with pytest.raises(NightlightError, match="'night-shift-fine' is starter; allow starters"):
        read(folder)
    assert RISKY in read(folder, starter_allowed=True).cards


def test_a_set_without_a_manifest_teaches_nothing(built: Path) -> None:
    (built / "manifest.json").unlink()
    with pytest.raises(NightlightError, match="this folder has no manifest"):
        read(built)


@pytest.mark.parametrize("name", ["cards.jsonl", "scripts.jsonl"])
def test_rows_that_were_changed_afterwards_teach_nothing(built: Path, name: str) -> None:
    (built / name).write_text((built / name).read_text() + "{}\n")
    with pytest.raises(NightlightError, match="this file is not the one that the manifest was written for"):
        read(built)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"state": "draft"}, "is draft"),
        ({"state": "in_review"}, "is in review"),
        ({"state": "retired"}, "is retired"),
        ({"state": ""}, "is of no state"),
        ({"expires_at": (NOW - timedelta(days=1)).isoformat()}, "was approved until 2026-02-28"),
        ({"expires_at": None}, "does not say until when"),
        ({"expires_at": "some day"}, "does not say until when"),
        ({"kind": "table"}, "is no card and no script"),
        ({"name": "another"}, "the rows are not the documents of the manifest"),
    ],
)
def test_a_document_that_is_not_approved_now_teaches_nothing(
    built: Path, changes: dict[str, object], what: str
) -> None:
    change_manifest(built, **changes)
    with pytest.raises(NightlightError, match=what):
        read(built)


def test_what_has_expired_since_the_set_was_built_teaches_nothing(built: Path) -> None:
    read(built, at=NOW + timedelta(days=29))
    with pytest.raises(NightlightError, match="was approved until 2026-03-31"):
        read(built, at=NOW + timedelta(days=30))


@pytest.mark.parametrize("name", ["messages.parquet", "export.csv", "_delta_log"])
def test_a_folder_with_a_table_or_an_export_in_it_teaches_nothing(built: Path, name: str) -> None:
    (built / name).write_text("conversation,text\n")
    with pytest.raises(NightlightError, match=f"'{name}' is no part of a training set"):
        read(built)


def test_a_refused_set_is_not_read(built: Path) -> None:
    """Its rows are no rows at all, and nobody notices."""
    (built / "cards.jsonl").write_text("not a row")
    manifest = json.loads((built / "manifest.json").read_text())
    manifest["files"]["cards.jsonl"] = hashlib.sha256(b"not a row").hexdigest()
    (built / "manifest.json").write_text(json.dumps(manifest))
    change_manifest(built, state="draft")
    with pytest.raises(NightlightError, match="is draft"):
        read(built)
