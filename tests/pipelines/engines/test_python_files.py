"""Python definition files: what they declare is read, what a dataset may not do is refused at the user's line."""

from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Kind
from nightlight.sandbox.confinement import can_confine_python

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

GOOD = """\
from pyspark import pipelines as dp
from pyspark.sql import functions as F

dp.create_streaming_table("silver.messages", comment="All of them")


@dp.append_flow(target="silver.messages", name="ours")
def ours():
    return spark.readStream.table("bronze.messages").select("message_id", "author")


@dp.table(name="silver.texters", table_properties={"expect.is_texter": "DROP author = 'texter'"})
def texters():
    return spark.readStream.table("silver.messages")


@dp.temporary_view
def known():
    return spark.table("silver.texters").where("message_id IS NOT NULL")


@dp.materialized_view(name="gold.authors")
def authors():
    return spark.table("known").groupBy("author").agg(F.count("*").alias("n"))
"""


def test_python_datasets_stream_view_and_count(pipeline: "Pipeline") -> None:
    path = pipeline.define(GOOD, "datasets.py")
    project = pipeline.read()
    kinds = {dataset.name: dataset.kind for dataset in project.datasets}
    assert kinds == {
        "silver.messages": Kind.STREAMING_TABLE,
        "silver.texters": Kind.STREAMING_TABLE,
        "known": Kind.TEMPORARY_VIEW,
        "gold.authors": Kind.MATERIALIZED_VIEW,
    }
    assert str(project.datasets[0].location) == f"{path}:4"
    assert project.datasets[0].comment == "All of them"
    pipeline.deliver("bronze.messages", [{"message_id": 1, "author": "texter"}, {"message_id": 2, "author": "other"}])
    pipeline.update_well()
    pipeline.deliver(
        "bronze.messages", [{"message_id": 3, "author": "texter"}, {"message_id": None, "author": "texter"}]
    )
    pipeline.update_well()
    assert pipeline.values("silver.messages", "message_id") == [None, 1, 2, 3]
    assert pipeline.rows("quarantine.silver_texters", "message_id") == [(2,)]
    assert pipeline.rows("gold.authors") == [("texter", 2)]
    assert pipeline.update_well().changed == []


def test_sql_reads_python_and_python_reads_sql(pipeline: "Pipeline") -> None:
    pipeline.define(
        """\
        from pyspark import pipelines as dp

        @dp.temporary_view
        def doubled():
            return spark.table("halved").selectExpr("message_id * 2 AS message_id")
        """,
        "views.py",
    )
    pipeline.define(
        """
        CREATE TEMPORARY VIEW halved AS SELECT message_id div 2 AS message_id FROM bronze.messages;
        CREATE MATERIALIZED VIEW gold.even AS SELECT * FROM doubled;
        """
    )
    pipeline.deliver("bronze.messages", [{"message_id": 5}, {"message_id": 8}])
    pipeline.update_well()
    assert pipeline.values("gold.even", "message_id") == [4, 8]


def test_a_plan_stays_the_same_from_one_reading_to_the_next(pipeline: "Pipeline") -> None:
    pipeline.define(GOOD, "datasets.py")
    first, second = pipeline.read(), pipeline.read()
    assert {name: plan.fingerprint for name, plan in first.python_plans.items()} == {
        name: plan.fingerprint for name, plan in second.python_plans.items()
    }
    pipeline.define(GOOD.replace("IS NOT NULL", "> 1"), "datasets.py")
    changed = pipeline.read().python_plans
    assert changed["known"].fingerprint != first.python_plans["known"].fingerprint
    assert changed["ours"].fingerprint == first.python_plans["ours"].fingerprint


VIEW = 'from pyspark import pipelines as dp\n\n@dp.materialized_view(name="gold.v")\ndef v():\n'
REFUSED = {
    "no Python": ("def broken(:\n", 1, "not valid Python"),
    "failing module": ("from pyspark import pipelines as dp\n\nx = 1 / 0\n", 3, "ZeroDivisionError"),
    "missing import": ("import nothing_of_that_name\n", 1, "ModuleNotFoundError"),
    "failing function": (VIEW + "    return 1 / 0\n", 3, "ZeroDivisionError"),
    "no DataFrame": (VIEW + "    return [1, 2]\n", 3, "must return a DataFrame"),
    "reading files": (VIEW + '    return spark.read.parquet("/tmp/x.parquet")\n', 3, "reads tables only"),
    "changing the session": ('spark.conf.set("spark.sql.ansi.enabled", "false")\n', 1, "SESSION_MUTATION"),
    "making a view of the session": ('\nspark.range(3).createOrReplaceTempView("x")\n', 2, "SESSION_MUTATION"),
    "a sink": (
        'from pyspark import pipelines as dp\n\ndp.create_sink("out", "parquet", {"path": "/tmp/x"})\n',
        3,
        "sinks are not part of the portable subset",
    ),
    "AUTO CDC": (
        'from pyspark import pipelines as dp\n\ndp.create_streaming_table("a.b")\n'
        'dp.create_auto_cdc_flow("a.b", "c.d", keys=["k"], sequence_by="t")\n',
        4,
        "AUTO CDC is not part of the portable subset; write a materialized view",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_one_line_at_the_users_line(pipeline: "Pipeline", text: str, line: int, message: str) -> None:
    path = pipeline.define(text, "mistake.py")
    with pytest.raises(NightlightError) as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(not can_confine_python(), reason="this system has no Landlock")
def test_of_the_home_a_file_reads_what_a_line_sets_for_flags_and_nothing_else(pipeline: "Pipeline") -> None:
    home = pipeline.home.root
    for name in ("flags.toml", "macros.txt", "nightlight.toml"):
        (home / name).write_text(f"# {name}\n")
    pipeline.define(
        f"""\
        from pathlib import Path
        from pyspark import pipelines as dp
        from pyspark.sql import functions as F

        def said(name):
            try:
                return (Path({str(home)!r}) / name).read_text().strip()
            except OSError as error:
                return type(error).__name__

        @dp.materialized_view(name="gold.v")
        def v():
            names = ("flags.toml", "macros.txt", "nightlight.toml", "catalog.db")
            return spark.range(1).select(*[F.lit(said(name)).alias(f"c{{n}}") for n, name in enumerate(names)])
        """,
        "datasets.py",
    )
    pipeline.update_well()
    assert pipeline.rows("gold.v") == [("# flags.toml", "# macros.txt", "PermissionError", "PermissionError")]
