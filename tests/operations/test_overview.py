"""Promises of the ten numbers: read from gold tables, over full days and months, None where there is nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake
from nightlight.operations.overview import read_overview

TODAY = date(2026, 11, 10)
GOLD: dict[str, list[dict[str, Any]]] = {
    "gold.volume_daily": [
        {"day": TODAY, "partner": "home", "conversations": 1, "answered": 0, "abandoned": 1},
        {"day": date(2026, 11, 9), "partner": "home", "conversations": 10, "answered": 6, "abandoned": 3},
        {"day": date(2026, 11, 9), "partner": "lindenruf", "conversations": 5, "answered": 0, "abandoned": 5},
        {"day": date(2026, 10, 1), "partner": "home", "conversations": 4, "answered": 0, "abandoned": 4},
    ],
    "gold.queue_wait": [
        {"day": TODAY, "partner": "home", "wait_p50": 1.0, "wait_p90": 2.0},
        {"day": date(2026, 11, 9), "partner": "home", "wait_p50": None, "wait_p90": None},
        {"day": date(2026, 11, 8), "partner": "home", "wait_p50": 60.0, "wait_p90": 90.0},
        {"day": date(2026, 11, 9), "partner": "lindenruf", "wait_p50": 7.0, "wait_p90": 8.0},
    ],
    "gold.response_latency": [{"day": date(2026, 11, 9), "latency_p50": 41.5}],
    "gold.risk_daily": [
        {"day": date(2026, 11, 9), "partner": "home", "assessed": 8, "high": 1},
        {"day": date(2026, 11, 9), "partner": "lindenruf", "assessed": 2, "high": 1},
        {"day": date(2026, 10, 1), "partner": "home", "assessed": 9, "high": 9},
    ],
    "gold.ratings_monthly": [
        {"month": date(2026, 11, 1), "partner": "home", "rating": 1.0},
        {"month": date(2026, 10, 1), "partner": "home", "rating": 4.25},
    ],
    "gold.counselor_activity": [
        {"month": date(2026, 10, 1), "counselor_id": 1},
        {"month": date(2026, 10, 1), "counselor_id": 2},
        {"month": date(2026, 11, 1), "counselor_id": 3},
    ],
    "gold.retention": [
        {"cohort": date(2026, 6, 1), "months_since": 0, "active": 4, "cohort_size": 4},
        {"cohort": date(2026, 6, 1), "months_since": 3, "active": 1, "cohort_size": 4},
        {"cohort": date(2026, 7, 1), "months_since": 0, "active": 1, "cohort_size": 1},  # nobody stayed
        {"cohort": date(2026, 8, 1), "months_since": 3, "active": 9, "cohort_size": 9},  # that month goes on
    ],
    "gold.rejected": [{"rejected": 3}, {"rejected": 4}],
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    import pyarrow as pa

    lake = Lake(tmp_path)
    for name, rows in GOLD.items():
        table = pa.Table.from_pylist(rows)
        write(lake.table(name), table.to_batches(), schema=table.schema, transactions={})
    return Lake(tmp_path)


def test_they_are_of_full_days_and_months_and_of_the_lines_own_where_they_say_so(lake: Lake) -> None:
    assert {number.name: (number.value, number.period) for number in read_overview(lake)} == {
        "Conversations": (20, "all time"),
        "Wait, median": (60.0, "2026-11-08"),
        "Wait, 90th percentile": (90.0, "2026-11-08"),
        "Abandoned in queue": (3 / 9, "last 28 days"),
        "Response latency, p50": (41.5, "2026-11-09"),
        "High risk (3 or 4)": (2 / 10, "last 28 days"),
        "Mean rating (1 to 5)": (4.25, "2026-10"),
        "Active counselors": (2, "2026-10"),
        "Retention, 3 months": (1 / 5, "joined 2026-06 on"),
        "Rows refused": (7, "all time"),
    }


def test_there_are_ten_each_with_its_table(lake: Lake) -> None:
    assert len(read_overview(lake)) == 10
    assert {number.table for number in read_overview(lake)} == set(GOLD)


def test_without_tables_they_are_none(tmp_path: Path) -> None:
    assert {number.value for number in read_overview(Lake(tmp_path))} == {None}
