"""A table's history as people read it: what each version did, newest first."""

import pyarrow as pa
from tests.conftest import Deliver

from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake
from nightlight.lakehouse.versions import APPEND, COMPACT, CREATE, REPLACE, list_versions
from nightlight.settings import Home

SCHEMA = pa.schema([pa.field("n", pa.int64())])


def test_each_version_says_what_it_did_and_how_many_rows_it_wrote(home: Home, deliver: Deliver) -> None:
    deliver(home, "s.t", [{"n": 1}, {"n": 2}], SCHEMA)
    deliver(home, "s.t", [{"n": 3}], SCHEMA)
    deliver(home, "s.t", [{"n": 4}], SCHEMA, overwrite=True)
    found = list_versions(Lake(home.lake).table("s.t"))
    assert [(each.number, each.operation, each.rows) for each in found] == [
        (2, REPLACE, 1),
        (1, APPEND, 1),
        (0, CREATE, 2),
    ]
    assert found[0].at >= found[2].at


def test_putting_files_together_is_told_from_a_change(home: Home, deliver: Deliver) -> None:
    for number in range(3):
        deliver(home, "s.t", [{"n": number}], SCHEMA)
    table = Lake(home.lake).table("s.t")
    assert table.delta is not None
    table.delta.optimize.compact()
    assert list_versions(table.fresh(), 1)[0].operation == COMPACT


def test_it_goes_as_far_as_the_log_and_as_it_is_asked(home: Home, deliver: Deliver) -> None:
    for number in range(3):
        deliver(home, "s.t", [{"n": number}], SCHEMA)
    table = Lake(home.lake).table("s.t")
    assert [each.number for each in list_versions(table, 2)] == [2, 1]
    (table.path / "_delta_log" / f"{0:020d}.json").unlink()
    assert [each.number for each in list_versions(table)] == [2, 1]
    assert list_versions(Lake(home.lake).table("s.nowhere")) == []


def test_a_table_tells_what_it_says_of_itself(home: Home) -> None:
    table = Lake(home.lake).table("s.t")
    write(table, [pa.RecordBatch.from_pylist([{"n": 1}], schema=SCHEMA)], schema=SCHEMA, transactions={})
    assert Lake(home.lake).table("s.t").comment == ""
    said = Lake(home.lake).table("s.said")
    batch = pa.RecordBatch.from_pylist([{"n": 1}], schema=SCHEMA)
    write(said, [batch], schema=SCHEMA, transactions={}, description="One row for each.")
    assert Lake(home.lake).table("s.said").comment == "One row for each."
