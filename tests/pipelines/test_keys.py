"""Which queries may have a refresh key: those in which rows of different keys never meet, and no other."""

from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.keys import check_key

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

COLUMNS = {
    "s.messages": ["k", "id", "parent", "n", "topics"],
    "s.events": ["k", "id", "at"],
    "s.topics": ["topic", "label", "parent"],
}

HOLDING = {
    "rows as they are": "SELECT k, n FROM s.messages",
    "everything": "SELECT * FROM s.messages",
    "everything of an alias": "SELECT m.* FROM s.messages m",
    "chosen rows": "SELECT k, n FROM s.messages WHERE n > 3",
    "groups": "SELECT k, count(*) AS n FROM s.messages GROUP BY k",
    "finer groups": "SELECT k, parent, count(*) AS n FROM s.messages GROUP BY parent, k",
    "groups by ordinal": "SELECT parent, k, count(*) AS n FROM s.messages GROUP BY 1, 2",
    "chosen groups": "SELECT k, count(*) AS n FROM s.messages GROUP BY k HAVING count(*) > 1",
    "distinct rows": "SELECT DISTINCT k, n FROM s.messages",
    "windows within it": "SELECT k, lag(n) OVER (PARTITION BY k ORDER BY id) AS before FROM s.messages",
    "finer windows": "SELECT k, sum(n) OVER (PARTITION BY parent, k) AS total FROM s.messages",
    "joins on it": "SELECT m.k AS k, e.at FROM s.messages m JOIN s.events e ON m.k = e.k AND m.id = e.id",
    "joins with USING": "SELECT k, at FROM s.messages JOIN s.events USING (k)",
    "outer joins": "SELECT m.k AS k, e.at FROM s.messages m LEFT JOIN s.events e ON m.k = e.k",
    "full joins": "SELECT coalesce(m.k, e.k) AS k, at FROM s.messages m FULL JOIN s.events e ON m.k = e.k",
    "dimensions": "SELECT m.k, t.label FROM s.messages m LEFT JOIN s.topics t ON m.parent = t.parent",
    "conditions on dimensions": "SELECT k FROM s.messages WHERE parent IN (SELECT parent FROM s.topics)",
    "unions": "SELECT k, id FROM s.messages UNION ALL SELECT k, id FROM s.events",
    "common tables": "WITH a AS (SELECT k, max(n) AS n FROM s.messages GROUP BY k) SELECT k, n FROM a WHERE n > 1",
    "chains of them": "WITH a AS (SELECT k, n FROM s.messages), b AS (SELECT k, sum(n) AS n FROM a GROUP BY k) "
    "SELECT b.k AS k, b.n FROM b JOIN a ON a.k = b.k",
    "subqueries in FROM": "SELECT k, n FROM (SELECT k, sum(n) AS n FROM s.messages GROUP BY k) x",
    "exploded lists": "SELECT k, topic FROM s.messages LATERAL VIEW explode(topics) t AS topic",
}

