"""Python functions in a plan: they see the rows of their dataset's sources and reach nothing else of the home."""

import copy
from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.engines import confined
from nightlight.pipelines.python_functions import check_functions, has_functions
from nightlight.sandbox.confinement import can_confine_python

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

needs_landlock = pytest.mark.skipif(not can_confine_python(), reason="this system has no Landlock")
CANARY = "canary-bird"

HEAD = """\
from pyspark import pipelines as dp
from pyspark.sql import functions as F

"""
DOUBLED = (
    HEAD
    + """
@F.udf("bigint")
def double(number):
    return number * 2


@dp.table(name="silver.doubled", table_properties={"expect.small": "DROP doubled < 10"})
def doubled():
    return spark.readStream.table("bronze.messages").select("message_id", double("message_id").alias("doubled"))
"""
)


@needs_landlock
def test_a_dataset_with_python_functions_is_brought_up_to_date_like_any_other(pipeline: "Pipeline") -> None:
    pipeline.define(DOUBLED, "datasets.py")
    pipeline.define("CREATE MATERIALIZED VIEW gold.n AS SELECT sum(doubled) AS n FROM silver.doubled;")
    pipeline.deliver("bronze.messages", [{"message_id": 1}, {"message_id": 2}, {"message_id": 7}])
    assert pipeline.problems() == []
    pipeline.update_well()
    pipeline.deliver("bronze.messages", [{"message_id": 3}])
    pipeline.update_well()
    assert pipeline.rows("silver.doubled") == [(1, 2), (2, 4), (3, 6)]
    assert pipeline.rows("quarantine.silver_doubled", "message_id") == [(7,)]
    assert pipeline.rows("gold.n") == [(12,)]
    assert list(pipeline.home.lake.rglob("_staging-*")) == []


HUNT = (
    HEAD
    + """
HOME, OWN = {home!r}, {own!r}


@F.udf("string")
def hunt(row):
    import glob, os, pathlib, socket, subprocess
    attempts = dict(
        own=lambda: len(glob.glob(OWN + "/*.parquet")),
        file=lambda: pathlib.Path(HOME, "canary.txt").read_text(),
        key=lambda: pathlib.Path(HOME, "keys/mask").read_bytes(),
        catalog=lambda: pathlib.Path(HOME, "catalog.db").read_bytes()[:16],
        lake=lambda: os.listdir(HOME + "/lake"),
        table=lambda: os.listdir(HOME + "/lake/bronze/other"),
        parquet=lambda: __import__("pyarrow.parquet").parquet.read_table(HOME + "/lake/bronze/other").to_pylist(),
        target=lambda: open(HOME + "/lake/gold/v/written.txt", "w").write("x"),
        log=lambda: os.mkdir(HOME + "/lake/gold/v/_delta_log"),
        source=lambda: open(OWN + "/written.txt", "w").write("x"),
        chmod=lambda: os.chmod(OWN, 0o777),
        link=lambda: os.symlink(HOME + "/canary.txt", os.environ["TMPDIR"] + "/link"),
        process=lambda: subprocess.run(["cat", HOME + "/canary.txt"], check=True),
        fork=lambda: os.fork(),
        tcp=lambda: socket.create_connection(("127.0.0.1", 9), 1),
        udp=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
        environment=lambda: os.environ["NIGHTLIGHT_CANARY"],
        parent=lambda: open("/proc/%d/mem" % os.getppid(), "rb"),
        kill=lambda: os.kill(os.getppid(), 0),
    )
    outcomes = {{}}
    for name in {only!r} or attempts:
        try:
            outcomes[name] = "GOT " + repr(attempts[name]())
        except BaseException as error:
            outcomes[name] = type(error).__name__
    return repr(outcomes)


@dp.materialized_view(name="gold.v")
def v():
    return spark.table("bronze.messages").select(hunt("message_id").alias("said"))
"""
)


def hunting(pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch, *only: str) -> None:
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    pipeline.deliver("bronze.other", [{"text": CANARY}])
    (pipeline.home.root / "canary.txt").write_text(CANARY)
    monkeypatch.setenv("NIGHTLIGHT_CANARY", CANARY)
    own = str(pipeline.table("bronze.messages").path)
    pipeline.define(HUNT.format(home=str(pipeline.home.root), own=own, only=only), "datasets.py")


def said(pipeline: "Pipeline") -> dict[str, str]:
    (outcomes,) = pipeline.values("gold.v", "said")
    found: dict[str, str] = eval(outcomes)  # noqa: S307 - written by repr, above
    return found


@needs_landlock
def test_a_function_reaches_its_datasets_sources_and_nothing_else(
    pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch
) -> None:
    hunting(pipeline, monkeypatch)
    pipeline.update_well()
    found = said(pipeline)
    assert [name for name, outcome in found.items() if outcome.startswith("GOT")] == ["own"]
    assert CANARY not in str(found)
    assert list(pipeline.home.root.rglob("written.txt")) == []


