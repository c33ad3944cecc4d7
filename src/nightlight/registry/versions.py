"""Registered versions of models: a run of MLflow with its files, tags and the name of its author."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.db import transaction
from nightlight.errors import NightlightError, suggest
from nightlight.registry.manifest import MANIFEST, Manifest, check_files, copy_files, read_manifest
from nightlight.registry.store import ARTIFACTS, DEV, check_workspace, experiment_in, made_meanwhile, open_store
from nightlight.registry.stored import ModelVersion, read_versions
from nightlight.settings import Home

Clock = Callable[[], datetime]
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
FILES, TRAINING_SET = "model", "training_set"
LONGEST_VALUE, LONGEST_STATEMENT, LONGEST_DETAIL = 500, 200, 2000
PRODUCT = "nightlight"
"""Author of what came with the product."""


def now_utc() -> datetime:
    return datetime.now(UTC)


def register(
    home: Home,
    name: str,
    folder: Path,
    *,
    workspace: str = DEV,
    author: str,
    training_set: Path | None = None,
    clock: Clock = now_utc,
) -> ModelVersion:
    """Take the folder of a trained model in as a new version; raises NightlightError, and takes nothing in, where its
    files are not what its manifest says. `training_set`: kept beside it, so that the training can be done again."""
    with refusals_recorded(home, "register model", author, name, clock):
        check_may(home, author, "EXECUTE", name)
        if workspace != DEV:
            raise NightlightError(f"models are registered in {DEV}", remedy=f"promote them to {workspace} from there")
        manifest = _manifest_of(name, folder)
        detail = f"files {manifest.digest[:12]}, by the recipe {manifest.values['recipe']}"
        append(home, Entry("register model", author, None, "done", statement=name, detail=detail), clock=clock)
        tags = {"author": ", ".join(dict.fromkeys(filter(None, (manifest.author, author))))}
        return add_version(home, manifest, folder, workspace, tags, training_set=training_set)


def install(home: Home, name: str, folder: Path, workspace: str, *, clock: Clock = now_utc) -> ModelVersion:
    """Take a model that came with the product in as a version that nobody of this organization has approved."""
    manifest = _manifest_of(name, folder)
    entry = Entry("install model", PRODUCT, None, "done", statement=f"{workspace}/{name}", detail=manifest.digest[:12])
    append(home, entry, clock=clock)
    return add_version(home, manifest, folder, workspace, {"author": PRODUCT, "shipped": "true"})


def list_versions(home: Home, name: str = "") -> list[ModelVersion]:
    """All versions of all models, or of one; workspace by workspace."""
    return read_versions(home, name)


def get_version(home: Home, name: str, version: int, *, workspace: str = DEV) -> ModelVersion:
    check_workspace(workspace)
    known = read_versions(home)
    found = [each for each in known if (each.name, each.workspace) == (name, workspace)]
    if not any(each.name == name for each in known):
        names = sorted({each.name for each in known})
        raise NightlightError(f"there is no model '{name}'", remedy=suggest(name, names) if names else "register one")
    for each in found:
        if each.version == version:
            return each
    there = ", ".join(str(each.version) for each in found)
    remedy = f"there are {there}" if there else f"there is none of it in {workspace}"
    raise NightlightError(f"{workspace} has no version {version} of '{name}'", remedy=remedy)


def holder(home: Home, name: str, alias: str, *, workspace: str) -> ModelVersion | None:
    """The version that an alias stands for."""
    check_workspace(workspace)
    found = [each for each in read_versions(home, name) if each.workspace == workspace and alias in each.aliases]
    return found[0] if found else None


def files_of(home: Home, version: ModelVersion) -> Path:
    """The folder of a version's files; raises NightlightError unless they are what was registered."""
    folder = run_folder(home, version) / FILES
    manifest = manifest_of(home, version)
    check_files(folder, manifest)
    return folder


def manifest_of(home: Home, version: ModelVersion) -> Manifest:
    """A version's manifest; raises NightlightError when it is not the one that was registered."""
    folder = run_folder(home, version) / FILES
    if not folder.is_dir():
        raise NightlightError(
            f"the files of {version.label} are missing", where=str(folder), remedy="restore them from a backup"
        )
    manifest = read_manifest(folder)
    if version.digest and manifest.digest != version.digest:
        raise NightlightError(
            f"the manifest of {version.label} is not the one that was registered",
            where=str(folder / MANIFEST),
            remedy="restore it from a backup",
        )
    return manifest


