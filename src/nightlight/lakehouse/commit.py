"""The one commit path: everything that writes the lake, ingestion and every engine, ends in `commit`.

Order of a write: Parquet files are written beside the table and synced to disk, then one Delta commit names them
together with the cursor (`transactions`) that produced them. Killed at any point, a run leaves either nothing or all.
No string column has statistics, neither in the Parquet footers nor in the Delta log: they would hold message text."""

import errno
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import ERASED, SENSITIVITY, Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from deltalake.transaction import AddAction, RemoveAction

ROW_GROUP_ROWS = 32_768
COMPRESSION, COMPRESSION_LEVEL = "zstd", 1
MAXIMUM_FILE_ROWS = 1_000_000


@dataclass(frozen=True)
class Commit:
    """What a commit did: the table's new version, rows and files added."""

    version: int
    rows: int
    files: int
    table: Table  # as it is after the commit


def commit(
    table: Table,
    files: Sequence[Path],
    *,
    schema: "pa.Schema",
    transactions: Mapping[str, int],
    state: Mapping[str, int] | None = None,
    removed: Sequence[str] = (),
    moved: Sequence[Path] = (),
    erased: int = 0,
    overwrite: bool = False,
    info: Mapping[str, str] | None = None,
    description: str | None = None,
) -> Commit | None:
    """Add Parquet `files` (inside the table's folder) and take `removed` away (all files: `overwrite`), in one step.

    `moved` are files too: their rows stood in removed ones, unchanged, which the log says of them. `erased`: how many
    rows of removed files are in none of them, for good; streams go on behind that as behind a compaction.

    `transactions` maps an application's name to the version it has reached. When the table has recorded one of
    them already, the write happened before: the files are deleted, nothing is committed and None is returned
    (delta-rs itself would accept the replay). `state` is recorded the same way but may take
    any value. New columns of `schema` are added first; a changed type is refused.
    """
    table = table.newest()
    if any(_reached(table, app) >= version for app, version in transactions.items()):
        delete_files([*files, *moved])
        return None
    if table.exists and not overwrite:
        table = add_new_columns(table, schema)
    adds = [_add_action(table, file, is_change=True) for file in files]
    adds += [_add_action(table, file, is_change=False) for file in moved]
    table.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in [*files, *moved]:
        _sync(file)
    _sync(table.path)
    removes = [_remove_action(table, path, is_change=not erased) for path in removed]
    actions: list[AddAction | RemoveAction] = [*adds, *removes]
    recorded = {**transactions, **(state or {})}
    info = {**(info or {}), **({ERASED: str(erased)} if erased else {})}
    _write_log(table, actions, schema, recorded, overwrite=overwrite, info=info, description=description)
    after = table.newest()
    _sync(table.path / "_delta_log" / f"{after.version:020d}.json")
    _sync(table.path / "_delta_log")
    return Commit(after.version, sum(json.loads(add.stats)["numRecords"] for add in adds), len(adds), after)


def _reached(table: Table, app: str) -> int:
    recorded = table.transaction(app)
    return -1 if recorded is None else recorded


def write(
    table: Table,
    batches: "Iterable[pa.RecordBatch]",
    *,
    schema: "pa.Schema",
    transactions: Mapping[str, int],
    state: Mapping[str, int] | None = None,
    overwrite: bool = False,
    info: Mapping[str, str] | None = None,
    description: str | None = None,
) -> Commit | None:
    """Write Arrow batches as Parquet files of bounded size and `commit` them; on any failure nothing stays behind."""
    files: list[Path] = []
    try:
        for file in write_files(table, batches, schema):
            files.append(file)  # known before it is written, so that a failure can delete it
        return commit(
            table,
            files,
            schema=schema,
            transactions=transactions,
            state=state,
            overwrite=overwrite,
            info=info,
            description=description,
        )
    except OSError as error:
        delete_files(files)
        raise disk_error(error, table) from error
    except BaseException:
        delete_files(files)
        raise


