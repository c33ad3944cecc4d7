"""How pages write values: in the line's time zone also in the nights the clocks change, and in two languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from nightlight.languages.formats import Formats

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def formats(language: str = "en", zone: str = "America/New_York") -> Formats:
    return Formats(language, zone, NOW)


@pytest.mark.parametrize(
    ("moment", "english", "french"),
    [
        ("2026-03-08T06:59:00+00:00", "Mar 8, 2026, 1:59:00 AM", "8 mars 2026, 01:59:00"),
        ("2026-03-08T07:00:00+00:00", "Mar 8, 2026, 3:00:00 AM", "8 mars 2026, 03:00:00"),
        ("2026-11-01T05:30:00+00:00", "Nov 1, 2026, 1:30:00 AM EDT", "1 nov. 2026, 01:30:00 EDT"),
        ("2026-11-01T06:30:00+00:00", "Nov 1, 2026, 1:30:00 AM EST", "1 nov. 2026, 01:30:00 EST"),
        ("2026-11-01T07:30:00+00:00", "Nov 1, 2026, 2:30:00 AM", "1 nov. 2026, 02:30:00"),
    ],
)
def test_moments_are_right_and_told_apart_when_the_clocks_change(moment: str, english: str, french: str) -> None:
    assert plain(formats().moment(moment)) == english
    assert plain(formats("fr").moment(moment)) == french


def plain(text: str) -> str:
    """With the spaces that do not break as ordinary ones."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_a_moment_without_a_zone_is_utc() -> None:
    assert formats(zone="Europe/Berlin").moment(datetime(2026, 7, 1, 22, 30)) == formats(zone="Europe/Berlin").moment(
        "2026-07-02T00:30:00+02:00"
    )


def test_the_day_of_a_moment_is_the_lines_day() -> None:
    late = datetime(2026, 7, 1, 2, 30, tzinfo=UTC)
    assert formats().day(late) == "Jun 30, 2026"
    assert formats(zone="Europe/Berlin").day(late) == "Jul 1, 2026"
    assert formats().day(date(2026, 7, 1)) == "Jul 1, 2026"


def test_programs_can_read_moments_too() -> None:
    element = formats().when("2026-11-01T05:30:00+00:00", clock=True)
    assert '<time datetime="2026-11-01T01:30:00-04:00"' in element
    assert plain(str(element)).endswith(">1:30 AM</time>")
    assert "6 hours ago" in formats().when("2026-11-01T05:30:00+00:00", ago=True)


def test_numbers_follow_the_language() -> None:
    assert [formats().number(1234567.891), formats().share(0.183)] == ["1,234,567.9", "18.3%"]
    assert [plain(formats("fr").number(1234567.891)), plain(formats("fr").share(0.183))] == ["1 234 567,9", "18,3 %"]
    assert formats().number(3.0) == "3"


def test_what_is_not_there_is_a_dash() -> None:
    show = formats()
    assert {show.number(None), show.share(None), show.moment(None), show.day(None), show.ago(""), show.cell(None)} == {
        "–"
    }
    assert {show.number(float("nan")), show.duration(float("inf")), show.when(None)} == {"–"}


def test_durations_are_as_people_say_them() -> None:
    assert [formats().duration(seconds) for seconds in (0.4, 59.7, 192, 3661, -5)] == [
        "0.4 s",
        "1 min 00 s",
        "3 min 12 s",
        "1 h 01 min",
        "−5 s",
    ]
    assert formats("fr").duration(0.4) == "0,4 s"


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize("moment", [datetime.max, datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_are_written_and_not_an_error(zone: str, moment: datetime) -> None:
    show = formats(zone=zone)
    assert str(moment.year)[:3] in show.cell(moment) or "10000" in show.cell(moment)
    assert "years" in show.ago(moment)


def test_cells_of_every_kind_are_written() -> None:
    show = formats("fr")
    assert plain(show.cell([1234, None, "a", Decimal("0.5")])) == "1 234, –, a, 0,5"
    assert show.cell(value=True) == "true"
    assert show.cell(date(2026, 2, 3)) == "3 févr. 2026"
    assert show.cell(timedelta(minutes=5)) == "0:05:00"
