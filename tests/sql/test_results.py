"""Answers as rows of JSON: every value of the engine's has a form, and no column gets lost."""

import duckdb
import pyarrow as pa

from nightlight.sql.results import json_rows, with_whole_numbers


def rows(query: str) -> list[dict[str, object]]:
    with duckdb.connect() as connection:
        return list(json_rows(with_whole_numbers(connection.sql(query).to_arrow_table())))


def test_times_beyond_pythons_years_are_told() -> None:
    found = rows("SELECT 'infinity'::TIMESTAMP AS t, '-infinity'::DATE AS d, TIMESTAMP '290000-01-01' AS far, 1 AS n")
    assert found == [{"t": "infinity", "d": "-infinity", "far": "a time out of range", "n": 1}]


def test_values_of_every_kind_have_a_form() -> None:
    (row,) = rows(
        "SELECT DATE '2026-11-24' AS day, TIME '03:04:05' AS time, 1.50::DECIMAL(5,2) AS mean, "
        "{'a': [1, NULL]} AS nested, MAP {'k': 2} AS map, 'NaN'::DOUBLE AS nothing, true AS yes, NULL AS none, "
        "uuid '123e4567-e89b-12d3-a456-426614174000' AS key"
    )
    assert row["day"] == "2026-11-24"
    assert row["time"] == "03:04:05"
    assert row["mean"] == 1.5
    assert row["nested"] == {"a": [1, None]}
    assert row["nothing"] is None
    assert (row["yes"], row["none"]) == (True, None)
    assert row["key"] == "123e4567-e89b-12d3-a456-426614174000"


def test_columns_of_one_name_are_told_apart() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert list(json_rows(table)) == [{"a": 1, "a_1": 2}]


def test_sums_that_fit_are_whole_numbers_and_larger_ones_stay() -> None:
    assert rows("SELECT sum(i) AS n FROM range(3) r(i)") == [{"n": 3}]
    assert rows("SELECT 10::HUGEINT ** 20 AS n") == [{"n": 10**20}]
