"""Somebody who wants to know a hidden count: all that is shown, put together exactly, in whole numbers.

Unknown are the counts of the finest groups, whether a table shows them or not. Every count shown of any table says what
they add up to; a hidden one says that it is not zero. `range_of` answers the smallest and the largest value that still
fit: no estimate, all of them were tried."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from nightlight.dashboards.suppression import Counts, Hidden

Cell = tuple[Hashable, ...]
Bounds = dict[Cell, tuple[int, int]]
MOST = 10_000


@dataclass(frozen=True)
class Fact:
    """What some counts add up to, from `low` to `high`."""

    cells: frozenset[Cell]
    low: int
    high: int


def members(finest: Counts, table: Counts, key: Cell) -> frozenset[Cell]:
    """The finest groups that a row of a table counts."""
    places = [finest.dimensions.index(name) for name in table.dimensions]
    return frozenset(cell for cell in finest.keys if tuple(cell[at] for at in places) == key)


def what_is_shown(finest: Counts, tables: Sequence[Counts], hidden: Sequence[Hidden]) -> list[Fact]:
    facts = []
    for table, hidden_here in zip(tables, hidden, strict=True):
        for row, (key, number) in enumerate(zip(table.keys, table.whole, strict=True)):
            low, high = (1, MOST) if (row, table.count) in hidden_here else (number, number)
            facts.append(Fact(members(finest, table, key), low, high))
    return facts


def range_of(target: frozenset[Cell], finest: Counts, facts: Sequence[Fact], wide: int) -> tuple[int, int]:
    """The smallest and the largest value of a sum of counts; looks no further than `wide` from the smallest."""
    start = narrow(dict.fromkeys(finest.keys, (0, MOST)), facts)
    assert start is not None, "what is shown contradicts itself"

    def fits(value: int) -> bool:
        return _fits(start, [*facts, Fact(target, value, value)])

    low = next(value for value in range(MOST) if fits(value))
    high = next(value for value in range(low + wide, low - 1, -1) if fits(value))
    return low, high


def _fits(bounds: Bounds, facts: Sequence[Fact]) -> bool:
    narrowed = narrow(bounds, facts)
    if narrowed is None:
        return False
    open_cells = [cell for cell, (low, high) in narrowed.items() if low < high]
    if not open_cells:
        return True
    cell = min(open_cells, key=lambda cell: (narrowed[cell][1] - narrowed[cell][0], str(cell)))
    low, high = narrowed[cell]
    middle = (low + high) // 2
    return any(_fits({**narrowed, cell: part}, facts) for part in ((low, middle), (middle + 1, high)))


def narrow(bounds: Mapping[Cell, tuple[int, int]], facts: Sequence[Fact]) -> Bounds | None:
    """What each fact alone says of each count, until nothing more is said; None when nothing fits."""
    found = dict(bounds)
    changed = True
    while changed:
        changed = False
        for fact in facts:
            lowest = sum(found[cell][0] for cell in fact.cells)
            highest = sum(found[cell][1] for cell in fact.cells)
            if lowest > fact.high or highest < fact.low:
                return None
            for cell in fact.cells:
                low, high = found[cell]
                new = (max(low, fact.low - highest + high), min(high, fact.high - lowest + low))
                if new[0] > new[1]:
                    return None
                if new != (low, high):
                    found[cell], changed = new, True
                    lowest += new[0] - low
                    highest += new[1] - high
    return found
