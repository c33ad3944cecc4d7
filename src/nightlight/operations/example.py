"""The example line as a template: its sources and pipeline project for a new home, and its generated exports.

The generator ships as data next to the sources (`examples/line/harbour`) and is loaded by path when needed."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from nightlight.errors import NightlightError
from nightlight.settings import SETTINGS_FILE, Home, shipped

TEMPLATE = "examples/line"
GENERATOR = "nightlight_example_line"
EXPORTS = "exports"


def create_home(root: Path, *, empty: bool = False) -> Home:
    """Make a home, with the example's sources and pipeline project in it unless `empty`.

    Raises NightlightError when the folder holds anything already.
    """
    if root.is_dir() and any(root.iterdir()):
        raise NightlightError(
            "the folder is not empty", where=str(root), remedy="name a new folder with --home; a home is made once"
        )
    home = Home.create(root)
    home.root.chmod(0o700)
    (home.root / SETTINGS_FILE).chmod(0o600)
    if not empty:
        _copy_template(home)
    return home


def open_demo_home(root: Path) -> Home:
    """The demo's home, made if there is none. Raises NightlightError for a home with other sources, or its own data."""
    if not root.exists() or not any(root.iterdir()):
        return create_home(root)
    home = Home.open(root)
    if not _declarations(home.sources) and not any(home.lake.iterdir()):
        _copy_template(home)
    # Compared by content: invented conversations must never reach a home whose owner has begun to adapt the template.
    if _declarations(home.sources) != _declarations(shipped(TEMPLATE) / "sources"):
        raise NightlightError(
            "this home is not the demo's: its sources differ from the example line's",
            where=str(home.root),
            remedy="run `nightlight ingest run` and `nightlight pipeline run` in it, or name a new folder with --home",
        )
    return home


def write_exports(home: Home, conversations: int, *, progress: Callable[[str, float], None] | None = None) -> bool:
    """Write the example line's raw exports, ending now, into the home; False when they are there already.

    They appear as a whole: what an interrupted run had begun is thrown away and begun again.
    """
    exports, begun = home.root / EXPORTS, home.root / f"{EXPORTS}.begun"
    if exports.exists():
        return False
    shutil.rmtree(begun, ignore_errors=True)
    generator = load_generator()
    generator.write_exports(generator.Line(conversations), begun, progress=progress)
    begun.rename(exports)
    return True


def load_generator() -> ModuleType:
    """The example line's generator, as the package `nightlight_example_line`."""
    if GENERATOR in sys.modules:
        return sys.modules[GENERATOR]
    folder = shipped(TEMPLATE) / "harbour"
    spec = importlib.util.spec_from_file_location(
        GENERATOR, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise NightlightError("the example line's generator cannot be loaded", where=str(folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules[GENERATOR] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[GENERATOR]
        raise
    return module


def _declarations(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.toml")}


def _copy_template(home: Home) -> None:
    template = shipped(TEMPLATE)
    for kind, folder in (("sources", home.sources), ("pipelines", home.pipelines)):
        shutil.copytree(
            template / kind,
            folder,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
            copy_function=_copy_private,
        )
        for copied in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
            copied.chmod(0o700)


def _copy_private(source: str, target: str) -> None:
    """Copy the content alone: an installed file's permissions are wider than a home's."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o600)
