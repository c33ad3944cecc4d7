"""Masks as SQL, against what they promise, on DuckDB."""

import hashlib
import hmac
from datetime import UTC, date, datetime
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pytest

from nightlight.catalog.access import Mask
from nightlight.errors import NightlightError
from nightlight.sql.masks import masked

KEY = bytes(range(32))
Function = Literal["hash", "null", "redact", "year", "constant"]


def seen(values: list[Any], kind: pa.DataType, function: Function, argument: str | None = None) -> pa.ChunkedArray:
    rows = pa.table({"a b": pa.array(values, kind)})
    expression = masked("a b", kind, Mask(function, argument, "a test"), KEY)
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        return connection.sql(f"SELECT {expression} FROM rows").to_arrow_table().column("a b")


def test_a_hash_is_the_hmac_of_the_value_under_the_homes_key() -> None:
    expected = hmac.new(KEY, "Zoë".encode(), hashlib.sha256).hexdigest()[:24]
    assert seen(["Zoë", "Zoë", None], pa.string(), "hash").to_pylist() == [expected, expected, None]


def test_another_home_hashes_the_same_value_otherwise() -> None:
    kind = pa.string()
    assert masked("a", kind, Mask("hash", None, ""), KEY) != masked("a", kind, Mask("hash", None, ""), KEY[::-1])


def test_a_hashed_whole_number_stays_one_and_equal_numbers_stay_equal() -> None:
    hashed = seen([7, 7, 8, None], pa.int64(), "hash")
    first, second, other, nothing = hashed.to_pylist()
    assert hashed.type == pa.int64()
    assert first == second != other
    assert first not in (7, 8)
    assert nothing is None


def test_null_hides_every_value_and_keeps_the_type() -> None:
    hidden = seen([1.5, None], pa.float64(), "null")
    assert hidden.to_pylist() == [None, None]
    assert hidden.type == pa.float64()


def test_redacting_tells_only_whether_there_was_something() -> None:
    assert seen(["a", "", None], pa.string(), "redact").to_pylist() == ["[redacted]", "[redacted]", None]


def test_a_constant_stands_for_missing_values_too() -> None:
    assert seen([3, None], pa.int32(), "constant", "0").to_pylist() == [0, 0]
    assert seen(["a", None], pa.string(), "constant", "it's").to_pylist() == ["it's", "it's"]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (date(2026, 11, 24), pa.date32(), date(2026, 1, 1)),
        (datetime(2026, 11, 24, 5, tzinfo=UTC), pa.timestamp("us", "UTC"), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 11, 24, 5), pa.timestamp("us"), datetime(2026, 1, 1)),
    ],
)
def test_a_year_keeps_the_year_and_the_type(value: Any, kind: pa.DataType, expected: Any) -> None:
    assert seen([value], kind, "year").to_pylist() == [expected]


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("hash", pa.float64()),
        ("hash", pa.int32()),
        ("redact", pa.int64()),
        ("year", pa.string()),
        ("constant", pa.list_(pa.string())),
        ("rot13", pa.string()),
    ],
)
def test_a_mask_that_does_not_fit_shows_nothing(function: Any, kind: pa.DataType) -> None:
    with pytest.raises(NightlightError, match=r"does not fit|unknown"):
        masked("a", kind, Mask(function, "x", "a test"), KEY)
