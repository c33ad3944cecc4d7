"""One commit path: all or nothing, each write once, no string's value where only the table's readers should look."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.lakehouse.commit import Commit, commit, new_file, tag_column, write
from nightlight.lakehouse.tables import COMMENT, SENSITIVITY, Lake, Table

if TYPE_CHECKING:
    import pyarrow as pa

Batch = Callable[..., "pa.RecordBatch"]

CANARY = "canary-bird"


def ids(table: Table) -> list[int]:
    return sorted(table.fresh().read(["id"]).column("id").to_pylist())


def parquet_files(table: Table) -> list[Path]:
    return sorted(table.path.rglob("*.parquet"))


def put(table: Table, *batches: "pa.RecordBatch", schema: "pa.Schema | None" = None, **options: Any) -> Commit | None:
    options = {"transactions": {}, **options}
    return write(table, list(batches), schema=schema or batches[0].schema, **options)


def told(done: Commit | None) -> tuple[int, int, int] | None:
    """Version, rows and files of a commit."""
    return None if done is None else (done.version, done.rows, done.files)


def test_a_first_write_makes_the_table_and_the_next_adds_to_it(table: Table, batch: Batch) -> None:
    assert told(put(table, batch(1, 2), batch(3))) == (0, 3, 1)
    assert told(put(table, batch(4))) == (1, 1, 1)
    assert ids(table) == [1, 2, 3, 4]


def test_a_table_may_begin_without_a_row(table: Table, columns: "pa.Schema", batch: Batch) -> None:
    assert told(write(table, [], schema=columns, transactions={})) == (0, 0, 0)
    assert ids(table) == []
    put(table, batch(1))
    assert ids(table) == [1]


def test_the_same_step_taken_twice_is_taken_once_and_leaves_no_file(table: Table, batch: Batch) -> None:
    put(table, batch(1), transactions={"source/a": 7})
    before = parquet_files(table)
    assert put(table, batch(1), transactions={"source/a": 7}) is None
    assert put(table, batch(1), transactions={"source/a": 6}) is None
    assert ids(table) == [1]
    assert parquet_files(table) == before
    assert put(table, batch(2), transactions={"source/a": 8}) is not None
    assert put(table, batch(3), transactions={"source/b": 1}) is not None
    assert ids(table) == [1, 2, 3]


def test_a_handle_taken_before_the_step_cannot_repeat_it(lake: Lake, table: Table, batch: Batch) -> None:
    put(table, batch(0))
    old = Lake(lake.root).table("bronze.messages")
    assert old.version == 0
    put(table, batch(1), transactions={"a": 1})
    assert put(old, batch(1), transactions={"a": 1}) is None
    assert ids(table) == [0, 1]


def test_state_is_recorded_and_may_go_back(table: Table, batch: Batch) -> None:
    for number in (5, 3):
        put(table, batch(number), state={"silver.x": number})
        assert table.fresh().transaction("silver.x") == number
    assert table.fresh().transaction("silver.y") is None


def test_a_write_that_breaks_off_leaves_the_table_and_its_folder_as_they_were(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    before = parquet_files(table)

    def rows() -> Iterator["pa.RecordBatch"]:
        yield batch(2)
        raise ValueError("the source went away")

    with pytest.raises(ValueError, match="went away"):
        write(table, rows(), schema=batch(1).schema, transactions={"a": 1})
    assert ids(table) == [1]
    assert parquet_files(table) == before
    assert table.fresh().transaction("a") is None


KILLED = """
import os, signal, sys
from pathlib import Path
from nightlight.lakehouse import commit
from nightlight.lakehouse.tables import Lake
import pyarrow as pa
lake = Lake(Path(sys.argv[1]))
def rows():
    yield pa.RecordBatch.from_pydict({"id": [2, 3]})
    os.kill(os.getpid(), signal.SIGKILL)
