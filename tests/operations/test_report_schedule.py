"""When reports are due: in the line's time, also when the clocks change; what was missed counts once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nightlight.operations.report_schedule import parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("rule", "now", "due"),
    [
        ("daily at 07:00", "2026-01-10T05:59", "2026-01-09T06:00"),
        ("daily at 07:00", "2026-01-10T06:00", "2026-01-10T06:00"),
        ("daily at 07:00", "2026-07-10T05:00", "2026-07-10T05:00"),
        ("Weekly on Monday at 07:00", "2026-01-11T12:00", "2026-01-05T06:00"),
        ("weekly on sunday at 23:30", "2026-01-11T22:29", "2026-01-04T22:30"),
        ("monthly on day 2 at 07:00", "2026-03-02T05:59", "2026-02-02T06:00"),
        ("monthly on day 28 at 07:00", "2026-03-01T12:00", "2026-02-28T06:00"),
        ("monthly on day 2 at 07:00", "2026-01-01T12:00", "2025-12-02T06:00"),
        ("quarterly on day 2 at 07:00", "2026-03-31T12:00", "2026-01-02T06:00"),
        ("quarterly on day 2 at 07:00", "2026-04-02T05:00", "2026-04-02T05:00"),
        ("quarterly on day 2 at 07:00", "2026-01-01T12:00", "2025-10-02T05:00"),
        ("yearly on day 2 at 07:00", "2026-12-31T12:00", "2026-01-02T06:00"),
        ("yearly on day 2 at 07:00", "2026-01-01T12:00", "2025-01-02T06:00"),
        ("daily at 02:30", "2026-03-29T12:00", "2026-03-29T01:30"),  # the clocks skip 02:30
        ("daily at 02:30", "2026-10-25T12:00", "2026-10-25T00:30"),  # and show it twice
    ],
)
def test_the_newest_date_counts_in_the_lines_time(rule: str, now: str, due: str) -> None:
    schedule = parse_schedule(rule)
    assert schedule is not None
    found = schedule.last_due(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN)
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "hourly",
        "daily",
        "daily at 7:00",
        "daily at 24:00",
        "weekly on moonday at 07:00",
        "monthly on day 29 at 07:00",
    ],
)
def test_anything_else_is_no_schedule(rule: str) -> None:
    assert parse_schedule(rule) is None
