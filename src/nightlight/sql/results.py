"""How answers leave: whole numbers as whole numbers, rows as JSON values."""

import base64
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


INFINITE = {(1 << bits) - 1: "infinity" for bits in (31, 63)} | {1 - (1 << bits): "-infinity" for bits in (31, 63)}
OUT_OF_RANGE = "a time out of range"
FACTS = b"nightlight"


def with_whole_numbers(table: "pa.Table") -> "pa.Table":
    """DuckDB's sums of whole numbers are DECIMAL(38, 0) in Arrow; here they are int64 where they fit."""
    import pyarrow as pa
    import pyarrow.types as types

    for index, field in enumerate(table.schema):
        if types.is_decimal(field.type) and field.type.scale == 0 and field.type.precision == 38:
            try:
                numbers = table.column(index).cast(pa.int64())
            except pa.ArrowInvalid:  # larger than that
                continue
            table = table.set_column(index, field.with_type(pa.int64()), numbers)
    return table


def with_facts(table: "pa.Table", *, truncated: bool, notes: Sequence[str], versions: Mapping[str, int]) -> "pa.Table":
    """The table with what its reader should know about it, as JSON in its schema's metadata under `nightlight`."""
    facts = {"truncated": truncated, "notes": list(notes), "versions": dict(versions)}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), FACTS: json.dumps(facts).encode()})


def json_rows(table: "pa.Table") -> Iterator[dict[str, Any]]:
    """The rows as objects of JSON's own kinds; columns that share a name are told apart by a number."""
    names: list[str] = []
    for name in table.column_names:
        before = table.column_names[: len(names)].count(name)
        names.append(f"{name}_{before}" if before else name)
    for row in zip(*(python_values(column) for column in table.columns), strict=True):
        yield {name: json_value(value) for name, value in zip(names, row, strict=True)}


def python_values(column: "pa.ChunkedArray") -> list[Any]:
    """A column as Python values; times beyond Python's years as text."""
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = [_value(scalar) for scalar in column]
    return values


def _value(scalar: "pa.Scalar") -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return INFINITE.get(getattr(scalar, "value", 0), OUT_OF_RANGE)


def json_value(value: Any) -> Any:
    """
    >>> json_value({"day": date(2026, 1, 2), "share": float("nan"), "n": Decimal("3"), "key": b"a"})
    {'day': '2026-01-02', 'share': None, 'n': 3, 'key': 'YQ=='}
    """
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {str(key): json_value(part) for key, part in value.items()}
        case list() | tuple():
            return [json_value(part) for part in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