def new_file(table: Table) -> Path:
    """A fresh file name in the table's folder (made if need be); it belongs to the table once committed."""
    table.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return table.path / f"part-{uuid.uuid4().hex}.parquet"


def delete_files(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def disk_error(error: OSError, table: Table) -> NightlightError:
    """The line a person reads when the disk refuses: full, read-only, unreachable."""
    return NightlightError(
        f"table {table.name} could not be written: {error.strerror or 'the disk refused'}",
        where=str(table.path),
        remedy="nothing was lost: make room or mend the disk, then run the same command again",
    )


def has_statistics(kind: "pa.DataType") -> bool:
    """Whether columns of this type may have minimum and maximum recorded: whole numbers, dates and times only."""
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_date(kind) or types.is_timestamp(kind))


def add_new_columns(table: Table, schema: "pa.Schema") -> Table:
    """Add the columns of `schema` that the table lacks; raises NightlightError when a column changed its type."""
    from deltalake import Field, Schema

    present = {field.name: field for field in Schema.from_arrow(table.schema).fields}
    wanted = list(Schema.from_arrow(schema).fields)
    for field in wanted:
        if field.name in present and present[field.name].type != field.type:
            raise NightlightError(
                f"column '{field.name}' of {table.name} has type {_name(present[field.name])}, not {_name(field)}",
                remedy="a type is not changed in place: load into a new column, or refresh the table in full",
            )
    new = [
        Field(field.name, field.type, nullable=True, metadata=field.metadata)
        for field in wanted
        if field.name not in present
    ]
    if new and table.delta is not None:
        table.delta.alter.add_columns(new)
        table = table.fresh()
    return table


def tag_column(table: Table, column: str, sensitivity: str) -> None:
    """Say in the table's schema how sensitive a column of it is, as a version of its own; `table` stays as it was."""
    if table.delta is not None:
        table.delta.alter.set_column_metadata(column, {SENSITIVITY.decode(): sensitivity})


def _name(field: Any) -> str:
    return str(getattr(field.type, "type", field.type))


def write_files(table: Table, batches: "Iterable[pa.RecordBatch]", schema: "pa.Schema") -> Iterator[Path]:
    """Yield each file as it is begun; its last rows are in it when the next is begun or the iteration ends."""
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for batch in batches:
            if writer is None or rows >= MAXIMUM_FILE_ROWS:
                if writer is not None:
                    writer.close()
                file, rows = new_file(table), 0
                yield file
                writer = _open_writer(file, schema)
            writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)
            rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()


def _open_writer(file: Path, schema: "pa.Schema") -> "pq.ParquetWriter":
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        file,
        schema,
        compression=COMPRESSION,
        compression_level=COMPRESSION_LEVEL,
        write_statistics=[field.name for field in schema if has_statistics(field.type)],
        store_schema=False,
    )


def _add_action(table: Table, file: Path, *, is_change: bool) -> "AddAction":
    from deltalake.transaction import AddAction

    status = file.stat()
    return AddAction(
        str(file.relative_to(table.path)),
        status.st_size,
        {},
        int(status.st_mtime * 1000),
        is_change,
        json.dumps(_statistics(file, table)),
    )


def _remove_action(table: Table, path: str, *, is_change: bool) -> "RemoveAction":
    import time

    from deltalake.transaction import RemoveAction

    return RemoveAction(os.path.relpath(path, table.path), is_change, int(time.time() * 1000))