commit.write(lake.table("bronze.messages"), rows(), schema=pa.schema({"id": pa.int64()}), transactions={"a": 1})
"""


def test_killed_between_writing_and_committing_nothing_has_happened(lake: Lake, table: Table) -> None:
    import pyarrow as pa

    put(table, pa.RecordBatch.from_pydict({"id": [1]}), transactions={"a": 0})
    result = subprocess.run([sys.executable, "-c", KILLED, str(lake.root)], check=False)
    assert result.returncode == -9
    assert len(parquet_files(table)) == 2
    assert ids(table) == [1]
    assert table.fresh().transaction("a") == 0
    put(table, pa.RecordBatch.from_pydict({"id": [2, 3]}), transactions={"a": 1})
    assert ids(table) == [1, 2, 3]


def test_a_new_column_is_null_in_older_rows_and_keeps_its_tags(
    table: Table, batch: Batch, columns: "pa.Schema"
) -> None:
    import pyarrow as pa

    put(table, batch(1))
    wider = columns.append(pa.field("note", pa.string(), metadata={SENSITIVITY: b"text"}))
    put(table, pa.RecordBatch.from_pylist([{"id": 2, "note": "new"}], schema=wider))
    assert table.fresh().read(["id", "note"]).to_pylist() == [{"id": 1, "note": None}, {"id": 2, "note": "new"}]
    assert table.fresh().schema.field("note").metadata[SENSITIVITY] == b"text"
    put(table, batch(3))  # an older writer that does not know the column
    assert table.fresh().read(["note"]).column("note").to_pylist() == [None, "new", None]


@pytest.mark.parametrize("more", [False, True], ids=["alone", "beside a new column"])
def test_a_changed_type_is_refused_and_leaves_nothing(table: Table, batch: Batch, more: bool) -> None:
    import pyarrow as pa

    put(table, batch(1))
    before = parquet_files(table)
    kinds = {"id": pa.string(), "sent_at": pa.timestamp("us", "UTC"), "author": pa.string(), "text": pa.string()}
    changed = pa.schema(kinds | ({"more": pa.int64()} if more else {}))
    with pytest.raises(NightlightError, match=r"column 'id' of bronze\.messages has type long, not string"):
        put(table, pa.RecordBatch.from_pylist([{"id": "2"}], schema=changed))
    assert ids(table) == [1]
    assert parquet_files(table) == before


def test_columns_in_another_order_are_the_same_columns(table: Table, batch: Batch, columns: "pa.Schema") -> None:
    import pyarrow as pa

    put(table, batch(1, text="one"))
    put(table, pa.RecordBatch.from_pylist([{"id": 2, "text": "two"}], schema=pa.schema(list(reversed(columns)))))
    assert table.fresh().read(["id", "text"]).to_pylist() == [{"id": 1, "text": "one"}, {"id": 2, "text": "two"}]


def test_single_files_are_taken_away_in_the_same_step_as_others_are_added(table: Table, batch: Batch) -> None:
    for number in (1, 2, 3):
        put(table, batch(number))
    second = table.fresh().files()[1].path
    file = new_file(table)
    shutil.copy(second, file)
    done = commit(table, [file], schema=batch(1).schema, transactions={"a": 1}, removed=[second])
    assert told(done) == (3, 1, 1)
    assert ids(table) == [1, 2, 3]
    assert second not in [entry.path for entry in table.fresh().files()]


def test_an_overwrite_replaces_rows_and_columns(table: Table, batch: Batch) -> None:
    import pyarrow as pa

    put(table, batch(1, 2))
    other = pa.schema([pa.field("name", pa.string(), metadata={SENSITIVITY: b"identity"})])
    put(table, pa.RecordBatch.from_pylist([{"name": "x"}], schema=other), overwrite=True)
    assert table.fresh().read().to_pylist() == [{"name": "x"}]
    assert table.fresh().schema.field("name").metadata == {SENSITIVITY: b"identity"}


def test_tags_and_comments_of_columns_stay_with_the_table(table: Table, batch: Batch, columns: "pa.Schema") -> None:
    put(table, batch(1))
    put(table, batch(2))
    assert [(field.name, field.metadata) for field in table.fresh().schema] == [(f.name, f.metadata) for f in columns]
    assert table.fresh().schema.field("text").metadata == {SENSITIVITY: b"text", COMMENT: b"as written"}


def test_a_commit_tells_what_made_it(table: Table, batch: Batch) -> None:
    put(table, batch(1), info={"update": "u-1"}, description="what people wrote")
    put(table, batch(2), info={"update": "u-2"})
    newest, oldest = table.fresh().history()
    assert (newest["version"], newest["update"], oldest["update"]) == (1, "u-2", "u-1")
    assert 0 <= (datetime.now(UTC) - newest["timestamp"]).total_seconds() < 60
    delta = table.fresh().delta
    assert delta is not None
    assert delta.metadata().description == "what people wrote"


def test_two_writers_at_once_either_both_succeed_or_one_is_told_to_come_again(lake: Lake, batch: Batch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    put(lake.table("bronze.messages"), batch(0))

    def write_one(number: int) -> Commit | NightlightError | None:
        try:
            return put(lake.table("bronze.messages").fresh(), batch(number), transactions={f"w{number}": 1})
        except NightlightError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(write_one, range(1, 9)))
    refused = [str(result) for result in done if isinstance(result, NightlightError)]
    assert all("changed by somebody else" in line and "nothing was lost" in line for line in refused)
    succeeded = [number for number, result in enumerate(done, 1) if isinstance(result, Commit)]
    assert ids(lake.table("bronze.messages")) == [0, *succeeded]


def footer(file: Path) -> bytes:
    """A Parquet file's footer: its length stands in the last eight bytes."""
    data = file.read_bytes()
    return data[-8 - int.from_bytes(data[-8:-4], "little") :]


