"""Reads versions, their aliases and tags out of MLflow's tables: some milliseconds, and without loading MLflow.

Everything is written by MLflow's own client; a test reads through both and finds the same."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.registry.store import WORKSPACES, store_url
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Engine

CHAMPION, CHALLENGER, PREVIOUS = ALIASES = ("champion", "challenger", "previous")
PASSED, REFUSED, NOT_EVALUATED = "passed", "refused", "not evaluated"
VERSIONS = """
    SELECT v.workspace, v.name, v.version, v.creation_time, v.source, v.run_id, r.experiment_id
    FROM model_versions v LEFT JOIN runs r ON r.run_uuid = v.run_id
    WHERE v.workspace IN ('dev', 'staging', 'prod') AND (:name = '' OR v.name = :name)
    ORDER BY v.name, v.version
"""
TAGS = "SELECT workspace, name, version, key, value FROM model_version_tags WHERE :name = '' OR name = :name"
HELD = "SELECT workspace, name, version, alias FROM registered_model_aliases WHERE :name = '' OR name = :name"


@dataclass(frozen=True)
class ModelVersion:
    """One version of a registered model in one workspace.

    `author`: who trained it, and who registered it. `source`: the version of another workspace that it is a copy of
    ("dev/pocket/3"), or the recipe that made it. `is_starter`: trained on documents that came with the product.
    `place`: the folder of its run in the workspace's files. `tags`: the rest of what is written on it.
    """

    name: str
    version: int
    workspace: str
    author: str
    made_at: datetime
    aliases: tuple[str, ...]
    gate: str
    source: str
    is_starter: bool
    place: str
    tags: Mapping[str, str]

    @property
    def label(self) -> str:
        return f"{self.workspace}/{self.name}/{self.version}"

    @property
    def digest(self) -> str:
        """Of the manifest: the same in every workspace that the version was copied to."""
        return self.tags.get("digest", "")

    @property
    def champion_since(self) -> datetime | None:
        """When it was made champion the last time, by `champion_by`."""
        written = self.tags.get(f"{CHAMPION}_since")
        return datetime.fromisoformat(written) if written else None

    @property
    def champion_by(self) -> str:
        return self.tags.get(f"{CHAMPION}_by", "")


def read_versions(home: Home, name: str = "") -> list[ModelVersion]:
    """The versions of a model, or of all, those in dev before those in staging and prod; none before the first."""
    if not _is_there(home):
        return []
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with _engine(store_url(home)).connect() as connection:
            versions = connection.execute(text(VERSIONS), {"name": name}).all()
            tags = connection.execute(text(TAGS), {"name": name}).all()
            held = connection.execute(text(HELD), {"name": name}).all()
    except SQLAlchemyError as error:
        if "no such table" in str(error) or "UndefinedTable" in type(getattr(error, "orig", error)).__name__:
            return []  # nothing was registered yet
        raise NightlightError(
            f"the registry cannot be read ({type(error).__name__})", remedy="check the disk and the database"
        ) from error
    tagged: dict[tuple[str, str, int], dict[str, str]] = defaultdict(dict)
    for row in tags:
        tagged[row.workspace, row.name, row.version][row.key] = row.value
    named: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for row in held:
        named[row.workspace, row.name, row.version].append(row.alias)
    found = [_version(row, tagged[row[:3]], named[row[:3]]) for row in versions]
    return sorted(found, key=lambda each: (each.name, WORKSPACES.index(each.workspace), each.version))


def _version(row: Any, tags: Mapping[str, str], aliases: list[str]) -> ModelVersion:
    registered = datetime.fromtimestamp(row.creation_time / 1000, UTC)
    return ModelVersion(
        name=row.name,
        version=row.version,
        workspace=row.workspace,
        author=tags.get("author", ""),
        made_at=datetime.fromisoformat(tags["made_at"]) if "made_at" in tags else registered,
        aliases=tuple(sorted(aliases)),
        gate=tags.get("gate", NOT_EVALUATED),
        source=tags.get("from") or tags.get("recipe", ""),
        is_starter=tags.get("starter") == "true",
        place=f"{row.experiment_id}/{row.run_id}/artifacts",
        tags=tags,
    )


def _is_there(home: Home) -> bool:
    return not store_url(home).startswith("sqlite") or (home.registry / "registry.db").exists()


@lru_cache(maxsize=4)
def _engine(url: str) -> "Engine":
    from sqlalchemy import NullPool, create_engine

    # Opened anew each time: the file may be another one by then (a restored backup).
    return create_engine(url, poolclass=NullPool)
