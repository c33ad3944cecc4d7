"""An answer as a page shows it: a hundred rows, each value exactly as it is, cut to what a page holds.

Nothing is rounded and no time moved to another zone: what is shown can be written into the next question."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nightlight.sql.results import json_value, python_values
from nightlight.web.console.charts import is_number

if TYPE_CHECKING:
    import pyarrow as pa

PAGE_ROWS, PAGE_COLUMNS, PAGE_CHARACTERS = 100, 100, 400_000
CELL_CHARACTERS = (40, 2_000)  # at least, at most
LONG = 60  # a column with more characters in a cell is wrapped
_EMPTY_FRACTION = re.compile(r"(?<=\.\d\d\d)000|\.000000")
_PLAIN = {
    **{"string": "text", "large_string": "text", "bool": "yes/no", "double": "number", "float": "number"},
    **{"date32[day]": "date", "timestamp[us, tz=UTC]": "moment (UTC)", "timestamp[us]": "moment"},
}


@dataclass(frozen=True)
class Column:
    """A column's name, its type in words, and how its values are laid out."""

    name: str
    type: str
    is_number: bool
    is_long: bool


@dataclass(frozen=True)
class AnswerPage:
    """Rows `first` to `last` (from 1) of `total`; cells are texts, None where there is no value.

    `hidden_columns` of them do not fit; `has_cut` tells that some cell is longer than shown.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    number: int
    pages: int
    first: int
    last: int
    total: int
    hidden_columns: int
    has_cut: bool


def answer_page(table: "pa.Table", number: int) -> AnswerPage:
    """The page of that number, or the last one before it."""
    pages = max(1, -(-table.num_rows // PAGE_ROWS))
    number = min(max(number, 1), pages)
    shown = table.slice((number - 1) * PAGE_ROWS, PAGE_ROWS)
    shown = shown.select(range(min(table.num_columns, PAGE_COLUMNS)))
    cells = [_cells(column) for column in shown.columns]
    room = PAGE_CHARACTERS // max(1, shown.num_rows * shown.num_columns)
    limit = min(max(room, CELL_CHARACTERS[0]), CELL_CHARACTERS[1])
    cut = [[_cut(cell, limit) for cell in column] for column in cells]
    return AnswerPage(
        columns=tuple(map(_column, shown.schema, cells)),
        rows=tuple(zip(*cut, strict=True)),
        number=number,
        pages=pages,
        first=(number - 1) * PAGE_ROWS + 1 if shown.num_rows else 0,
        last=(number - 1) * PAGE_ROWS + shown.num_rows,
        total=table.num_rows,
        hidden_columns=table.num_columns - shown.num_columns,
        has_cut=cut != cells,
    )


def _column(field: "pa.Field", cells: list[str | None]) -> Column:
    is_long = any(cell is not None and (len(cell) > LONG or "\n" in cell) for cell in cells)
    return Column(field.name, type_words(str(field.type)), is_number(field.type), is_long)


def type_words(kind: str) -> str:
    """
    >>> type_words("int64"), type_words("decimal128(18, 3)"), type_words("list<element: string>")
    ('whole number', 'decimal(18, 3)', 'list')
    """
    if kind in _PLAIN:
        return _PLAIN[kind]
    if re.fullmatch(r"u?int\d+", kind):
        return "whole number"
    if found := re.fullmatch(r"decimal\d+(\(.*\))", kind):
        return f"decimal{found[1]}"
    return "list" if kind.startswith(("list<", "large_list<")) else kind


def _cells(column: "pa.ChunkedArray") -> list[str | None]:
    return [exact_text(value) for value in python_values(column)]


def exact_text(value: Any) -> str | None:
    """A value as it is, for somebody who may copy it into a question.

    >>> exact_text(788309334396027047), exact_text(0.1234567), exact_text(True), exact_text(Decimal("1E+2"))
    ('788309334396027047', '0.1234567', 'true', '100')
    >>> exact_text(datetime(2026, 3, 1, 2, 30, 0, 442000)), exact_text(["é", 1]), exact_text(None)
    ('2026-03-01 02:30:00.442', '["é", 1]', None)
    """
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return _EMPTY_FRACTION.sub("", value.isoformat(" ").removesuffix("+00:00"))
        case bytes() | dict() | list() | tuple():
            plain = json_value(value)
            return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    return str(value)


def _cut(cell: str | None, limit: int) -> str | None:
    return cell if cell is None or len(cell) <= limit else f"{cell[: limit - 1]}…"