MEETING = {
    "a window without it": "SELECT k, sum(n) OVER (PARTITION BY parent) AS n FROM s.messages",
    "a window over all": "SELECT k, row_number() OVER (ORDER BY id) AS n FROM s.messages",
    "groups without it": "SELECT parent, max(k) AS k FROM s.messages GROUP BY parent",
    "groups by something of its name": "SELECT k % 10 AS k, count(*) AS n FROM s.messages GROUP BY k % 10",
    "groups by such an alias": "SELECT k % 10 AS d, count(*) AS n FROM s.messages GROUP BY d",
    "groups by such an ordinal": "SELECT k % 10 AS k, count(*) AS n FROM s.messages GROUP BY 1",
    "one row of all": "SELECT max(k) AS k FROM s.messages",
    "subtotals": "SELECT k, count(*) AS n FROM s.messages GROUP BY k WITH ROLLUP",
    "subtotals by function": "SELECT k, count(*) AS n FROM s.messages GROUP BY ROLLUP (k)",
    "cubes": "SELECT k, parent, count(*) AS n FROM s.messages GROUP BY CUBE (k, parent)",
    "grouping sets": "SELECT k, parent, count(*) AS n FROM s.messages GROUP BY GROUPING SETS ((k), (parent))",
    "named grouping sets": "SELECT k, count(*) AS n FROM s.messages GROUP BY k GROUPING SETS ((k), ())",
    "LIMIT": "SELECT k FROM s.messages ORDER BY n LIMIT 10",
    "LIMIT of a union": "SELECT k FROM s.messages UNION ALL SELECT k FROM s.events LIMIT 10",
    "OFFSET": "SELECT k FROM s.messages ORDER BY n OFFSET 10",
    "a join without it": "SELECT m.k AS k FROM s.messages m JOIN s.events e ON m.id = e.id",
    "a join that may do without": "SELECT m.k AS k FROM s.messages m JOIN s.events e ON m.k = e.k OR m.id = e.id",
    "a join on its difference": "SELECT m.k AS k FROM s.messages m JOIN s.events e ON NOT (m.k = e.k)",
    "a join on its difference, otherwise": "SELECT m.k FROM s.messages m JOIN s.events e ON (m.k = e.k) = false",
    "a join on its difference, by CASE": "SELECT m.k FROM s.messages m JOIN s.events e "
    "ON CASE WHEN m.k = e.k THEN false ELSE true END",
    "a join that equates one side": "SELECT m.k AS k FROM s.messages m JOIN s.events e ON m.k = m.k",
    "a cross join": "SELECT m.k AS k FROM s.messages m CROSS JOIN s.events e",
    "a comma": "SELECT m.k AS k FROM s.messages m, s.events e",
    "a full join's one side": "SELECT m.k AS k, e.at FROM s.messages m FULL JOIN s.events e ON m.k = e.k",
    "a left join's other side": "SELECT e.k AS k, m.n FROM s.messages m LEFT JOIN s.events e ON m.k = e.k",
    "a right join's other side": "SELECT m.k AS k, e.at FROM s.messages m RIGHT JOIN s.events e ON m.k = e.k",
    "dimensions without a match": "SELECT m.k, t.label FROM s.messages m FULL JOIN s.topics t ON m.parent = t.parent",
    "right joined dimensions": "SELECT m.k, t.label FROM s.messages m RIGHT JOIN s.topics t ON m.parent = t.parent",
    "dimensions with rows of their own": "SELECT k, id FROM s.messages UNION ALL SELECT -1 AS k, parent FROM s.topics",
    "a constant row": "SELECT k, id FROM s.messages UNION ALL SELECT -1 AS k, 0 AS id",
    "a condition on other rows": "SELECT k FROM s.messages WHERE n > (SELECT avg(n) FROM s.messages)",
    "membership in other rows": "SELECT k FROM s.messages WHERE id IN (SELECT parent FROM s.messages)",
    "membership by its own name": "SELECT k FROM s.messages WHERE parent IN (SELECT k FROM s.messages)",
    "existence of other rows": "SELECT k FROM s.messages m "
    "WHERE EXISTS (SELECT k FROM s.events e WHERE e.id = m.parent)",
    "a value from other rows": "SELECT k, (SELECT max(n) FROM s.messages) AS highest FROM s.messages",
    "a looked-up value": "SELECT k, (SELECT k FROM s.events e WHERE e.id = m.parent) AS other FROM s.messages m",
    "a looked-up existence": "SELECT k, EXISTS (SELECT k FROM s.events e WHERE e.id = m.parent) AS has "
    "FROM s.messages m",
    "groups chosen by others": "SELECT k, sum(n) AS n FROM s.messages GROUP BY k "
    "HAVING sum(n) IN (SELECT k FROM s.events)",
    "the key left out": "SELECT n FROM s.messages",
    "the key excepted": "SELECT * EXCEPT (k) FROM s.messages",
    "only a dimension's columns": "SELECT t.* FROM s.messages m JOIN s.topics t ON m.parent = t.parent",
    "the key renamed": "SELECT k AS key, n FROM s.messages",
    "another column under its name": "SELECT parent AS k, n FROM s.messages",
    "another in a common table": "WITH a AS (SELECT parent AS k, n FROM s.messages) SELECT k, n FROM a",
    "another from a dimension": "SELECT t.k AS k, m.n FROM s.messages m "
    "JOIN (SELECT parent AS k, topic FROM s.topics) t ON m.parent = t.k",
    "a window by another of its name": "SELECT m.k AS k, sum(m.n) OVER (PARTITION BY t.k) AS n FROM s.messages m "
    "JOIN (SELECT parent AS k, topic FROM s.topics) t ON m.parent = t.k",
    "the key changed": "SELECT k + 1 AS k, n FROM s.messages",
    "samples": "SELECT k, n FROM s.messages TABLESAMPLE (10 ROWS)",
}


