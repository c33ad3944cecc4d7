"""How values are written for people: numbers, days and moments in their language and the line's time zone."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup


class Formats:
    """Writes values in one language ("en", "fr") and time zone; made for each page."""

    def __init__(self, language: str, time_zone: str, now: datetime) -> None:
        self.language, self.zone, self.now = language, ZoneInfo(time_zone), now

    def number(self, value: float | Decimal | None, digits: int = 1) -> str:
        """A count or measure; "–" where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        pattern = "#,##0" if value == int(value) else "#,##0." + "#" * digits
        return _number(value, pattern, self.language)

    def share(self, value: float | Decimal | None) -> str:
        """0.183 as 18.3%, with the space that the language puts before the sign."""
        if value is None or not math.isfinite(value):
            return "–"
        return _share(value, self.language)

    def moment(self, value: datetime | str | None) -> str:
        """A moment in the line's time zone; times without a zone are UTC, as the catalog stores them.

        In the night that has an hour twice the zone's name tells the two apart.
        """
        from babel.dates import format_datetime

        if value is None or value == "":
            return "–"
        local = self._local(value)
        written = format_datetime(local, "medium", tzinfo=local.tzinfo, locale=self.language)
        return f"{written} {local.tzname()}" if _happens_twice(local) else written

    def day(self, value: date | datetime | None) -> str:
        if value is None:
            return "–"
        return _day(self._local(value).date() if isinstance(value, datetime) else value, "medium", self.language)

    def clock(self, value: datetime | str | None) -> str:
        """The time of day of a moment in the line's time zone, without seconds."""
        from babel.dates import format_time

        if value is None or value == "":
            return "–"
        local = self._local(value)
        return format_time(local, "short", tzinfo=local.tzinfo, locale=self.language)

    def ago(self, value: datetime | str | None) -> str:
        """How long ago a moment was: "5 minutes ago"."""
        from babel.dates import format_timedelta

        if value is None or value == "":
            return "–"
        return format_timedelta(self._local(value) - self.now, add_direction=True, locale=self.language)

    def when(self, value: datetime | str | None, *, ago: bool = False, clock: bool = False) -> Markup | str:
        """A moment as a `<time>` element, which programs can read; `ago` and `clock` choose how people read it."""
        if value is None or value == "":
            return "–"
        words = self.ago(value) if ago else self.clock(value) if clock else self.moment(value)
        element = Markup('<time datetime="{}" title="{}">{}</time>')
        return element.format(self._local(value).isoformat(timespec="seconds"), self.moment(value), words)

    def duration(self, seconds: float | None) -> str:
        """
        >>> Formats("en", "UTC", datetime.now(UTC)).duration(192.4)
        '3 min 12 s'
        """
        if seconds is None or not math.isfinite(seconds):
            return "–"
        if seconds < 0:
            return f"−{self.duration(-seconds)}"
        whole = timedelta(seconds=round(seconds))
        hours, rest = divmod(int(whole.total_seconds()), 3600)
        minutes, left = divmod(rest, 60)
        if hours:
            return f"{hours} h {minutes:02d} min"
        return f"{minutes} min {left:02d} s" if minutes else f"{self.number(seconds)} s"

    def measure(self, value: Any, unit: str) -> str:
        """A value of a dashboard, in its unit: `share`, `seconds`, `rating`, `month` and so on.

        >>> show = Formats("fr", "UTC", datetime.now(UTC))
        >>> show.measure(date(2026, 2, 1), "month"), show.measure(14, "hour"), show.measure(1, "weekday")
        ('février 2026', '14:00', 'lundi')
        """
        from babel.dates import get_day_names

        match unit, value:
            case _, None:
                return "–"
            case "share", int() | float() | Decimal():
                return self.share(value)
            case "seconds", int() | float() | Decimal():
                return self.duration(float(value))
            case "rating", int() | float() | Decimal():
                return self.number(value, 2)
            case "month", date():
                return _day(value, "LLLL yyyy", self.language)
            case (("day" | "week"), date()):
                return self.day(value)
            case "hour", int():
                return f"{value:02d}:00"
            case "weekday", int() if 1 <= value <= 7:
                return str(get_day_names("wide", "stand-alone", self.language)[value - 1])
        return self.cell(value)

    def cell(self, value: Any) -> str:
        """A value of an answer, of any kind."""
        match value:
            case None:
                return "–"
            case bool():
                return "true" if value else "false"
            case int() | float() | Decimal():
                return self.number(value, 4)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case list() | tuple():
                return ", ".join(self.cell(part) for part in value)
        return str(value)

    def _local(self, value: datetime | str) -> datetime:
        """The moment in the line's time zone; one at the end of the calendar, which has no other zone, as it is."""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        known = moment.replace(tzinfo=moment.tzinfo or UTC)
        try:
            return known.astimezone(self.zone)
        except OverflowError:
            return known


# Pages write the same numbers and days again and again: to look up a pattern costs more than all else of a table.


@lru_cache(maxsize=20_000, typed=True)
def _number(value: float | Decimal, pattern: str, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, format=pattern, locale=language)


@lru_cache(maxsize=20_000, typed=True)
def _share(value: float | Decimal, language: str) -> str:
    from babel import Locale
    from babel.numbers import format_percent

    pattern = Locale.parse(language).percent_formats[None].pattern.replace("##0", "##0.#")
    return format_percent(value, format=pattern, locale=language)


@lru_cache(maxsize=20_000)
def _day(value: date, pattern: str, language: str) -> str:
    from babel.dates import format_date

    return format_date(value, pattern, locale=language)


def _happens_twice(local: datetime) -> bool:
    """Whether the clocks show this time a second time, because they were put back."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
