"""A table's versions as its log tells them: when each was written, by which operation, how many rows it brought."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from nightlight.lakehouse.tables import ERASED, Table

APPEND, REPLACE, CREATE, COMPACT = "rows added", "rows replaced", "table made", "files put together"
ERASE = "rows erased for good"
OTHER = "schema or settings changed"


@dataclass(frozen=True)
class Version:
    """One version; `rows` are those of the files it wrote, None where it wrote none."""

    number: int
    at: datetime
    operation: str
    rows: int | None


def list_versions(table: Table, limit: int = 20) -> list[Version]:
    """The newest versions first, as far back as the log still reaches."""
    found = []
    for number in range(table.version, max(table.version - limit, -1), -1):
        version = _read(table.path, number)
        if version is None:
            break
        found.append(version)
    return found


def committed_at(table: Table) -> datetime | None:
    """When the table's version was written; None when its log is cleaned up. A version is looked up once."""
    return _committed_at(table.path, table.identity, table.version)


@lru_cache(maxsize=1024)
def _committed_at(path: Path, _identity: str, version: int) -> datetime | None:
    found = _read(path, version)
    return found.at if found else None


def _read(path: Path, number: int) -> Version | None:
    """A version of the table that lies at `path`; None when it is cleaned up."""
    file = path / "_delta_log" / f"{number:020d}.json"
    try:
        actions: list[dict[str, Any]] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return None
    commit: dict[str, Any] = next((action["commitInfo"] for action in actions if "commitInfo" in action), {})
    adds = list(_of_kind(actions, "add"))
    is_change = any(add["dataChange"] for add in adds)
    has_removed = any(remove.get("dataChange", True) for remove in _of_kind(actions, "remove"))
    if ERASED in commit:
        operation = ERASE
    elif adds and not is_change and not has_removed:
        operation = COMPACT
    elif has_removed:
        operation = REPLACE
    elif commit.get("operation") == "CREATE TABLE":
        operation = CREATE
    else:
        operation = APPEND if adds else OTHER
    rows = sum(json.loads(add["stats"])["numRecords"] for add in adds) if adds else None
    return Version(number, datetime.fromtimestamp(commit.get("timestamp", 0) / 1000, UTC), operation, rows)


def _of_kind(actions: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (action[kind] for action in actions if kind in action)
