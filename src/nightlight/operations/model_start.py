"""The models that came with the product as first versions in a home's registry, and what was approved here since.

It is done when the registry is first looked at: loading MLflow takes seconds, and no start waits for that."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.operations.labeller_training import copy_labeller
from nightlight.registry.manifest import files_in, read_manifest
from nightlight.registry.promotion import install_champion
from nightlight.registry.store import DEV, PROD, STAGING
from nightlight.registry.stored import CHAMPION
from nightlight.registry.versions import PRODUCT, Clock, list_versions, manifest_of, now_utc
from nightlight.settings import LABELLER, POCKET, Home, shipped

SHIPPED = (LABELLER, POCKET)


def prepare_models(home: Home, *, clock: Clock = now_utc) -> None:
    """Register what is shipped as champion wherever there is none, or an older one that was shipped; no version twice.

    In a home in production the pocket texter does not reach `prod` this way: what speaks there learned from approved
    documents.
    """
    for name in SHIPPED:
        source = _source(name)
        if source is None:
            continue
        files = files_in(source) if name == LABELLER else read_manifest(source).files
        wanted = [workspace for workspace in _workspaces(home, name) if _is_wanted(home, name, workspace, files)]
        if wanted:
            with _as_model(name, source) as folder:
                for workspace in wanted:
                    install_champion(home, name, folder, workspace, clock=clock)


def approved_documents(home: Home, now: datetime) -> frozenset[str]:
    """Digests of the cards and scripts that this organization has approved, and that are in use."""
    import hashlib

    from nightlight.studio.documents import list_documents, versions_of
    from nightlight.studio.versions import State

    used = [version for listed in list_documents(home) for version in versions_of(home, listed.name)]
    approved = [version for version in used if version.state is State.APPROVED and not version.is_expired(now)]
    return frozenset(hashlib.sha256(version.source.encode()).hexdigest() for version in approved)


def _workspaces(home: Home, name: str) -> tuple[str, ...]:
    is_kept_out = home.settings.production and name == POCKET
    return (DEV, STAGING) if is_kept_out else (DEV, STAGING, PROD)


def _is_wanted(home: Home, name: str, workspace: str, files: Mapping[str, str]) -> bool:
    """Whether a workspace lacks these files, and its champion is no version that somebody promoted."""
    known = [version for version in list_versions(home, name) if version.workspace == workspace]
    if any(CHAMPION in version.aliases and not version.tags.get("shipped") for version in known):
        return False
    return not any(manifest_of(home, version).files == files for version in known)


def _source(name: str) -> Path | None:
    """The folder of a model that came with the product; None where it did not."""
    try:
        return shipped(f"models/{name}")
    except NightlightError:
        return None


@contextmanager
def _as_model(name: str, source: Path) -> Iterator[Path]:
    """A shipped folder with a model's manifest: the labeller's has one of its own, so that one is a copy."""
    if name != LABELLER:
        yield source
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        copy_labeller(source, folder, author=PRODUCT)
        yield folder
