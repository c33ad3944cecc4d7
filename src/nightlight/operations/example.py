"""The example line as a template: its sources, pipeline project and policies for a new home; its generated exports.

The generator ships as data next to the sources (`examples/line/harbour`) and is loaded by path when needed."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from nightlight.catalog.audit import os_user
from nightlight.catalog.principals import add_member, add_principal, list_principals
from nightlight.catalog.statements import read_statements
from nightlight.catalog.workspaces import Workspace, add_workspace, find_workspace
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.practice.tables import make_tables
from nightlight.quality.tables import make_tables as make_quality_tables
from nightlight.registry.bars import copy_gates
from nightlight.settings import SETTINGS_FILE, Home, shipped
from nightlight.sql.policies import apply_policies
from nightlight.studio.changes import may
from nightlight.studio.documents import get_version
from nightlight.studio.versions import State
from nightlight.studio.writing import import_corpus, renew

TEMPLATE = "examples/line"
GENERATOR = "nightlight_example_line"
EXPORTS = "exports"
COPIED = ("sources", "pipelines", "policies", "dashboards", "metrics", "reports", "notebooks")

BEGUN_CARD = "exam-week-sleepless"
WORKSPACE = Workspace("analysis", "workspace_analysis", "service_research")

# Who tries the demo out, and in which groups: one person for each task, and one who has none.
DEMO_USERS: dict[str, tuple[str, ...]] = {
    "ana": ("analysts",),
    "sam": ("supervisors", "team_keepers"),
    "vera": ("volunteers",),
    "clara": ("clinicians",),
    "cleo": ("clinicians",),  # a card with risk is approved by two others than its author
    "chen": ("clinicians",),
    "dario": ("data_scientists",),
    "ada": ("admins",),
    "nora": ("admins",),  # some decisions need two people
    "lin": ("partner_lindenruf",),
    "otto": (),
}


def create_home(root: Path, *, empty: bool = False) -> Home:
    """Make a home, with the example's sources, pipeline project and policies in it (and in force) unless `empty`.

    Raises NightlightError when the folder holds anything already.
    """
    if root.is_dir() and any(root.iterdir()):
        raise NightlightError(
            "the folder is not empty", where=str(root), remedy="name a new folder with --home; a home is made once"
        )
    home = Home.create(root)
    home.root.chmod(0o700)
    (home.root / SETTINGS_FILE).chmod(0o600)
    copy_gates(home)
    if not empty:
        _copy_template(home)
        _prepare_tables(home)
        _apply_policies(home)
        _add_workspace(home)
    return home


def open_demo_home(root: Path) -> Home:
    """The demo's home, made if there is none, with the demo's users in it.

    Raises NightlightError for a home with other sources, or its own data.
    """
    if not root.exists() or not any(root.iterdir()):
        home = create_home(root)
    else:
        home = _own_home(root)
        _prepare_tables(home)
    _add_users(home)
    _add_workspace(home)
    _begin_card(home)
    return home


def _own_home(root: Path) -> Home:
    """The home at `root`, if it is the demo's, filled where it is empty."""
    home = Home.open(root)
    if not any(file for folder in (home.sources, home.policies, home.lake) for file in folder.iterdir()):
        _copy_template(home)
    check_demo_home(home)
    return home


def check_demo_home(home: Home) -> None:
    """Raise NightlightError unless the home's sources are the example line's and it is not in production.

    Compared by content: invented conversations must never reach a home whose owner has begun to adapt the template,
    and nobody signs in without a password where data is not invented.
    """
    if home.settings.production:
        raise NightlightError("this home is in production: it is not the demo's", where=str(home.root))
    if _declarations(home.sources) != _declarations(shipped(TEMPLATE) / "sources"):
        raise NightlightError(
            "this home is not the demo's: its sources differ from the example line's",
            where=str(home.root),
            remedy="run `nightlight ingest run` and `nightlight pipeline run` in it, or name a new folder with --home",
        )


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


def _apply_policies(home: Home) -> None:
    """Put the home's policy files into force, all or none."""
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(home.policies.glob("*.sql"))}
    statements = [statement for file, text in texts.items() for statement in read_statements(text, str(file))]
    apply_policies(home, statements, by=os_user(), text="\n".join(texts.values()))


def _add_users(home: Home) -> None:
    """The demo's users that the catalog does not know yet: one whom somebody disabled stays so."""
    kinds = {principal["name"]: principal["kind"] for principal in list_principals(home.database_url)}
    if "group" not in kinds.values():
        _apply_policies(home)  # the home was made empty, or its making was interrupted
    known, by = kinds.keys(), os_user()
    for user in DEMO_USERS.keys() - known:
        add_principal(home.database_url, user, "user", by=by)
        for group in DEMO_USERS[user]:
            add_member(home.database_url, user, group, by=by)


def _prepare_tables(home: Home) -> None:
    """The shipped cards and scripts as starters, and the tables of practice and quality, which the template's datasets
    and row filters read."""
    import_corpus(home, by=os_user())
    before = os.umask(0o077)  # whoever calls may not have set it, and the tables' writer makes its own files
    try:
        make_tables(home)
        make_quality_tables(home)
    finally:
        os.umask(before)


def _begin_card(home: Home) -> None:
    """A card that clara wants to have reviewed, so that the studio shows how it goes on; once."""
    with transaction(home.database_url) as connection:
        writes = may(connection, "clara", "MODIFY")  # not in a demo whose policies are older than the studio
    if writes and get_version(home, BEGUN_CARD).state is State.STARTER:
        renew(home, BEGUN_CARD, by="clara")


def _add_workspace(home: Home) -> None:
    """The workspace that the policies speak of, unless they do not (any more) or somebody has changed it."""
    known = {principal["name"] for principal in list_principals(home.database_url)}
    if WORKSPACE.principal in known and find_workspace(home.database_url, WORKSPACE.name) is None:
        add_workspace(home.database_url, WORKSPACE, by=os_user())


def _copy_template(home: Home) -> None:
    template = shipped(TEMPLATE)
    for kind in filter(lambda kind: (template / kind).is_dir(), COPIED):
        folder = home.root / kind
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
