"""What an engine writes into a table: no string's value stands outside the pages, and nothing is left over."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

CANARY = "canary-bird"
PROJECT = """
CREATE STREAMING TABLE silver.m TBLPROPERTIES ('expect.odd' = 'DROP message_id % 2 = 1')
AS SELECT message_id, sent_at, author, text, split(text, ' ') AS words FROM STREAM bronze.messages;
CREATE MATERIALIZED VIEW silver.k TBLPROPERTIES ('refresh.key' = 'message_id')
AS SELECT message_id, text, max(author) AS author, CAST('canary-bird' AS BINARY) AS raw
FROM bronze.messages GROUP BY message_id, text;
CREATE MATERIALIZED VIEW gold.latest AS
SELECT author, max(struct(sent_at, text)) AS latest FROM silver.m GROUP BY author;
CREATE MATERIALIZED VIEW gold.numbers AS SELECT message_id, length(text) AS n FROM silver.m;
"""


def footer(file: Path) -> bytes:
    """A Parquet file's footer: its length stands in the last eight bytes."""
    data = file.read_bytes()
    return data[-8 - int.from_bytes(data[-8:-4], "little") :]


def test_no_text_stands_in_a_log_or_a_footer_whoever_wrote_it(pipeline: "Pipeline") -> None:
    import pyarrow.parquet as pq

    pipeline.define(PROJECT)
    for start in (0, 20):
        rows = [{"message_id": n, "author": CANARY, "text": f"{CANARY} {n}"} for n in range(start, start + 20)]
        pipeline.deliver("bronze.messages", rows)
        pipeline.update_well()
    files = list(pipeline.home.lake.rglob("*.parquet"))
    assert {file.parent.name for file in files} >= {"messages", "m", "k", "silver_m", "latest", "numbers"}
    assert any(CANARY in str(row) for row in pipeline.rows("silver.k"))
    logs = [file for file in pipeline.home.lake.rglob("_delta_log/*") if file.is_file()]
    assert [file for file in logs if CANARY.encode() in file.read_bytes()] == []
    for file in files:
        assert CANARY.encode() not in footer(file)
        group = pq.read_metadata(file).row_group(0)
        for column in (group.column(number) for number in range(group.num_columns)):
            if column.physical_type == "BYTE_ARRAY":
                assert not column.is_stats_set
                assert not column.has_column_index


def test_only_the_rows_themselves_hold_text_in_an_engines_file(pipeline: "Pipeline") -> None:
    """Page headers and dictionaries lie in the data region: read the file's bytes with all pages cut out."""
    import pyarrow.parquet as pq

    pipeline.define("CREATE MATERIALIZED VIEW silver.k AS SELECT text FROM bronze.messages;")
    pipeline.deliver("bronze.messages", [{"text": f"{CANARY} {n}"} for n in range(100)])
    pipeline.update_well()
    (file,) = pipeline.table("silver.k").files()
    data = bytearray(Path(file.path).read_bytes())
    column = pq.read_metadata(file.path).row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    del data[start : start + column.total_compressed_size]
    assert CANARY.encode() not in data


def test_whole_numbers_and_times_keep_their_bounds(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    pipeline.deliver("bronze.messages", [{"message_id": n, "text": "x"} for n in (3, 5, 9)])
    pipeline.update_well()
    (file,) = pipeline.table("silver.m").files()
    assert (file.minimum["message_id"], file.maximum["message_id"]) == (3, 9)


def test_an_update_leaves_only_files_that_tables_name(pipeline: "Pipeline") -> None:
    pipeline.define(PROJECT)
    for start in (0, 20):
        pipeline.deliver("bronze.messages", [{"message_id": n, "text": "x"} for n in range(start, start + 20)])
        pipeline.update_well()
    named = set()
    for name in pipeline.versions():
        for version in range(pipeline.table(name).version + 1):
            named |= {file.path for file in pipeline.table(name).at(version).files()}
    assert {str(file) for file in pipeline.home.lake.rglob("*.parquet") if "_delta_log" not in file.parts} == named
    assert list(pipeline.home.lake.rglob("_staging-*")) == []


FULL_DISK = """
import os, resource, sys
from pathlib import Path
os.environ["RUST_LOG"] = "off"
import deltalake, pyarrow.parquet
from nightlight.pipelines.engines.sail import open_sail
from nightlight.pipelines.project import read_project
from nightlight.pipelines.update import run_update
from nightlight.settings import Home, Settings
home = Home(Path(sys.argv[1]))
session = open_sail(home.settings)
project = read_project(home.pipelines / "trial", session)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
for event in run_update(project, home, session).events:
    print(event.outcome, event.error)
"""


def test_a_full_disk_fails_the_dataset_in_one_line_and_loses_nothing(pipeline: "Pipeline") -> None:
    pipeline.define(
        "CREATE STREAMING TABLE silver.m AS SELECT message_id, text FROM STREAM bronze.messages;\n"
        "CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM bronze.messages;"
    )
    pipeline.deliver("bronze.messages", [{"message_id": n, "text": os.urandom(100).hex()} for n in range(1000)])
    script = pipeline.home.root / "update_once.py"
    script.write_text(FULL_DISK)
    command = [sys.executable, str(script), str(pipeline.home.root)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    failed, done = result.stdout.splitlines()
    assert failed.startswith("failed ")
    assert "the disk is full; nothing was lost: make room and run again" in failed
    assert done == "done None"
    assert list(pipeline.home.lake.rglob("silver/m/**/*.parquet")) == []
    pipeline.update_well()
    assert pipeline.table("silver.m").rows == 1000


def test_comments_describe_tables(pipeline: "Pipeline") -> None:
    pipeline.define(
        "CREATE MATERIALIZED VIEW gold.n COMMENT 'How many.\n  Each once.' AS\n"
        "SELECT count(*) AS n FROM bronze.messages;"
    )
    pipeline.deliver("bronze.messages", [{"message_id": 1}])
    pipeline.update_well()
    delta = pipeline.table("gold.n").delta
    assert delta is not None
    assert delta.metadata().description == "How many. Each once."
