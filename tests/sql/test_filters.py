"""A row filter is surely one condition, says what it depends on, and lets each person see what it means for them."""

import pytest

from nightlight.sql.filters import read_filter
from nightlight.sql.syntax import Refused


def refusal(expression: str) -> str:
    with pytest.raises(Refused) as caught:
        read_filter(expression)
    return str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "team = 'north'",
        "counselor_id = current_principal()",
        "is_member('supervisors') OR risk_level < 3",
        "(a = 1) OR (b = 2)",
        "conversation_id IN (SELECT conversation_id FROM silver.conversations WHERE hour = 3)",
        "EXISTS (SELECT 1 FROM silver.shifts s WHERE s.volunteer_id = volunteer_id AND s.hours > 1)",
        "(SELECT count(*) > 3 FROM silver.shifts)",
        "CASE WHEN is_member('a') THEN true ELSE day > DATE '2026-01-01' END",
        "list_contains(topics, 'grief')",
        "a = ')' AND b = '('",
        "NOT a",
        "a /* always */ = 1",
        "\n a = 1 \n",
    ],
)
def test_one_condition_passes_as_it_is_written(expression: str) -> None:
    assert read_filter(expression).expression == expression.strip()


@pytest.mark.parametrize(
    "expression",
    [
        "1=1) OR (1=1",
        "true) UNION (SELECT 1",
        "true) --",
        "1=1 --",
        "1=1 -- \n",
        "1=1 /*",
        "1=1 */ /*",
        "1=1; SELECT 2",
        "1=1;",
        "a = 1, b = 2",
        "1=1 AS x",
        "1=1 x",
        "x: 1=1",
        "1=1 FROM silver.t",
        "1=1 WHERE true",
        "1=1 GROUP BY a",
        "1=1 ORDER BY 1",
        "1=1 LIMIT 1",
        "1=1 UNION SELECT true",
        "DISTINCT a",
        "SELECT 1",
        "FROM silver.t",
        "*",
        "",
        "   ",
        "-- nothing",
        "a = $1",
        "a = ?",
        "$$",
        "'",
        "((a = 1)",
        "DELETE FROM silver.t",
    ],
)
def test_what_is_not_surely_one_condition_is_refused(expression: str) -> None:
    assert "\n" not in refusal(expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("count(*) > 1", "over the rows themselves"),
        ("max(day) = day", "over the rows themselves"),
        ("row_number() OVER () = 1", "a window"),
        ("sum(a) OVER () > 1", "a window"),
        ("unnest([true])", "makes rows"),
        ("COLUMNS(*) = 1", "names its columns"),
        ("#1", "names its columns"),
        ("a IN (SELECT a FROM t)", "the table 't' has no schema"),
        ("a IN (WITH q AS (SELECT 1) FROM q)", "WITH"),
        ("a IN (WITH t AS (SELECT 1) SELECT 1 FROM silver.t)", "WITH"),
        ("random() < 0.5", "random()"),
        ("a = uuid()", "uuid()"),
        ("a = version()", "version()"),
        ("a = current_user", "current_user"),
        ("a IN (FROM read_csv('x'))", "read_csv()"),
        ("a IN (SELECT b FROM 'x.parquet')", "there is no table"),
        ("a LIKE b ESCAPE c", "like_escape()"),
        ("is_member()", "called wrongly"),
        ("is_member('a', 'b')", "called wrongly"),
        ("is_member(DISTINCT 'a')", "called wrongly"),
        ("a.is_member()", "called wrongly"),
        ("current_principal('a') = b", "called wrongly"),
        ("a IN (SELECT is_member('x') OVER () FROM silver.t)", "called wrongly"),
    ],
)
def test_what_a_filter_may_not_hold_is_said(expression: str, said: str) -> None:
    assert said in refusal(expression)


def test_a_window_or_a_sum_within_a_subquery_is_no_matter() -> None:
    read_filter("a = (SELECT max(a) FROM silver.t)")
    read_filter("a IN (SELECT first_value(a) OVER (ORDER BY b) FROM silver.t)")


def test_it_says_what_it_depends_on() -> None:
    condition = read_filter(
        "team IN (SELECT team FROM silver.teams WHERE lead = current_principal()) OR is_member('quality')"
    )
    assert {str(table) for table in condition.tables} == {"silver.teams"}
    assert condition.columns >= {"team", "lead"}
    assert condition.uses_principal
    assert condition.groups == {"quality"}
    assert not condition.uses_any_group
    assert not condition.uses_clock


def test_it_says_when_any_group_may_matter() -> None:
    assert read_filter("is_member(team)").uses_any_group
    assert read_filter("is_member('a' || 'b')").uses_any_group
    assert read_filter("a IN (SELECT a FROM silver.t WHERE is_member(b))").uses_any_group
    assert read_filter("IS_MEMBER('a') AND Is_Member('b')").groups == {"a", "b"}


@pytest.mark.parametrize(
    "expression",
    ["day > current_date - 30", "at_ < now()", "age(day) > INTERVAL 1 DAY", "day = today()", "x < localtimestamp"],
)
def test_it_says_when_its_answer_changes_with_time(expression: str) -> None:
    assert read_filter(expression).uses_clock


def test_the_functions_of_filters_are_none_of_queries() -> None:
    from nightlight.sql.pivot import read_query

    for text in ("SELECT current_principal()", "SELECT is_member('a')"):
        with pytest.raises(Refused):
            read_query(text)


def test_within_brackets_it_means_to_each_person_what_it_says() -> None:
    """How whoever applies it writes it: owner, colleague and stranger ask the same table."""
    import duckdb

    condition = read_filter("counselor_id = current_principal() OR is_member('supervisors') AND risk_level >= 3")

    def seen_by(principal: str, *groups: str) -> list[int]:
        connection = duckdb.connect()
        rows = "(1, 'owner', 0), (2, 'owner', 4), (3, 'x', 1)"
        connection.execute(f"CREATE TABLE c AS FROM (VALUES {rows}) c(id, counselor_id, risk_level)")
        connection.execute(f"CREATE MACRO current_principal() AS '{principal}'")
        connection.execute(f"CREATE MACRO is_member(name) AS list_contains({list(groups)}::VARCHAR[], name)")
        seen = connection.execute(f"SELECT id FROM c WHERE true AND ({condition.expression}) AND true ORDER BY id")
        return [number for (number,) in seen.fetchall()]

    assert seen_by("owner") == [1, 2]
    assert seen_by("colleague", "supervisors") == [2]
    assert seen_by("stranger") == []
