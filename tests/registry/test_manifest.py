"""The manifest of a model's folder: it says where a model comes from, and no file lies there that it does not name."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.registry.conftest import WriteModel
from tests.registry.models import STARTER

from nightlight.errors import NightlightError
from nightlight.registry.manifest import MANIFEST, check_files, copy_files, files_in, read_manifest


def test_a_manifest_says_what_a_model_learned_from(write_model: WriteModel) -> None:
    manifest = read_manifest(write_model(documents=(STARTER,)))
    assert (manifest.name, manifest.author) == ("pocket", "dario")
    assert [document["name"] for document in manifest.starters] == ["exam-week"]
    assert manifest.parameters == {"minutes": "8"}
    assert manifest.metrics == {"loss": 1.25}  # numbers alone are measures


def test_a_folder_without_a_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match="this folder has no manifest"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"author": None}, "does not say author"),
        ({"training_set": []}, "does not say training_set"),
        ({"training_set": {"documents": [{"name": "x"}]}}, "does not say training_set.documents"),
        ({"made_at": "yesterday"}, "does not say made_at as a date and time"),
        ({"files": {"../../catalog.db": "0"}}, "leads out of the folder"),
        ({"files": {}}, "does not name 'tokens/words.json'"),
    ],
)
def test_a_manifest_that_does_not_say_enough_is_refused(
    write_model: WriteModel, change: dict[str, Any], why: str
) -> None:
    with pytest.raises(NightlightError, match=why):
        read_manifest(write_model(**change))


def add_program(folder: Path) -> None:
    (folder / "model.py").write_text("print(1)")


def add_pickle(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps([1]))


def add_native(folder: Path) -> None:
    (folder / "words.dat").write_bytes(b"\x7fELF" + bytes(60))


def add_library(folder: Path) -> None:
    (folder / "genai").mkdir()
    options = '{"model": {"decoder": {"session_options": {"custom_ops_\\u006cibrary": "words.dat"}}}}'
    (folder / "genai" / "genai_config.json").write_text(options)


def add_broken_config(folder: Path) -> None:
    (folder / "genai_config.json").write_text("{")


@pytest.mark.parametrize("add", [add_program, add_pickle, add_native, add_library, add_broken_config])
def test_what_would_be_run_when_it_is_read_is_refused(write_model: WriteModel, add: Callable[[Path], None]) -> None:
    folder = write_model()
    add(folder)
    values = json.loads((folder / MANIFEST).read_text()) | {"files": files_in(folder)}
    (folder / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(NightlightError, match="is a program or would be run"):
        read_manifest(folder)


def test_a_link_out_of_the_folder_is_refused(write_model: WriteModel, tmp_path: Path) -> None:
    folder = write_model()
    (tmp_path / "secret").write_text("x")
    (folder / "notes.json").symlink_to(tmp_path / "secret")
    with pytest.raises(NightlightError, match=r"'notes.json' leads out of the folder"):
        read_manifest(folder)


def test_a_file_that_was_changed_is_noticed(write_model: WriteModel, tmp_path: Path) -> None:
    folder = write_model()
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    (folder / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(NightlightError, match="not what the manifest says"):
        check_files(folder, manifest)
    with pytest.raises(NightlightError, match="not what the manifest says"):
        copy_files(folder, manifest, tmp_path / "copy")


def test_copies_are_their_owners_alone(write_model: WriteModel, tmp_path: Path) -> None:
    folder = write_model()
    copy_files(folder, read_manifest(folder), tmp_path / "copy")
    assert read_manifest(tmp_path / "copy").digest == read_manifest(folder).digest
    assert [path for path in (tmp_path / "copy").rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []
