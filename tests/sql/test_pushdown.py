"""Bounds of time read less, and never change an answer."""

import itertools
from datetime import UTC, date, datetime
from typing import Any

import pytest

from nightlight.sql.gate import TableReference
from nightlight.sql.pivot import read_query
from nightlight.sql.pushdown import time_bounds

TABLE = TableReference("s", "t")
COLUMNS = {"day": "date32[day]", "moment": "timestamp[us]", "Sent_At": "timestamp[us, tz=UTC]"}
UNKNOWN: dict[str, Any] = {}


def bounds(text: str) -> dict[str, Any]:
    return dict(time_bounds(read_query(text), TABLE, COLUMNS))


def where(condition: str) -> dict[str, Any]:
    return bounds(f"SELECT count(*) FROM s.t WHERE {condition}")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("day >= '2026-01-02'", (date(2026, 1, 2), None)),
        ("day > DATE '2026-01-02'", (date(2026, 1, 2), None)),
        ("day <= '2026-01-02'::DATE", (None, date(2026, 1, 2))),
        ("DATE '2026-01-02' > t.day", (None, date(2026, 1, 2))),
        ("DAY = CAST('2026-01-02' AS DATE)", (date(2026, 1, 2), date(2026, 1, 2))),
        ("day BETWEEN '2026-01-02' AND '2026-01-05'", (date(2026, 1, 2), date(2026, 1, 5))),
        ("day >= '2026-01-02' AND x = 1 AND (day < '2026-02-01' AND day >= '2026-01-05')",
         (date(2026, 1, 5), date(2026, 2, 1))),
        ("day >= '2026-01-02' AND (x = 1 OR y = 2)", (date(2026, 1, 2), None)),
        ("day <= TIMESTAMP '2026-01-02 13:00:00'", (None, date(2026, 1, 2))),
    ],
)  # fmt: skip
def test_a_condition_on_a_date_bounds_it(condition: str, expected: tuple[Any, Any]) -> None:
    assert where(condition) == {"day": expected}


def test_a_condition_on_a_time_bounds_it() -> None:
    assert where("moment >= '2026-01-02 10:00'") == {"moment": (datetime(2026, 1, 2, 10), None)}
    assert where("moment < DATE '2026-01-02'") == {"moment": (None, datetime(2026, 1, 2))}
    assert where("moment::DATE = '2026-01-02'") == {"moment": (datetime(2026, 1, 2), datetime(2026, 1, 3))}


def test_what_a_time_zone_may_move_is_a_day_wider() -> None:
    assert where("sent_at >= '2026-01-05 10:00'") == {"Sent_At": (datetime(2026, 1, 4, 10, tzinfo=UTC), None)}
    assert where("sent_at >= TIMESTAMPTZ '2026-01-05 10:00:00+02'") == {
        "Sent_At": (datetime(2026, 1, 5, 8, tzinfo=UTC), None)
    }
    assert where("moment <= TIMESTAMPTZ '2026-01-05 10:00:00+00'") == {"moment": (None, datetime(2026, 1, 6, 10))}
    assert where("day <= TIMESTAMPTZ '2026-01-05 10:00:00+00'") == {"day": (None, date(2026, 1, 6))}