def _statistics(file: Path, table: Table) -> dict[str, Any]:
    """Row count and bounds for the Delta log, after a look that the footer holds no statistics of any string."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    parquet = pq.ParquetFile(file)
    _refuse_string_statistics(parquet.metadata, table)
    numeric = [field.name for field in parquet.schema_arrow if has_statistics(field.type)]
    bounds = {name: _footer_bounds(parquet.metadata, name) for name in numeric}
    if unknown := [name for name, known in bounds.items() if known is None]:
        rows = parquet.read(columns=unknown, use_threads=False)
        for name in unknown:
            both = pc.min_max(rows.column(name))
            bounds[name] = both["min"].as_py(), both["max"].as_py(), rows.column(name).null_count
    found = {name: bound for name, bound in bounds.items() if bound is not None}
    return {
        "numRecords": parquet.metadata.num_rows,
        "minValues": {name: _json_bound(low) for name, (low, _, _) in found.items() if low is not None},
        "maxValues": {name: _json_bound(high) for name, (_, high, _) in found.items() if high is not None},
        "nullCount": {name: nulls for name, (_, _, nulls) in found.items()},
    }


def _footer_bounds(metadata: "pq.FileMetaData", name: str) -> tuple[Any, Any, int] | None:
    """Minimum, maximum and null count of a column over all row groups, None when the footer does not have them."""
    lows, highs, nulls = [], [], 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        index = next(i for i in range(row_group.num_columns) if row_group.column(i).path_in_schema == name)
        statistics = row_group.column(index).statistics
        if statistics is None or not statistics.has_null_count:
            return None
        nulls += statistics.null_count
        if statistics.has_min_max:
            lows.append(statistics.min)
            highs.append(statistics.max)
        elif statistics.num_values:
            return None
    return (min(lows), max(highs), nulls) if lows else (None, None, nulls)


def _refuse_string_statistics(metadata: "pq.FileMetaData", table: Table) -> None:
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            if column.physical_type in ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY") and column.is_stats_set:
                raise NightlightError(
                    f"a file for {table.name} has statistics on column '{column.path_in_schema}', which may be text",
                    remedy="write it with statistics off for strings",
                )


def _json_bound(value: Any) -> Any:
    """Delta's JSON form of a bound.

    >>> from datetime import UTC, datetime
    >>> _json_bound(datetime(2026, 1, 2, 3, tzinfo=UTC)), _json_bound(7)
    ('2026-01-02T03:00:00.000000Z', 7)
    """
    from datetime import UTC, date, datetime

    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + ("Z" if value.tzinfo else "")
    return value.isoformat() if isinstance(value, date) else value


def _write_log(
    table: Table,
    actions: "list[AddAction | RemoveAction]",
    schema: "pa.Schema",
    transactions: Mapping[str, int],
    *,
    overwrite: bool,
    info: Mapping[str, str] | None,
    description: str | None,
) -> None:
    from deltalake import CommitProperties, Schema, Transaction
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import create_table_with_add_actions

    properties = CommitProperties(
        app_transactions=[Transaction(app, version) for app, version in transactions.items()],
        custom_metadata=dict(info or {}),
    )
    delta_schema = Schema.from_arrow(_nullable(schema))
    try:
        if table.delta is None:
            create_table_with_add_actions(
                str(table.path),
                delta_schema,
                actions,  # type: ignore[arg-type]  # a table that is not there has nothing to remove
                mode="error",
                name=str(table.name),
                description=description,
                configuration=_configuration(schema),
                commit_properties=properties,
            )
        else:
            table.delta.create_write_transaction(
                actions, "overwrite" if overwrite else "append", delta_schema, commit_properties=properties
            )
    except DeltaError as error:
        if "os error" in str(error).lower() or "space" in str(error).lower():
            raise OSError(errno.ENOSPC, "the disk refused the commit") from error
        raise NightlightError(
            f"table {table.name} was changed by somebody else at the same moment",
            remedy="nothing was lost: run the same command again",
        ) from error


def _nullable(schema: "pa.Schema") -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([field.with_nullable(True) for field in schema])


def _configuration(schema: "pa.Schema") -> dict[str, str | None]:
    """Table settings that keep other writers (compaction) from recording string bounds either."""
    columns = [field.name for field in schema if has_statistics(field.type)]
    only = (
        {"delta.dataSkippingStatsColumns": ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}
    )
    return {
        **only,
        "delta.checkpointInterval": "10",  # opening a table reads the log since the last one
        "delta.enableChangeDataFeed": "false",
        "delta.enableDeletionVectors": "false",
    }


def _sync(path: Path) -> None:
    """Wait until the disk has it: a commit that survives a power cut must not name a file that did not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
