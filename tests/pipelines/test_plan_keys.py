"""Which Python datasets may have a refresh key: those whose plan keeps rows of different keys apart, and no other."""

from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.keys import check_key
from nightlight.pipelines.project import Project, read_project

if TYPE_CHECKING:
    from nightlight.pipelines.engines.session import Session

COLUMNS = {
    "s.messages": ["k", "id", "parent", "n", "topics"],
    "s.events": ["k", "id", "at"],
    "s.topics": ["topic", "label", "parent"],
}
HEAD = """\
from pyspark import pipelines as dp
from pyspark.sql import Window
from pyspark.sql import functions as F

messages, events, topics = (spark.table(f"s.{name}") for name in ("messages", "events", "topics"))
same = F.udf(lambda value: value, "bigint", useArrow=True)
plainly = F.udf(lambda value: value, "bigint", useArrow=False)
read = F.udf(lambda rows: rows, "array<bigint>", useArrow=True)
many = F.pandas_udf(lambda values: values, "bigint")
"""

HOLDING = {
    "rows as they are": 'messages.select("k", "n")',
    "everything": "messages",
    "every column": 'messages.select("*", same("n").alias("m"))',
    "chosen rows": 'messages.where(F.col("n").isin(1, 2) & F.col("id").isNotNull())',
    "a function of a row": 'messages.select("k", same("n").alias("n"))',
    "a plain function of a row": 'messages.select("k", plainly("n").alias("n"))',
    "groups": 'messages.groupBy("k").agg(F.max("n").alias("n"))',
    "finer groups": 'messages.groupBy("parent", "k").count()',
    "distinct rows": 'messages.select("k", "n").distinct()',
    "duplicates within it": 'messages.dropDuplicates(["k", "id"])',
    "a list for each, read and taken apart": """messages.groupBy("k").agg(
        F.sort_array(F.collect_list(F.struct("id", "n"))).alias("rows")
    ).select("k", F.explode(F.arrays_zip("rows", read("rows.n"))).alias("each")).select("k", "each.rows.id")""",
    "joins that name it": 'messages.join(events, ["k", "id"]).select("k", "at")',
    "left joins": 'messages.join(events, ["k"], "left").select("k", "at")',
    "rows with a match": 'messages.join(events, ["k"], "left_semi")',
    "dimensions": 'messages.join(topics, ["parent"], "left").select("k", "label")',
    "dimensions, crossed": 'messages.crossJoin(topics.select("topic"))',
    "unions by name": 'messages.select("k", "id").unionByName(events.select("id", "k"))',
    "columns beside it": 'messages.withColumn("m", F.col("n") + 1).drop("parent")',
    "an order": 'messages.orderBy("n").repartition(2).alias("m")',
    "its own alias": 'messages.select(F.col("k").alias("k"))',
}
MEETING = {
    "groups without it": ('messages.groupBy("parent").agg(F.max("k").alias("k"))', "rows are grouped without it"),
    "groups by something of its name": (
        'messages.groupBy((F.col("k") % 10).alias("k")).count()',
        "rows are grouped without it",
    ),
    "one row of all": ('messages.select(F.max("k").alias("k"))', "'max' is not known to look at its own row alone"),
    "an aggregate among rows": ('messages.select("k", F.sum("n"))', "'sum' is not known"),
    "subtotals": ('messages.rollup("k").count()', "subtotals"),
    "a window": ('messages.select("k", F.max("n").over(Window.partitionBy("k")))', "a window is not looked into"),
    "a window in a column": (
        'messages.withColumn("m", F.row_number().over(Window.orderBy("n")))',
        "a window is not looked into",
    ),
    "LIMIT": ("messages.limit(10)", "'limit' is not known to keep its rows apart"),
    "a sample": ("messages.sample(0.5)", "'sample' is not known"),
    "a number for each row": ('messages.withColumn("m", F.monotonically_increasing_id())', "is not known"),
    "chance": ("messages.where(F.rand() < 0.5)", "'rand' is not known"),
    "another column of its name": ('messages.select(F.col("parent").alias("k"))', "not passed on unchanged"),
    "a changed column": ('messages.withColumn("k", F.col("parent"))', "not passed on unchanged"),
    "a changed column in capitals": ('messages.withColumn("K", F.col("parent"))', "not passed on unchanged"),
    "a renamed column": ('messages.withColumnRenamed("parent", "k")', "'with_columns_renamed' is not known"),
    "the column left out": ('messages.drop("k")', "not passed on unchanged"),
    "a join without it": ('messages.join(events, ["id"])', "a join does not name it"),
    "a join by a condition": ('messages.join(events, messages["k"] == events["k"])', "a join does not name it"),
    "a full join": ('messages.join(events, ["k"], "full")', "a join may add rows"),
    "a right join": ('messages.join(events, ["k"], "right")', "a join may add rows"),
    "dimensions first": ("topics.crossJoin(messages)", "the first table of a join does not have it"),
    "dimensions with rows of their own": (
        'messages.select("k").unionByName(topics.select(F.lit(1).alias("k")))',
        "a union adds rows",
    ),
    "unions by place": ('messages.select("k", "id").union(events.select("id", "k"))', "only unionByName"),
    "rows that others lack": ('messages.select("k").subtract(events.select("k"))', "only unionByName"),
    "duplicates across keys": ('messages.dropDuplicates(["id"])', "duplicates are looked for across keys"),
    "a function of many rows": ('messages.select("k", many("n"))', "gets rows of several keys at once"),
    "an expression's text": ('messages.select("k", F.expr("max(n)"))', "text given to expr"),
    "SQL inside": ('spark.sql("SELECT k FROM s.messages LIMIT 1")', "is not known to keep its rows apart"),
    "values of its own": ('spark.createDataFrame([(1,)], "k bigint")', "no table it reads has these columns"),
    "dimensions alone": ('topics.select(F.col("parent").alias("k"))', "no table it reads has these columns"),
}


