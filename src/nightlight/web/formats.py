"""How values are written for people: numbers, days and moments in their language and the line's time zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


class Formats:
    """Writes values in one language ("en", "fr") and time zone; made for each page."""

    def __init__(self, language: str, time_zone: str, now: datetime) -> None:
        self.language, self.zone, self.now = language, ZoneInfo(time_zone), now

    def number(self, value: float | None, digits: int = 1) -> str:
        """A count or measure; "–" where there is none."""
        from babel.numbers import format_decimal

        if value is None:
            return "–"
        pattern = "#,##0" if float(value).is_integer() else "#,##0." + "#" * digits
        return format_decimal(value, format=pattern, locale=self.language)

    def share(self, value: float | None) -> str:
        """0.183 as 18.3%."""
        from babel.numbers import format_percent

        return "–" if value is None else format_percent(value, format="#,##0.#%", locale=self.language)

    def moment(self, value: datetime | str | None) -> str:
        """A moment in the line's time zone; times without a zone are UTC, as the catalog stores them."""
        from babel.dates import format_datetime

        if value is None or value == "":
            return "–"
        return format_datetime(self._local(value), "medium", tzinfo=self.zone, locale=self.language)

    def day(self, value: date | datetime | None) -> str:
        from babel.dates import format_date

        if value is None:
            return "–"
        shown = self._local(value) if isinstance(value, datetime) else value
        return format_date(shown, "medium", locale=self.language)

    def ago(self, value: datetime | str | None) -> str:
        """How long ago a moment was: "5 minutes ago"."""
        from babel.dates import format_timedelta

        if value is None or value == "":
            return "–"
        return format_timedelta(self._local(value) - self.now, add_direction=True, locale=self.language)

    def duration(self, seconds: float | None) -> str:
        """
        >>> Formats("en", "UTC", datetime.now(UTC)).duration(192.4)
        '3 min 12 s'
        """
        if seconds is None:
            return "–"
        whole = timedelta(seconds=round(seconds))
        hours, rest = divmod(int(whole.total_seconds()), 3600)
        minutes, left = divmod(rest, 60)
        if hours:
            return f"{hours} h {minutes:02d} min"
        return f"{minutes} min {left:02d} s" if minutes else f"{self.number(seconds)} s"

    def cell(self, value: Any) -> str:
        """A value of an answer, of any kind."""
        match value:
            case None:
                return "–"
            case bool():
                return "true" if value else "false"
            case int() | float():
                return self.number(value, 4)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case list() | tuple():
                return ", ".join(self.cell(part) for part in value)
        return str(value)

    def _local(self, value: datetime | str) -> datetime:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(self.zone)
