"""When people write to the line: arrivals by season, weekday and hour of the line's own clock, waits, lengths, gaps.

Arrivals are drawn per slot, a whole UTC hour (the first and last are cut to the line's start and end)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from .line import DAY, HOUR, SECOND, Flags, Floats, Ints, Line

HOME_ZONE = ZoneInfo("America/New_York")
FILE_ROWS = 235_000  # expected messages a file; with the spread and re-deliveries about 250 000 at most
# Relative load by local hour from midnight; the peak is 20-01 h.
HOURS = np.array(
    [10, 7.5, 5, 3.6, 2.8, 2.2, 2, 2, 2.3, 2.6, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.5, 6, 7, 8.5, 10.5, 11, 11.5, 11]
)
WEEKDAYS = np.array([1.1, 1.05, 1.0, 1.0, 0.92, 0.9, 1.08])
MESSAGES_EACH = 46  # mean over all conversations, abandoned ones included
JUST_NOW = 3  # conversations that always arrive in the last slot, so that a line of any size has some under way


@dataclass(frozen=True)
class Calendar:
    """The line's slots: `edges` (n + 1 times), and for each of the n slots its local hour, offset and conversations."""

    edges: Ints
    hours: Ints
    offsets: Ints
    counts: Ints

    def periods(self) -> Iterator[tuple[int, int]]:
        """Ranges of slots that one export file covers: at most a month, and at most about 250 000 messages."""
        months = self.edges[:-1].astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
        for month in np.unique(months):
            first, last = np.searchsorted(months, [month, month + 1])
            load = np.cumsum(self.counts[first:last]) * MESSAGES_EACH
            pieces = int(load[-1] // FILE_ROWS) + 1
            cuts = np.searchsorted(load, load[-1] * np.arange(1, pieces) / pieces) + 1 + first
            bounds = np.unique([first, *cuts, last])
            yield from zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)


def calendar(line: Line, zone: ZoneInfo = HOME_ZONE) -> Calendar:
    whole = np.arange(line.start // HOUR + 1, -(-line.end // HOUR)) * HOUR
    edges = np.concatenate([[line.start], whole, [line.end]])
    local = [datetime.fromtimestamp(edge / SECOND, zone) for edge in edges[:-1].tolist()]
    hours = np.array([at.hour for at in local])
    day_of_year = np.array([at.timetuple().tm_yday for at in local])
    season = 1 + 0.22 * np.cos(2 * np.pi * (day_of_year - 30) / 365)  # most in late winter, least in late summer
    load = HOURS[hours] * WEEKDAYS[[at.weekday() for at in local]] * season * np.diff(edges)
    offsets = np.array([int(at.utcoffset().total_seconds()) * SECOND for at in local])  # type: ignore[union-attr]
    just_now = min(JUST_NOW, line.conversations)
    counts = line.generator(1).multinomial(line.conversations - just_now, load / load.sum())
    counts[-1] += just_now
    return Calendar(edges, hours, offsets, counts)


def arrivals(days: Calendar, first: int, last: int, generator: np.random.Generator) -> tuple[Ints, Ints]:
    """Ascending arrival times in the slots first..last - 1, and the slot of each."""
    slot = np.repeat(np.arange(first, last), days.counts[first:last])
    widths = np.diff(days.edges)[slot]
    times = days.edges[slot] + (generator.random(len(slot)) * widths).astype(np.int64)
    return np.sort(times), slot  # slots do not overlap, so sorting leaves each time in its slot


def waits(hours: Ints, generator: np.random.Generator) -> tuple[Ints, Flags]:
    """Milliseconds in the queue, and who gave up: patience runs out before the turn comes, more often at night."""
    busy = (hours >= 20) | (hours < 2)
    turn = np.where(busy, 190, 95) * generator.lognormal(0, 1, len(hours))
    patience = 480 * generator.lognormal(0, 1, len(hours))
    return ((3 + np.minimum(turn, patience)) * SECOND).astype(np.int64), patience < turn


def lengths(abandoned: Flags, generator: np.random.Generator) -> Ints:
    """Messages of the two people in each conversation."""
    answered = np.clip(generator.lognormal(np.log(47), 0.55, len(abandoned)), 5, 260)
    return np.where(abandoned, generator.integers(1, 4, len(abandoned)), answered).astype(np.int64)


def gaps(same_author: Flags, generator: np.random.Generator) -> Floats:
    """Milliseconds since the message before: a burst is quick, an answer takes about a minute."""
    scale = np.where(same_author, 14.0 * SECOND, 56.0 * SECOND)
    return 1.5 * SECOND + generator.standard_exponential(len(same_author)) * scale


def whole_days(times: Ints) -> Ints:
    return times // DAY * DAY
