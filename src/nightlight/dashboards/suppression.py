"""Which counts of a dashboard's tables are hidden so that no group of fewer than eleven people is told.

Counts of 1 to 10 are hidden, and as many others as it takes that none of these can be worked out: not from the totals
along any dimension, whoever may have them, nor from another table of the same dashboard. Zero stays visible."""

# The method is complementary cell suppression (Cox, Suppression Methodology and Statistical Disclosure Control, JASA
# 75, 1980) by hypercubes (Repsilber; Giessing and Repsilber in Inference Control in Statistical Databases, LNCS 2316,
# 2002; Hundepool et al., Statistical Disclosure Control, 2012, chapter 4), made in linked tables at once: see `lattice`
# and `linked`. What it promises: to each count of 1 to 10 that is hidden there are at least ten different values that
# fit all that is shown of the dashboard's tables and of their totals; the true one is among them. In one line of two
# hidden counts that is the rule that these add up to eleven or more.
#
# What it does not protect from: somebody who knows part of the people counted; the same table asked for twice with
# other days, people or filters, and subtracted; counts that overlap without sharing a dimension (weeks and months;
# months and quarters, unless the table of months has the quarter as a dimension too); counts of nearly the same people;
# tables put together in a ring (a by b, b by c, c by a); somebody who knows this program and asks why just this was
# hidden; people who count more than once. It is no differential privacy.

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nightlight.dashboards.lattice import Lattice
from nightlight.dashboards.linked import link
from nightlight.errors import NightlightError

THRESHOLD = 11
WIDTH = THRESHOLD - 2  # between the smallest and the largest value that fit
Hidden: TypeAlias = set[tuple[int, str]]


@dataclass(frozen=True)
class Counts:
    """A table of counts: `keys` are its rows' values of the dimensions; `count` counts whole rows, `parts` divide it.

    What is in no part is a part of its own. Rows that are not there count zero.
    """

    dimensions: tuple[str, ...]
    count: str
    keys: tuple[tuple[Hashable, ...], ...]
    whole: tuple[int, ...]
    parts: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def rest(self) -> str:
        """What is in no part."""
        return f"{self.count} without {', '.join(sorted(name for name, _ in self.parts))}"


def check_counts(table: Counts) -> None:
    """Raise NightlightError for what is no table of counts, or is too fine."""
    if len(set(table.keys)) != len(table.keys):
        raise NightlightError(
            "the dimensions do not tell the rows apart", remedy="name every column that divides the count"
        )
    for row, whole in enumerate(table.whole):
        parts = [values[row] for _, values in table.parts]
        if min([whole, *parts]) < 0 or sum(parts) > whole:
            raise NightlightError("a count is negative, or its parts are more than the whole")
    _lattice(table, table.dimensions)


def suppress(tables: Sequence[Counts]) -> list[Hidden]:
    """Of each table the counts to hide, as (row, column); raises NightlightError as `check_counts` does.

    Tables that count the same are kept in step: a count of the same name and number, of the same values, whatever the
    dimensions are called.
    """
    for table in tables:
        check_counts(table)
    lattices = [_lattice(table, names) for table, names in zip(tables, _same_names(tables), strict=True)]
    for lattice in lattices:
        lattice.hide_below(THRESHOLD)
    groups = link(lattices, WIDTH)
    hidden = -1
    while hidden != (hidden := sum(int(lattice.hidden.sum()) for lattice in lattices)):
        for group in groups:
            group.protect()
        told = {each for lattice in lattices for each in lattice.told_by_hidden()}
        for lattice in lattices:
            lattice.hide(told)
    return [_of_rows(table, lattice) for table, lattice in zip(tables, lattices, strict=True)]


def _same_names(tables: Sequence[Counts]) -> list[tuple[str, ...]]:
    """The dimensions' names; one that counts the same of the same values as another has the other's name."""
    known: dict[tuple[str, frozenset[tuple[Hashable, int]]], str] = {}
    found = []
    for table in tables:
        names: list[str] = []
        for at, name in enumerate(table.dimensions):
            sums: dict[Hashable, int] = {}
            for key, number in zip(table.keys, table.whole, strict=True):
                sums[key[at]] = sums.get(key[at], 0) + number
            same = known.setdefault((table.count, frozenset(sums.items())), name)
            names.append(name if same in names or same in table.dimensions else same)
        found.append(tuple(names))
    return found


def _lattice(table: Counts, names: tuple[str, ...]) -> Lattice:
    """With values along each dimension in an order that does not hang on the order of rows."""
    axes = {name: sorted({key[at] for key in table.keys}, key=_order) for at, name in enumerate(names)}
    parts = [*(name for name, _ in table.parts), table.rest] if table.parts else []
    return Lattice(table.count, axes, parts, _cells(table))


def _order(value: Hashable) -> tuple[str, str]:
    return type(value).__name__, str(value)


def _cells(table: Counts) -> dict[tuple[Hashable, ...], int]:
    if not table.parts:
        return dict(zip(table.keys, table.whole, strict=True))
    cells = {}
    for row, (key, whole) in enumerate(zip(table.keys, table.whole, strict=True)):
        for part, values in table.parts:
            cells[*key, part] = values[row]
        cells[*key, table.rest] = whole - sum(values[row] for _, values in table.parts)
    return cells


def _of_rows(table: Counts, lattice: Lattice) -> Hidden:
    found: Hidden = set()
    for row, key in enumerate(table.keys):
        cells = {table.count: key} | {part: (*key, part) for part, _ in table.parts}
        found |= {(row, name) for name, cell in cells.items() if lattice.is_hidden(cell)}
    return found