@pytest.mark.parametrize(
    "condition",
    [
        "day >= '2026-01-02' OR x = 1",
        "NOT day >= '2026-01-02'",
        "day <> '2026-01-02'",
        "day >= x",
        "day >= current_date",
        "day >= (SELECT DATE '2026-01-02')",
        "day >= '2026-01-02'::VARCHAR",
        "day >= 'yesterday'",
        "day >= '2026-13-45'",
        "day::VARCHAR >= '2026-01-02'",
        "day + 1 >= DATE '2026-01-02'",
        "other.day >= '2026-01-02'",
        "x.t.day >= '2026-01-02'",
        "CASE WHEN day >= '2026-01-02' THEN true END",
        "coalesce(day >= '2026-01-02', true)",
        "day IS DISTINCT FROM DATE '2026-01-02'",
        "day NOT BETWEEN '2026-01-02' AND '2026-01-05'",
        "list_contains([day >= '2026-01-02'], false)",
        "unknown >= '2026-01-02'",
    ],
)
def test_any_other_condition_bounds_nothing(condition: str) -> None:
    assert where(condition) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM s.t",
        "SELECT 1 FROM s.t, s.u WHERE day >= '2026-01-02'",
        "SELECT 1 FROM s.t LEFT JOIN s.u USING (a) WHERE day >= '2026-01-02'",
        "SELECT (SELECT max(day) FROM s.t) FROM s.t WHERE day >= '2026-01-02'",
        "SELECT 1 FROM s.t WHERE day >= '2026-01-02' AND a IN (SELECT a FROM t)",
        "SELECT 1 FROM s.t WHERE day >= '2026-01-02' UNION ALL SELECT 2 FROM s.t",
        "WITH w AS (SELECT * FROM s.t WHERE day >= '2026-01-02') SELECT * FROM w, s.t",
        "WITH t AS (SELECT 1) SELECT * FROM s.t WHERE day >= '2026-01-02'  AND EXISTS (FROM t)",
        "SELECT 1 FROM s.t TABLESAMPLE 10% WHERE day >= '2026-01-02'",
        "SELECT 1 FROM s.t WHERE day >= '2026-01-02' USING SAMPLE 10",
        "SELECT rowid FROM s.t WHERE day >= '2026-01-02'",
        "SELECT x AS day FROM s.t WHERE day >= '2026-01-02'",
        "SELECT * REPLACE (x AS day) FROM s.t WHERE day >= '2026-01-02'",
        "SELECT * RENAME (x AS day) FROM s.t WHERE day >= '2026-01-02'",
        "SELECT 1 FROM s.t AS t(day, x) WHERE day >= '2026-01-02'",
        "SELECT 1 FROM s.t AS other WHERE t.day >= '2026-01-02'",
        "SELECT 1 FROM s.t HAVING max(day) >= '2026-01-02'",
        "SELECT 1 FROM s.t QUALIFY max(day) OVER () >= '2026-01-02'",
        "SELECT 1 FROM (FROM s.t) WHERE day >= '2026-01-02'",
        "SELECT count(*) FILTER (day >= '2026-01-02') FROM s.t",
        "PIVOT (SELECT * FROM s.t WHERE day >= '2026-01-02') ON a USING count(*)",
    ],
)
def test_where_it_is_not_certain_it_says_nothing(text: str) -> None:
    assert bounds(text) == UNKNOWN


def test_the_table_may_stand_inside() -> None:
    inside = "SELECT a FROM s.t WHERE day >= '2026-01-02'"
    for text in (
        f"WITH w AS ({inside}) FROM w",
        f"SELECT 1 FROM s.u WHERE a IN ({inside})",
        f"FROM ({inside}) JOIN s.u USING (a)",
    ):
        assert bounds(text) == {"day": (date(2026, 1, 2), None)}


def test_pruned_rows_answer_as_all_rows_do() -> None:
    """Every condition on rows around it: the rows within the bounds give the same answer as all of them."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET timezone = 'Pacific/Auckland'")  # not the zone of anybody's constants
    connection.execute("""
        CREATE SCHEMA s; CREATE TABLE everything AS
        SELECT i AS a, moment::DATE AS day, moment, moment::TIMESTAMP AT TIME ZONE 'UTC' AS Sent_At
        FROM (SELECT i, TIMESTAMP '2026-01-01' + INTERVAL (i * 31) MINUTE AS moment FROM range(400) r(i))
        UNION ALL SELECT -1, NULL, NULL, NULL""")
    constants = ("'2026-01-05'", "DATE '2026-01-04'", "TIMESTAMP '2026-01-05 12:30:00'", "'2026-01-03 23:59:59.999999'",
                 "TIMESTAMPTZ '2026-01-05 12:00:00+05'", "'2026-01-06'::DATE::TIMESTAMP")  # fmt: skip
    columns = ("day", "moment", "sent_at", "moment::DATE", "sent_at::DATE", "t.day")
    conditions = [
        form.format(column=column, one=one, other=other)
        for column, one, other in itertools.product(columns, constants, constants[:2])
        for form in ("{column} >= {one} AND {column} < {other}", "{column} BETWEEN {other} AND {one}",
                     "{one} = {column}", "{column} <= {one}", "{column} > {one} AND (a % 2 = 0 OR day < {other})")
    ]  # fmt: skip
    pruned = 0
    for condition in dict.fromkeys(conditions):
        text = f"SELECT count(*), sum(a), min(a) FROM s.t WHERE {condition}"
        try:
            connection.execute("CREATE OR REPLACE TABLE s.t AS FROM everything")
            expected = connection.execute(text).fetchall()
        except duckdb.ConversionException:
            continue  # a time as a date, which the engine does not take
        found = bounds(text)
        for column, (low, high) in found.items():
            assert (low is None or type(low) is type(high)) or high is None
            connection.execute(f"DELETE FROM s.t WHERE {column} < ?", [low]) if low is not None else None
            connection.execute(f"DELETE FROM s.t WHERE {column} > ?", [high]) if high is not None else None
        assert connection.execute(text).fetchall() == expected, condition
        pruned += bool(found)
    assert pruned > 200
