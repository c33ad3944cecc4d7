"""What dry-run finds wrong before anything runs, also in a project that has no data yet."""

from typing import TYPE_CHECKING

from nightlight.pipelines.validation import validate

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline


def problems(pipeline: "Pipeline") -> list[str]:
    found = validate(pipeline.read(), pipeline.home, pipeline.session)
    assert all("\n" not in problem.text for problem in found)
    return [problem.text for problem in found if problem.severity == "error"]


GOOD = """\
CREATE STREAMING TABLE silver.m TBLPROPERTIES ('expect.x' = 'DROP message_id > 0')
AS SELECT message_id, text FROM STREAM bronze.messages;
CREATE TEMPORARY VIEW v AS SELECT message_id FROM silver.m;
CREATE MATERIALIZED VIEW gold.n TBLPROPERTIES ('refresh.key' = 'message_id')
AS SELECT message_id, count(*) AS n FROM v GROUP BY message_id;
CREATE MATERIALIZED VIEW gold.q AS SELECT _rule, count(*) AS n FROM quarantine.silver_m GROUP BY _rule;
"""


def test_a_project_without_a_mistake_has_no_problem_before_its_first_update(pipeline: "Pipeline") -> None:
    pipeline.define(GOOD)
    pipeline.deliver("bronze.messages", [])
    before = pipeline.versions()
    assert problems(pipeline) == []
    assert pipeline.versions() == before


def test_checking_does_not_disturb_an_update(pipeline: "Pipeline") -> None:
    pipeline.define(GOOD)
    pipeline.deliver("bronze.messages", [{"message_id": 1}, {"message_id": 0}])
    for _ in range(2):
        assert problems(pipeline) == []
        pipeline.update_well()
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    assert problems(pipeline) == []
    pipeline.update_well()
    assert pipeline.rows("gold.n") == [(1, 2)]
    assert pipeline.rows("gold.q") == [("x", 1)]


def test_each_mistake_is_found_once_at_its_dataset(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        GOOD.replace("SELECT message_id FROM silver.m", "SELECT mesage_id AS message_id FROM silver.m")
        + "CREATE MATERIALIZED VIEW gold.u AS SELECT * FROM bronze.mesages;\n"
        + "CREATE MATERIALIZED VIEW gold.k TBLPROPERTIES ('refresh.key' = 'message_id') AS "
        + "SELECT max(message_id) AS message_id FROM silver.m;\n"
        + "CREATE MATERIALIZED VIEW gold.after AS SELECT * FROM gold.u;\n"
    )
    pipeline.deliver("bronze.messages", [])
    found = problems(pipeline)
    assert [text.split(": ")[0] for text in found] == [f"{path}:{line}" for line in (3, 7, 8)]
    for text, word in zip(found, ["mesage_id", "bronze.mesages", "aggregated"], strict=True):
        assert word in text


def test_a_streaming_table_without_a_stream_is_found(pipeline: "Pipeline") -> None:
    path = pipeline.define(GOOD + "CREATE STREAMING TABLE silver.s AS SELECT message_id FROM silver.m;\n")
    pipeline.deliver("bronze.messages", [])
    found = problems(pipeline)
    assert found
    assert all(text.startswith(f"{path}:7") and "STREAM" in text for text in found)


def test_an_expectation_on_no_column_is_found(pipeline: "Pipeline") -> None:
    path = pipeline.define(GOOD.replace("message_id > 0", "mesage_id > 0"))
    pipeline.deliver("bronze.messages", [])
    (text,) = problems(pipeline)
    assert text.startswith(f"{path}:1: silver.m: ")
    assert "mesage_id" in text


def test_what_is_not_portable_is_found_with_what_to_write_instead(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        "CREATE MATERIALIZED VIEW gold.p AS\nSELECT percentile_approx(message_id, 0.5) AS p FROM bronze.messages;"
    )
    pipeline.deliver("bronze.messages", [])
    (text,) = problems(pipeline)
    assert text.startswith(f"{path}:2:")
    assert "percentile(" in text
