"""The queue: conversations whose flags wait for a person, the severest first, then those that wait longest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_privilege
from nightlight.db import transaction
from nightlight.quality.access import Clock, Reach
from nightlight.quality.flags.declared import Severity
from nightlight.quality.openings import Ground, ground_of, openings_of
from nightlight.quality.shifts import shifts_of
from nightlight.quality.store import SECURABLE, Case, QueuedFlag, State, case_of, flag_of
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN = 200  # conversations of a page
RANK = " ".join(f"WHEN '{severity.value}' THEN {severity.rank}" for severity in Severity)


@dataclass(frozen=True)
class QueueRow:
    """A conversation in the queue with those of its flags that were asked for. `waiting`: since the first of its
    severest ones was raised; `calls`: one of them calls the supervisor at once, so that it may be opened in an
    emergency."""

    case: Case
    flags: tuple[QueuedFlag, ...]
    severity: Severity
    waiting: timedelta
    may_open: Ground

    @property
    def calls(self) -> bool:
        return self.severity is Severity.PAGE


def queue(
    home: Home,
    reach: Reach,
    *,
    clock: Clock,
    state: State | str = State.OPEN,
    severity: Severity | str | None = None,
    rule: str | None = None,
    limit: int = SHOWN,
) -> list[QueueRow]:
    """The conversations that somebody sees with flags in this state, of this severity, of this rule."""
    now, wanted = clock(), {"state": state, "severity": severity, "rule": rule}
    with transaction(home.database_url) as connection:
        check_privilege(connection, reach.person, "EXECUTE", SECURABLE)
        chosen = _conversations(connection, reach, wanted, limit)
        cases = _cases(connection, chosen)
        flags = _flags(connection, chosen, wanted)
        shifts, openings = shifts_of(connection, reach.person), openings_of(connection, reach.person)
    return [
        _row(cases[key], flags[key], now, ground_of(cases[key], shifts, openings, now))
        for key in chosen
        if key in cases and flags.get(key)
    ]


def counts(home: Home, reach: Reach, *, state: State | str = State.OPEN) -> dict[Severity, int]:
    """How many conversations wait, by the severest of their flags."""
    from sqlalchemy import text

    within, values = _within(reach)
    worst = f"SELECT MAX(CASE f.severity {RANK} END) AS worst {_FROM} WHERE f.state = :state AND {within}"
    query = text(f"SELECT worst, COUNT(*) FROM ({worst} GROUP BY f.conversation) AS each_one GROUP BY worst")
    with transaction(home.database_url) as connection:
        check_privilege(connection, reach.person, "EXECUTE", SECURABLE)
        rows = connection.execute(_bound(query, values), {**values, "state": str(state)}).all()
    found = {int(worst): int(number) for worst, number in rows}
    return {severity: found.get(severity.rank, 0) for severity in reversed(Severity)}


_FROM = "FROM quality_flags f JOIN quality_cases c ON c.conversation = f.conversation"


def _conversations(connection: "Connection", reach: Reach, wanted: dict[str, Any], limit: int) -> list[str]:
    from sqlalchemy import text

    within, values = _within(reach)
    conditions = " AND ".join([within, *(f"f.{name} = :{name}" for name, value in wanted.items() if value)])
    values |= {name: str(value) for name, value in wanted.items() if value} | {"limit": limit}
    worst = f"CASE f.severity {RANK} END"
    ranked = (
        f"SELECT f.conversation, f.raised_at, {worst} AS severity_rank, "
        f"MAX({worst}) OVER (PARTITION BY f.conversation) AS worst {_FROM} WHERE {conditions}"
    )
    query = text(
        f"SELECT conversation FROM ({ranked}) AS ranked WHERE severity_rank = worst "
        "GROUP BY conversation, worst ORDER BY worst DESC, MIN(raised_at), conversation LIMIT :limit"
    )
    return list(connection.execute(_bound(query, values), values).scalars())


def _within(reach: Reach) -> tuple[str, dict[str, Any]]:
    """What somebody sees, as SQL about a conversation `c`: the same as `Reach.sees`."""
    if reach.all:
        return "1 = 1", {}
    return "(c.counselor IS NULL OR c.counselor IN :counselors)", {"counselors": sorted(reach.counselors)}


def _bound(query: Any, values: dict[str, Any]) -> Any:
    from sqlalchemy import bindparam

    lists = (name for name, value in values.items() if isinstance(value, list))
    return query.bindparams(*(bindparam(name, expanding=True) for name in lists))


def _cases(connection: "Connection", chosen: Sequence[str]) -> dict[str, Case]:
    from sqlalchemy import text

    values = {"chosen": list(chosen)}
    query = _bound(text("SELECT * FROM quality_cases WHERE conversation IN :chosen"), values)
    return {row["conversation"]: case_of(dict(row)) for row in connection.execute(query, values).mappings()}


def _flags(connection: "Connection", chosen: Sequence[str], wanted: dict[str, Any]) -> dict[str, list[QueuedFlag]]:
    """The flags that were asked for of each conversation, the severest first."""
    from sqlalchemy import text

    values: dict[str, Any] = {"chosen": list(chosen), **{name: str(value) for name, value in wanted.items() if value}}
    conditions = "".join(f" AND {name} = :{name}" for name, value in wanted.items() if value)
    query = _bound(text(f"SELECT * FROM quality_flags WHERE conversation IN :chosen{conditions}"), values)
    flags = [flag_of(dict(row)) for row in connection.execute(query, values).mappings()]
    found: dict[str, list[QueuedFlag]] = {}
    for flag in sorted(flags, key=lambda flag: (-flag.severity.rank, flag.raised_at, flag.id)):
        found.setdefault(flag.conversation, []).append(flag)
    return found


def _row(case: Case, flags: Sequence[QueuedFlag], now: datetime, ground: Ground) -> QueueRow:
    severity = flags[0].severity
    since = min(flag.raised_at for flag in flags if flag.severity is severity)
    return QueueRow(case, tuple(flags), severity, max(now - since, timedelta()), ground)
