"""Ten numbers of the example line, read from its gold tables: what each means is defined there, not here.

Counts are added up over days; a percentile or a mean is shown for the one day or month the table gives it for. The
newest day and month are still going on and are left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from nightlight.lakehouse.tables import Lake

HOME_PARTNER = "home"
RECENT = timedelta(days=28)

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Number:
    """One number, the period it is of, and the table it was read from; None where the table has no such rows.

    `unit` is "" (a count or a grade), "s" (seconds) or "share" (0 to 1).
    """

    name: str
    value: float | None
    unit: str
    period: str
    table: str


def read_overview(lake: Lake) -> list[Number]:
    """The ten numbers; those of waiting, answering and ratings are of the line's own conversations alone."""
    volume = _rows(lake, "gold.volume_daily")
    today = max((row["day"] for row in volume), default=date(2000, 1, 1))
    month = today.replace(day=1)
    waits = [row for row in _rows(lake, "gold.queue_wait") if row["partner"] == HOME_PARTNER]
    latencies = _rows(lake, "gold.response_latency")
    ratings = [row for row in _rows(lake, "gold.ratings_monthly") if row["partner"] == HOME_PARTNER]
    return [
        _sum("Conversations", volume, "conversations", "gold.volume_daily"),
        _newest("Wait, median", waits, "wait_p50", "s", today, "gold.queue_wait"),
        _newest("Wait, 90th percentile", waits, "wait_p90", "s", today, "gold.queue_wait"),
        _abandonment(volume, today),
        _newest("Response latency, p50", latencies, "latency_p50", "s", today, "gold.response_latency"),
        _high_risk(_rows(lake, "gold.risk_daily"), today),
        _newest("Mean rating (1 to 5)", ratings, "rating", "", month, "gold.ratings_monthly"),
        _active_counselors(_rows(lake, "gold.counselor_activity"), month),
        _retention(_rows(lake, "gold.retention"), month),
        _sum("Rows refused", _rows(lake, "gold.rejected"), "rejected", "gold.rejected"),
    ]


def _rows(lake: Lake, name: str) -> Rows:
    table = lake.table(name)
    rows: Rows = table.read().to_pylist() if table.exists else []
    return rows


def _sum(name: str, rows: Rows, column: str, table: str) -> Number:
    return Number(name, sum(row[column] for row in rows) if rows else None, "", "all time", table)


def _newest(name: str, rows: Rows, column: str, unit: str, before: date, table: str) -> Number:
    """The value of the newest day or month before `before` that has one."""
    key = "day" if "day" in (rows[0] if rows else ()) else "month"
    known = [row for row in rows if row[key] < before and row[column] is not None]
    newest = max(known, key=lambda row: row[key], default=None)
    if newest is None:
        return Number(name, None, unit, "", table)
    return Number(name, newest[column], unit, f"{newest[key]:%Y-%m-%d}" if key == "day" else _month(newest[key]), table)


def _abandonment(volume: Rows, today: date) -> Number:
    rows = _recent([row for row in volume if row["partner"] == HOME_PARTNER], today)
    left = sum(row["abandoned"] for row in rows)
    share = _share(left, left + sum(row["answered"] for row in rows))
    return Number("Abandoned in queue", share, "share", _last_days(), "gold.volume_daily")


def _high_risk(risk: Rows, today: date) -> Number:
    rows = _recent(risk, today)
    share = _share(sum(row["high"] for row in rows), sum(row["assessed"] for row in rows))
    return Number("High risk (3 or 4)", share, "share", _last_days(), "gold.risk_daily")


def _active_counselors(activity: Rows, this_month: date) -> Number:
    last = _months_before(this_month, 1)
    active = {row["counselor_id"] for row in activity if row["month"] == last}
    return Number("Active counselors", len(active) or None, "", _month(last), "gold.counselor_activity")


def _retention(retention: Rows, this_month: date) -> Number:
    """Over the cohorts of the last year whose fourth month has ended; one in which nobody was active counts too."""
    first, last = _months_before(this_month, 12), _months_before(this_month, 4)
    cohorts = {row["cohort"]: row["cohort_size"] for row in retention if first < row["cohort"] <= last}
    active = sum(row["active"] for row in retention if row["months_since"] == 3 and row["cohort"] in cohorts)
    period = f"joined {_month(min(cohorts))} on" if cohorts else ""
    return Number("Retention, 3 months", _share(active, sum(cohorts.values())), "share", period, "gold.retention")


def _recent(rows: Rows, today: date) -> Rows:
    """The rows of the last full days."""
    return [row for row in rows if today - RECENT <= row["day"] < today]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _last_days() -> str:
    return f"last {RECENT.days} days"


def _months_before(month: date, count: int) -> date:
    """The first day of the month `count` months earlier.

    >>> _months_before(date(2026, 2, 1), 3)
    datetime.date(2025, 11, 1)
    """
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
