"""Values as sources write them, and what the contract's types make of them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from nightlight.ingestion.conversion import convert
from nightlight.ingestion.sources import Column


def converted(values: list[Any], column: Column) -> tuple[list[Any], list[int]]:
    import pyarrow as pa

    array, bad = convert(pa.array(values), column)
    assert array.type == column.field.type
    return array.to_pylist(), bad


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("column", "values", "expected", "bad"),
    [
        (Column("n", "bigint"), ["1", None, "x", "-3"], [1, None, None, -3], [2]),
        (Column("n", "int"), [1, 2**40], [1, None], [1]),
        (Column("n", "double"), ["1.5", "1_5"], [1.5, None], [1]),
        (Column("n", "boolean"), ["true", "0", "maybe"], [True, False, None], [2]),
        (Column("n", "date"), ["2026-02-28", "2026-02-31"], [date(2026, 2, 28), None], [1]),
        (
            Column("n", "timestamp"),
            [
                "2026-01-01T00:00:00.5Z",
                "2026-01-01 02:00:00+02:00",
                "2026-01-01T00:00:00",
                "2026-01-01T00:00:00.123456789Z",
            ],
            [at(2026, 1, 1, 0, 0, 0, 500_000), at(2026, 1, 1), at(2026, 1, 1), at(2026, 1, 1, 0, 0, 0, 123_456)],
            [],
        ),
        (Column("n", "timestamp"), ["31/02/2026 25:61", "2026-02-31T00:00:00Z", ""], [None] * 3, [0, 1, 2]),
        (Column("n", "timestamp"), [1_700_000_000], [None], [0]),
        (
            Column("n", "timestamp", format="%d.%m.%Y %H:%M:%S", time_zone="Europe/Berlin"),
            ["01.07.2026 12:00:00", "01.01.2026 12:00:00", "31.02.2026 12:00:00", "01.07.2026"],
            [at(2026, 7, 1, 10), at(2026, 1, 1, 11), None, None],
            [2, 3],
        ),
        (
            # The hour that clocks show twice counts as its first turn; the one that they skip, as the change itself.
            Column("n", "timestamp", format="%d.%m.%Y %H:%M", time_zone="Europe/Berlin"),
            ["25.10.2026 02:30", "29.03.2026 02:30"],
            [at(2026, 10, 25, 0, 30), at(2026, 3, 29, 0, 59, 59, 999_999)],
            [],
        ),
        (Column("n", "date", format="%d.%m.%Y"), ["28.02.2026", "30.02.2026"], [date(2026, 2, 28), None], [1]),
        (Column("n", "array<string>"), [["a", "b"], [], None], [["a", "b"], [], None], []),
    ],
)
def test_values_become_the_declared_type_or_are_found_out(
    column: Column, values: list[Any], expected: list[Any], bad: list[int]
) -> None:
    assert converted(values, column) == (expected, bad)


def test_few_bad_values_among_many_are_found_where_they_are() -> None:
    values = [f"2026-01-01T00:00:{second % 60:02d}Z" for second in range(5000)]
    for place in (0, 1234, 4999):
        values[place] = "xxxx-01-01"
    array, bad = converted(list(values), Column("n", "timestamp"))
    assert bad == [0, 1234, 4999]
    assert array[2] == at(2026, 1, 1, 0, 0, 2)
