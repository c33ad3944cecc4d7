"""Streaming tables read each row of their sources once, in bounded batches, whatever happens in between."""

import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from nightlight.pipelines.events import Outcome
from nightlight.pipelines.plan import Action, Selection

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

COPY = "CREATE STREAMING TABLE silver.messages AS SELECT message_id, author, text FROM STREAM bronze.messages;"
ONCE = """
CREATE STREAMING TABLE silver.messages TBLPROPERTIES (
  'deduplicate.key' = 'message_id', 'deduplicate.first' = 'position',
  'expect.known_author' = "DROP author IN ('texter', 'counselor')"
) AS SELECT message_id, author, position FROM STREAM bronze.messages;
"""
TWO_FLOWS = """
CREATE STREAMING TABLE silver.messages;
CREATE FLOW ours AS INSERT INTO silver.messages BY NAME SELECT message_id, 'ours' AS author FROM STREAM bronze.messages;
CREATE FLOW theirs AS INSERT INTO silver.messages BY NAME
SELECT message_id, 'theirs' AS author FROM STREAM bronze.partner;
"""


def ids(*numbers: int | None, **columns: Any) -> list[dict[str, Any]]:
    return [{"message_id": number, "author": "texter", **columns} for number in numbers]


def test_each_update_reads_only_what_is_new(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1, 2, 3))
    (first,) = pipeline.update_well().events
    pipeline.deliver("bronze.messages", ids(4))
    (second,) = pipeline.update_well().events
    assert (first.rows_in, first.rows_out, second.rows_in, second.rows_out) == (3, 3, 1, 1)
    assert pipeline.values("silver.messages", "message_id") == [1, 2, 3, 4]


def test_the_first_update_starts_with_what_is_there_not_with_what_was_replaced(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1, 2))
    pipeline.deliver("bronze.messages", ids(3), overwrite=True)
    pipeline.deliver("bronze.messages", ids(4))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", ids(5))
    pipeline.update_well()
    assert pipeline.values("silver.messages", "message_id") == [3, 4, 5]