def test_a_function_that_is_not_confined_would_reach_the_home(
    pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = ("file", "key", "catalog", "table", "parquet", "environment")
    hunting(pipeline, monkeypatch, *looking)
    monkeypatch.setattr(confined, "keeps_apart", lambda folder: False)
    pipeline.update_well()
    found = said(pipeline)
    assert [name for name in looking if not found[name].startswith("GOT")] == []
    assert CANARY in found["parquet"]


OWNED = DOUBLED.replace("table_properties={", 'table_properties={"owner": "olga", ')
GRANTS = """
CREATE SERVICE PRINCIPAL olga; GRANT USE SCHEMA, SELECT, MODIFY ON CATALOG TO olga;
GRANT SELECT (author, text) ON TABLE bronze.messages TO olga;
"""


def test_where_functions_cannot_be_confined_only_an_owner_who_manages_the_catalog_may_have_them(
    pipeline: "Pipeline", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "keeps_apart", lambda folder: False)
    pipeline.apply(GRANTS)
    pipeline.define(OWNED, "datasets.py")
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    line = "datasets.py:10: silver.doubled runs Python functions, which cannot be kept from the rest of the lake here; "
    (problem,) = pipeline.problems()
    assert problem.startswith(line)
    assert pipeline.errors() == {"silver.doubled": problem}
    pipeline.apply("GRANT MANAGE ON CATALOG TO olga;")
    assert pipeline.problems() == []
    assert pipeline.errors() == {}
    pipeline.deliver("bronze.messages", [{"message_id": 2}])
    pipeline.in_production()
    assert pipeline.problems() == [problem]
    assert pipeline.errors() == {"silver.doubled": problem}
    assert pipeline.rows("silver.doubled") == [(1, 2)]


@needs_landlock
def test_where_they_can_be_an_owner_needs_its_sources_columns_and_no_more(pipeline: "Pipeline") -> None:
    pipeline.apply(GRANTS)
    pipeline.define(OWNED, "datasets.py")
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    pipeline.in_production()
    assert pipeline.problems() == []
    assert pipeline.errors() == {}
    pipeline.apply("REVOKE SELECT (text) ON TABLE bronze.messages FROM olga;")
    pipeline.deliver("bronze.messages", [{"message_id": 2}])
    (error,) = pipeline.errors().values()
    assert "reads bronze.messages.text, which its owner 'olga' may not read" in error


def test_on_a_cluster_functions_run_where_the_whole_lake_can_be_read(pipeline: "Pipeline") -> None:
    pipeline.define(DOUBLED, "datasets.py")
    pipeline.in_production()
    project, cluster = pipeline.read(), copy.copy(pipeline.session)
    cluster.engine = "spark"
    with pytest.raises(NightlightError, match=r"run it with the engine sail"):
        check_functions(project, project.datasets[0], pipeline.home, cluster)


@needs_landlock
def test_a_function_that_ends_its_process_fails_its_own_dataset_only(pipeline: "Pipeline") -> None:
    pipeline.define(DOUBLED.replace("return number * 2", "import os; os._exit(1)"), "datasets.py")
    pipeline.define("CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    errors = pipeline.errors()
    assert list(errors) == ["silver.doubled"]
    assert "the engine does not answer" in errors["silver.doubled"]
    assert pipeline.rows("gold.n") == [(1,)]
    pipeline.define(DOUBLED, "datasets.py")
    pipeline.update_well()


FUNCTIONS = {
    "none": ('table.select(F.col("x"))', False),
    "F.udf": ('table.select(same("x").alias("x"))', True),
    "in a condition": ('table.where(same("x") > 1)', True),
    "in a join": ('table.join(spark.table("b.u"), same(F.lit(1)) == 1)', True),
    "inside an expression": ('table.select(F.coalesce(same("x"), F.lit(1)).alias("x"))', True),
    "of a group": ('table.groupBy("x").cogroup(table.groupBy("x")).applyInPandas(lambda a, b: a, "x int")', True),
    "given to SQL": ('spark.sql("SELECT * FROM {t}", t=table.select(same("x").alias("x")))', True),
}


def test_every_kind_of_function_is_found_also_in_views(pipeline: "Pipeline") -> None:
    text = HEAD + 'table = spark.table("b.t")\nsame = F.udf(lambda x: x, "int")\n'
    for number, (plan, _) in enumerate(FUNCTIONS.values()):
        text += f'\n@dp.materialized_view(name="gold.v{number}")\ndef v{number}():\n    return {plan}\n'
    text += f"\n@dp.temporary_view\ndef seen():\n    return {FUNCTIONS['F.udf'][0]}\n"
    pipeline.define(text, "datasets.py")
    pipeline.define("CREATE MATERIALIZED VIEW gold.through AS SELECT x FROM seen;")
    project = pipeline.read()
    found = {dataset.name: has_functions(project, dataset) for dataset in project.tables()}
    assert found.pop("gold.through")
    assert [found[f"gold.v{number}"] for number in range(len(FUNCTIONS))] == [has for _, has in FUNCTIONS.values()]