def test_no_text_stands_in_the_log_nor_in_a_footer(table: Table, batch: Batch) -> None:
    import pyarrow.parquet as pq
    from deltalake import DeltaTable

    put(table, *(batch(number, text=f"{CANARY} {number}", author=CANARY) for number in range(50)))
    put(table, batch(50, text=CANARY, author=CANARY), description="messages", info={"update": "u"})
    written = parquet_files(table)
    delta = DeltaTable(str(table.path))
    delta.optimize.compact()  # as another writer would, with its own defaults
    delta.create_checkpoint()
    logs = [file for file in (table.path / "_delta_log").iterdir() if file.is_file()]
    assert len(logs) >= 4
    assert [file.name for file in logs if CANARY.encode() in file.read_bytes()] == []
    assert len(written) == 2
    for file in written:
        assert CANARY.encode() not in footer(file)
        check_nothing_but_numbers_is_summarised(pq.read_metadata(file))


def check_nothing_but_numbers_is_summarised(metadata: Any) -> None:
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if column.physical_type == "BYTE_ARRAY":
                assert not column.is_stats_set
                assert not column.has_column_index


def test_a_file_with_statistics_on_a_string_is_not_let_in(table: Table, batch: Batch) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = new_file(table)
    pq.write_table(pa.Table.from_batches([batch(1, text=CANARY)]), file)
    with pytest.raises(NightlightError, match=r"statistics on column '(author|text)', which may be text") as refused:
        commit(table, [file], schema=batch(1).schema, transactions={})
    assert CANARY not in str(refused.value)
    assert not table.fresh().exists


def test_a_string_inside_a_list_or_struct_has_no_statistics_either(table: Table) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        {"id": pa.int64(), "tags": pa.list_(pa.string()), "who": pa.struct({"name": pa.string(), "age": pa.int64()})}
    )
    row = {"id": 1, "tags": [CANARY], "who": {"name": CANARY, "age": 4}}
    put(table, pa.RecordBatch.from_pylist([row], schema=schema))
    (file,) = parquet_files(table)
    assert CANARY.encode() not in footer(file)
    check_nothing_but_numbers_is_summarised(pq.read_metadata(file))
    assert table.fresh().read().to_pylist() == [row]


def test_bounds_in_the_log_are_those_of_the_rows(table: Table, batch: Batch) -> None:
    put(table, batch(5, 3, None, 9, sent_at=datetime(2026, 3, 1, 12, 30, 0, 250_000, UTC)))
    line = (table.path / "_delta_log" / f"{0:020d}.json").read_text().splitlines()
    (add,) = [action["add"] for action in map(json.loads, line) if "add" in action]
    statistics = json.loads(add["stats"])
    assert statistics["numRecords"] == 4
    assert statistics["minValues"] == {"id": 3, "sent_at": "2026-03-01T12:30:00.250000Z"}
    assert statistics["maxValues"]["id"] == 9
    assert statistics["nullCount"]["id"] == 1


