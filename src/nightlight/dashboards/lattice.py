"""A table of counts with all its totals, and the moves that keep every total: what proves that a hidden count is safe.

A cube has two values in each dimension, so a corner for each choice; a total may be one of the two. Adding one at its
corners by turns of sign (the same sign where one of two is the total of the other) changes no sum along any line. When
all corners are hidden, the table with such a move added is as possible as the true one, as long as no hidden count
falls below one. How far moves can go, up and down together, is how wide a hidden count is protected."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    import numpy as np

LARGEST, MOST_DIMENSIONS = 2_000, 4
BOUNDLESS = 1 << 40
TOTAL = None  # stands for all values of a dimension
Cell = tuple[int, ...]


class Name(NamedTuple):
    """What a cell counts, and of which values: the same in every table, whatever the dimensions are called there."""

    counted: str
    values: tuple[tuple[str, str], ...]


Told = tuple[Name, int]  # what would be told by showing a cell: two tables may count the same of different rows


class Lattice:
    """Counts by the values of `axes`, with the totals last along each; `parts` are values of one more, last axis."""

    def __init__(
        self,
        count: str,
        axes: Mapping[str, Sequence[Hashable]],
        parts: Sequence[str],
        cells: Mapping[tuple[Hashable, ...], int],
    ) -> None:
        import numpy as np

        self.count, self.parts = count, parts
        self.axes: dict[str, Sequence[Hashable]] = {**axes, **({parts_axis(parts): parts} if parts else {})}
        self._values = list(self.axes.values())
        self._places = [{value: at for at, value in enumerate(axis)} for axis in self.axes.values()]
        shape = tuple(len(axis) + 1 for axis in self.axes.values())
        if len(shape) > MOST_DIMENSIONS or np.prod(shape, dtype=float) > LARGEST:
            raise NightlightError(
                "this table is too fine for small groups to be hidden in it", remedy="use fewer or coarser dimensions"
            )
        self.counts = np.zeros(shape, dtype=np.int64)
        for key, number in cells.items():
            self.counts[self._cell(key)] = number
        for at in range(len(shape)):
            line = np.moveaxis(self.counts, at, 0)
            line[-1] = line[:-1].sum(axis=0)
        self.hidden = np.zeros(shape, dtype=bool)
        self._cells: dict[Name, list[Cell]] = {}
        for cell in where(self.counts > 0):
            self._cells.setdefault(self._name(cell), []).append(cell)

    def hide_below(self, threshold: int) -> None:
        """Hide the counts, and totals, from one to below the threshold."""
        self.hidden |= (self.counts > 0) & (self.counts < threshold)

    def hide(self, told: set[Told]) -> None:
        """Hide the cells that would tell any of these."""
        for name, number in told:
            for cell in self._cells.get(name, ()):
                if self.counts[cell] == number:
                    self.hidden[cell] = True

    def told_by_hidden(self) -> set[Told]:
        """What is hidden, as other tables may have it."""
        return {(self._name(cell), int(self.counts[cell])) for cell in where(self.hidden)}

    def is_hidden(self, key: tuple[Hashable, ...]) -> bool:
        """Whether the count of these values is hidden; without the last, of a table with parts: of them together."""
        return bool(self.hidden[self._cell(key)])

    def place(self, axis: int, value: Hashable) -> int | None:
        """Where a value stands along an axis, None when it is not there."""
        return len(self._places[axis]) if value is TOTAL else self._places[axis].get(value)

    def value(self, axis: int, at: int) -> Hashable:
        values = self._values[axis]
        return TOTAL if at == len(values) else values[at]

    def _cell(self, key: tuple[Hashable, ...]) -> Cell:
        cell = tuple(place[value] for place, value in zip(self._places, key, strict=False))
        return cell if len(cell) == len(self._places) else (*cell, len(self.parts))

    def _name(self, cell: Cell) -> Name:
        values = [self.value(axis, at) for axis, at in enumerate(cell)]
        part = values.pop() if self.parts else TOTAL
        inner = sorted((type(value).__name__, str(value)) for value in values if value is not TOTAL)
        return Name(self.count if part is TOTAL else str(part), tuple(inner))


def parts_axis(parts: Sequence[str]) -> str:
    """What the axis of parts is called: no column has such a name."""
    return "\n".join(["parts", *parts])


def parts_of(axis: str) -> list[str]:
    """The parts along an axis, none along others."""
    return axis.split("\n")[1:]


def where(chosen: "np.ndarray") -> Iterator[Cell]:
    import numpy as np

    yield from (tuple(int(at) for at in cell) for cell in np.argwhere(chosen))


class Moved(NamedTuple):
    """The counts of a lattice as moves have made them, up from the true ones and down: two other tables that fit."""

    raised: "np.ndarray"
    lowered: "np.ndarray"


class Cubes:
    """All cubes with one corner at a cell, by the opposite corner: how far each can move, and what hiding it costs.

    `opposite` fixes where the opposite corner stands along some axes; `sign` is the direction in which the cell moves.
    """

    def __init__(
        self, lattice: Lattice, moved: Moved, cell: Cell, opposite: Mapping[int, int] | None = None, sign: int = 1
    ) -> None:
        import numpy as np

        counts, hidden, shape = lattice.counts, lattice.hidden, lattice.counts.shape
        self.cost = np.zeros(shape)
        self.up = np.full(shape, BOUNDLESS, dtype=np.int64)
        self.down = self.up.copy()
        possible = np.ones(shape, dtype=bool)
        turns = []
        for axis, (here, size) in enumerate(zip(cell, shape, strict=True)):
            turn = np.where(np.arange(size) == size - 1, 1, 1 if here == size - 1 else -1)
            turns.append(turn.reshape([-1 if other == axis else 1 for other in range(len(shape))]))
            line = np.moveaxis(possible, axis, 0)
            line[here] = False
            if opposite and axis in opposite:
                line[[at for at in range(size) if at != opposite[axis]]] = False
        for is_moved in product((False, True), repeat=len(shape)):
            corners = tuple(slice(None) if far else slice(at, at + 1) for far, at in zip(is_moved, cell, strict=True))
            signs: Any = np.full([1] * len(shape), sign, dtype=np.int64)
            for far, turn in zip(is_moved, turns, strict=True):
                signs = signs * turn if far else signs
            possible &= counts[corners] > 0
            self.cost += np.where(hidden[corners], 0, counts[corners])
            self.up = np.minimum(self.up, np.where(signs < 0, moved.raised[corners] - 1, BOUNDLESS))
            self.down = np.minimum(self.down, np.where(signs > 0, moved.lowered[corners] - 1, BOUNDLESS))
        self.possible = possible

    def price(self, missing: int) -> "np.ndarray":
        """What each cube costs for what it gives, infinite for one that gives nothing."""
        import numpy as np

        gain = np.minimum(np.minimum(self.up, missing) + np.minimum(self.down, missing), missing)
        gain = np.where(self.possible, gain, 0)
        return np.where(gain > 0, (self.cost + 1) / np.maximum(gain, 1), np.inf)


def corners(cell: Cell, opposite: Cell, shape: Sequence[int]) -> Iterator[tuple[Cell, int]]:
    """The corners of the cube between two opposite ones, with the sign that a move has there."""
    for is_moved in product((False, True), repeat=len(cell)):
        corner = tuple(far if moves else near for moves, near, far in zip(is_moved, cell, opposite, strict=True))
        sign = 1
        for moves, near, far, size in zip(is_moved, cell, opposite, shape, strict=True):
            sign *= turn(near == size - 1, far == size - 1) if moves else 1
        yield corner, sign


def turn(near_is_total: bool, far_is_total: bool) -> int:
    """Whether a count moves with another of its line, or against it: with its total, against its neighbor."""
    return 1 if near_is_total or far_is_total else -1
