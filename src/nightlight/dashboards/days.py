"""Days and ranges of days, as people write them: `2026-03-01`, `yesterday`, `last 12 weeks`."""

import re
from datetime import date, timedelta

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
RANGE = re.compile(r"last (\d{1,3}) (days|weeks|months)")
DAYS = {"today": 0, "yesterday": 1}


def read_day(text: str) -> date | None:
    """
    >>> read_day("2026-03-01"), read_day("1.3.2026")
    (datetime.date(2026, 3, 1), None)
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def is_range(rule: str) -> bool:
    return RANGE.fullmatch(rule) is not None


def is_day(rule: str) -> bool:
    return rule in DAYS or read_day(rule) is not None


def day_of(rule: str, today: date) -> date:
    """The day that a rule names."""
    return today - timedelta(days=DAYS[rule]) if rule in DAYS else read_day(rule) or today


def range_of(rule: str, today: date) -> tuple[date, date]:
    """The last whole days, weeks (from Monday) or months: the one that is still going on is left out.

    >>> range_of("last 2 months", date(2026, 3, 15))
    (datetime.date(2026, 1, 1), datetime.date(2026, 2, 28))
    """
    match = RANGE.fullmatch(rule)
    count, unit = (int(match[1]), match[2]) if match else (1, "days")
    if unit == "days":
        return today - timedelta(days=count), today - timedelta(days=1)
    if unit == "weeks":
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(weeks=count), monday - timedelta(days=1)
    number = today.year * 12 + today.month - 1 - count
    return date(number // 12, number % 12 + 1, 1), today.replace(day=1) - timedelta(days=1)


def whole(first: date, last: date, unit: str) -> tuple[date, date]:
    """The range, grown to whole weeks or months: half a week beside a whole one would tell days apart."""
    if unit == "weeks":
        return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    if unit == "months":
        return first.replace(day=1), (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first, last
