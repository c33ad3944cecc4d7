"""What a principal may read of a table: each column with its verdict, tags and mask, and the table's row filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nightlight.catalog.statements import MASK_FUNCTIONS
from nightlight.catalog.verdicts import Verdict

if TYPE_CHECKING:
    from sqlalchemy import Row


@dataclass(frozen=True)
class Mask:
    """What a principal sees instead of a column's values: the strictest of all masks that concern them."""

    function: Literal["hash", "null", "redact", "year", "constant"]
    argument: str | None
    reason: str


@dataclass(frozen=True)
class ColumnAccess:
    name: str
    type: str
    allowed: bool
    reason: str
    mask: Mask | None
    tags: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class RowFilter:
    """A condition that all rows a principal sees meet; several are combined by AND."""

    expression: str
    reason: str


@dataclass(frozen=True)
class TableAccess:
    table: str
    columns: tuple[ColumnAccess, ...]
    filters: tuple[RowFilter, ...]

    @property
    def allowed(self) -> tuple[ColumnAccess, ...]:
        return tuple(column for column in self.columns if column.allowed)

    @property
    def is_visible(self) -> bool:
        return bool(self.allowed)


def read_tables(rows: "Sequence[Row[Any]]") -> dict[str, TableAccess]:
    """The answer in rows (see `decisions`) as one access per table."""
    found: dict[str, _Found] = {}
    for row in rows:
        here = found.get(row.table_name)
        if here is None:
            here = found[row.table_name] = _Found()
        match row.sort:
            case "column":
                here.columns.append((int(row.c), row.column_name, row.a, row.b))
            case "tag":
                here.tags.setdefault(row.column_name, {}).setdefault(row.a, set()).add(row.b)
            case "mask":
                here.masks.setdefault(row.column_name, []).append(row)
            case "filter":
                here.filters[int(row.column_name)] = row
    # Where the principal is unknown there are tags, and no column.
    return {name: _table(name, here) for name, here in sorted(found.items()) if here.columns}


@dataclass
class _Found:
    """One table's rows of an answer, by sort."""

    columns: list[tuple[int, str, str, str]] = field(default_factory=list)  # position, name, type, verdict
    tags: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    masks: "dict[str, list[Row[Any]]]" = field(default_factory=dict)
    filters: "dict[int, Row[Any]]" = field(default_factory=dict)


def _table(name: str, found: _Found) -> TableAccess:
    columns = tuple(_column(column, kind, verdict, found) for _, column, kind, verdict in sorted(found.columns))
    filters = tuple(
        RowFilter(row.a, f"row filter of {row.b} ON TABLE {name}{row.d}") for _, row in sorted(found.filters.items())
    )
    return TableAccess(name, columns, filters)


def _column(name: str, kind: str, fact: str, found: _Found) -> ColumnAccess:
    verdict = Verdict.read(fact)
    tags = {key: frozenset(values) for key, values in found.tags.get(name, {}).items()}
    mask = _strictest(found.masks[name]) if verdict.allowed and name in found.masks else None
    return ColumnAccess(name, kind, verdict.allowed, verdict.reason, mask, tags)


def _strictest(masks: "Sequence[Row[Any]]") -> Mask:
    row = min(masks, key=lambda row: (MASK_FUNCTIONS.index(row.a), row.b, row.c, row.d))
    return Mask(row.a, row.b if row.a == "constant" else None, f"mask ON {row.c}{row.d}")
