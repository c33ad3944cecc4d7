"""How each dataset stood at its last updates: when it was looked at, when it was written, what its checks said.

Kept while the event log stays at one version: pages ask often, and the log only grows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import EVENTS, Outcome

RECENT_UPDATES = 30
COLUMNS = ["dataset", "started_at", "outcome", "action", "rows_out", "dropped", "duplicates", "broken", "error"]


@dataclass(frozen=True)
class Health:
    """The state of one dataset.

    `broken` counts the rows that did not meet each expectation in the update that wrote last; `outcome` and `error`
    are of the newest update.
    """

    checked_at: datetime
    written_at: datetime | None
    outcome: str
    error: str
    broken: Mapping[str, int] = field(default_factory=dict)
    updates: tuple[Mapping[str, Any], ...] = ()  # the newest first

    @property
    def is_failing(self) -> bool:
        return self.outcome in (Outcome.FAILED, Outcome.NOT_RUN)


def read_health(lake: Lake) -> Mapping[str, Health]:
    """The health of every dataset that was ever updated, by name."""
    table = lake.table(EVENTS).newest()
    lake.remember(table)
    return _read(lake.root, table.identity, table.version) if table.exists else {}


@lru_cache(maxsize=4)
def _read(root: Path, _identity: str, version: int) -> Mapping[str, Health]:
    rows = Lake(root).table(EVENTS).at(version).read(COLUMNS).sort_by([("started_at", "descending")])
    newest: dict[str, list[int]] = {}
    for index, name in enumerate(rows["dataset"].to_pylist()):
        newest.setdefault(name, []).append(index)
    return {name: _health(rows.take(found[:RECENT_UPDATES]).to_pylist()) for name, found in newest.items()}


def _health(updates: list[dict[str, Any]]) -> Health:
    for update in updates:
        update["broken"] = json.loads(update["broken"] or "{}")
    newest = updates[0]
    written = next((update for update in updates if update["outcome"] == Outcome.DONE), None)
    return Health(
        checked_at=newest["started_at"],
        written_at=written["started_at"] if written else None,
        outcome=newest["outcome"],
        error=newest["error"] or "",
        broken=written["broken"] if written else {},
        updates=tuple(updates),
    )
