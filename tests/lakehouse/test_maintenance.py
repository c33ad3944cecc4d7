"""Compaction and vacuum take care of files: no row changes, no text comes to light, nobody loses what they need."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nightlight.lakehouse.commit import write
from nightlight.lakehouse.maintenance import MANY, compact, maintain, vacuum
from nightlight.lakehouse.tables import Lake, LogGap, Table

if TYPE_CHECKING:
    import pyarrow as pa

Batch = Callable[..., "pa.RecordBatch"]

CANARY = "canary-bird"


def put(table: Table, *batches: "pa.RecordBatch", overwrite: bool = False) -> None:
    for batch in batches:
        write(table, [batch], schema=batch.schema, transactions={}, overwrite=overwrite)


def test_compaction_keeps_every_row_tag_and_position(table: Table, batch: Batch) -> None:
    for number in range(5):
        batched = batch(number, text=f"{CANARY} {number}")
        write(table, [batched], schema=batched.schema, transactions={"a": number})
    before = table.fresh()
    rows, schema = before.read(), before.schema
    assert compact(table.fresh()) == 5
    after = table.fresh()
    assert after.read().sort_by("id") == rows.sort_by("id")
    assert after.schema.equals(schema, check_metadata=True)
    assert (len(after.files()), after.transaction("a")) == (1, 4)
    assert (after.files()[0].minimum["id"], after.files()[0].maximum["id"]) == (0, 4)
    assert after.changes(before.version).added == []


def test_compaction_brings_no_text_to_light(table: Table, batch: Batch) -> None:
    put(table, *(batch(number, text=f"{CANARY} {number}", author=CANARY) for number in range(5)))
    compact(table.fresh())
    (file,) = table.fresh().files()
    with open(file.path, "rb") as opened:
        data = opened.read()
    assert CANARY.encode() not in data[-8 - int.from_bytes(data[-8:-4], "little") :]
    logs = [path for path in (table.path / "_delta_log").iterdir() if path.is_file()]
    assert [path.name for path in logs if CANARY.encode() in path.read_bytes()] == []


def test_vacuum_deletes_what_only_old_versions_need_and_what_nobody_needs(table: Table, batch: Batch) -> None:
    put(table, batch(1))
    put(table, batch(2), overwrite=True)
    (table.path / "part-left-by-a-killed-run.parquet").write_bytes(b"half a file")
    assert vacuum(table.fresh(), keep=timedelta(days=7)) == []
    assert len(list(table.path.glob("*.parquet"))) == 3
    assert len(vacuum(table.fresh(), keep=timedelta(0), dry_run=True)) == 2
    assert len(vacuum(table.fresh(), keep=timedelta(0))) == 2
    assert table.fresh().read(["id"]).column("id").to_pylist() == [2]
    with pytest.raises(LogGap):
        table.fresh().changes(0)


def test_only_tables_that_need_it_are_cared_for(lake: Lake, batch: Batch) -> None:
    put(lake.table("bronze.few"), *(batch(number) for number in range(3)))
    put(lake.table("bronze.many"), *(batch(number) for number in range(MANY)))
    (care,) = maintain(lake)
    assert (care.table, care.files_merged, care.files_deleted) == ("bronze.many", MANY, 0)
    assert len(lake.table("bronze.many").files()) == 1
    assert maintain(lake) == []


def test_a_table_that_is_not_there_needs_no_care(lake: Lake) -> None:
    table = lake.table("bronze.nothing")
    assert (compact(table), vacuum(table), maintain(lake)) == (0, [], [])
