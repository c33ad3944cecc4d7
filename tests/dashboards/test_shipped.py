"""The shipped dashboards keep what they hide, all their charts put together."""

from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.dashboards.attack import MOST, Fact, narrow
from tests.dashboards.conftest import NOW

from nightlight.catalog.statements import read_statements
from nightlight.dashboards.answer import Answer, Viewer, answer_dashboard, fill_in_for
from nightlight.dashboards.definition import Dashboard
from nightlight.dashboards.files import find_dashboard
from nightlight.dashboards.suppression import THRESHOLD, WIDTH
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home, shipped
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable'; ALLOW PURPOSE improve_service TO analysts;
GRANT USE SCHEMA ON SCHEMA gold TO analysts; GRANT SELECT ON SCHEMA gold TO analysts;
"""


class Group(NamedTuple):
    """The people of one month, three hours of the day and line, answered or not: the finest that any chart shows."""

    month: date
    from_hour: int
    partner: str
    is_answered: bool

    @property
    def quarter(self) -> str:
        return f"{self.month.year} Q{(self.month.month + 2) // 3}"


def people(seed: int) -> dict[Group, int]:
    """Months of a line; seed 0: all of them small, others: one of them among busy ones."""
    lot = Random(seed)  # noqa: S311
    busy = {month: lot.choice((0.3, 1, 3)) if seed == 0 else 6.0 for month in range(4, 13)}
    busy[lot.randint(4, 12)] = 0.2
    return {
        Group(date(2025, month, 1), hour, partner, answered): round(lot.choice((0, 0, 1, 2, 3, 5, 8, 13)) * busy[month])
        for month in busy
        for hour in (0, 9, 18)
        for partner in ("home", "lindenruf")
        for answered in (True, False)
    }


def sums(counted: dict[Group, int], *names: str) -> list[dict[str, Any]]:
    """Rows of the gold tables: how many conversations there were, and how many of them answered."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for group, number in counted.items():
        both = found.setdefault(tuple(getattr(group, name) for name in names), [0, 0])
        both[0] += number
        both[1] += number if group.is_answered else 0
    return [
        {**dict(zip(names, key, strict=True)), "conversations": conversations, "answered": answered}
        for key, (conversations, answered) in found.items()
        if conversations
    ]


def deliver_line(home: Home, deliver: Deliver, counted: dict[Group, int]) -> None:
    numbers = [("conversations", pa.int64()), ("answered", pa.int64())]
    measures = [(name, pa.float64()) for name in ("wait_p50", "wait_p90", "within_5_minutes")]
    day = [("day", pa.date32()), ("partner", pa.string())]
    by_day = [{**row, "day": row["month"]} for row in sums(counted, "month", "partner")]
    deliver(home, "gold.volume_daily", by_day, pa.schema([*day, *numbers]))
    waits = [{**row, "wait_p50": 60.0, "wait_p90": 90.0, "within_5_minutes": 1.0} for row in by_day]
    deliver(home, "gold.queue_wait", waits, pa.schema([*day, *numbers[1:], *measures]))
    by_hour = [{**row, "hour": row["from_hour"]} for row in sums(counted, "month", "partner", "from_hour")]
    hour = [("month", pa.date32()), ("partner", pa.string()), ("hour", pa.int32())]
    deliver(home, "gold.volume_hourly", by_hour, pa.schema([*hour, *numbers[:1]]))
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="ada", text=POLICIES)


def ask(home: Home, name: str) -> list[Answer]:
    dashboard = find_dashboard(shipped("examples/line/dashboards"), name)
    assert isinstance(dashboard, Dashboard)
    viewer = Viewer("ana", "improve_service")
    with Broker(home) as broker:
        filled = fill_in_for(broker, dashboard, viewer, {}, NOW)
        return answer_dashboard(broker, dashboard, viewer, filled)


def members(row: dict[str, Any], answer: Answer, groups: list[Group], column: str) -> frozenset[Group]:
    """The groups that a cell counts."""
    return frozenset(
        group
        for group in groups
        if all(_of(group, name) == row[name] for name in answer.chart.dimensions)
        and (column != "answered" or group.is_answered)
    )


def _of(group: Group, dimension: str) -> Any:
    value = getattr(group, dimension)
    return value.date() if isinstance(value, datetime) else value


def cells(answers: list[Answer], groups: list[Group]) -> Iterator[tuple[frozenset[Group], int | None]]:
    """Every count that a chart may show: of which groups, and the number unless it is hidden."""
    for answer in answers:
        assert answer.error is None, f"{answer.chart.name}: {answer.error}"
        for column in {answer.chart.count, *answer.chart.parts} & {"conversations", "answered"}:
            for at, row in enumerate(answer.rows):
                hidden = (at, column) in answer.hidden
                yield members(dict(row), answer, groups, column), None if hidden else int(row[column] or 0)


@pytest.mark.parametrize("seed", range(4))
def test_all_charts_of_program_health_together_tell_no_small_count(home: Home, deliver: Deliver, seed: int) -> None:
    import numpy as np

    counted = people(seed)
    groups = list(counted)
    deliver_line(home, deliver, counted)
    found = list(cells(ask(home, "program_health"), groups))
    small = {members for members, _ in found if 0 < sum(counted[group] for group in members) < THRESHOLD}
    assert small, "a line of which nothing is small proves nothing"
    assert all(number is None for members, number in found if members in small)

    facts = [Fact(members, *((1, MOST) if number is None else (number, number))) for members, number in found]
    bounds = narrow(dict.fromkeys(groups, (0, MOST)), facts)
    assert bounds is not None
    shown = np.array([[group in members for group in groups] for members, number in found if number is not None], float)
    for members in small:
        target = np.array([group in members for group in groups], float)
        weights = np.linalg.lstsq(shown.T, target, rcond=None)[0]
        assert np.abs(shown.T @ weights - target).max() > 1e-6, "adding and subtracting what is shown tells it"
        low, high = (sum(bounds[group][end] for group in members) for end in (0, 1))
        assert high - low >= WIDTH
