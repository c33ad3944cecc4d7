"""Tables that count the same people, protected together: a move in one is made in all that would show it."""

# Think of the one table by all their dimensions, which nobody has: each of ours is its totals over the dimensions it
# lacks. A cube there has two values in each dimension; of a table that lacks a dimension it touches something only when
# the total is one of these two. So a cube in one table brings with it a cube in some of the others, and all their
# corners have to be hidden. Two such tables that fit each other, and all that is shown, are totals of one table that
# may be the true one (as long as they do not form a ring).

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nightlight.dashboards.lattice import BOUNDLESS, TOTAL, Cell, Cubes, Lattice, Moved, corners, parts_of, turn, where

if TYPE_CHECKING:
    import numpy as np

TRIED = 12  # cubes of one table for which the others' are looked up
Pair = tuple[Hashable, Hashable]


@dataclass
class _Move:
    """A cube in each table that it touches, as (table, cell, opposite corner, sign)."""

    cubes: list[tuple[int, Cell, Cell, int]] = field(default_factory=list)
    cost: float = 0.0
    up: int = BOUNDLESS
    down: int = BOUNDLESS

    def gain(self, missing: int) -> int:
        return min(min(self.up, missing) + min(self.down, missing), missing)


class Linked:
    """Lattices whose counts agree wherever they count the same."""

    def __init__(self, lattices: Sequence[Lattice], width: int) -> None:
        self._lattices, self._width = lattices, width
        self._dimensions = [list(lattice.axes) for lattice in lattices]
        self._safe: set[tuple[int, Cell]] = set()

    def protect(self) -> None:
        """Hide more until every hidden count is protected."""
        while True:
            unsafe = [
                (table, cell)
                for table, lattice in enumerate(self._lattices)
                for cell in where(lattice.hidden)
                if (table, cell) not in self._safe
            ]
            if not unsafe:
                return
            for table, cell in sorted(unsafe, key=lambda each: (-self._count(*each), each)):
                self._protect(table, cell)
                self._safe.add((table, cell))

    def _count(self, table: int, cell: Cell) -> int:
        return int(self._lattices[table].counts[cell])

    def _protect(self, table: int, cell: Cell) -> None:
        """Find, or make by hiding more, moves that let this count be as many different values as it takes."""
        moved = [Moved(lattice.counts.copy(), lattice.counts.copy()) for lattice in self._lattices]
        missing = self._width
        while missing > 0:
            best = self._best_move(table, cell, moved, missing)
            if best is None:  # counts that agree here and there, and not altogether: nothing of them is shown
                for lattice in self._lattices:
                    lattice.hidden |= lattice.counts > 0
                return
            up = min(best.up, missing)
            down = min(best.down, missing - up)
            for other, near, far, sign in best.cubes:
                lattice = self._lattices[other]
                for corner, turned in corners(near, far, lattice.counts.shape):
                    lattice.hidden[corner] = True
                    moved[other].raised[corner] += sign * turned * up
                    moved[other].lowered[corner] -= sign * turned * down
            missing -= up + down

    def _best_move(self, table: int, cell: Cell, moved: Sequence[Moved], missing: int) -> _Move | None:
        """Of the moves that begin with the cheapest cubes of one table the one that costs least for what it gives.

        What other tables add makes a move dearer, never cheaper: once it is cheaper than the next cube, it is the best.
        """
        cubes = Cubes(self._lattices[table], moved[table], cell)
        best, least = None, float("inf")
        for price, opposite in _cheapest(cubes.price(missing), cell):
            if price >= least:
                break
            move = _Move([(table, cell, opposite, 1)], float(cubes.cost[opposite]))
            move.up, move.down = int(cubes.up[opposite]), int(cubes.down[opposite])
            if self._complete(move, table, moved, missing) and (gain := move.gain(missing)):
                total = (move.cost + 1) / gain
                best, least = (move, total) if total < least else (best, least)
        return best

    def _complete(self, move: _Move, table: int, moved: Sequence[Moved], missing: int) -> bool:
        """Add the cubes of all other tables that the move touches; False when one of them has none."""
        _, cell, opposite, _ = move.cubes[0]
        lattice = self._lattices[table]
        pairs: dict[str, Pair] = {
            name: (lattice.value(axis, cell[axis]), lattice.value(axis, opposite[axis]))
            for axis, name in enumerate(lattice.axes)
        }
        others = sorted(
            (other for other in range(len(self._lattices)) if other != table),
            key=lambda other: -len(self._dimensions[other]),
        )
        for other in others:
            sign = self._sign(table, other, pairs)
            if sign and not self._add(move, table, other, sign, pairs, moved[other], missing):
                return False
        return True

    def _sign(self, table: int, other: int, pairs: Mapping[str, Pair]) -> int:
        """In which direction the other table's cell moves, 0 where it does not: its place is not among the pairs."""
        sign = 1
        for name in {*self._all_dimensions} - {*self._dimensions[other]}:
            place = self._place(other, name)
            if name not in pairs:  # of this table and that one alike, or else of neither
                if place != self._place(table, name):
                    return 0
                continue
            near, far = pairs[name]
            if place not in (near, far):
                return 0
            sign *= 1 if place == near else turn(near is TOTAL, far is TOTAL)
        return sign

    def _add(
        self, move: _Move, table: int, other: int, sign: int, pairs: dict[str, Pair], moved: Moved, missing: int
    ) -> bool:
        import numpy as np

        lattice = self._lattices[other]
        near: list[int] = []
        opposite: dict[int, int] = {}
        for axis, name in enumerate(lattice.axes):
            here = lattice.place(axis, pairs[name][0] if name in pairs else self._place(table, name))
            there = lattice.place(axis, pairs[name][1]) if name in pairs else None
            if here is None or (there is None and name in pairs):
                return False
            near.append(here)
            if there is not None:
                opposite[axis] = there
        cubes = Cubes(lattice, moved, tuple(near), opposite, sign)
        price = cubes.price(missing)
        best = tuple(int(each) for each in np.unravel_index(int(np.argmin(price)), price.shape))
        if not np.isfinite(price[best]):
            return False
        for axis, name in enumerate(lattice.axes):
            pairs.setdefault(name, (lattice.value(axis, near[axis]), lattice.value(axis, best[axis])))
        move.cubes.append((other, tuple(near), best, sign))
        move.cost += float(cubes.cost[best])
        move.up, move.down = min(move.up, int(cubes.up[best])), min(move.down, int(cubes.down[best]))
        return True

    @cached_property
    def _all_dimensions(self) -> list[str]:
        return list(dict.fromkeys(name for names in self._dimensions for name in names))

    def _place(self, table: int, dimension: str) -> Hashable:
        return place_of(self._lattices[table], dimension)


