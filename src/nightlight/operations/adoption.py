"""Whether data is used and how fast it gets to people: from the audit, the event log and the catalog's history.

Weeks begin on Mondays (UTC). People are counted by group and never named: this is about the platform, not them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from nightlight.catalog.history import database_errors, in_force
from nightlight.catalog.lineage import sources_of
from nightlight.db import moment, transaction
from nightlight.ingestion.runs import TABLE as INGEST_RUNS
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import EVENTS
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOOKED_BACK = timedelta(days=90)
WEEKS = 12
OPENING = "open dashboard"  # the action; its statement is the dashboard's name
DONE = "outcome LIKE 'done'"  # not "=": the index by outcome would be taken, and every record be read
NOT_FOR_PEOPLE = ("quarantine.", "ops.")  # kept for the care of the platform


@dataclass(frozen=True)
class Use:
    """How often something was used in the last 90 days, by how many people, and when last; never: `last` is None."""

    name: str
    times: int
    people: int
    last: datetime | None


@dataclass(frozen=True)
class Activity:
    """How many people of a group did anything in each of the weeks; `members` is how many there are now."""

    group: str
    members: int
    weeks: tuple[int, ...]


@dataclass(frozen=True)
class Readiness:
    """How long a dataset took from the first raw rows to the first grant, each moment None where it is not known."""

    dataset: str
    raw_at: datetime | None
    built_at: datetime | None
    granted_at: datetime | None

    @property
    def hours(self) -> float | None:
        """From the raw rows to the moment somebody could ask: a grant given beforehand counts from the first build."""
        if self.raw_at is None or self.built_at is None or self.granted_at is None:
            return None
        return max(0.0, (max(self.built_at, self.granted_at) - self.raw_at).total_seconds() / 3600)


@dataclass(frozen=True)
class WeekOfRuns:
    """What sources and datasets did in a week: runs and updates that are recorded, and how many of them failed."""

    week: date
    runs: int
    runs_failed: int
    updates: int
    updates_failed: int


@dataclass(frozen=True)
class Decisions:
    """Requests for access that were decided in the last 90 days, their median hours, and those that still wait."""

    decided: int
    median_hours: float | None
    waiting: int


@dataclass(frozen=True)
class Adoption:
    weeks: tuple[date, ...]
    people: tuple[int, ...]  # active people of all groups, and of none, by week
    groups: tuple[Activity, ...]
    dashboards: tuple[Use, ...]
    tables: tuple[Use, ...]
    readiness: tuple[Readiness, ...]
    runs: tuple[WeekOfRuns, ...]
    decisions: Decisions


def measure_adoption(home: Home, dashboards: Iterable[str], *, now: datetime) -> Adoption:
    """Everything about the 90 days before `now`; `dashboards` are the names of those that there are."""
    weeks = tuple(_weeks(now))
    since = now - LOOKED_BACK
    lake = Lake(home.lake)
    register_tables(home.database_url, lake)
    with database_errors(), transaction(home.database_url) as connection:
        active = _active(connection, datetime.combine(weeks[0], datetime.min.time(), UTC))
        members = _members(connection)
        return Adoption(
            weeks=weeks,
            people=_counted(weeks, active, set().union(*active.values()) if active else set()),
            groups=tuple(
                Activity(group, len(people), _counted(weeks, active, people))
                for group, people in sorted(members.items())
                if people
            ),
            dashboards=tuple(_uses(_openings(connection, since), dashboards)),
            tables=tuple(_uses(_questions(connection, since), _asked_tables(connection))),
            readiness=tuple(_readiness(connection, lake)),
            runs=tuple(_runs(lake, weeks)),
            decisions=_decisions(connection, since),
        )


def _weeks(now: datetime) -> Iterator[date]:
    """The Mondays of the last weeks, the running one included, oldest first."""
    monday = now.astimezone(UTC).date() - timedelta(days=now.astimezone(UTC).weekday())
    yield from (monday - timedelta(weeks=number) for number in reversed(range(WEEKS)))


def _monday(day: str) -> date:
    found = date.fromisoformat(day)
    return found - timedelta(days=found.weekday())


def _active(connection: "Connection", since: datetime) -> dict[date, set[str]]:
    """The people who did anything that was not refused, by week; through shared principals too."""
    from sqlalchemy import bindparam, text

    users = {row["name"] for row in in_force(connection, "principals", kind="user")}
    shared = [row["name"] for row in in_force(connection, "principals", kind="service")]
    mine = text(
        f"SELECT DISTINCT substr(at, 1, 10) AS day, principal AS person FROM audit WHERE at >= :since AND {DONE}"
    )
    through = text(
        f"SELECT DISTINCT substr(at, 1, 10) AS day, {_field(connection, 'person')} AS person FROM audit "
        "WHERE principal IN :shared AND at >= :since AND outcome = 'done'"
    ).bindparams(bindparam("shared", expanding=True))
    values = {"since": _stored(since)}
    active: dict[date, set[str]] = defaultdict(set)
    for row in (*connection.execute(mine, values), *connection.execute(through, {**values, "shared": shared})):
        if row.person in users:
            active[_monday(row.day)].add(row.person)
    return active


def _members(connection: "Connection") -> dict[str, set[str]]:
    """The users of each group, through groups in groups."""
    kinds = {row["name"]: row["kind"] for row in in_force(connection, "principals", disabled=0)}
    direct: dict[str, set[str]] = defaultdict(set)
    for row in in_force(connection, "memberships"):
        if row["member"] in kinds and kinds.get(row["group_name"]) == "group":
            direct[row["group_name"]].add(row["member"])

    def within(group: str, above: frozenset[str]) -> set[str]:
        found: set[str] = set()
        for member in direct[group]:
            if kinds[member] == "user":
                found.add(member)
            elif kinds[member] == "group" and member not in above:
                found |= within(member, above | {member})
        return found

    return {group: within(group, frozenset({group})) for group, kind in kinds.items() if kind == "group"}


def _counted(weeks: Sequence[date], active: Mapping[date, set[str]], people: set[str]) -> tuple[int, ...]:
    return tuple(len(active.get(week, set()) & people) for week in weeks)


def _openings(connection: "Connection", since: datetime) -> Iterator[tuple[str, str, int, str]]:
    """Dashboard, person, how often, when last."""
    from sqlalchemy import text

    query = text(
        f"SELECT {_field(connection, 'statement')} AS name, principal, count(*) AS times, max(at) AS last FROM audit "
        f"WHERE action = '{OPENING}' AND at >= :since AND outcome = 'done' GROUP BY 1, 2"
    )
    for row in connection.execute(query, {"since": _stored(since)}):
        yield row.name, row.principal, row.times, row.last


def _questions(connection: "Connection", since: datetime) -> Iterator[tuple[str, str, int, str]]:
    """Table, principal, how often it was asked about, when last."""
    from sqlalchemy import text

    query = text(
        "SELECT tables, principal, count(*) AS times, max(at) AS last FROM audit "
        f"WHERE at >= :since AND {DONE} AND tables <> '' GROUP BY tables, principal"
    )
    for row in connection.execute(query, {"since": _stored(since)}):
        for table in row.tables.split(","):
            yield table, row.principal, row.times, row.last


def _uses(found: Iterable[tuple[str, str, int, str]], names: Iterable[str]) -> list[Use]:
    """The uses of what there is, the most used first; what was not used at all ends the list."""
    times: dict[str, int] = dict.fromkeys(names, 0)
    people: dict[str, set[str]] = defaultdict(set)
    last: dict[str, str] = {}
    for name, person, count, at in found:
        if name in times:
            times[name] += count
            people[name].add(person)
            last[name] = max(at, last.get(name, ""))
    uses = [
        Use(name, count, len(people[name]), datetime.fromisoformat(last[name]) if name in last else None)
        for name, count in times.items()
    ]
    return sorted(uses, key=lambda use: (-use.times, use.name))


def _asked_tables(connection: "Connection") -> list[str]:
    """The tables that are there for people to ask about."""
    from sqlalchemy import text

    names = connection.execute(text("SELECT table_name FROM registered_tables ORDER BY table_name")).scalars()
    return [name for name in names if not name.startswith(NOT_FOR_PEOPLE)]


def _readiness(connection: "Connection", lake: Lake) -> Iterator[Readiness]:
    """Each dataset that comes from other tables.

    Raw rows were there when the newest of the tables it comes from, and that come from none, was made: a dataset cannot
    be had before its last source. It was built when its own table was made, and granted when SELECT on it, its schema
    or the catalog was first granted to a user or a group, as the catalog's history tells, whoever revoked it since.
    """
    from sqlalchemy import text

    derived = set(
        connection.execute(text("SELECT DISTINCT target_table FROM lineage WHERE source_table <> ''")).scalars()
    )
    grants = _first_grants(connection)
    seen = {
        row.table_name: moment(row.first)
        for row in connection.execute(
            text("SELECT table_name, min(added_at) AS first FROM registered_columns GROUP BY table_name")
        )
    }
    for name in sorted(filter(lambda name: name in seen, derived)):
        roots = [table for table in sources_of(connection, {name}) - {name} if table not in derived]
        made = [first for table in roots if (first := _made(lake, table, seen))]
        places = (("table", name), ("schema", name.split(".")[0]), ("catalog", ""))
        granted = [grants[place] for place in places if place in grants]
        yield Readiness(
            name,
            raw_at=max(made, default=None) if len(made) == len(roots) else None,
            built_at=_made(lake, name, seen),
            granted_at=min(granted, default=None),
        )


def _made(lake: Lake, name: str, seen: Mapping[str, datetime]) -> datetime | None:
    """When a table was made, or first seen by the catalog where that is earlier: it was made anew since."""
    table = lake.table(name)
    known = [at for at in (table.made_at if table.exists else None, seen.get(name)) if at is not None]
    return min(known, default=None)


def _first_grants(connection: "Connection") -> dict[tuple[str, str], datetime]:
    from sqlalchemy import text

    query = text(
        "SELECT g.kind, g.securable, min(g.added_at) AS first FROM grants g "
        "WHERE g.privilege = 'SELECT' AND g.effect = 'GRANT' AND EXISTS ("
        "SELECT 1 FROM principals p WHERE p.name = g.principal AND p.kind IN ('user', 'group')) "
        "GROUP BY g.kind, g.securable"
    )
    return {(row.kind, row.securable): moment(row.first) for row in connection.execute(query)}


def _runs(lake: Lake, weeks: Sequence[date]) -> Iterator[WeekOfRuns]:
    runs = _by_week(lake, INGEST_RUNS, "started_at", "error", weeks)
    updates = _by_week(lake, EVENTS, "started_at", "error", weeks)
    for week in weeks:
        yield WeekOfRuns(week, *runs.get(week, (0, 0)), *updates.get(week, (0, 0)))


def _by_week(lake: Lake, name: str, time: str, error: str, weeks: Sequence[date]) -> dict[date, tuple[int, int]]:
    """How many rows of a log fall into each week, and how many of them name an error."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = lake.table(name)
    if not table.exists:
        return {}
    log = table.read([time, error])
    first = pa.scalar(datetime.combine(weeks[0], datetime.min.time(), UTC), pa.timestamp("us", "UTC"))
    log = log.filter(pc.greater_equal(log[time], first))
    failed = pc.cast(pc.and_(pc.is_valid(log[error]), pc.not_equal(pc.fill_null(log[error], ""), "")), pa.int64())
    week = pc.floor_temporal(log[time], unit="week")
    counted = (
        pa.table({"week": week, "failed": failed}).group_by("week").aggregate([([], "count_all"), ("failed", "sum")])
    )
    return {row["week"].date(): (row["count_all"], row["failed_sum"]) for row in counted.to_pylist()}


def _decisions(connection: "Connection", since: datetime) -> Decisions:
    from sqlalchemy import text

    query = text("SELECT made_at, decided_at FROM access_requests WHERE decided_at >= :since AND state <> 'withdrawn'")
    hours = [
        (moment(row.decided_at) - moment(row.made_at)).total_seconds() / 3600
        for row in connection.execute(query, {"since": since.astimezone(UTC)})
    ]
    waiting = connection.execute(text("SELECT count(*) FROM access_requests WHERE state = 'open'")).scalar_one()
    return Decisions(len(hours), median(hours) if hours else None, int(waiting))


def _field(connection: "Connection", name: str) -> str:
    """A field of the audit's records as an SQL expression."""
    if connection.dialect.name == "sqlite":
        return f"json_extract(record, '$.{name}')"
    return f"(record::json ->> '{name}')"


def _stored(moment: datetime) -> str:
    """A moment as the audit writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
