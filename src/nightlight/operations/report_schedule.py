"""When a report is due: `daily at 07:00`, `weekly on monday at 07:00`, `monthly on day 2 at 07:00`, quarterly, yearly.

Times are the line's. What was missed is sent once: only the newest moment counts."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RULE = re.compile(
    rf"(?:daily|weekly on ({'|'.join(WEEKDAYS)})|(monthly|quarterly|yearly) on day ([1-9]|1[0-9]|2[0-8])) "
    r"at ([01][0-9]|2[0-3]):([0-5][0-9])"
)
POSSIBLE = (
    "write daily at 07:00, weekly on monday at 07:00, monthly, quarterly or yearly on day 2 at 07:00 (days 1 to 28)"
)


@dataclass(frozen=True)
class Schedule:
    """A rule: on which weekday (0 is Monday) or day of the month, every day if neither, and at what time.

    `months` is 1 for every month, 3 for the first of each quarter, 12 for the first of the year.
    """

    at: time
    weekday: int | None = None
    day: int | None = None
    months: int = 1

    def last_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The newest moment of the rule that is not in the future.

        A time that the clocks skip comes when they have moved on; of one that comes twice the first counts.
        """
        today = now.astimezone(zone).date()
        moment = self._moment(today, zone)
        return moment if moment <= now else self._moment(self._date(today) - timedelta(days=1), zone)

    def _moment(self, day: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(self._date(day), self.at, zone).astimezone(UTC)

    def _date(self, day: date) -> date:
        """The newest date of the rule up to a day."""
        if self.weekday is not None:
            return day - timedelta(days=(day.weekday() - self.weekday) % 7)
        if self.day is not None:
            number = day.year * 12 + day.month - 1 - (day.day < self.day)
            number -= number % self.months
            return date(number // 12, number % 12 + 1, self.day)
        return day


def parse_schedule(text: str) -> Schedule | None:
    """The rule as people write it; None for anything else.

    >>> parse_schedule("weekly on monday at 07:00")
    Schedule(at=datetime.time(7, 0), weekday=0, day=None, months=1)
    """
    found = RULE.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    weekday, often, day, hour, minute = found.groups()
    return Schedule(
        time(int(hour), int(minute)),
        weekday=WEEKDAYS.index(weekday) if weekday else None,
        day=int(day) if day else None,
        months={"quarterly": 3, "yearly": 12}.get(often, 1),
    )
