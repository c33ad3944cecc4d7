"""Shifts of supervisors: whoever is on duty opens the conversations that ran meanwhile without asking anybody."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit import Entry
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.quality.access import Clock, Reach, quality_changes
from nightlight.quality.store import Case
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

LONGEST_HOURS = 16
ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")


@dataclass(frozen=True)
class Shift:
    """`ends_at`: as planned; `ended_at`: when the person said so, None where they did not. `mail`: where they are
    called, None where they said no address."""

    id: int
    person: str
    began_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    mail: str | None = None

    @property
    def until(self) -> datetime:
        return min(self.ended_at or self.ends_at, self.ends_at)

    def runs(self, now: datetime) -> bool:
        return self.began_at <= now < self.until

    def saw(self, case: Case, now: datetime) -> bool:
        """Whether the conversation ran during this shift."""
        ended_at = case.ended_at or (now if case.is_live else case.last_at)
        return case.began_at < self.until and ended_at >= self.began_at


def begin_shift(home: Home, *, hours: float = 8, mail: str | None = None, by: Reach, clock: Clock) -> Shift:
    """Go on duty; who is on duty already stays so, from then on. `mail`: where one is called when a flag cannot wait,
    "" for nowhere, None for the address of one's last shift."""
    if not 0 < hours <= LONGEST_HOURS:
        raise NightlightError(f"a shift lasts up to {LONGEST_HOURS} hours", remedy="choose its length anew")
    now, address = clock(), None if mail is None else _address(mail)
    entry = Entry("begin shift", by.person, None, "done", detail=f"{hours:g} hours")
    with quality_changes(home, entry) as connection:
        earlier = shifts_of(connection, by.person)
        for shift in earlier:
            if shift.runs(now):
                return shift
        if mail is None:
            address = address_before(earlier, by.person)
        values = {"person": by.person, "began_at": now, "ends_at": now + timedelta(hours=hours), "mail": address}
        insert_row(connection, "quality_shifts", values)
        return shifts_of(connection, by.person)[0]


def call_at(home: Home, mail: str, *, by: Reach, clock: Clock) -> None:
    """Say where one is called from now on in the shift that one is on; "" for nowhere."""
    now, address = clock(), _address(mail)
    with quality_changes(home, Entry("change call address", by.person, None, "done")) as connection:
        for shift in shifts_of(connection, by.person):
            if shift.runs(now):
                update_rows(connection, "quality_shifts", {"id": shift.id}, {"mail": address})


def address_before(shifts: Sequence[Shift], person: str) -> str | None:
    """Where somebody was called last time; before their first shift their name, where that is an address."""
    if shifts:
        return shifts[0].mail
    return person if ADDRESS.fullmatch(person) else None


def end_shift(home: Home, *, by: Reach, clock: Clock) -> None:
    """Go off duty; doing it twice changes nothing."""
    now = clock()
    with quality_changes(home, Entry("end shift", by.person, None, "done")) as connection:
        for shift in shifts_of(connection, by.person):
            if shift.runs(now):
                update_rows(connection, "quality_shifts", {"id": shift.id}, {"ended_at": now})


def current_shift(home: Home, person: str, now: datetime) -> Shift | None:
    """The shift that somebody is on."""
    with transaction(home.database_url) as connection:
        return next((shift for shift in shifts_of(connection, person) if shift.runs(now)), None)


def on_duty(home: Home, now: datetime) -> tuple[str, ...]:
    """Who is on duty, by name: whom a page is for."""
    return tuple(sorted({shift.person for shift in running_shifts(home, now)}))


def running_shifts(home: Home, now: datetime) -> tuple[Shift, ...]:
    """The shifts of those who are on duty."""
    with transaction(home.database_url) as connection:
        shifts = [_shift(row) for row in rows_of(connection, "quality_shifts", "id") if row["ended_at"] is None]
    return tuple(shift for shift in shifts if shift.runs(now))


def shifts_of(connection: "Connection", person: str) -> list[Shift]:
    """Somebody's shifts, the newest first."""
    return [_shift(row) for row in rows_of(connection, "quality_shifts", "began_at DESC, id DESC", person=person)]


def ran_during(shifts: Sequence[Shift], case: Case, now: datetime) -> bool:
    """Whether the conversation ran during one of these shifts."""
    return any(shift.saw(case, now) for shift in shifts)


def _shift(row: dict[str, Any]) -> Shift:
    ended_at = moment(row["ended_at"]) if row["ended_at"] else None
    return Shift(row["id"], row["person"], moment(row["began_at"]), moment(row["ends_at"]), ended_at, row["mail"])


def _address(mail: str) -> str | None:
    """An address that a mail can go to; None for nothing."""
    found = mail.strip()
    if found and not ADDRESS.fullmatch(found):
        raise NightlightError("this is no mail address", remedy="write one address, as in sam@example.org, or none")
    return found or None
