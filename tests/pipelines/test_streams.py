"""A stream's position: every file once, in order, in batches no larger than asked for, from wherever it stopped."""

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake, Table
from nightlight.pipelines.streams import unread

if TYPE_CHECKING:
    from nightlight.pipelines.streams import Batch


@pytest.fixture
def source(tmp_path: Path) -> Table:
    return Lake(tmp_path).table("b.m")


def put(source: Table, *numbers: int, overwrite: bool = False) -> None:
    import pyarrow as pa

    rows = pa.RecordBatch.from_pydict({"n": pa.array(numbers, pa.int64())})
    write(source.fresh(), [rows], schema=rows.schema, transactions={}, overwrite=overwrite)


def numbers_in(batch: "Batch") -> list[int]:
    import pyarrow.parquet as pq

    return [n for file in batch.files for n in pq.read_table(file.path).column("n").to_pylist()]


def test_nothing_is_read_of_what_is_not_there_or_empty(source: Table) -> None:
    put(source)
    assert [batch.rows for batch in unread(source.fresh(), position=None, start=None, limit=10)] in ([], [0])


def test_a_position_goes_on_within_a_version(source: Table) -> None:
    for number in range(3):
        put(source, number)
    first, *_ = unread(source.fresh(), position=None, start=None, limit=1)
    rest = list(unread(source.fresh(), position=first.position, start=first.start, limit=10))
    assert [numbers_in(batch) for batch in [first, *rest]] == [[0], [1, 2]]


@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_batches_and_interruptions_every_row_is_read_once(source: Table, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    written = 0
    read: list[int] = []
    position = start = None
    for _ in range(6):
        for _ in range(chance.randint(0, 3)):
            rows = range(written, written + chance.randint(1, 4))
            put(source, *rows)
            written += len(rows)
        delta = source.fresh().delta
        if delta is not None and chance.random() < 0.3:
            delta.optimize.compact()
        if not source.fresh().exists:
            continue
        limit = chance.randint(1, 9)
        for batch in unread(source.fresh(), position=position, start=start, limit=limit):
            assert batch.rows <= limit or len(batch.files) == 1
            read += numbers_in(batch)
            position, start = batch.position, batch.start
            if chance.random() < 0.3:
                break
    if source.fresh().exists:
        for batch in unread(source.fresh(), position=position, start=start, limit=100):
            read += numbers_in(batch)
    assert sorted(read) == list(range(written))


def test_replaced_rows_are_refused_where_the_stream_meets_them(source: Table) -> None:
    put(source, 1)
    (first,) = unread(source.fresh(), position=None, start=None, limit=10)
    put(source, 2)
    put(source, 3, overwrite=True)
    after = unread(source.fresh(), position=first.position, start=first.start, limit=1)
    with pytest.raises(NightlightError, match=r"b\.m had rows replaced at version 2, which a stream cannot follow"):
        list(after)


def test_a_log_that_does_not_reach_back_is_refused_when_something_was_missed(source: Table) -> None:
    put(source, 1)
    (first,) = unread(source.fresh(), position=None, start=None, limit=10)
    put(source, 2)
    put(source, 3)
    delta = source.fresh().delta
    assert delta is not None
    delta.create_checkpoint()
    for version in (0, 1):
        (source.path / "_delta_log" / f"{version:020d}.json").unlink()
    with pytest.raises(NightlightError, match=r"b\.m no longer holds what changed at version \d; refresh in full"):
        list(unread(source.fresh(), position=first.position, start=first.start, limit=10))


def test_a_batch_ends_where_the_one_of_a_killed_run_ended(source: Table) -> None:
    put(source, 1)
    (killed,) = unread(source.fresh(), position=None, start=None, limit=10)
    put(source, 2)
    put(source, 3)
    # The flow began at the first version, and its first batch was refused rows of which the quarantine holds.
    batches = unread(
        source.fresh(), position=killed.start * 1_000_000, start=killed.start, limit=10, cut=killed.position
    )
    assert [numbers_in(batch) for batch in batches] == [[1], [2, 3]]
