"""Raw values to the contract's types, a whole array at a time; where that fails, halves find the few bad values."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.ingestion.sources import Column, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

Reading = Callable[["pa.Array"], "pa.Array"]


def convert(values: "pa.Array", column: Column) -> tuple["pa.Array", "list[int]"]:
    """The values as the column's type, null where they are not of that type, and where that was."""
    import pyarrow as pa

    values = values.storage if isinstance(values, pa.ExtensionArray) else values
    bad: list[int] = []
    pieces = _pieces(values, _readings(values.type, column), 0, bad, arrow_type(column.type))
    return (pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)), bad


def _pieces(
    values: "pa.Array", readings: list[Reading], at: int, bad: list[int], kind: "pa.DataType"
) -> "list[pa.Array]":
    """The converted halves; only the reading that fits the first value is tried, since a failing one is slow."""
    import pyarrow as pa

    if len(values) == values.null_count:
        return [pa.nulls(len(values), kind)]
    first = values.drop_null().slice(0, 1)
    likely = next((reading for reading in readings if _read(reading, first) is not None), None)
    if likely and (converted := _read(likely, values)) is not None:
        return [converted]
    if len(values) == 1:
        bad.append(at)
        return [pa.nulls(1, kind)]
    half = len(values) // 2
    left = _pieces(values.slice(0, half), readings, at, bad, kind)
    return left + _pieces(values.slice(half), readings, at + half, bad, kind)


def _read(reading: Reading, values: "pa.Array") -> "pa.Array | None":
    import pyarrow as pa

    try:
        return reading(values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        return None


def _readings(raw: "pa.DataType", column: Column) -> list[Reading]:
    """The ways to read such values as the column's type, the likeliest first."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = arrow_type(column.type)
    if types.is_timestamp(kind):
        return _time_readings(raw, column)
    if types.is_date(kind) and column.format and types.is_string(raw):
        return [lambda values: pc.cast(_by_format(values, column.format), kind)]
    if types.is_string(kind) and types.is_binary(raw):
        return [lambda values: _valid(values.cast(kind))]
    if types.is_string(kind) and types.is_nested(raw):
        return [lambda values: pa.array([None if value is None else str(value) for value in values.to_pylist()], kind)]
    if raw == kind:
        return [_valid]
    return [lambda values: _valid(values.cast(kind))]


def _time_readings(raw: "pa.DataType", column: Column) -> list[Reading]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    zoned, naive = arrow_type("timestamp"), pa.timestamp("us")

    def local(values: "pa.Array") -> "pa.Array":
        times = pc.assume_timezone(values, column.time_zone, ambiguous="earliest", nonexistent="earliest")
        return times.cast(zoned)

    if types.is_timestamp(raw):
        return [lambda values: values.cast(zoned, safe=False) if raw.tz else local(values.cast(naive, safe=False))]
    if types.is_date(raw):
        return [lambda values: local(values.cast(naive))]
    if not types.is_string(raw) and not types.is_large_string(raw) and not types.is_null(raw):
        return []  # a number may be seconds, milliseconds or days: nobody guesses
    if column.format:
        return [lambda values: local(_by_format(values, column.format))]
    return [
        lambda values: values.cast(zoned),
        lambda values: local(values.cast(naive)),
        lambda values: values.cast(pa.timestamp("ns", tz="UTC")).cast(zoned, safe=False),
    ]


def _by_format(values: "pa.Array", form: str) -> "pa.Array":
    """Times by strptime notation. Arrow lets 31 February run over into March: such days are looked at again."""
    import pyarrow.compute as pc

    times = pc.strptime(values, format=form, unit="us")
    early = pc.less_equal(pc.day(times), 3)
    for text in values.filter(early).to_pylist():
        if text is not None:
            datetime.strptime(text, form)  # raises ValueError for a day that does not exist
    return times


def _valid(values: "pa.Array") -> "pa.Array":
    values.validate(full=True)
    return values