def test_batches_are_bounded_and_each_is_one_commit(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.limit_batches(4)
    for start in range(0, 20, 2):
        pipeline.deliver("bronze.messages", ids(start, start + 1))
    (event,) = pipeline.update_well().events
    assert event.rows_out == 20
    assert pipeline.table("silver.messages").version == 4
    assert [file.rows for file in pipeline.table("silver.messages").files()] == [4] * 5


def test_a_file_larger_than_a_batch_is_a_batch_of_its_own(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.limit_batches(2)
    for numbers in ((1,), (2, 3, 4, 5), (6,), (7,)):
        pipeline.deliver("bronze.messages", ids(*numbers))
    pipeline.update_well()
    assert [file.rows for file in pipeline.table("silver.messages").files()] == [1, 4, 2]


def test_two_flows_fill_one_table_each_at_its_own_pace(pipeline: "Pipeline") -> None:
    pipeline.define(TWO_FLOWS)
    pipeline.deliver("bronze.messages", ids(1, 2))
    pipeline.deliver("bronze.partner", ids(1))
    pipeline.update_well()
    pipeline.deliver("bronze.partner", ids(2))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", ids(3))
    pipeline.update_well()
    assert pipeline.rows("silver.messages") == [(1, "ours"), (1, "theirs"), (2, "ours"), (2, "theirs"), (3, "ours")]


def test_two_flows_may_read_the_same_source(pipeline: "Pipeline") -> None:
    pipeline.define(TWO_FLOWS.replace("bronze.partner", "bronze.messages"))
    pipeline.limit_batches(1)
    pipeline.deliver("bronze.messages", ids(1))
    pipeline.deliver("bronze.messages", ids(2))
    pipeline.update_well()
    assert pipeline.rows("silver.messages") == [(1, "ours"), (1, "theirs"), (2, "ours"), (2, "theirs")]


def test_a_flow_added_later_reads_its_source_from_the_start(pipeline: "Pipeline") -> None:
    first, _, second = TWO_FLOWS.rpartition("CREATE FLOW")
    pipeline.define(first)
    pipeline.deliver("bronze.messages", ids(1))
    pipeline.deliver("bronze.partner", ids(8))
    pipeline.update_well()
    pipeline.define(first + "CREATE FLOW" + second)
    pipeline.update_well()
    assert pipeline.rows("silver.messages") == [(1, "ours"), (8, "theirs")]


def test_a_stream_may_be_joined_with_the_whole_of_another_table(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE STREAMING TABLE silver.named AS
        SELECT m.message_id, p.text AS name
        FROM STREAM(bronze.messages) m LEFT JOIN bronze.people p ON m.author = p.author;
        """
    )
    pipeline.deliver("bronze.people", [{"author": "a", "text": "Ada"}])
    pipeline.deliver("bronze.messages", ids(1, author="a"))
    pipeline.update_well()
    pipeline.deliver("bronze.people", [{"author": "b", "text": "Bea"}])
    assert pipeline.update_well().changed == []  # only the stream brings rows
    pipeline.deliver("bronze.messages", ids(2, author="b"))
    pipeline.update_well()
    assert pipeline.rows("silver.named") == [(1, "Ada"), (2, "Bea")]


def test_a_stream_may_be_joined_with_all_rows_of_its_own_source(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE STREAMING TABLE silver.numbered AS
        SELECT n.message_id, count(*) AS so_far FROM STREAM(bronze.messages) n
        JOIN bronze.messages o ON o.message_id <= n.message_id GROUP BY n.message_id;
        """
    )
    pipeline.deliver("bronze.messages", ids(1, 2))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", ids(3))
    pipeline.update_well()
    assert pipeline.rows("silver.numbered") == [(1, 1), (2, 2), (3, 3)]


def test_streams_pass_through_temporary_views(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE TEMPORARY VIEW texters AS SELECT * FROM STREAM bronze.messages WHERE author = 'texter';
        CREATE TEMPORARY VIEW short AS SELECT message_id, author FROM texters WHERE message_id < 10;
        CREATE STREAMING TABLE silver.short AS SELECT * FROM STREAM(short);
        """
    )
    pipeline.deliver("bronze.messages", [*ids(1, 20), *ids(2, author="counselor")])
    pipeline.update_well()
    pipeline.deliver("bronze.messages", ids(3))
    pipeline.update_well()
    assert pipeline.rows("silver.short") == [(1, "texter"), (3, "texter")]


def test_of_rows_with_one_key_the_first_delivered_stays(pipeline: "Pipeline") -> None:
    pipeline.define(ONCE)
    pipeline.limit_batches(3)
    pipeline.deliver(
        "bronze.messages", [*ids(1, position=2, author="counselor"), *ids(1, position=1), *ids(2, position=3)]
    )
    pipeline.deliver("bronze.messages", [*ids(1, position=4, author="counselor"), *ids(3, position=5)])
    (event,) = pipeline.update_well().events
    assert (event.rows_in, event.rows_out, event.duplicates) == (5, 3, 2)
    pipeline.deliver("bronze.messages", ids(1, 2, 3, 4, position=6))
    (event,) = pipeline.update_well().events
    assert (event.rows_in, event.rows_out, event.duplicates) == (4, 1, 3)
    assert pipeline.rows("silver.messages") == [
        (1, "texter", 1),
        (2, "texter", 3),
        (3, "texter", 5),
        (4, "texter", 6),
    ]


def test_of_rows_with_one_key_and_one_rank_only_one_stays(pipeline: "Pipeline") -> None:
    pipeline.define(ONCE)
    pipeline.deliver("bronze.messages", ids(1, 1, 1, 2, position=1))
    (event,) = pipeline.update_well().events
    assert pipeline.values("silver.messages", "message_id") == [1, 2]
    assert (event.rows_out, event.duplicates) == (2, 2)


def test_rows_without_a_key_are_no_duplicates(pipeline: "Pipeline") -> None:
    pipeline.define(ONCE)
    for _ in range(2):
        pipeline.deliver("bronze.messages", ids(None, None, position=1))
        (event,) = pipeline.update_well().events
        assert (event.rows_in, event.rows_out, event.duplicates) == (2, 2, 0)
    assert pipeline.table("silver.messages").rows == 4


def test_a_refused_row_does_not_take_the_place_of_a_good_one(pipeline: "Pipeline") -> None:
    pipeline.define(ONCE)
    pipeline.deliver("bronze.messages", [*ids(1, position=1, author="unknown"), *ids(1, position=2)])
    pipeline.update_well()
    assert pipeline.rows("silver.messages") == [(1, "texter", 2)]
    assert pipeline.rows("quarantine.silver_messages", "message_id", "position") == [(1, 1)]


def test_every_row_read_is_kept_refused_or_a_duplicate(pipeline: "Pipeline") -> None:
    chance = random.Random(3)  # noqa: S311
    pipeline.define(ONCE)
    pipeline.limit_batches(12)
    read = kept = refused = duplicates = 0
    for number in range(10):
        authors = chance.choices(["texter", "counselor", "unknown"], k=8)
        rows = [
            {"message_id": chance.randint(1, 15), "author": author, "position": number * 10 + index}
            for index, author in enumerate(authors)
        ]
        pipeline.deliver("bronze.messages", rows)
        if number % 3 == 2:
            (event,) = pipeline.update_well().events
            read, kept, refused = read + event.rows_in, kept + event.rows_out, refused + event.dropped
            duplicates += event.duplicates
            assert event.rows_in == event.rows_out + event.dropped + event.duplicates
    assert (kept, refused) == (
        pipeline.table("silver.messages").rows,
        pipeline.table("quarantine.silver_messages").rows,
    )
    assert read == kept + refused + duplicates


def test_a_full_refresh_reads_everything_again(pipeline: "Pipeline") -> None:
    pipeline.define(ONCE)
    pipeline.limit_batches(2)
    for number in range(6):
        pipeline.deliver("bronze.messages", [*ids(number, position=number), *ids(99, position=50, author="unknown")])
    pipeline.update_well()
    before = pipeline.rows("silver.messages"), pipeline.rows("quarantine.silver_messages", "message_id", "position")
    for selection in (Selection(full_all=True), Selection(full=frozenset(["silver.messages"]))):
        (event,) = pipeline.update_well(selection).events
        assert event.action == Action.REPLACE
        after = pipeline.rows("silver.messages"), pipeline.rows("quarantine.silver_messages", "message_id", "position")
        assert after == before
    assert pipeline.update().changed == []


def test_a_full_refresh_applies_a_stricter_expectation_to_every_batch(pipeline: "Pipeline") -> None:
    pipeline.define(ONCE)
    pipeline.deliver("bronze.messages", ids(1, position=1))
    pipeline.deliver("bronze.messages", ids(2, position=2))
    pipeline.update_well()
    pipeline.define(ONCE.replace("author IN ('texter', 'counselor')", "position < 2"))
    pipeline.limit_batches(1)
    pipeline.refresh_in_full()
    assert pipeline.values("silver.messages", "message_id") == [1]
    assert pipeline.values("quarantine.silver_messages", "message_id") == [2]


def test_what_reads_a_refreshed_stream_starts_again_too(pipeline: "Pipeline") -> None:
    pipeline.define(COPY + "CREATE STREAMING TABLE gold.copy AS SELECT * FROM STREAM silver.messages;")
    pipeline.deliver("bronze.messages", ids(1, 2))
    pipeline.update_well()
    update = pipeline.update_well(Selection(full=frozenset(["silver.messages", "gold.copy"])))
    assert [event.action for event in update.events] == [Action.REPLACE, Action.REPLACE]
    assert pipeline.values("gold.copy", "message_id") == [1, 2]


def test_rows_replaced_in_a_source_are_refused_until_asked_to_start_again(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1, 2))
    pipeline.update_well()
    pipeline.deliver("bronze.messages", ids(7), overwrite=True)
    for _ in range(2):
        (event,) = pipeline.update().events
        assert event.outcome is Outcome.FAILED
        assert event.error is not None
        assert "bronze.messages had rows replaced at version 1" in event.error
        assert "--full-refresh" in event.error
        assert pipeline.values("silver.messages", "message_id") == [1, 2]
    pipeline.refresh_in_full()
    assert pipeline.values("silver.messages", "message_id") == [7]


def test_compaction_of_a_source_changes_nothing(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.limit_batches(2)
    for number in range(4):
        pipeline.deliver("bronze.messages", ids(number))
    pipeline.update_well()
    pipeline.compact("bronze.messages")
    assert pipeline.update_well().changed == []
    pipeline.deliver("bronze.messages", ids(10))
    pipeline.compact("bronze.messages")
    pipeline.deliver("bronze.messages", ids(11))
    pipeline.update_well()
    assert pipeline.values("silver.messages", "message_id") == [0, 1, 2, 3, 10, 11]


def test_a_source_whose_old_log_is_gone_is_read_on_as_long_as_nothing_was_missed(pipeline: "Pipeline") -> None:
    from deltalake import DeltaTable

    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1))
    pipeline.deliver("bronze.messages", ids(2))
    pipeline.update_well()
    pipeline.compact("bronze.messages")
    delta = DeltaTable(str(pipeline.table("bronze.messages").path))
    delta.create_checkpoint()
    for version in (0, 1):
        (delta_log := pipeline.table("bronze.messages").path / "_delta_log").joinpath(f"{version:020d}.json").unlink()
    assert not (delta_log / f"{0:020d}.json").exists()
    assert pipeline.update_well().changed == []
    pipeline.deliver("bronze.messages", ids(3))
    pipeline.update_well()
    assert pipeline.values("silver.messages", "message_id") == [1, 2, 3]


def test_a_table_exists_before_its_first_row(pipeline: "Pipeline") -> None:
    pipeline.define(COPY + "CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM silver.messages;")
    pipeline.deliver("bronze.messages", [])
    pipeline.update_well()
    assert pipeline.rows("gold.n") == [(0,)]
    pipeline.deliver("bronze.messages", ids(1))
    pipeline.update_well()
    assert pipeline.rows("gold.n") == [(1,)]


def test_a_new_column_of_the_query_is_null_in_older_rows(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1, position=5))
    pipeline.update_well()
    pipeline.define(COPY.replace("text", "text, position"))
    pipeline.deliver("bronze.messages", ids(2, position=6))
    pipeline.update_well()
    assert pipeline.rows("silver.messages", "message_id", "position") == [(1, None), (2, 6)]


def test_a_column_that_changes_its_type_is_refused_and_nothing_is_written(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1))
    pipeline.update_well()
    pipeline.define(COPY.replace("message_id", "CAST(message_id AS STRING) AS message_id"))
    pipeline.deliver("bronze.messages", ids(2))
    (event,) = pipeline.update().events
    assert event.error is not None
    assert "column 'message_id' of silver.messages" in event.error
    assert pipeline.values("silver.messages", "message_id") == [1]
    assert len(list(pipeline.table("silver.messages").path.glob("*.parquet"))) == 1


def test_the_delay_from_event_to_table_is_measured(pipeline: "Pipeline") -> None:
    from datetime import UTC, datetime, timedelta

    pipeline.define(
        "CREATE STREAMING TABLE silver.m TBLPROPERTIES ('event.time' = 'sent_at') AS "
        "SELECT sent_at FROM STREAM bronze.messages;"
    )
    pipeline.deliver("bronze.messages", [{"sent_at": datetime.now(UTC) - timedelta(days=300)}])
    (event,) = pipeline.update_well().events
    assert event.delay_p95_seconds is None  # a first or full refresh reads old events: their age says nothing
    pipeline.deliver("bronze.messages", [{"sent_at": datetime.now(UTC) - timedelta(minutes=10)}] * 20)
    (event,) = pipeline.update_well().events
    assert event.delay_p95_seconds is not None
    assert 600 <= event.delay_p95_seconds < 700


def test_an_event_time_that_is_no_column_is_one_clear_line(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        "CREATE STREAMING TABLE silver.m TBLPROPERTIES ('event.time' = 'sent') AS\n"
        "SELECT sent_at FROM STREAM bronze.messages;"
    )
    pipeline.deliver("bronze.messages", ids(1))
    (event,) = pipeline.update().events
    assert event.error is not None
    assert event.error.startswith(f"{path}:1: ")
    assert "'sent'" in event.error


CHILD = """
import os, sys
from pathlib import Path
os.environ["RUST_LOG"] = "off"
import deltalake, pyarrow.parquet
from nightlight.pipelines.engines.sail import open_sail
from nightlight.pipelines.project import read_project
from nightlight.pipelines.update import run_update
from nightlight.settings import Home, Settings
settings = Settings(max_batch_rows=20, engine_memory_mb=256)
home = Home(Path(sys.argv[1]), settings)
session = open_sail(settings)
project = read_project(home.pipelines / "trial", session)
print("ready", flush=True)
sys.stdin.readline()
run_update(project, home, session)
"""
KILLED = """
CREATE STREAMING TABLE silver.messages TBLPROPERTIES (
  'deduplicate.key' = 'message_id', 'deduplicate.first' = 'position', 'expect.known_author' = "DROP author <> 'unknown'"
);
CREATE FLOW ours AS INSERT INTO silver.messages BY NAME SELECT message_id, author, position FROM STREAM bronze.messages;
CREATE FLOW theirs AS INSERT INTO silver.messages BY NAME
SELECT message_id + 100000 AS message_id, author, position FROM STREAM bronze.messages;
CREATE MATERIALIZED VIEW gold.authors TBLPROPERTIES ('refresh.key' = 'author') AS
SELECT author, count(*) AS n FROM silver.messages GROUP BY author;
"""


def test_killed_at_random_and_run_again_every_row_is_there_once(pipeline: "Pipeline") -> None:
    pipeline.define(KILLED)
    chance = random.Random(5)  # noqa: S311
    delivered: list[dict[str, Any]] = []
    killed = 0
    for number in range(10):
        for start in range(number * 80, number * 80 + 80, 10):
            rows = [*ids(*range(start, start + 9)), *ids(start + 9, author="unknown"), *ids(chance.randint(0, start))]
            rows = [{**row, "position": len(delivered) + index} for index, row in enumerate(rows)]
            delivered += rows
            pipeline.deliver("bronze.messages", rows)
        killed += update_and_kill(pipeline, chance.uniform(0.0, 0.5))
    assert killed
    pipeline.update_well()
    good = sorted({row["message_id"] for row in delivered if row["author"] != "unknown"})
    refused = [row["position"] for row in delivered if row["author"] == "unknown"]
    assert pipeline.values("silver.messages", "message_id") == good + [number + 100_000 for number in good]
    assert pipeline.values("quarantine.silver_messages", "position") == sorted(refused * 2)
    assert pipeline.rows("gold.authors") == [("texter", 2 * len(good))]
    assert pipeline.update_well().changed == []


def test_what_a_killed_update_left_is_cleared_away_by_the_next(pipeline: "Pipeline") -> None:
    pipeline.define(COPY)
    pipeline.deliver("bronze.messages", ids(1))
    left = pipeline.table("silver.messages").path / "_staging-0123456789abcdef0123456789abcdef" / "_verdict=ok"
    left.mkdir(parents=True)
    (left / "part.parquet").write_bytes(b"half a file")
    pipeline.update_well()
    assert list(pipeline.home.lake.rglob("_staging-*")) == []
    assert pipeline.values("silver.messages", "message_id") == [1]


def update_and_kill(pipeline: "Pipeline", seconds: float) -> bool:
    """Start an update in a process of its own, kill it after so many seconds; whether it was still running."""
    script = pipeline.home.root / "update_once.py"  # a file, because pyspark looks for the tests' own Spark without one
    script.write_text(CHILD)
    command = [sys.executable, str(script), str(pipeline.home.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        child.stdin.write(b"go\n")
        child.stdin.flush()
        time.sleep(seconds)
        child.kill()
        return child.wait() == -signal.SIGKILL
