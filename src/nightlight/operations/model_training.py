"""Training a model from the home, and once more: a recipe's function in this process, then a version in the registry.

A recipe writes plain files and their manifest; it decides what may teach a model, before it reads a row."""

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Protocol

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError, suggest
from nightlight.operations.labeller_training import train_labeller
from nightlight.registry.comparison import differences
from nightlight.registry.manifest import Manifest, read_manifest, write_manifest
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import (
    TRAINING_SET,
    Clock,
    check_may,
    manifest_of,
    now_utc,
    refusals_recorded,
    register,
    run_folder,
)
from nightlight.settings import LABELLER, LLAMA, POCKET, Home, shipped

SCRIPTS = {POCKET: "recipes/train_pocket_texter.py", LLAMA: "recipes/finetune_llama.py"}
SEED = 20260
EXTRA = "run `pip install torch==2.13.0`, then `pip install 'nightlight[train]'`"
NONE_SET: Mapping[str, str] = MappingProxyType({})
NOTHING: Callable[[str], None] = lambda step: None  # noqa: E731


class Recipe(Protocol):
    """Trains a model on a training set; writes its files and their manifest into a folder."""

    def __call__(
        self,
        training_set: Path,
        folder: Path,
        *,
        seed: int,
        on_step: Callable[[str], None],
        parameters: Mapping[str, str],
    ) -> None: ...


def train_model(
    home: Home,
    name: str,
    training_set: Path,
    *,
    by: str,
    seed: int = SEED,
    parameters: Mapping[str, str] = NONE_SET,
    into: Path | None = None,
    on_step: Callable[[str], None] = NOTHING,
    recipe: Recipe | None = None,
    clock: Clock = now_utc,
) -> ModelVersion:
    """Train a model and register it. `into`: a folder that stays, so that a training that was stopped goes on there."""
    with refusals_recorded(home, "train model", by, name, clock):
        chosen = recipe or find_recipe(name)
        check_may(home, by, "EXECUTE", name)
        if not training_set.is_dir():
            raise NightlightError("there is no training set here", where=str(training_set))
        detail = ", ".join([f"seed {seed}", *(f"{key} {value}" for key, value in parameters.items())])
        append(home, Entry("train model", by, None, "done", statement=name, detail=detail), clock=clock)
        with _folder(into) as folder:
            _run(chosen, training_set, folder, seed, on_step, parameters)
            _sign(folder, by)
            return register(home, name, folder, author=by, training_set=training_set, clock=clock)


def reproduce(
    home: Home,
    version: ModelVersion,
    *,
    on_step: Callable[[str], None] = NOTHING,
    recipe: Recipe | None = None,
) -> list[dict[str, object]]:
    """Train a version once more from what its manifest says and from the training set kept beside it; what came out
    both times."""
    before, training_set = manifest_of(home, version), kept_training_set(home, version)
    with _folder(None) as folder:
        _run(recipe or find_recipe(version.name), training_set, folder, seed_of(before), on_step, before.parameters)
        return differences(before, read_manifest(folder))


def kept_training_set(home: Home, version: ModelVersion) -> Path:
    kept = run_folder(home, version) / TRAINING_SET
    if kept.is_dir():
        return kept
    if version.name == LABELLER and version.tags.get("shipped"):
        return shipped("corpus")
    raise NightlightError(
        f"no training set was kept with {version.label}",
        remedy="register with --training-set, or train by `nightlight model train`",
    )


def seed_of(manifest: Manifest) -> int:
    seed = manifest.values.get("seed")
    return seed if isinstance(seed, int) else SEED


def find_recipe(name: str) -> Recipe:
    """The recipe of a model; raises NightlightError, and says what to install, where its libraries are missing."""
    if name == LABELLER:
        return train_labeller
    recipe: Recipe = recipe_module(name).train
    return recipe


def recipe_module(name: str) -> ModuleType:
    """The file of a recipe, loaded: its functions are named in docs/recipes.md."""
    if name not in SCRIPTS:
        raise NightlightError(f"there is no recipe for '{name}'", remedy=suggest(name, (LABELLER, *SCRIPTS)))
    with _missing_libraries():
        return _load(shipped(SCRIPTS[name]))


def _run(
    recipe: Recipe,
    training_set: Path,
    folder: Path,
    seed: int,
    on_step: Callable[[str], None],
    parameters: Mapping[str, str],
) -> None:
    with _missing_libraries():
        recipe(training_set, folder, seed=seed, on_step=on_step, parameters=parameters)


@contextmanager
def _missing_libraries() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise NightlightError(f"this needs {error.name}, which is not installed", remedy=EXTRA) from error


@contextmanager
def _folder(into: Path | None) -> Iterator[Path]:
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        yield into
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "model"


def _sign(folder: Path, by: str) -> None:
    """Whoever had it trained is its author."""
    values = dict(read_manifest(folder).values)
    if values["author"] != by:
        write_manifest(folder, values | {"author": by})


def _load(file: Path) -> ModuleType:
    """A recipe's file as a module: recipes are data of the product, not a package of it."""
    name = f"nightlight_recipe_{file.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise NightlightError("the recipe cannot be loaded", where=str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
