"""Who is there: the roster of volunteers and their shifts, who answers when, and the texters' keys.

Volunteers join through the year and drop out with a falling hazard; a few staff members answer when no shift is on.
Volunteer n of the arrays has the id n + 1. All names are invented, all addresses are example.org's."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .line import DAY, HOUR, Floats, Ints, Line
from .timing import HOURS, calendar, whole_days

FIRST = """
Jamie Robin Alex Sam Casey Morgan Riley Jordan Taylor Quinn Avery Rowan Skyler Dana Noor Kai Mina Theo Ines Luca
Ada Milo Zora Ivo Lena Omar Priya Tomas Yara Eli Nadia Hugo Maeve Idris Clara Felix Amara Jonah Sofia Ravi"""
LAST = """
Carter Hollis Marsh Okoye Lindqvist Reyes Tanaka Bauer Novak Silva Haddad Kowalski Moreau Byrne Castellan Dahl
Ferris Grady Hale Ibarra Jensen Keller Larkin Mbeki Nash Orlov Pruitt Quade Rosen Sato Tilden Usman Vance Weller
Yates Zimmer Ashby Brandt Coyle Duarte"""
FIRST_NAMES, LAST_NAMES = tuple(FIRST.split()), tuple(LAST.split())
TEAMS = ("Beacon", "Jetty", "Lantern", "Mooring", "Tide")
STAFF_TEAM = "Keepers"
KNOWN = "vera"  # how one volunteer signs in at a demo; the roster's address is the user's name
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Roster:
    """Volunteers (`joined`, `left` or NEVER; the first `staff` of them answer outside shifts), shifts by start, and
    who is on shift in each hour after `first_hour`: on_shift[begin[h] : begin[h + 1]], with cumulated activity."""

    joined: Ints
    left: Ints
    staff: int
    shift_volunteer: Ints
    shift_start: Ints
    shift_end: Ints
    first_hour: int
    begin: Ints
    on_shift: Ints
    activity_until: Floats

    def answer(self, at: Ints, generator: np.random.Generator) -> Ints:
        """The volunteer who accepts at each of these times: on shift then, the active ones more often."""
        hour = np.clip(at // HOUR - self.first_hour, 0, len(self.begin) - 2)
        low, high = self.begin[hour], self.begin[hour + 1]
        until = self.activity_until
        drawn = until[low] + generator.random(len(at)) * (until[high] - until[low])
        place = np.clip(np.searchsorted(until, drawn, side="right") - 1, low, np.maximum(high - 1, low))
        covered = high > low
        chosen = self.on_shift[np.where(covered, place, 0)] if len(self.on_shift) else np.zeros_like(at)
        return np.where(covered, chosen, generator.integers(0, self.staff, len(at)))


@lru_cache(maxsize=2)
def roster(line: Line) -> Roster:
    generator = line.generator(2)
    count = max(80, line.conversations // 100)
    staff = max(5, count // 50)
    joined, left = _careers(line, count, staff, generator)
    activity = generator.lognormal(0, 1.1, count)
    volunteer, start, end = _shifts(line, joined, left, staff, generator)
    hours = (end - start) // HOUR
    into = np.arange(hours.sum()) - np.repeat(np.cumsum(hours) - hours, hours)  # 0, 1, 2 within each shift
    hour = np.repeat(start // HOUR, hours) + into - line.start // HOUR
    on_shift = np.repeat(volunteer, hours)[np.argsort(hour, kind="stable")]
    begin = np.concatenate([[0], np.cumsum(np.bincount(hour, minlength=line.days * 24 + 2))])
    until = np.concatenate([[0.0], np.cumsum(activity[on_shift])])
    return Roster(joined, left, staff, volunteer, start, end, line.start // HOUR, begin, on_shift, until)


def _careers(line: Line, count: int, staff: int, generator: np.random.Generator) -> tuple[Ints, Ints]:
    """Days of joining (ascending, staff first) and leaving; whoever left before the line's start is not listed."""
    joined = line.start + (generator.uniform(-700, line.days, 8 * count) * DAY).astype(np.int64)
    left = joined + ((14 + 260 * generator.weibull(0.75, 8 * count)) * DAY).astype(np.int64)
    kept = np.flatnonzero(left > line.start)[: count - staff]
    joined, left = whole_days(joined[kept]), whole_days(left[kept])
    order = np.argsort(joined, kind="stable")
    founded = whole_days(line.start - generator.integers(800, 1500, staff) * DAY)
    joined = np.concatenate([np.sort(founded), joined[order]])
    left = np.concatenate([np.full(staff, NEVER), left[order]])
    return joined, np.where(left > line.end, NEVER, left)


def _shifts(
    line: Line, joined: Ints, left: Ints, staff: int, generator: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """(volunteer, start, end) by start: once or twice a week at a fixed local hour, 2-4 h, and one in six missed."""
    volunteers = np.arange(staff, len(joined))
    weekly = np.concatenate([volunteers, volunteers[generator.random(len(volunteers)) < 0.4]])
    weekday = generator.integers(0, 7, len(weekly))
    local_hour = (generator.choice(24, len(weekly), p=HOURS / HOURS.sum()) - 1) % 24
    weeks = np.arange(line.start // DAY, line.end // DAY + 8, 7)
    start = ((weeks[:, None] + weekday) * 24 + local_hour).ravel() * HOUR
    slots = calendar(line)
    start -= slots.offsets[np.clip(np.searchsorted(slots.edges, start), 0, len(slots.offsets) - 1)]
    end = start + generator.integers(2, 5, start.shape) * HOUR
    volunteer = np.tile(weekly, len(weeks))
    kept = (start >= np.maximum(line.start, joined[volunteer])) & (end <= left[volunteer]) & (start < line.end)
    kept &= generator.random(start.shape) < 5 / 6
    volunteer, start, end = volunteer[kept], start[kept], end[kept]
    order = np.lexsort((volunteer, start))
    return volunteer[order], start[order], end[order]


def known_volunteer(people: Roster) -> int:
    """Of those who are still there, no staff, the one with the most shifts: there is something to look back at."""
    shifts = np.bincount(people.shift_volunteer, minlength=len(people.joined))
    shifts[: people.staff] = -1
    return int(np.argmax(np.where(people.left == NEVER, shifts, -1)))


def texter_keys(texters: Ints) -> pa.Array:
    """16 hexadecimal digits for each texter, null where it is negative."""
    mixed = (texters.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    letters = digits[(mixed[:, None] >> np.arange(60, -1, -4, dtype=np.uint64)) & np.uint64(15)]
    ends = np.arange(len(texters) + 1, dtype=np.int32) * 16
    keys = pa.StringArray.from_buffers(len(texters), pa.py_buffer(ends), pa.py_buffer(letters))
    return pc.if_else(pa.array(texters < 0), pa.scalar(None, pa.string()), keys)