def _check(pipeline: "Pipeline", query: str, *, key: str = "k", before: str = "") -> None:
    pipeline.define(f"{before}\nCREATE MATERIALIZED VIEW g.v TBLPROPERTIES ('refresh.key' = '{key}') AS\n{query};")
    project = pipeline.read()
    dataset = project.dataset("g.v")
    assert dataset is not None
    check_key(project, dataset, COLUMNS)


@pytest.mark.parametrize("query", HOLDING.values(), ids=HOLDING)
def test_a_key_holds_where_rows_of_different_keys_never_meet(pipeline: "Pipeline", query: str) -> None:
    _check(pipeline, query)


@pytest.mark.parametrize("query", MEETING.values(), ids=MEETING)
def test_a_key_is_refused_where_rows_of_different_keys_may_meet(pipeline: "Pipeline", query: str) -> None:
    with pytest.raises(NightlightError, match=r"'refresh\.key' = 'k' does not hold: \w") as refused:
        _check(pipeline, query)
    assert str(refused.value).startswith(f"{pipeline.folder / 'datasets.sql'}:2: g.v:")
    assert "leave the property out" in str(refused.value)


def test_the_reason_names_what_does_not_keep_keys_apart(pipeline: "Pipeline") -> None:
    reasons = {
        "a window over all": "a window is not partitioned by it",
        "groups without it": "rows are grouped without it",
        "one row of all": "rows are aggregated without it",
        "LIMIT": "LIMIT picks rows across keys",
        "a join without it": "a join does not equate it",
        "a condition on other rows": "a condition looks at other rows",
        "the key renamed": "it is not passed on unchanged",
    }
    for case, reason in reasons.items():
        with pytest.raises(NightlightError, match=reason):
            _check(pipeline, MEETING[case])


def test_a_key_of_several_columns_needs_all_of_them_everywhere(pipeline: "Pipeline") -> None:
    _check(pipeline, "SELECT k, id, count(*) AS n FROM s.messages GROUP BY k, id", key="k, id")
    with pytest.raises(NightlightError, match="rows are grouped without it"):
        _check(pipeline, "SELECT k, max(id) AS id FROM s.messages GROUP BY k", key="k, id")
    with pytest.raises(NightlightError, match="a join does not equate it"):
        _check(pipeline, "SELECT m.k, m.id FROM s.messages m JOIN s.events e ON m.k = e.k", key="k, id")


def test_a_key_that_no_source_has_is_refused(pipeline: "Pipeline") -> None:
    with pytest.raises(NightlightError, match="no table it reads has these columns"):
        _check(pipeline, "SELECT topic AS k FROM s.topics")


def test_temporary_views_are_looked_through(pipeline: "Pipeline") -> None:
    good = "CREATE TEMPORARY VIEW v AS SELECT k, n FROM s.messages;"
    _check(pipeline, "SELECT k, sum(n) AS n FROM v GROUP BY k", before=good)
    with pytest.raises(NightlightError, match="rows are grouped without it"):
        _check(pipeline, "SELECT n, max(k) AS k FROM v GROUP BY n", before=good)
    bad = "CREATE TEMPORARY VIEW v AS SELECT parent AS k, n FROM s.messages;"
    with pytest.raises(NightlightError, match="it is not passed on unchanged"):
        _check(pipeline, "SELECT k, sum(n) AS n FROM v GROUP BY k", before=bad)


def test_rows_that_a_view_makes_of_dimensions_alone_belong_to_no_key(pipeline: "Pipeline") -> None:
    view = "CREATE TEMPORARY VIEW v AS SELECT parent AS k, topic FROM s.topics;"
    with pytest.raises(NightlightError, match="does not hold"):
        _check(pipeline, "SELECT k, n FROM s.messages UNION ALL SELECT k, 0 AS n FROM v", before=view)


def test_only_a_materialized_view_has_a_key(pipeline: "Pipeline") -> None:
    pipeline.define(
        "CREATE STREAMING TABLE g.v TBLPROPERTIES ('refresh.key' = 'k') AS SELECT k FROM STREAM s.messages;"
    )
    project = pipeline.read()
    dataset = project.dataset("g.v")
    assert dataset is not None
    with pytest.raises(NightlightError, match="only a materialized view has a refresh key"):
        check_key(project, dataset, COLUMNS)