VIEW = '@dp.temporary_view\ndef {}():\n    return messages.select("k", {})\n'
VIEWS = VIEW.format("seen", '"n"') + "\n\n" + VIEW.format("seen_by_many", 'many("n").alias("n")')
SQL_VIEW = "CREATE TEMPORARY VIEW counted AS SELECT parent AS k, count(*) AS n FROM s.messages GROUP BY parent;"
THROUGH = {
    "a view": 'spark.table("seen").groupBy("k").count()',
    "a view that mixes keys": 'spark.table("seen_by_many").groupBy("k").count()',
    "a view in SQL": 'spark.table("counted").select("k", "n")',
}
DATASET = '@dp.materialized_view(name="g.v{}", table_properties={{"refresh.key": "k"}})\ndef v{}():\n    return {}\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, sail_session: "Session") -> Project:
    """All plans as datasets of one project: reading one takes a second."""
    root = tmp_path_factory.mktemp("plans")
    (root / "spark-pipeline.yml").write_text("name: plans\nlibraries:\n  - glob:\n      include: '*'\n")
    datasets = [DATASET.format(number, number, plan) for number, plan in enumerate(PLANS)]
    (root / "views.py").write_text("\n\n".join([HEAD, VIEWS, *datasets]))
    (root / "views.sql").write_text(SQL_VIEW)
    return read_project(root, sail_session)


def check(project: Project, plan: str) -> None:
    dataset = project.dataset(f"g.v{PLANS.index(plan)}")
    assert dataset is not None
    check_key(project, dataset, COLUMNS)


PLANS = [*HOLDING.values(), *(plan for plan, _ in MEETING.values()), *THROUGH.values()]


@pytest.mark.parametrize("plan", HOLDING.values(), ids=HOLDING.keys())
def test_it_holds_where_rows_of_different_keys_never_meet(project: Project, plan: str) -> None:
    check(project, plan)


@pytest.mark.parametrize(("plan", "why"), MEETING.values(), ids=MEETING.keys())
def test_it_does_not_where_they_may_and_the_error_says_how(project: Project, plan: str, why: str) -> None:
    with pytest.raises(NightlightError, match=rf"views\.py:\d+: g\.v\d+: 'refresh\.key' = 'k' does not hold: .*{why}"):
        check(project, plan)


def test_temporary_views_are_looked_through_in_both_languages(project: Project) -> None:
    check(project, THROUGH["a view"])
    with pytest.raises(NightlightError, match="gets rows of several keys"):
        check(project, THROUGH["a view that mixes keys"])
    with pytest.raises(NightlightError, match="grouped without it"):
        check(project, THROUGH["a view in SQL"])
