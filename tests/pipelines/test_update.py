"""An update: failures stay where they are, the next update heals them, and no line tells what rows hold."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import EVENTS, Outcome
from nightlight.pipelines.plan import Action

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

CANARY = "canary-bird"

BRANCHES = """
CREATE STREAMING TABLE silver.a AS SELECT message_id, text FROM STREAM bronze.messages;
CREATE MATERIALIZED VIEW silver.numbers AS SELECT CAST(text AS INT) AS number FROM silver.a;
CREATE MATERIALIZED VIEW gold.total AS SELECT sum(number) AS total FROM silver.numbers;
CREATE MATERIALIZED VIEW gold.higher AS SELECT total + 1 AS higher FROM gold.total;
CREATE MATERIALIZED VIEW gold.count AS SELECT count(*) AS n FROM silver.a;
"""


def test_a_failure_stops_only_what_depends_on_it_and_the_next_update_heals(pipeline: "Pipeline") -> None:
    path = pipeline.define(BRANCHES)
    pipeline.deliver("bronze.messages", [{"message_id": 1, "text": "4"}])
    pipeline.update_well()
    pipeline.deliver("bronze.messages", [{"message_id": 2, "text": CANARY}])
    update = pipeline.update()
    outcomes = {event.dataset: (event.outcome, event.error) for event in update.events}
    assert outcomes["silver.a"] == outcomes["gold.count"] == (Outcome.DONE, None)
    assert outcomes["gold.total"] == (Outcome.NOT_RUN, "silver.numbers failed")
    assert outcomes["gold.higher"] == (Outcome.NOT_RUN, "gold.total failed")
    outcome, error = outcomes["silver.numbers"]
    assert outcome is Outcome.FAILED
    assert error == f"{path}:3: silver.numbers: a value cannot be converted; use try_cast, or filter first"
    assert [event.dataset for event in update.failed] == ["silver.numbers"]
    assert (pipeline.rows("gold.total"), pipeline.rows("gold.count")) == ([(4,)], [(2,)])

    pipeline.define(BRANCHES.replace("CAST(", "TRY_CAST("))
    pipeline.update_well()
    assert (pipeline.rows("gold.total"), pipeline.rows("gold.higher")) == ([(4,)], [(5,)])


def test_a_failure_leaves_no_file_behind(pipeline: "Pipeline") -> None:
    pipeline.define(BRANCHES)
    pipeline.deliver("bronze.messages", [{"text": "4"}])
    pipeline.update_well()
    before = sorted(pipeline.home.lake.rglob("silver/numbers/**"))
    pipeline.deliver("bronze.messages", [{"text": CANARY}])
    pipeline.update()
    assert sorted(pipeline.home.lake.rglob("silver/numbers/**")) == before


FAILING = {
    "cast": "CAST(text AS INT)",
    "date": "CAST(text AS DATE)",
    "timestamp": "to_timestamp(text, 'yyyy-MM-dd')",
    "json": "from_json(text, 'a INT').a",
    "regular expression": "regexp_extract(text, concat('(', text), 1)",
    "map key": "element_at(map('a', 1), text)",
    "array index": "array(text)[length(text)]",
    "division": "1 / (length(text) - length(text))",
    "raise_error": "raise_error(text)",
    "assert_true": "assert_true(text = 'x')",
}


@pytest.mark.parametrize("expression", FAILING.values(), ids=FAILING)
def test_no_value_of_a_row_stands_in_an_error_event_or_log(
    pipeline: "Pipeline", expression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pipeline.define(f"CREATE MATERIALIZED VIEW gold.v AS SELECT {expression} AS x FROM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"text": f"my {CANARY}"}])
    update = pipeline.update()
    shown = capfd.readouterr()
    assert CANARY not in shown.out + shown.err
    assert CANARY not in repr(update)
    assert CANARY not in repr(pipeline.events())
    logs = [file for file in pipeline.home.lake.rglob("_delta_log/*") if file.is_file()]
    assert [file for file in logs if CANARY.encode() in file.read_bytes()] == []


def test_events_tell_rows_versions_and_outcome(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE STREAMING TABLE silver.m TBLPROPERTIES (
          'deduplicate.key' = 'message_id', 'deduplicate.first' = 'position',
          'expect.has_author' = 'DROP author IS NOT NULL', 'expect.has_text' = 'WARN text IS NOT NULL'
        ) AS SELECT * FROM STREAM bronze.messages;
        """
    )
    rows: list[dict[str, Any]] = [
        {"message_id": 1, "author": "a", "text": "x", "position": 1},
        {"message_id": 1, "author": "a", "text": "x", "position": 2},
        {"message_id": 2, "author": None, "text": "x", "position": 3},
        {"message_id": 3, "author": "a", "text": None, "position": 4},
    ]
    pipeline.deliver("bronze.messages", rows)
    before = datetime.now(UTC)
    update = pipeline.update_well()
    (event,) = pipeline.events("silver.m")
    told = ("rows_in", "rows_out", "dropped", "duplicates", "broken", "versions_read", "version_written")
    assert [event[key] for key in told] == [4, 2, 1, 1, {"has_author": 1, "has_text": 1}, {"bronze.messages": 0}, 0]
    assert (event["update"], event["project"], event["outcome"]) == (update.id, "trial", "done")
    assert (event["action"], event["reason"]) == (str(Action.REPLACE), "is new")
    assert before <= event["started_at"] <= datetime.now(UTC)
    assert 0 < event["seconds"] <= update.seconds
    assert event["error"] is None
    assert Lake(pipeline.home.lake).table("silver.m").history(1)[0]["update"] == update.id


