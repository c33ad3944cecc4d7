"""What a person may send: a query, or a word about one; everything else gets one line."""

import contextlib
import time

import pytest

from nightlight.sql.commands import read_command
from nightlight.sql.syntax import READS_ONLY, Refused


def refusal(text: str) -> str:
    with pytest.raises(Refused) as caught:
        read_command(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind", "executed"),
    [
        ("SELECT 1", "query", "SELECT 1"),
        ("FROM s.t", "query", "FROM s.t"),
        ("WITH a AS (SELECT 1) FROM a;", "query", "WITH a AS (SELECT 1) FROM a;"),
        ("VALUES (1)", "query", "VALUES (1)"),
        ("TABLE s.t", "query", "TABLE s.t"),
        ("DESCRIBE s.t", "describe", "DESCRIBE FROM s.t"),
        ("DESC s.t;", "describe", "DESCRIBE FROM s.t;"),
        ("describe\tSELECT 1 AS x", "describe", "DESCRIBE SELECT 1 AS x"),
        ("SUMMARIZE s.t", "summarize", "SUMMARIZE FROM s.t"),
        ("SUMMARIZE (SELECT 1)", "summarize", "SUMMARIZE (SELECT 1)"),
        ("EXPLAIN SELECT 1", "explain", "EXPLAIN SELECT 1"),
        ("EXPLAIN ANALYZE FROM s.t", "explain", "EXPLAIN ANALYZE FROM s.t"),
        ("explain (analyze, format json) FROM s.t", "explain", "EXPLAIN (ANALYZE, FORMAT JSON) FROM s.t"),
        ("-- what?\n/* this */ Describe s.t", "describe", "DESCRIBE FROM s.t"),
        ("SHOW TABLES", "show tables", "SHOW TABLES"),
        ("show  all /* of them */ tables ; -- please", "show tables", "SHOW TABLES"),
        ("SHOW", "show tables", "SHOW TABLES"),
        ("DESCRIBE;", "show tables", "SHOW TABLES"),
    ],
)
def test_what_may_be_sent(text: str, kind: str, executed: str) -> None:
    command = read_command(text)
    assert command.kind == kind
    assert " ".join(command.text.split()) == executed


def test_the_query_of_a_command_is_read_like_any_query() -> None:
    command = read_command("EXPLAIN SELECT a FROM s.t WHERE b IN (FROM s.u)")
    assert command.query is not None
    assert {str(table) for table in command.query.tables} == {"s.t", "s.u"}
    assert read_command("SHOW TABLES").query is None


def test_what_is_executed_is_the_word_and_the_query_that_was_read() -> None:
    for text in ("DESCRIBE s.t", "SUMMARIZE SELECT 1", "EXPLAIN ANALYZE SELECT 1", "SELECT 1"):
        command = read_command(text)
        assert command.query is not None
        assert command.text.endswith(command.query.text)
        assert command.text.removesuffix(command.query.text).strip() in {"DESCRIBE", "SUMMARIZE", "EXPLAIN ANALYZE", ""}


def test_the_engine_runs_what_comes_out() -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a")
    assert connection.execute(read_command("DESC s.t").text).fetchall()[0][0] == "a"
    assert connection.execute(read_command("SUMMARIZE s.t;").text).fetchall()[0][0] == "a"
    assert connection.execute(read_command("EXPLAIN (FORMAT JSON) FROM s.t").text).fetchall()
    assert connection.execute(read_command("EXPLAIN ANALYZE FROM s.t -- x").text).fetchall()


@pytest.mark.parametrize("word", ["DESCRIBE", "SUMMARIZE", "EXPLAIN", "EXPLAIN ANALYZE", "DESCRIBE SELECT x FROM"])
@pytest.mark.parametrize(
    "rest",
    [
        "read_csv('x')",
        "(FROM read_csv('x'))",
        "FROM duckdb_settings()",
        "SELECT version()",
        "DELETE FROM t",
        "'x.parquet'",
        "a.b.c",
        "(WITH x AS (DELETE FROM t RETURNING *) FROM x)",
        "s.t; DROP TABLE s.t",
        "s.t AT (VERSION => 1)",
        "SHOW DATABASES",
        "SET threads = 1",
    ],
)
def test_nothing_hides_behind_a_word(word: str, rest: str) -> None:
    assert "\n" not in refusal(f"{word} {rest}")


@pytest.mark.parametrize(
    "text",
    [
        "SET threads = 1",
        "COPY s.t TO 'x'",
        "PRAGMA version",
        "CALL x()",
        "USE s",
        "ATTACH 'x'",
        "DELETE FROM s.t",
        "CREATE TABLE s.t AS SELECT 1",
        "CREATE TABLE s.t AS PIVOT t ON x",
        "EXPLAIN DELETE FROM s.t",
        "EXPLAIN EXPLAIN SELECT 1",
        "EXPLAIN CREATE TABLE x AS SELECT 1",
    ],
)
def test_anything_else_is_told_what_is_possible(text: str) -> None:
    assert refusal(text) == READS_ONLY


@pytest.mark.parametrize(
    "text", ["SHOW DATABASES", "SHOW SCHEMAS", "SHOW TABLES FROM s", "SHOW s.t", "SHOW ALL", "DESCRIBE SHOW TABLES"]
)
def test_show_shows_tables_only(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    "gap", ["", " ", "\n", "/* */", "-- \n", "-- \r", "/* /* */ */", "/**/ -- /*\r", "-- \r x\n", "/*/**/ x */"]
)
@pytest.mark.parametrize("word", ["DESCRIBE", "SUMMARIZE", "EXPLAIN", "EXPLAIN ANALYZE"])
def test_a_semicolon_makes_two_statements(word: str, gap: str) -> None:
    """To the parser `; SELECT 1` alone is one, as it passes over empty statements."""
    refusal(f"{word}{gap}; SELECT 1")
    refusal(f"{word}{gap};{gap}; SELECT 1;")


def test_an_error_points_into_the_statement_as_it_was_sent() -> None:
    assert refusal("EXPLAIN\nSELECT version()").startswith("2:8: version()")
    assert refusal("/* a\n */ DESCRIBE SELECT 1, version()").startswith("2:24: version()")
    assert refusal("SUMMARIZE 'x.csv'") == "there is no table 'x.csv' that you may read"
    assert refusal("DESCRIBE SELECT 1 frm t") == "1:23: the syntax is wrong near 't'"


def test_long_runs_of_blanks_and_comments_are_no_work() -> None:
    started = time.process_time()
    for gap in (" " * 19_000, "-- \n" * 4_000, "/**/" * 4_000, "/*" * 9_000):
        for text in (f"SHOW{gap}x", f"{gap}x", f"EXPLAIN{gap}x", f"DESCRIBE{gap}"):
            with contextlib.suppress(Refused):
                read_command(text)
    assert time.process_time() - started < 10