def run_folder(home: Home, version: ModelVersion) -> Path:
    """Where a version's files, its training set and its gate report lie."""
    return home.registry / ARTIFACTS / version.workspace / version.place


def add_version(
    home: Home,
    manifest: Manifest,
    folder: Path,
    workspace: str,
    tags: Mapping[str, str],
    *,
    training_set: Path | None = None,
) -> ModelVersion:
    """A run of MLflow with these files, and a version of it; nothing of it stays when a file is not as it should be."""
    values, name = manifest.values, manifest.name
    known = {
        "made_at": values["made_at"],
        "digest": manifest.digest,
        "recipe": values["recipe"],
        "starter": "true" if manifest.starters else "false",
        **tags,
    }
    with open_store(home, workspace) as client:
        from mlflow.entities import Metric, Param  # loaded by now

        run = client.create_run(experiment_in(client, name), tags={"mlflow.user": known["author"]}).info
        place = home.registry / ARTIFACTS / workspace / run.experiment_id / run.run_id / "artifacts"
        try:
            copy_files(folder, manifest, place / FILES)
            if training_set:
                shutil.copytree(training_set, place / TRAINING_SET, ignore=_links, copy_function=shutil.copyfile)
        except BaseException:
            shutil.rmtree(place.parent, ignore_errors=True)
            client.set_terminated(run.run_id, "FAILED")
            raise
        facts = {key: str(values[key]) for key in ("recipe", "code_revision", "seed") if key in values}
        params = [Param(_key(key), value[:LONGEST_VALUE]) for key, value in (manifest.parameters | facts).items()]
        at = int(datetime.fromisoformat(str(known["made_at"])).timestamp() * 1000)
        metrics = [Metric(_key(key), number, at, 0) for key, number in manifest.metrics.items()]
        client.log_batch(run.run_id, metrics=metrics, params=params)
        client.set_terminated(run.run_id)
        with made_meanwhile():
            client.create_registered_model(name)
        made = client.create_model_version(name, f"runs:/{run.run_id}/{FILES}", run.run_id, tags=known)
    return get_version(home, name, int(made.version), workspace=workspace)


def check_may(home: Home, by: str, privilege: str, name: str) -> None:
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, privilege, f"MODEL {name}")


def check_decides(home: Home, by: str, name: str) -> None:
    """Who manages the catalog decides nothing about a model without being able to use it."""
    check_may(home, by, "EXECUTE", name)
    check_may(home, by, "MANAGE", name)


def authors_of(version: ModelVersion) -> tuple[str, ...]:
    return tuple(author.strip() for author in version.author.split(","))


@contextmanager
def refusals_recorded(home: Home, action: str, by: str, statement: str, clock: Clock) -> Iterator[None]:
    """What is refused is in the audit as well, with the reason; neither longer than what is done ever is."""
    try:
        yield
    except NightlightError as refusal:
        told, why = statement[:LONGEST_STATEMENT], refusal.what[:LONGEST_DETAIL]
        append(home, Entry(action, by, None, "refused", statement=told, detail=why), clock=clock)
        raise


def one_line(reason: str) -> str:
    """Why somebody did something, as it goes into the audit."""
    return " ".join(reason.split())[:LONGEST_VALUE]


def _manifest_of(name: str, folder: Path) -> Manifest:
    if not NAME.fullmatch(name):
        raise NightlightError(f"'{name[:80]}' cannot be a model's name", remedy="use lower-case letters, digits and _")
    manifest = read_manifest(folder)
    if manifest.name != name:
        raise NightlightError(f"this folder holds the model '{manifest.name[:40]}', not '{name}'", where=str(folder))
    return manifest


def _links(folder: str, names: list[str]) -> set[str]:
    """What leads out of a folder is not copied with it."""
    return {name for name in names if Path(folder, name).is_symlink()}


def _key(name: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^A-Za-z0-9_. /-]", "_", name)[:80]
