"""The manifest of a model's folder: where the model comes from, and the digest of every file beside it.

Files are plain data: nothing in a registered folder is run when it is read."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from nightlight.errors import NightlightError

MANIFEST = "manifest.json"
TEXTS = ("name", "made_at", "author", "recipe", "code_revision")
TABLES = ("parameters", "training_set", "metrics", "files")
RUNNABLE = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".py", ".pyc", ".so", ".dll", ".sh"})
NATIVE = (b"\x7fELF", b"MZ", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
GENAI, CONFIG = "genai", "genai_config.json"  # the folder of an export for onnxruntime-genai, and its configuration
LOADED = ("custom_ops_library", "library_path")  # keys of it with which onnxruntime would load code
PICKLES, IN_ARCHIVE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), b"data.pkl"
PIECE = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a recipe wrote down about a model; `values` is all of it."""

    values: Mapping[str, Any]
    digest: str

    @property
    def name(self) -> str:
        return str(self.values["name"])

    @property
    def author(self) -> str:
        return str(self.values["author"])

    @property
    def files(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.values["files"]
        return found

    @property
    def documents(self) -> tuple[Mapping[str, Any], ...]:
        """The cards and scripts that the model was trained on."""
        return tuple(self.values["training_set"].get("documents", ()))

    @property
    def starters(self) -> tuple[Mapping[str, Any], ...]:
        """Those of its documents that came with the product and that nobody had approved."""
        return tuple(document for document in self.documents if document.get("state") == "starter")

    @property
    def parameters(self) -> dict[str, str]:
        return {str(name): str(value) for name, value in self.values["parameters"].items()}

    @property
    def metrics(self) -> dict[str, float]:
        """The measures of the training that are numbers."""
        found = self.values["metrics"].items()
        return {str(name): float(value) for name, value in found if _is_number(value)}


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder; raises NightlightError unless it says what it has to, and of these files only."""
    file = folder / MANIFEST
    if not file.is_file():
        raise NightlightError(
            "this folder has no manifest",
            where=str(folder),
            remedy="register what `nightlight model train` has written",
        )
    content = file.read_bytes()
    try:
        values = json.loads(content)
    except ValueError as error:
        raise NightlightError("the manifest is no JSON", where=str(file), remedy="train the model again") from error
    _check_values(values, file)
    manifest = Manifest(values, hashlib.sha256(content).hexdigest())
    _check_names(manifest, folder)
    return manifest


def write_manifest(folder: Path, values: Mapping[str, Any]) -> None:
    """Write a model's manifest beside its files, as `read_manifest` reads it."""
    (folder / MANIFEST).write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise NightlightError unless every file is what the manifest says."""
    for name, digest in manifest.files.items():
        if file_digest(folder / name) != digest:
            raise _changed(folder / name)


def copy_files(folder: Path, manifest: Manifest, target: Path) -> None:
    """Copy the manifest and its files into a new folder; raises NightlightError where one is not what it says."""
    target.mkdir(parents=True, mode=0o700)
    for name, digest in manifest.files.items():
        copy = target / name
        copy.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        copy.touch(mode=0o600)
        with copy.open("wb") as written:
            if file_digest(folder / name, written.write) != digest:
                raise _changed(folder / name)
    (target / MANIFEST).touch(mode=0o600)
    (target / MANIFEST).write_bytes((folder / MANIFEST).read_bytes())


def file_digest(file: Path, each: Callable[[bytes], object] | None = None) -> str:
    """The SHA-256 of a file; every piece that is read goes to `each` as well."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
            if each:
                each(piece)
    return found.hexdigest()


def files_in(folder: Path) -> dict[str, str]:
    """The digest of every file in a folder but the manifest, by its name in it: what a recipe writes down."""
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }


def _check_values(values: Any, file: Path) -> None:
    if not isinstance(values, dict):
        raise NightlightError("the manifest is no table of values", where=str(file), remedy="train the model again")
    wrong = [name for name in TEXTS if not isinstance(values.get(name), str)]
    wrong += [name for name in TABLES if not isinstance(values.get(name), dict)]
    documents = [] if "training_set" in wrong else values["training_set"].get("documents", [])
    if not isinstance(documents, list) or not all(isinstance(each, dict) and "state" in each for each in documents):
        wrong.append("training_set.documents")
    if "made_at" not in wrong and not _is_moment(values["made_at"]):
        wrong.append("made_at as a date and time")
    if wrong:
        raise NightlightError(
            f"the manifest does not say {', '.join(wrong)}", where=str(file), remedy="train the model again"
        )


def _check_names(manifest: Manifest, folder: Path) -> None:
    there = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()
    }
    for name in sorted(there | manifest.files.keys()):
        path = PurePosixPath(name)
        if name == MANIFEST:
            continue
        if path.is_absolute() or ".." in path.parts or (folder / name).is_symlink():
            raise NightlightError(f"'{name[:80]}' leads out of the folder", where=str(folder), remedy="leave it out")
        if name not in manifest.files:
            raise NightlightError(
                f"the manifest does not name '{name[:80]}'", where=str(folder), remedy="take the file away"
            )
        if name not in there:
            raise NightlightError(f"'{name[:80]}' is missing", where=str(folder), remedy="train the model again")
        if path.suffix.lower() in RUNNABLE or _is_run(folder / name):
            raise NightlightError(
                f"'{name[:80]}' is a program or would be run when it is read",
                where=str(folder),
                remedy="write the model as safetensors, onnx, json or npz",
            )


def _is_run(file: Path) -> bool:
    """Whether a file is a program, whatever its name, or would load one."""
    if file.name == CONFIG:
        return _loads_code(file)
    with file.open("rb") as opened:
        begin = opened.read(1024)
    is_pickled = begin.startswith(PICKLES) or (begin.startswith(b"PK") and IN_ARCHIVE in begin)
    return begin.startswith(NATIVE) or (file.suffix == ".bin" and is_pickled)


def _loads_code(config: Path) -> bool:
    """Whether a configuration of onnxruntime-genai names a library; one that cannot be read is not trusted."""
    try:
        values = json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return True
    # Written anew, so that no escape hides a key.
    return any(f'"{key}"' in json.dumps(values) for key in LOADED)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _changed(file: Path) -> NightlightError:
    return NightlightError("this file is not what the manifest says", where=str(file), remedy="train the model again")
