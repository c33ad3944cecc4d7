"""Tables as readers see them: a fixed version, its files and bounds, what changed since, and clear refusals."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightlight.errors import NightlightError
from nightlight.lakehouse.commit import commit, new_file, write
from nightlight.lakehouse.tables import Lake, LogGap, Table, TableName

if TYPE_CHECKING:
    import pyarrow as pa

Batch = Callable[..., "pa.RecordBatch"]


def put(table: Table, rows: "pa.RecordBatch", **options: Any) -> None:
    write(table, [rows], schema=rows.schema, transactions={}, **options)


def names(files: list[Any]) -> list[str]:
    return sorted(Path(file.path).name for file in files)


@pytest.mark.parametrize("text", ["messages", "a.b.c", "Bronze.messages", "bronze.", "bronze.me-ssages", "../x.y", ""])
def test_what_is_no_table_name_is_refused(text: str) -> None:
    with pytest.raises(NightlightError, match=r"is not a table name; write schema\.table, in lower case"):
        TableName.parse(text)


def test_a_lake_lists_its_tables(lake: Lake, batch: Batch) -> None:
    for name in ("silver.b", "bronze.c", "bronze.a"):
        put(lake.table(name), batch(1))
    (lake.root / "bronze" / "not_a_table").mkdir()
    assert [str(name) for name in lake.tables()] == ["bronze.a", "bronze.c", "silver.b"]


def test_a_table_that_is_not_there_can_be_asked_about(lake: Lake) -> None:
    table = lake.table("bronze.nothing")
    assert (table.exists, table.version, table.rows, table.files()) == (False, -1, 0, [])
    assert table.transaction("a") is None
    with pytest.raises(NightlightError, match=r"there is no table bronze\.nothing"):
        table.read()
    with pytest.raises(NightlightError, match=r"there is no table bronze\.nothing"):
        _ = table.schema


def test_a_handle_stays_at_its_version_until_asked_to_look_again(lake: Lake, batch: Batch) -> None:
    put(lake.table("bronze.messages"), batch(1))
    lake = Lake(lake.root)
    table = lake.table("bronze.messages")
    assert table.rows == 1
    put(table.fresh(), batch(2))
    assert (table.rows, lake.table("bronze.messages").rows, table.fresh().rows) == (1, 1, 2)
    lake.forget(table)
    assert lake.table("bronze.messages").rows == 2
    assert lake.table("bronze.messages").at(0).rows == 1


def test_a_handle_keeps_its_files_whatever_is_written_through_it(lake: Lake, batch: Batch) -> None:
    put(lake.table("bronze.messages"), batch(1))
    table = Lake(lake.root).table("bronze.messages")
    assert (table.version, table.rows) == (0, 1)
    put(table, batch(2))
    assert (table.version, table.rows, table.read(["id"]).num_rows) == (0, 1, 1)


def test_rows_can_be_read_in_batches_and_by_column(table: Table, batch: Batch) -> None:
    put(table, batch(1, 2, text="a"))
    put(table, batch(3, text="b"))
    assert sum(part.num_rows for part in table.fresh().batches()) == 3
    assert table.fresh().read(["text"]).column_names == ["text"]


def test_changes_are_the_files_added_and_removed_since_a_version(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    put(table, batch(2))
    first, second = table.fresh().files()
    put(table, batch(3))
    third = next(file for file in table.fresh().files() if file not in (first, second))
    commit(table, [], schema=batch(1).schema, transactions={}, removed=[second.path])
    now = table.fresh()
    assert names(now.changes(-1).added) == names([first, third])
    changes = now.changes(1)
    assert (names(changes.added), names(changes.removed)) == (names([third]), names([second]))
    assert now.changes(now.version).added == []


def test_rows_that_moved_to_another_file_are_told_from_those_that_changed(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    (old,) = table.fresh().files()
    before = table.fresh().version
    moved = new_file(table)
    shutil.copy(old.path, moved)
    commit(table, [], schema=batch(1).schema, transactions={}, removed=[old.path], moved=[moved])
    changes = table.fresh().changes(before)
    assert (changes.added, names(changes.removed), [Path(f.path) for f in changes.moved]) == ([], names([old]), [moved])
    assert table.fresh().rows == old.rows


def test_rows_that_came_and_went_in_between_are_no_change(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    put(table, batch(2))
    put(table, batch(3), overwrite=True)
    changes = table.fresh().changes(0)
    assert [file.rows for file in changes.added] == [1]
    assert names(changes.added) == names(table.fresh().files())
    assert len(changes.removed) == 1


def test_compaction_is_no_change(table: Table, batch: Batch) -> None:
    for number in range(4):
        put(table, batch(number))
    before = table.fresh().files()
    delta = table.fresh().delta
    assert delta is not None
    delta.optimize.compact()
    now = table.fresh()
    assert (now.version, len(now.files())) == (4, 1)
    assert now.changes(3).added == now.changes(3).removed == []
    assert names(now.changes(1).added) == names(before[2:])


def test_a_log_that_does_not_reach_back_says_so(table: Table, batch: Batch) -> None:
    for number in range(3):
        put(table, batch(number))
    (table.path / "_delta_log" / f"{1:020d}.json").rename(table.path / "gone")
    later = Lake(table.path.parents[1]).table("bronze.messages")
    (table.path / "gone").rename(table.path / "_delta_log" / f"{1:020d}.json")
    assert later.version == 2
    (table.path / "_delta_log" / f"{1:020d}.json").unlink()
    with pytest.raises(LogGap):
        later.changes(0)
    assert len(later.changes(1).added) == 1


def test_a_file_that_was_vacuumed_is_a_gap_too(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    put(table, batch(2), overwrite=True)
    delta = table.fresh().delta
    assert delta is not None
    delta.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(LogGap):
        table.fresh().changes(0)
    assert table.fresh().rows == 1


def test_a_version_that_is_not_there_is_a_gap(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    with pytest.raises(LogGap):
        table.fresh().at(7).files()


instants = st.datetimes(datetime(1960, 1, 1), datetime(2300, 1, 1), timezones=st.just(UTC))
row_values = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | instants,
    st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(row_values, max_size=6), min_size=1, max_size=4), other=row_values)
def test_bounds_never_leave_out_a_file_with_a_row_inside(
    files: list[list[tuple[Any, ...]]], other: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import pyarrow as pa

    kinds = {"n": pa.int64(), "at": pa.timestamp("us", "UTC"), "day": pa.date32()}
    schema = pa.schema(kinds)
    table = Lake(tmp_path_factory.mktemp("lake")).table("a.b")
    for rows in files:
        put(table, pa.RecordBatch.from_pylist([dict(zip(kinds, row, strict=True)) for row in rows], schema=schema))
    table = table.fresh()
    for index, column in enumerate(kinds):
        present = [row[index] for rows in files for row in rows if row[index] is not None]
        for value in present[:4]:
            low, high = sorted([value, other[index] if other[index] is not None else value])
            chosen = {file.path for file in table.files({column: (low, high)})}
            left = [file for file in table.files() if file.path not in chosen]
            assert not any(low <= found <= high for found in values_in(left, column))


def values_in(files: list[Any], column: str) -> list[Any]:
    import pyarrow.parquet as pq

    return [
        value
        for file in files
        for value in pq.read_table(file.path, columns=[column]).column(column).to_pylist()
        if value is not None
    ]


def test_bounds_leave_out_files_that_cannot_hold_such_rows(table: Table, batch: Batch) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(5):
        put(table, batch(number, sent_at=start + timedelta(days=number)))
    table = table.fresh()
    assert [file.minimum["id"] for file in table.files({"id": (2, 3)})] == [2, 3]
    inside = {"sent_at": (start + timedelta(days=3, seconds=1), start + timedelta(days=9))}
    assert [file.minimum["id"] for file in table.files(inside)] == [4]
    assert len(table.files({"text": ("a", "b")})) == 5  # nothing is known of strings


@pytest.mark.parametrize(
    "configuration", [{"delta.enableDeletionVectors": "true"}, {"delta.columnMapping.mode": "name"}]
)
def test_a_table_that_its_file_list_does_not_tell_is_refused(lake: Lake, configuration: dict[str, str]) -> None:
    import pyarrow as pa
    from deltalake import DeltaTable, Schema

    table = lake.table("bronze.foreign")
    schema = Schema.from_arrow(pa.schema({"id": pa.int64()}))
    DeltaTable.create(str(table.path), schema, configuration=configuration)
    with pytest.raises(
        NightlightError, match=r"bronze\.foreign uses (deletionVectors|columnMapping).*rewrite it without"
    ):
        _ = table.exists


@pytest.mark.parametrize("content", [b"", b"not JSON\n", b'{"add": {"path": 7}}\n', b"\xff\xfe\x00"])
def test_a_damaged_log_is_one_clear_line(lake: Lake, table: Table, batch: Batch, content: bytes) -> None:
    put(table, batch(1))
    (table.path / "_delta_log" / f"{0:020d}.json").write_bytes(content)
    with pytest.raises(NightlightError, match=r"table bronze\.messages cannot be read; its transaction log") as refused:
        _ = table.fresh().version
    assert "\n" not in str(refused.value)
    assert str(table.path) in str(refused.value)