FULL_DISK = """
import os, resource, sys
from pathlib import Path
import deltalake, pyarrow as pa, pyarrow.parquet
from nightlight.errors import NightlightError
from nightlight.lakehouse import commit
from nightlight.lakehouse.tables import Lake
table = Lake(Path(sys.argv[1])).table("bronze.messages")
rows = pa.RecordBatch.from_pydict({"id": [2], "text": [os.urandom(40_000).hex()]})
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    commit.write(table, [rows], schema=rows.schema, transactions={"a": 1})
except NightlightError as error:
    print(error)
"""


def test_a_full_disk_is_one_clear_line_and_nothing_is_lost(lake: Lake, table: Table) -> None:
    import pyarrow as pa

    rows = pa.RecordBatch.from_pydict({"id": [1], "text": ["hello"]})
    put(table, rows)
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(lake.root)], capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    assert "table bronze.messages could not be written: " in result.stdout
    assert "File too large; nothing was lost" in result.stdout
    assert len(parquet_files(table)) == 1
    put(table, rows, transactions={"a": 1})
    assert table.fresh().rows == 2


FULL_LOG = FULL_DISK.replace("os.urandom(40_000).hex()", "'short'").replace("10_000, 10_000", "3_000, 3_000")


def test_a_disk_that_fills_up_at_the_commit_is_one_clear_line_too(lake: Lake, table: Table) -> None:
    import pyarrow as pa

    wide = pa.schema({"id": pa.int64(), "text": pa.string()} | {f"c{n}": pa.int64() for n in range(100)})
    put(table, pa.RecordBatch.from_pylist([{"id": 1}], schema=wide))
    child = FULL_LOG.replace('"id": [2]', '"id": [2], **{f"c{n}": [n] for n in range(100)}').replace("3_000", "1_000")
    result = subprocess.run([sys.executable, "-c", child, str(lake.root)], capture_output=True, text=True, check=True)
    assert "table bronze.messages could not be written" in result.stdout
    assert result.stdout.count("\n") == 1
    assert len(parquet_files(table)) == 1
    assert ids(table) == [1]


def test_a_folder_that_may_not_be_written_is_one_clear_line(lake: Lake, table: Table, batch: Batch) -> None:
    lake.root.mkdir()
    (lake.root / "bronze").write_text("a file where the folder should be")
    with pytest.raises(
        NightlightError, match=r"table bronze\.messages could not be written: \w.*run the same command again"
    ):
        put(table, batch(1))


def test_a_table_is_for_its_owner_alone(table: Table, batch: Batch) -> None:
    before = os.umask(0o077)  # as the command line sets it
    try:
        put(table, batch(1))
    finally:
        os.umask(before)
    modes = {path: path.stat().st_mode & 0o777 for path in [table.path, *table.path.rglob("*")]}
    assert {oct(mode) for path, mode in modes.items() if path.is_dir()} == {"0o700"}
    assert {oct(mode) for path, mode in modes.items() if path.is_file()} == {"0o600"}


def test_a_column_is_tagged_in_place_and_keeps_its_comment(tmp_path: Path) -> None:
    import pyarrow as pa

    lake = Lake(tmp_path)
    schema = pa.schema([pa.field("said", pa.string(), metadata={COMMENT: b"what they said"}), ("n", pa.int64())])
    batch = pa.RecordBatch.from_pylist([{"said": "hello", "n": 1}], schema=schema)
    write(lake.table("a.b"), [batch], schema=schema, transactions={})
    tag_column(lake.table("a.b").newest(), "said", "text")
    after = lake.table("a.b").fresh()
    assert after.schema.field("said").metadata == {COMMENT: b"what they said", SENSITIVITY: b"text"}
    assert after.version == 1
    assert after.read().to_pylist() == [{"said": "hello", "n": 1}]
