"""A dataset reads tables: no way to write a file's name into a query, an expectation or a plan gives a row of it."""

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import PythonQuery

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

CANARY = "canary-bird"

# {f} is a file's path without its ending. Those in ENGINE give the canary to whoever asks the engine itself.
ENGINE = {
    "parquet": "SELECT b FROM parquet.`{f}.parquet`",
    "upper case": "SELECT b FROM PARQUET.`{f}.parquet`",
    "quoted format": "SELECT b FROM `parquet`.`{f}.parquet`",
    "spaces": "SELECT b FROM parquet . `{f}.parquet`",
    "a comment between": "SELECT b FROM parquet/**/./**/`{f}.parquet`",
    "a line between": "SELECT b FROM parquet\n.\n`{f}.parquet`",
    "csv": "SELECT _c0 AS b FROM csv.`{f}.csv`",
    "json": "SELECT b FROM json.`{f}.json`",
    "text": "SELECT value AS b FROM text.`{f}.csv`",
    "binary": "SELECT CAST(content AS STRING) AS b FROM binaryFile.`{f}.csv`",
    "a computed name": "SELECT b FROM IDENTIFIER('parquet.`{f}.parquet`')",
    "a computed name in parts": "SELECT b FROM IDENTIFIER('par' || 'quet.`{f}.parquet`')",
    "TABLE": "TABLE parquet.`{f}.parquet`",
    "a subquery": "SELECT (SELECT max(b) FROM parquet.`{f}.parquet`) AS b",
    "WITH": "WITH x AS (SELECT * FROM parquet.`{f}.parquet`) SELECT b FROM x",
    "a name that a WITH has": "WITH parquet AS (SELECT 1 AS b) SELECT b FROM parquet.`{f}.parquet`",
    "UNION": "SELECT '' AS b UNION ALL SELECT b FROM parquet.`{f}.parquet`",
    "EXISTS": "SELECT '{c}' AS b FROM range(1) WHERE EXISTS (SELECT 1 FROM parquet.`{f}.parquet`)",
    "a join": "SELECT b FROM range(1) r JOIN parquet.`{f}.parquet` p ON true",
}
REFUSED = {
    **ENGINE,
    "delta": "SELECT * FROM delta.`{f}`",
    "a folder beside": "SELECT * FROM parquet.`lake`",
    "no format": "SELECT * FROM `{f}.parquet`",
    "a string": "SELECT * FROM '{f}.parquet'",
    "read_parquet": "SELECT * FROM read_parquet('{f}.parquet')",
    "read_files": "SELECT * FROM read_files('{f}.parquet')",
    "a stream of files": "SELECT * FROM STREAM read_files('{f}.parquet')",
    "TABLE(..)": "SELECT * FROM TABLE(read_files('{f}.parquet'))",
    "a function of a schema": "SELECT * FROM system.range(3)",
    "a script": "SELECT TRANSFORM(a) USING 'cat' AS (b) FROM bronze.messages",
    "Java": "SELECT reflect('java.lang.System', 'getenv', 'HOME') AS b FROM bronze.messages",
    "Java by its other name": "SELECT java_method('java.lang.System', 'getenv', 'HOME') AS b FROM bronze.messages",
    "a descriptor file": "SELECT from_protobuf(text, 'M', '{f}.desc') AS b FROM bronze.messages",
    "a value put in": "SELECT * FROM ${{spark.sql.x}}",
    "hidden in a string that ends elsewhere": "SELECT U&'a\\' || b FROM parquet.`{f}.parquet` -- '",
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The path, without its ending, of files in several formats that hold the canary."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    base = tmp_path / "elsewhere"
    pq.write_table(pa.table({"b": [CANARY]}), f"{base}.parquet")
    Path(f"{base}.csv").write_text(f"{CANARY}\n")
    Path(f"{base}.json").write_text(f'{{"b": "{CANARY}"}}\n')
    return str(base)


def canary_in_lake(pipeline: "Pipeline") -> bool:
    import pyarrow.parquet as pq

    files = pipeline.home.lake.rglob("*.parquet")
    return any(CANARY in str(pq.read_table(file).to_pylist()) for file in files)


def refusal_to_read(pipeline: "Pipeline") -> str | None:
    try:
        pipeline.read()
    except NightlightError as error:
        return str(error)
    return None


def is_refused(pipeline: "Pipeline") -> None:
    """The files cannot be read as definitions; or a dry run and an update both say no. No row of the file arrives."""
    if (refusal := refusal_to_read(pipeline)) is None:
        problems = pipeline.problems()
        assert problems
        assert all("\n" not in problem for problem in problems)
        assert list(pipeline.errors()) == ["gold.v"]
    else:
        assert re.match(rf"{pipeline.folder}/[a-z0-9.]+:[0-9]+: ", refusal)
        assert "\n" not in refusal
    assert not pipeline.table("gold.v").exists
    assert not canary_in_lake(pipeline)


@pytest.mark.parametrize("query", ENGINE.values(), ids=ENGINE)
def test_the_engine_itself_would_read_the_file(pipeline: "Pipeline", file: str, query: str) -> None:
    frame = pipeline.session.frame_of_sql(query.format(f=file, c=CANARY))
    assert CANARY in str(pipeline.session.collect(frame).to_pylist())


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_a_dataset_cannot_name_files(pipeline: "Pipeline", file: str, query: str) -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    pipeline.define(f"CREATE MATERIALIZED VIEW gold.v AS\n{query.format(f=file, c='x')};")
    is_refused(pipeline)


def test_the_place_in_the_file_is_named(pipeline: "Pipeline") -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    pipeline.define("CREATE MATERIALIZED VIEW gold.v AS\nSELECT count(*) AS n\nFROM parquet.`/x`\nWHERE true;")
    line = "a dataset reads tables only: parquet.`..` names files; declare the files as a source and ingest them"
    assert f"datasets.sql:3: {line}" in pipeline.problems()
    assert pipeline.errors() == {"gold.v": f"datasets.sql:3: {line}"}


@pytest.mark.parametrize("kind", ["TEMPORARY VIEW", "MATERIALIZED VIEW"])
def test_a_view_in_between_hides_nothing(pipeline: "Pipeline", file: str, kind: str) -> None:
    name = "x" if kind == "TEMPORARY VIEW" else "gold.v"
    pipeline.define(f"CREATE {kind} {name} AS SELECT b FROM parquet.`{file}.parquet`;", "1.sql")
    if kind == "TEMPORARY VIEW":
        pipeline.define("CREATE MATERIALIZED VIEW gold.v AS SELECT b FROM x;", "2.sql")
    is_refused(pipeline)


EXPECTATIONS = [
    "message_id IN (SELECT 1 FROM parquet.`{f}.parquet`)",
    "EXISTS (SELECT 1 FROM csv.`{f}.csv`)",
    "message_id = 1) AND (SELECT count(*) FROM parquet.`{f}.parquet`) = (1",
    "true) THEN 1 ELSE (SELECT max(b) FROM parquet.`{f}.parquet`) END --",
    "message_id IN (SELECT message_id FROM bronze.messages)",
    "message_id > 0, (SELECT 1)",
]


@pytest.mark.parametrize("condition", EXPECTATIONS)
def test_an_expectation_looks_at_its_own_row_alone(pipeline: "Pipeline", file: str, condition: str) -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    text = f"WARN {condition}".format(f=file).replace("'", "''")
    pipeline.define(
        f"CREATE MATERIALIZED VIEW gold.v TBLPROPERTIES ('expect.x' = '{text}') AS "
        "SELECT message_id, '' AS b FROM bronze.messages;"
    )
    is_refused(pipeline)


KEYS = ["refresh.key", "deduplicate.key", "deduplicate.first"]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_a_columns_name(pipeline: "Pipeline", file: str, key: str) -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    keys = dict.fromkeys(KEYS[1:], "message_id") if key != "refresh.key" else {}
    keys[key] = f"message_id FROM parquet.`{file}.parquet` --"
    properties = ", ".join(f"'{name}' = '{value}'" for name, value in keys.items())
    kind = "MATERIALIZED VIEW gold.v" if key == "refresh.key" else "STREAMING TABLE gold.v"
    stream = "" if key == "refresh.key" else "STREAM "
    pipeline.define(f"CREATE {kind} TBLPROPERTIES ({properties}) AS SELECT message_id FROM {stream}bronze.messages;")
    with pytest.raises(NightlightError, match="names no column"):
        pipeline.read()


SETTINGS = ["spark.sql.ansi.doubleQuotedIdentifiers", "spark.sql.runSQLOnFiles", "spark.sql.catalog.x", "x.y"]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_pipeline_cannot_change_how_its_text_is_read(pipeline: "Pipeline", name: str) -> None:
    path = pipeline.define(f"\nSET {name} = 'true';")
    with pytest.raises(NightlightError, match="a pipeline cannot SET") as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:2: ")


PYTHON = """\
from pyspark import pipelines as dp
from pyspark.sql import functions as F

table = spark.table("bronze.messages")
"""
DATASET = """

@dp.materialized_view(name="gold.{name}")
def {name}():
    return {plan}
"""


def define_all(pipeline: "Pipeline", plans: dict[str, str]) -> Path:
    """One file with a dataset for each plan: the process that reads files is started once for all."""
    datasets = [DATASET.format(name=f"v{number}", plan=plan) for number, plan in enumerate(plans.values())]
    return pipeline.define(PYTHON + "".join(datasets), "datasets.py")


PLANS: dict[str, str] = {
    "parquet": 'spark.read.parquet("{f}.parquet")',
    "any format": 'spark.read.format("text").load("{f}.csv")',
    "a stream of files": 'spark.readStream.format("json").schema("b string").load("{f}.json")',
    "a table named as a file": 'spark.table("parquet.`{f}.parquet`")',
    "SQL": 'spark.sql("SELECT b FROM parquet.`{f}.parquet`")',
    "SQL with a computed name": 'spark.sql("SELECT b FROM IDENTIFIER(:p)", {{"p": "parquet.`{f}.parquet`"}})',
    "SQL over a frame": 'spark.sql("SELECT b FROM {{t}} JOIN parquet.`{f}.parquet` ON true", t=table)',
    "SQL that changes something": "spark.sql(\"CREATE TABLE x USING parquet LOCATION '{f}.parquet'\")",
    "SQL that writes": "spark.sql(\"INSERT OVERWRITE DIRECTORY '{f}.out' USING csv SELECT 1\")",
    "an expression": 'table.select(F.expr("(SELECT max(b) FROM parquet.`{f}.parquet`) AS b"))',
    "a select item": 'table.selectExpr("(SELECT max(b) FROM parquet.`{f}.parquet`) AS b")',
    "a condition": 'table.where("EXISTS (SELECT 1 FROM csv.`{f}.csv`)")',
    "a table in an expression": 'table.where("message_id IN (SELECT message_id FROM bronze.other)")',
    "Java": 'table.select(F.call_function("reflect", F.lit("java.lang.System"), F.lit("getenv")).alias("b"))',
    "Java in an expression": "table.selectExpr(\"java_method('java.lang.System', 'getenv', 'HOME') AS b\")",
    "a table function": "spark.tvf.collations()",
    "a catalog's list": "spark.catalog.listTables() and table",
    "an add-on": 'spark.addArtifact("{f}.csv") or table',
}


def test_a_python_dataset_cannot_name_files(pipeline: "Pipeline", file: str) -> None:
    from nightlight.pipelines.engines.plans import read_plan
    from nightlight.pipelines.engines.python_files import PythonFile, read_python_files

    path = define_all(pipeline, {name: plan.format(f=file) for name, plan in PLANS.items()})
    found = read_python_files([path], pipeline.root, pipeline.session.spark, production=True)[path]
    assert isinstance(found, PythonFile)
    accepted = []
    for name, flow in zip(PLANS, found.flows, strict=True):
        assert isinstance(flow.query, PythonQuery)
        with suppress(NightlightError):
            accepted.append((name, read_plan(flow.query, flow.location).references))
    # What is accepted is a table's name, and no table can have it.
    assert accepted == [("a table named as a file", ((f"parquet.{file}.parquet", False),))]
    assert not Path(f"{file}.out").exists()


def test_a_python_dataset_that_names_a_file_is_refused_at_its_line(pipeline: "Pipeline", file: str) -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    for plan in (PLANS["a table named as a file"], PLANS["SQL"]):
        text = PYTHON + DATASET.format(name="v", plan=plan.format(f=file))
        pipeline.define(text, "datasets.py")
        is_refused(pipeline)


ALLOWED: dict[str, tuple[str, list[tuple[int]]]] = {
    "SQL": ('spark.sql("SELECT count(*) AS n FROM bronze.messages")', [(2,)]),
    "SQL with values": (
        'spark.sql("SELECT message_id AS n FROM bronze.messages WHERE message_id > :m", {"m": 1})',
        [(2,)],
    ),
    "SQL over a frame": ('spark.sql("SELECT count(*) AS n FROM {t} CROSS JOIN bronze.messages", t=table)', [(4,)]),
    "two queries": (
        'spark.sql("SELECT 1 AS n FROM bronze.messages").unionAll(spark.sql("SELECT 2 AS n"))',
        [(1,), (1,), (2,)],
    ),
    "a frame's column": ('table.where(table["message_id"] > 1).select(table.message_id.alias("n"))', [(2,)]),
    "local rows": ('spark.createDataFrame([(7,)], "n bigint")', [(7,)]),
    "an expression": ('table.selectExpr("CAST(sum(message_id) AS BIGINT) AS n")', [(3,)]),
    "a subquery": ('spark.range(1).select(table.select(F.max("message_id")).scalar().alias("n"))', [(2,)]),
    "a table function": ("spark.tvf.range(1).select(F.lit(3).alias('n'))", [(3,)]),
    "a hundred steps": (
        "__import__('functools').reduce(lambda t, i: t.withColumn('n', F.lit(i)), range(100), table).select('n')",
        [(99,), (99,)],
    ),
}


def test_what_a_python_dataset_may_do_works(pipeline: "Pipeline") -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}, {"message_id": 2}])
    define_all(pipeline, {name: plan for name, (plan, _) in ALLOWED.items()})
    assert pipeline.problems() == []
    pipeline.update_well()
    found = {name: pipeline.rows(f"gold.v{number}", "n") for number, name in enumerate(ALLOWED)}
    assert found == {name: rows for name, (_, rows) in ALLOWED.items()}


def test_sql_functions_in_place_of_a_table_are_few_and_work(pipeline: "Pipeline") -> None:
    pipeline.define(
        "CREATE MATERIALIZED VIEW gold.v AS SELECT id FROM range(2) UNION ALL SELECT col FROM explode(array(5L));"
    )
    assert pipeline.problems() == []
    pipeline.update_well()
    assert pipeline.values("gold.v", "id") == [0, 1, 5]