def _cheapest(price: "np.ndarray", cell: Cell) -> list[tuple[float, Cell]]:
    """The cheapest cubes, by their opposite corners, and the cheapest of those that lower nothing, which never fail."""
    import numpy as np

    only_up = price.copy()
    for axis, (here, size) in enumerate(zip(cell, price.shape, strict=True)):
        if here < size - 1:
            np.moveaxis(only_up, axis, 0)[:-1] = np.inf
    found = set()
    for prices in (price, only_up):
        for at in np.argsort(prices, axis=None, kind="stable")[:TRIED]:
            opposite = tuple(int(each) for each in np.unravel_index(int(at), prices.shape))
            if np.isfinite(prices[opposite]):
                found.add((float(price[opposite]), opposite))
    return sorted(found)


def place_of(lattice: Lattice, dimension: str) -> Hashable:
    """Where a table stands in a dimension that it lacks: at the total; one that counts a part, at this part."""
    return lattice.count if lattice.count in parts_of(dimension) else TOTAL


def link(lattices: Sequence[Lattice], width: int) -> list[Linked]:
    """The lattices in groups that count the same people; each group is protected by itself."""
    groups: list[list[Lattice]] = []
    for lattice in lattices:
        joined = [group for group in groups if any(_agree(lattice, other) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(each for group in joined for each in group), lattice])
    return [Linked(group, width) for group in groups]


def _agree(one: Lattice, other: Lattice) -> bool:
    """Whether two tables count the same wherever both count: of the same values the same numbers."""
    counts = [_common(one, other), _common(other, one)]
    return counts[0] == counts[1] != {}


def _common(lattice: Lattice, other: Lattice) -> dict[tuple[Hashable, ...], int]:
    """The counts of a table by the dimensions that it shares with the other, at the other's place in the rest."""
    import numpy as np

    if not (lattice.count == other.count or lattice.count in other.parts or other.count in lattice.parts):
        return {}
    kept = lattice.counts
    shared = [(name, axis) for axis, name in enumerate(lattice.axes) if name in other.axes]
    for axis, name in reversed(list(enumerate(lattice.axes))):
        if name not in other.axes:
            at = lattice.place(axis, place_of(other, name))
            if at is None:
                return {}
            kept = np.take(kept, at, axis=axis)
    order = sorted(range(len(shared)), key=lambda at: shared[at][0])
    return {tuple(lattice.value(shared[at][1], cell[at]) for at in order): int(kept[cell]) for cell in where(kept > 0)}
