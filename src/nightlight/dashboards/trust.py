"""How far numbers can be trusted: when the tables they come from were last brought up to date, and how that went.

It tells of tables, not of rows: to whom a table may be named is for the caller to know."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from nightlight.dashboards.definition import PLACEHOLDER, Dashboard
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.lakehouse.versions import committed_at
from nightlight.pipelines.events import Outcome
from nightlight.pipelines.health import Health, read_health
from nightlight.sql.pivot import read_query


@dataclass(frozen=True)
class TableTrust:
    """One table: when it was last up to date, how many rows broke an expectation when it was written, failure.

    `checked` is whether a pipeline keeps it, and its expectations were looked at.
    """

    name: str
    as_of: datetime
    checked: bool = False
    broken: Mapping[str, int] = field(default_factory=dict)
    failed: bool = False

    @property
    def url(self) -> str:
        return f"/data/{self.name.replace('.', '/')}"


@dataclass(frozen=True)
class Trust:
    """What holds for an answer made of several tables: it is as old as the oldest of them."""

    tables: tuple[TableTrust, ...]

    @property
    def as_of(self) -> datetime | None:
        return min((table.as_of for table in self.tables), default=None)

    @property
    def broken(self) -> int:
        """How many expectations were broken."""
        return sum(len(table.broken) for table in self.tables)

    @property
    def state(self) -> str:
        """`failed`, `broken`, `met`, or `unchecked` where no pipeline keeps any of the tables."""
        if any(table.failed for table in self.tables):
            return "failed"
        if self.broken:
            return "broken"
        return "met" if any(table.checked for table in self.tables) else "unchecked"


def trust_in(lake: Lake, tables: Iterable[str]) -> Trust:
    """The trust in an answer made of these tables; one that is not there says nothing."""
    health = read_health(lake)
    found = []
    for name in sorted(set(tables)):
        table = lake.table(name).newest()
        lake.remember(table)
        if table.exists:
            found.append(_trust(name, committed_at(table) or datetime.now(UTC), health.get(name)))
    return Trust(tuple(found))


@lru_cache(maxsize=1024)
def tables_read(sql: str) -> tuple[str, ...]:
    """The tables that a query names, as `schema.table`; raises NightlightError for what is no query."""
    return tuple(sorted(f"{table.schema}.{table.table}" for table in read_query(sql).tables if table.schema))


def tables_of(dashboard: Dashboard) -> set[str]:
    """The tables that its charts name; a chart that asks no query says so in its place."""
    found: set[str] = set()
    for chart in dashboard.charts:
        with suppress(NightlightError):
            found |= {*tables_read(PLACEHOLDER.sub("NULL", chart.sql))}
    return found


def _trust(name: str, committed_at: datetime, health: Health | None) -> TableTrust:
    """An update that found nothing to do has brought a table up to date as well."""
    if health is None:
        return TableTrust(name, committed_at)
    well = next((each["started_at"] for each in health.updates if each["outcome"] in _WELL), committed_at)
    return TableTrust(
        name, max(committed_at, well), checked=True, broken=_rows(health.broken), failed=health.is_failing
    )


_WELL = (Outcome.DONE, Outcome.UNCHANGED)


def _rows(broken: Mapping[str, int]) -> dict[str, int]:
    return {rule: rows for rule, rows in broken.items() if rows}
