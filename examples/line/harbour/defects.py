"""How a platform delivers its rows: in files, mostly as they happen, some late, some twice, some damaged.

Ids ascend with time because the platform gives them; what arrives in a file is a matter of its delivery."""

from dataclasses import dataclass, field

import numpy as np

from .line import DAY, SECOND, Flags, Ints, Rows, concatenate, in_order, take
from .texts import UNKNOWN

TWICE, LATE, STRANGE_AUTHOR = 0.005, 0.003, 0.0003
SOUND, TIME_UNREADABLE, TIME_IMPOSSIBLE, ID_MISSING = range(4)
DAMAGE_UNTIL = np.array([0.0002, 0.0004, 0.0007])  # cumulated shares of the three kinds of damage
LATE_DAYS = (1.2, 20)


@dataclass
class Feed:
    """One kind of row on its way: `ahead` has not happened yet, `owed` has happened and was not delivered yet."""

    ahead: list[Rows] = field(default_factory=list)
    owed: list[Rows] = field(default_factory=list)
    next_id: int = 1

    def deliver(self, rows: Rows, until: int, generator: np.random.Generator) -> Rows:
        """The rows delivered by `until` since the last call, in the order of delivery, with `id` and `damage`."""
        happened, later = _split(concatenate(*self.ahead, rows), "at", until)
        happened = in_order(happened, "at")
        count = len(happened["at"])
        numbered = {**happened, "id": self.next_id + np.arange(count)}
        self.next_id += count
        delivered, owed = _split(concatenate(*self.owed, _on_its_way(numbered, generator)), "arrives", until)
        self.ahead, self.owed = [later], [owed]
        return in_order(delivered, "arrives")


def _split(rows: Rows, by: str, until: int) -> tuple[Rows, Rows]:
    reached = rows[by] < until
    return take(rows, reached), take(rows, ~reached)


def _on_its_way(rows: Rows, generator: np.random.Generator) -> Rows:
    """The rows with when each arrives, and the second deliveries of some of them; any delivery may be damaged."""
    count = len(rows["at"])
    fate = generator.random(count)
    late, twice = fate < LATE, (fate >= LATE) & (fate < LATE + TWICE)
    delay = np.where(late, generator.uniform(*LATE_DAYS, count) * DAY, 0).astype(np.int64)
    again = np.exp(generator.uniform(np.log(30 * SECOND), np.log(DAY), int(twice.sum()))).astype(np.int64)
    once = {**_some_authors_unknown(rows, generator), "arrives": rows["at"] + delay}
    copies = take(once, twice)
    everything = concatenate(once, {**copies, "arrives": copies["at"] + again})
    return {**everything, "damage": _damage(len(everything["at"]), generator)}


def _some_authors_unknown(rows: Rows, generator: np.random.Generator) -> Rows:
    if "author" not in rows:
        return rows
    strange: Flags = generator.random(len(rows["at"])) < STRANGE_AUTHOR
    return {**rows, "author": np.where(strange, UNKNOWN, rows["author"])}


def _damage(count: int, generator: np.random.Generator) -> Ints:
    kind = np.searchsorted(DAMAGE_UNTIL, generator.random(count), side="right")
    return np.array([TIME_UNREADABLE, TIME_IMPOSSIBLE, ID_MISSING, SOUND])[kind]
