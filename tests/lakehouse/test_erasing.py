"""Promises of erasing: rows are gone from every version and file, the others stay, and nobody behind notices."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nightlight.errors import NightlightError
from nightlight.lakehouse import erasing
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.erasing import Rows, erase_rows
from nightlight.lakehouse.tables import SENSITIVITY, Lake, Table, TableName
from nightlight.lakehouse.versions import ERASE, list_versions
from nightlight.pipelines.streams import FILES, unread

SCHEMA = pa.schema(
    [
        pa.field("conversation_id", pa.int64()),
        pa.field("texter_key", pa.string()),
        pa.field("text", pa.string(), metadata={SENSITIVITY: b"text"}),
    ]
)
OWNER = Rows({"conversation_id": frozenset({"1", "2"}), "texter_key": frozenset({"k1"})})


def put(table: Table, *rows: tuple[int | None, str | None, str]) -> None:
    columns = [dict(zip(SCHEMA.names, row, strict=True)) for row in rows]
    batch = pa.RecordBatch.from_pylist(columns, schema=SCHEMA)
    write(table.newest(), [batch], schema=SCHEMA, transactions={})


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Three files: of the owner and a colleague, of the colleague and nobody known, of the owner and a stranger."""
    table = Lake(tmp_path).table("silver.messages")
    put(table, (1, "k1", "hi"), (3, "k2", "hello"))
    put(table, (3, None, "are you there"), (4, None, "good evening"))
    put(table, (2, None, "its me again"), (5, "k3", "hey"), (None, "k1", "before anything"))
    return table.newest()


def texts(table: Table) -> list[str]:
    return [str(text) for text in table.newest().read(["text"]).column("text").to_pylist()]


def on_disk(table: Table) -> set[str]:
    return {text for file in table.path.glob("**/*.parquet") for text in pq.read_table(file)["text"].to_pylist()}


def test_rows_are_gone_from_every_version_and_file_and_the_others_stay(table: Table) -> None:
    assert erase_rows(table, OWNER) == 3
    assert sorted(texts(table)) == ["are you there", "good evening", "hello", "hey"]
    assert on_disk(table) == set(texts(table))


def test_a_file_without_such_a_row_stays_as_it_is(table: Table) -> None:
    before = {file.path for file in table.files()}
    erase_rows(table, OWNER)
    assert len(before & {file.path for file in table.newest().files()}) == 1


def test_what_an_older_version_held_is_gone_too_where_the_newest_holds_it_no_longer(table: Table) -> None:
    batch = pa.RecordBatch.from_pylist([{"conversation_id": 9, "text": "new"}], schema=SCHEMA)
    write(table, [batch], schema=SCHEMA, transactions={}, overwrite=True)
    assert "hi" in on_disk(table)
    assert erase_rows(table, OWNER) == 0
    assert on_disk(table) == {"new"}


def test_a_second_time_nothing_is_written(table: Table) -> None:
    erase_rows(table, OWNER)
    version = table.newest().version
    assert erase_rows(table, OWNER) == 0
    assert table.newest().version == version


def test_a_table_without_such_columns_and_one_that_is_not_there_are_left_alone(table: Table, tmp_path: Path) -> None:
    other = Rows({"case_number": frozenset({"1"})})
    assert erase_rows(table, other) == 0
    assert erase_rows(Lake(tmp_path).table("silver.nothing"), OWNER) == 0
    assert table.newest().version == table.version


def test_rows_that_were_refused_are_found_by_the_words_in_them(tmp_path: Path) -> None:
    table = Lake(tmp_path).table(TableName("quarantine", "bronze_messages"))
    said = ['{"conversation_id": 1, "text": ""}', '{"conversation_id": 12}', '{"texter_key":"k1"}', "k2;hello"]
    batch = pa.RecordBatch.from_pylist([{"row": row} for row in said])
    write(table, [batch], schema=batch.schema, transactions={})
    assert erase_rows(table, Rows(OWNER.values, within=frozenset({"row"}))) == 2
    assert table.newest().read()["row"].to_pylist() == [said[1], said[3]]


def test_columns_keep_what_is_said_of_them_and_no_string_gets_statistics(table: Table) -> None:
    erase_rows(table, OWNER)
    after = table.newest()
    assert after.schema.field("text").metadata[SENSITIVITY] == b"text"
    assert all(set(file.minimum) == {"conversation_id"} for file in after.files())
    assert after.rows == 4


def test_a_stream_behind_it_goes_on_with_what_comes_next(table: Table) -> None:
    read = (table.version + 1) * FILES
    erase_rows(table, OWNER)
    put(table, (6, None, "next"))
    (batch,) = unread(table.newest(), position=read, start=table.version, limit=100)
    assert [pq.read_table(file.path)["text"].to_pylist() for file in batch.files] == [["next"]]


def test_whoever_continues_a_copy_is_told(table: Table) -> None:
    before = table.version
    erase_rows(table, OWNER)
    changes = table.newest().changes(before)
    assert (changes.added, changes.removed, changes.erased) == ([], [], True)
    assert ERASE in {each.operation for each in list_versions(table.newest())}


def test_a_failure_leaves_the_table_as_it_was_and_no_file_behind(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {file.name for file in table.path.glob("*.parquet")}

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(erasing, "commit", fail)
    with pytest.raises(NightlightError, match="No space left"):
        erase_rows(table, OWNER)
    assert {file.name for file in table.path.glob("*.parquet")} == files
    assert len(texts(table)) == 7
