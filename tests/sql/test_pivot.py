"""PIVOT without IN: asked for its values, it answers what the engine's own PIVOT answers."""

from typing import TYPE_CHECKING, Any

import pytest

from nightlight.sql.pivot import MAX_VALUES, Pivot, read_query
from nightlight.sql.syntax import Refused

if TYPE_CHECKING:
    import duckdb


@pytest.fixture(scope="module")
def connection() -> "duckdb.DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE t AS SELECT i % 3 AS g, [2, 10, 1][i % 3 + 1] AS n, DATE '2026-01-10' + (i % 12)::INT AS d,
            [true, false, NULL][i % 3 + 1] AS b, ['x', 'a''b', 'Ä ö'][i % 3 + 1] AS s, i * 1.5 AS f,
            TIMESTAMP '2026-01-01 10:00:00' + INTERVAL (i % 2) HOUR AS ts, i FROM range(20) r(i)""")
    return connection


def pivot_of(text: str) -> Pivot:
    pivot = read_query(text).pivot
    assert pivot is not None
    return pivot


def answer(connection: "duckdb.DuckDBPyConnection", text: str) -> tuple[list[str], list[Any]]:
    result = connection.execute(text)
    return [column[0] for column in result.description or []], result.fetchall()


@pytest.mark.parametrize(
    "text",
    [
        *(f"PIVOT t ON {column} USING count(*) GROUP BY g ORDER BY g" for column in ("n", "d", "b", "s", "ts", "f")),
        "PIVOT t ON n || '_' || b USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON month(d) USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON n, s USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON n IN (2, 10), s USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON n, s IN ('x', 'a''b') USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON n USING count(*), sum(i) AS si GROUP BY g ORDER BY g",
        "PIVOT (SELECT g, n, s FROM t) ON n USING count(*) ORDER BY g, s",
        "PIVOT (SELECT g, n, s FROM t) ON n ORDER BY ALL",
        "PIVOT t ON n IS NOT NULL USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON (n IN (1, 2)) USING count(*) GROUP BY g ORDER BY g",
        "PIVOT t ON CASE WHEN n > 1 THEN 'on' ELSE 'in' END USING count(*) GROUP BY g ORDER BY g",
        "PIVOT_WIDER t ON n USING count(*) GROUP BY g ORDER BY g;",
        "PIVOT t JOIN (SELECT 1 AS g) u USING (g) ON n USING count(*) GROUP BY g",
        "FROM (PIVOT t ON n USING count(*) GROUP BY g) SELECT * ORDER BY g",
        "WITH d AS (SELECT * FROM t) PIVOT d ON n USING count(*) GROUP BY g ORDER BY g",
        "WITH p AS (PIVOT t ON n USING count(*) GROUP BY g) SELECT * FROM p ORDER BY g -- done",
        "WITH a AS (SELECT 1 AS x), p AS (PIVOT t ON n USING count(*) GROUP BY g) SELECT * FROM p, a ORDER BY g",
        "WITH d(g, n) AS MATERIALIZED (SELECT g, n FROM t), e AS (FROM d) PIVOT e ON n USING sum(g) GROUP BY g",
        "PIVOT t ON n USING count(*) GROUP BY g ORDER BY g LIMIT 1 OFFSET 1",
        "(PIVOT t ON n USING count(*) GROUP BY g) ORDER BY g LIMIT 1",
        "/* ( on */ PIVOT t -- on (\n ON n USING count(*) GROUP BY g ORDER BY g",
    ],
)
def test_it_answers_as_the_engine_would_alone(connection: "duckdb.DuckDBPyConnection", text: str) -> None:
    pivot = pivot_of(text)
    rows = connection.execute(pivot.values_query.text).fetchall()
    assert answer(connection, pivot.with_values(rows).text) == answer(connection, text)


def test_a_pivot_may_read_another_with_part(connection: "duckdb.DuckDBPyConnection") -> None:
    """Which the engine alone cannot."""
    text = "WITH d AS (SELECT * FROM t WHERE n > 1), p AS (PIVOT d ON n USING count(*) GROUP BY g) FROM p ORDER BY g"
    pivot = pivot_of(text)
    columns, _ = answer(connection, pivot.with_values(connection.execute(pivot.values_query.text).fetchall()).text)
    assert columns == ["g", "10", "2"]


def test_a_join_in_the_source_has_an_on_of_its_own(connection: "duckdb.DuckDBPyConnection") -> None:
    text = "PIVOT (FROM t JOIN (SELECT 2 AS m) u ON t.n = u.m) ON n USING count(*) GROUP BY g"
    pivot = pivot_of(text)
    rows = connection.execute(pivot.values_query.text).fetchall()
    assert rows == [("2",)]
    assert answer(connection, pivot.with_values(rows).text) == answer(connection, text)


def test_values_are_texts_whatever_they_hold() -> None:
    pivot = pivot_of("PIVOT s.t ON a USING count(*)")
    for value in ("'", "''", "'); DROP TABLE s.t; --", "\\'", "a' OR '1'='1", "/*", "--", "$$", "Ä\n", "(((("):
        query = pivot.with_values([value])
        values = query.ast["from_table"]["pivots"][0]["entries"]
        assert [entry["star_expr"]["literal"]["text"] for entry in values] == [value]


def test_values_are_sorted_once_each_and_no_null() -> None:
    pivot = pivot_of("PIVOT s.t ON a, b USING count(*)")
    text = pivot.with_values([("2", "x"), ("10", "x"), (None, "y"), ("2", None)]).text
    assert text == "PIVOT s.t ON (a) IN ('10', '2'), (b) IN ('x', 'y') USING count(*)"


def test_too_many_values_are_refused() -> None:
    pivot = pivot_of("PIVOT s.t ON a USING count(*)")
    pivot.with_values([str(number) for number in range(MAX_VALUES)])
    with pytest.raises(Refused, match="more than 200 columns"):
        pivot.with_values([str(number) for number in range(MAX_VALUES + 1)])
    with pytest.raises(Refused, match="more than 200 columns"):
        pivot_of("PIVOT s.t ON a, b").with_values([(str(number), str(number)) for number in range(20)])
    with pytest.raises(Refused, match="too long"):
        pivot.with_values(["x" * 201])
    with pytest.raises(Refused, match="no value"):
        pivot.with_values([])
    with pytest.raises(Refused, match="no value"):
        pivot.with_values([(None,)])


def test_both_queries_pass_the_gate() -> None:
    query = read_query("WITH d AS (FROM s.t) PIVOT d ON a USING sum(b) GROUP BY c")
    assert {str(table) for table in query.tables} == {"s.t"}
    assert query.pivot is not None
    assert {str(table) for table in query.pivot.values_query.tables} == {"s.t"}
    assert {str(table) for table in query.pivot.with_values(["1"]).tables} == {"s.t"}
    assert query.every_column


@pytest.mark.parametrize(
    "text",
    [
        "PIVOT read_csv('x') ON a USING count(*)",
        "PIVOT 'x.parquet' ON a USING count(*)",
        "PIVOT s.t ON version() USING count(*)",
        "PIVOT s.t ON a USING error('x')",
        "PIVOT s.t ON a USING count(*) GROUP BY b; DELETE FROM s.t",
        "PIVOT s.t ON a; PIVOT s.t ON b",
        "PIVOT (DELETE FROM s.t RETURNING *) ON a",
        "CREATE TABLE x AS PIVOT s.t ON a",
        "COPY (PIVOT s.t ON a) TO 'x'",
        "WITH x AS (DELETE FROM s.t RETURNING *) PIVOT x ON a",
        "PIVOT s.t ON",
        "PIVOT",
        "PIVOT s.t ON , USING count(*)",
        "FROM (PIVOT s.t ON a), (PIVOT s.t ON b)",
        "FROM (WITH s AS (SELECT 1) PIVOT s ON a)",
        "PIVOT s.t ON a UNION SELECT 'x",
    ],
)
def test_it_lets_nothing_else_through(text: str) -> None:
    with pytest.raises(Refused):
        read_query(text)
