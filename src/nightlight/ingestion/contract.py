"""The contract of a table: raw rows in, typed rows and rejected rows out. No row is dropped without a trace.

Columns nobody declared become nullable strings tagged as text, since nobody has said that they are not."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Rejected
from nightlight.ingestion.conversion import convert
from nightlight.ingestion.sources import Column, Source, type_name
from nightlight.lakehouse.tables import SENSITIVITY, TEXT, Table

if TYPE_CHECKING:
    import pyarrow as pa

DELIVERY_COLUMNS = {
    "_source": ("string", "Source that delivered the row"),
    "_file": ("string", "File or table it came from"),
    "_position": ("bigint", "Delivery number, ascending within the table"),
    "_ingested_at": ("timestamp", "When it was taken"),
}
TOO_MANY_NEW = 32
PLAIN_NAME = re.compile(r"[^\W\d][\w .\-]{0,39}")
ENOUGH_TO_JUDGE = 1000


@dataclass
class Contract:
    """The columns of one load; grows by the columns that turn up undeclared."""

    source: Source
    columns: list[Column]
    new: list[str]

    @classmethod
    def of(cls, source: Source, table: Table) -> "Contract":
        """What `source` declares, and what the table has from earlier; raises NightlightError when the two disagree."""
        present = {field.name: field for field in table.schema} if table.exists else {}
        for column in source.columns:
            field = present.get(column.name)
            if field is not None and field.type != column.field.type:
                raise NightlightError(
                    f"column '{column.name}' of {table.name} has type {type_name(field.type)}, not {column.type}",
                    where=source.where,
                    remedy="a type is not changed in place: declare a new column, or a new table",
                )
        declared = {column.name for column in source.columns}
        found = [
            Column(name, type_name(field.type), name, sensitivity=(field.metadata or {}).get(SENSITIVITY, b"").decode())
            for name, field in present.items()
            if name not in declared and name not in DELIVERY_COLUMNS
        ]
        return cls(source, [*source.columns, *found], [])

    @property
    def schema(self) -> "pa.Schema":
        import pyarrow as pa

        delivery = [Column(name, kind, comment=comment) for name, (kind, comment) in DELIVERY_COLUMNS.items()]
        return pa.schema([column.field for column in [*self.columns, *delivery]])

    def add_new_columns(self, block: Block) -> bool:
        """Take up columns that the block has and the contract lacks; whether there were any."""
        import pyarrow.types as types

        known = {column.origin for column in self.columns} | {_plain_name(column.name) for column in self.columns}
        found = [name for name in block.rows.schema.names if name not in known and _plain_name(name) not in known]
        for name in found:
            if not PLAIN_NAME.fullmatch(name) or len(self.new) >= TOO_MANY_NEW:
                raise NightlightError(
                    "there are undeclared columns whose names are not plain words, or too many of them",
                    where=self.source.where,
                    remedy="declare the columns this source has",
                )
            kind = block.rows.schema.field(name).type
            array = types.is_list(kind) and types.is_string(kind.value_type)
            self.columns.append(
                Column(_plain_name(name), "array<string>" if array else "string", name, sensitivity=TEXT)
            )
            self.new.append(_plain_name(name))
        return bool(found)

    def apply(self, block: Block) -> tuple["pa.RecordBatch", list[Rejected]]:
        """The block's rows with the contract's columns (without those of delivery), and the rows that break it."""
        import pyarrow as pa

        broken: dict[int, str] = {}
        arrays = [self._column(column, block, broken) for column in self.columns]
        rows = pa.RecordBatch.from_arrays(arrays, schema=pa.schema([column.field for column in self.columns]))
        if not broken:
            return rows, block.rejected
        kept = pa.array([row not in broken for row in range(rows.num_rows)])
        rejected = [Rejected(rule, block.lines[row].as_py(), block.raw(row)) for row, rule in sorted(broken.items())]
        return rows.filter(kept), [*block.rejected, *rejected]

    def _column(self, column: Column, block: Block, broken: dict[int, str]) -> "pa.Array":
        import pyarrow as pa

        if (name := _name_in(block, column)) is None:
            values = pa.nulls(block.rows.num_rows, column.field.type)
            bad: list[int] = []
        else:
            values, bad = convert(block.rows.column(name), column)
            self._refuse_changed_type(column, block.rows.column(name), bad)
        for row in bad:
            broken.setdefault(row, f"{column.name}: not a {column.type}")
        if column.required and values.null_count:
            for row in _where(values.is_null()):
                broken.setdefault(row, f"{column.name}: missing")
        if column.one_of:
            allowed = pa.array(column.one_of, values.type)
            for row in _where(_not_among(values, allowed)):
                broken.setdefault(row, f"{column.name}: not one of the values")
        return values

    def _refuse_changed_type(self, column: Column, raw: "pa.Array", bad: list[int]) -> None:
        if len(bad) >= ENOUGH_TO_JUDGE and len(bad) == len(raw) - raw.null_count:
            raise NightlightError(
                f"column '{column.origin}' is declared as {column.type}, and none of its values is one any more",
                where=self.source.where,
                remedy="correct 'type', 'format' or 'from' of the column; nothing of it was taken",
            )


def _name_in(block: Block, column: Column) -> str | None:
    """The column's name in the block: as declared, or as it turned up when it was new."""
    names = block.rows.schema.names
    if column.origin in names:
        return column.origin
    return next((name for name in names if _plain_name(name) == column.name and column.origin == column.name), None)


def _plain_name(name: str) -> str:
    """A column's name as a lower-case identifier.

    >>> _plain_name("Neue Spalte")
    'neue_spalte'
    """
    plain = re.sub(r"\W+", "_", name).lower().strip("_")
    return f"{plain}_" if f"_{plain}" in DELIVERY_COLUMNS and name.startswith("_") else plain


def _not_among(values: "pa.Array", allowed: "pa.Array") -> "pa.Array":
    import pyarrow.compute as pc

    return pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, allowed)))


def _where(mask: "pa.Array") -> list[int]:
    import pyarrow.compute as pc

    found: list[int] = pc.indices_nonzero(mask).to_pylist()
    return found