def test_the_newest_events_come_first_and_unchanged_datasets_give_none(pipeline: "Pipeline") -> None:
    pipeline.define(BRANCHES)
    pipeline.deliver("bronze.messages", [{"text": "1"}])
    first = pipeline.update_well()
    pipeline.update_well()
    pipeline.deliver("bronze.messages", [{"text": "2"}])
    third = pipeline.update_well()
    updates = [event["update"] for event in pipeline.events()]
    assert updates == [third.id] * 5 + [first.id] * 5
    assert [event["update"] for event in pipeline.events("gold.count")] == [third.id, first.id]
    assert pipeline.table(EVENTS).version == 1


def test_an_unknown_table_is_named_at_its_line_with_what_was_meant(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        "CREATE MATERIALIZED VIEW gold.fine AS SELECT count(*) AS n FROM bronze.messages;\n"
        "CREATE MATERIALIZED VIEW gold.v AS\nSELECT *\nFROM bronze.mesages;"
    )
    pipeline.deliver("bronze.messages", [{"text": "x"}])
    update = pipeline.update()
    (failed,) = update.failed
    assert failed.error is not None
    assert failed.error.startswith(f"{path}:4: gold.v reads bronze.mesages, which is not there")
    assert "did you mean 'bronze.messages'?" in failed.error
    assert [event.dataset for event in update.changed] == ["gold.fine"]


@pytest.mark.parametrize("name", ["recnt", "Bronze.Messages", "a.b.c"])
def test_a_name_that_cannot_be_a_table_fails_its_own_dataset_only(pipeline: "Pipeline", name: str) -> None:
    fine = "CREATE MATERIALIZED VIEW gold.fine AS SELECT count(*) AS n FROM bronze.messages;\n"
    fine += "CREATE TEMPORARY VIEW recent AS SELECT * FROM bronze.messages;\n"
    view = "CREATE MATERIALIZED VIEW gold.v AS SELECT count(*) AS n FROM {};\n"
    stream = "CREATE STREAMING TABLE silver.s AS SELECT message_id FROM STREAM({});\n"
    pipeline.deliver("bronze.messages", [{"text": "x"}])
    for _ in range(2):  # new, then with tables that exist
        path = pipeline.define(fine + view.format(name) + stream.format(name))
        update = pipeline.update()
        assert [event.dataset for event in update.failed] == ["gold.v", "silver.s"]
        assert all(f"{path}:3: " in str(event.error) or f"{path}:4: " in str(event.error) for event in update.failed)
        assert name in str(update.failed[0].error)
        pipeline.define(fine + view.format("recent") + stream.format("bronze.messages"))
        pipeline.update_well()


def test_a_misspelt_temporary_view_is_suggested(pipeline: "Pipeline") -> None:
    pipeline.define(
        "CREATE TEMPORARY VIEW recent AS SELECT * FROM bronze.messages;\n"
        "CREATE MATERIALIZED VIEW gold.v AS SELECT count(*) AS n FROM recnt;"
    )
    pipeline.deliver("bronze.messages", [{"text": "x"}])
    (failed,) = pipeline.update().failed
    assert "did you mean 'recent'?" in str(failed.error)


def test_an_unknown_column_is_one_line_at_the_dataset(pipeline: "Pipeline") -> None:
    path = pipeline.define("\nCREATE MATERIALIZED VIEW gold.v AS SELECT txt FROM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"text": "x"}])
    (failed,) = pipeline.update().failed
    assert str(failed.error).startswith(f"{path}:2: gold.v: ")
    assert "txt" in str(failed.error)
    assert "\n" not in str(failed.error)


def test_a_damaged_table_fails_only_what_reads_it(pipeline: "Pipeline") -> None:
    pipeline.define(
        "CREATE MATERIALIZED VIEW gold.a AS SELECT count(*) AS n FROM bronze.a;\n"
        "CREATE MATERIALIZED VIEW gold.b AS SELECT count(*) AS n FROM bronze.b;"
    )
    pipeline.deliver("bronze.a", [{"text": "x"}])
    pipeline.deliver("bronze.b", [{"text": "x"}])
    pipeline.update_well()
    pipeline.deliver("bronze.b", [{"text": "y"}])
    log = pipeline.table("bronze.a").path / "_delta_log" / f"{0:020d}.json"
    log.write_bytes(b"{broken")
    update = pipeline.update()
    (failed,) = update.failed
    assert failed.dataset == "gold.a"
    assert "table bronze.a cannot be read" in str(failed.error)
    assert pipeline.rows("gold.b") == [(2,)]


def test_a_lost_file_fails_what_reads_it_with_one_clear_line(pipeline: "Pipeline") -> None:
    pipeline.define("CREATE MATERIALIZED VIEW gold.a AS SELECT count(author) AS n FROM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"author": "x"}])
    (file,) = pipeline.table("bronze.messages").path.glob("*.parquet")
    file.unlink()
    (failed,) = pipeline.update().failed
    assert "a file of bronze.messages is missing; restore the folder from a backup" in str(failed.error)


def test_a_second_update_at_the_same_time_is_refused_and_does_nothing(pipeline: "Pipeline") -> None:
    pipeline.define(BRANCHES)
    pipeline.deliver("bronze.messages", [{"text": "1"}])
    before = pipeline.versions()
    with (
        run_lock(pipeline.home.root, "pipeline update"),
        pytest.raises(NightlightError, match="another pipeline update is running in this home"),
    ):
        pipeline.update()
    assert pipeline.versions() == before
    pipeline.update_well()
