"""Rows taken out of a table for good: no version holds them any more, and no file.

What is left was there before, so that streams and datasets behind the table go on and compute nothing anew. Whoever
erases does so in every table that holds such rows, while nobody else writes them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.lakehouse.commit import commit, delete_files, disk_error, write_files
from nightlight.lakehouse.maintenance import vacuum
from nightlight.lakehouse.tables import DataFile, Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 32_768


@dataclass(frozen=True)
class Rows:
    """The rows where any of these columns has one of these values, compared as text; and those where such a value
    stands as a word in one of the columns `within`."""

    values: Mapping[str, frozenset[str]]
    within: frozenset[str] = field(default=frozenset())

    def columns(self, table: Table) -> list[str]:
        """The columns of a table that they are known by; none where it holds no such row."""
        import pyarrow.types as types

        if not table.exists:
            return []
        wanted = {*self.values, *self.within}
        named = [each for each in table.schema if each.name in wanted]
        return [each.name for each in named if types.is_string(each.type) or types.is_integer(each.type)]

    def mask(self, batch: "pa.RecordBatch", columns: Iterable[str]) -> "pa.Array":
        """True for each of them, by these columns."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pa.array([False] * batch.num_rows)
        for name in set(columns).intersection(batch.schema.names):
            text = pc.cast(batch.column(name), pa.string())
            if name in self.values:
                known = pa.array(sorted(self.values[name]), pa.string())
                found = pc.or_(found, pc.is_in(text, value_set=known))
            if name in self.within:
                found = pc.or_(found, pc.fill_null(pc.match_substring_regex(text, self._word), False))
        return found

    @property
    def _word(self) -> str:
        words = {value for values in self.values.values() for value in values}
        return rf"(^|\W)({'|'.join(map(re.escape, sorted(words)))})(\W|$)"


def erase_rows(table: Table, rows: Rows) -> int:
    """Take the rows out of the table, and delete every file that only older versions need; how many it were.

    Killed at any point and called again, they are gone.
    """
    table = table.newest()
    columns = rows.columns(table)
    if not columns:
        return 0
    holding = [file for file in table.files() if _holds(file, rows, columns)]
    kept: list[Path] = []
    try:
        for file in holding:
            for new in _rest(table, file, rows, columns):
                kept.append(new)  # known before it is written, so that a failure can delete it
        left: int = sum(_parquet(str(file)).metadata.num_rows for file in kept)
        erased = sum(file.rows for file in holding) - left
        if erased:
            removed = [file.path for file in holding]
            done = commit(table, [], schema=table.schema, transactions={}, removed=removed, moved=kept, erased=erased)
            table = done.table if done else table
    except OSError as error:
        delete_files(kept)
        raise disk_error(error, table) from error
    except BaseException:
        delete_files(kept)
        raise
    _clear(table.newest())
    return erased


def _clear(table: Table) -> None:
    """Delete the files of older versions; where there are none the log is not touched."""
    named = vacuum(table, keep=timedelta(0), dry_run=True)  # also those that are gone already
    if any((table.path / name).exists() for name in named):
        vacuum(table, keep=timedelta(0))


def _holds(file: DataFile, rows: Rows, columns: Iterable[str]) -> bool:
    """Whether a file has such a row: its bounds may say no, else the columns are read."""
    import pyarrow.compute as pc

    parquet = _parquet(file.path)
    present = [name for name in columns if name in parquet.schema_arrow.names]
    if not any(_may_hold(file, name, rows) for name in present):
        return False
    batches = parquet.iter_batches(BATCH_ROWS, columns=present, use_threads=False)
    return any(pc.any(rows.mask(batch, columns)).as_py() for batch in batches)


def _may_hold(file: DataFile, column: str, rows: Rows) -> bool:
    low, high = file.minimum.get(column), file.maximum.get(column)
    if column in rows.within or type(low) is not int or type(high) is not int:
        return True
    return any(low <= int(value) <= high for value in rows.values[column] if value.lstrip("-").isdecimal())


def _rest(table: Table, file: DataFile, rows: Rows, columns: list[str]) -> Iterator[Path]:
    """Files with the other rows of this one, as they stood in it; none where it has no others."""
    parquet = _parquet(file.path)
    yield from write_files(table, _others(parquet, rows, columns), parquet.schema_arrow)


def _others(parquet: "pq.ParquetFile", rows: Rows, columns: list[str]) -> "Iterator[pa.RecordBatch]":
    import pyarrow.compute as pc

    for batch in parquet.iter_batches(BATCH_ROWS, use_threads=False):
        if (rest := batch.filter(pc.invert(rows.mask(batch, columns)))).num_rows:
            yield rest


def _parquet(path: str) -> "pq.ParquetFile":
    import pyarrow.parquet as pq

    return pq.ParquetFile(path)
