"""`load` takes single files into a table once: the cursor is named after the file's content, not its name.

The contract is that of a source which feeds the table, else the table's own columns, else what Arrow infers."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix
from nightlight.ingestion.connectors import files
from nightlight.ingestion.connectors.kinds import CONNECTORS
from nightlight.ingestion.contract import DELIVERY_COLUMNS
from nightlight.ingestion.declaration import read_source, source_files
from nightlight.ingestion.delivery import Delivery
from nightlight.ingestion.ingest import deliver
from nightlight.ingestion.runs import SourceRun, Stopwatch, record
from nightlight.ingestion.sensitivity import guess_sensitivity
from nightlight.ingestion.sources import FILE_KINDS, Column, Source, type_name
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import COMMENT, SENSITIVITY, Lake, Table, TableName
from nightlight.settings import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

EXTENSIONS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def load(home: Home, table: str, paths: Sequence[Path]) -> list[SourceRun]:
    """Load each file into `table`, rows that break its contract into quarantine; one SourceRun a file.

    A content that was loaded into the table before adds nothing. Raises NightlightError when a file's kind is
    unknown or another ingestion is running; what else goes wrong stands in the SourceRun.
    """
    name = TableName.parse(table)
    kinds = [_kind(path) for path in paths]
    with run_lock(home.root, "ingestion"):
        lake = Lake(home.lake)
        runs = [_load_file(home, lake, name, path, kind) for path, kind in zip(paths, kinds, strict=True)]
        record(lake, runs)
    return runs


def _kind(path: Path) -> str:
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    if plain.suffix not in EXTENSIONS:
        remedy = f"a name ending in {', '.join(EXTENSIONS)}, with .gz or without"
        raise NightlightError("unknown kind of file", where=str(path), remedy=remedy)
    if not path.is_file():
        raise NightlightError("there is no such file", where=str(path))
    return EXTENSIONS[plain.suffix]


def _load_file(home: Home, lake: Lake, name: TableName, path: Path, kind: str) -> SourceRun:
    watch = Stopwatch()
    mark = f"load/{_content(path)}"
    existed = lake.table(name).exists or _declared(home, name) is not None
    try:
        source = _contract_for(home, lake.table(name), path, kind)
    except NightlightError as error:
        return SourceRun("load", str(name), watch.started_at, watch.started_at, error=str(error))
    delivery = Delivery(lake, source, _OneFile(path), {}, watch.started_at, lambda partition: mark)
    run = deliver(delivery, watch)
    return run if existed else replace(run, guessed=_guessed(source))


def _guessed(source: Source) -> tuple[str, ...]:
    return tuple(f"{column.name} ({column.sensitivity})" for column in source.columns if column.sensitivity)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _OneFile:
    """The connector of a file's kind, for this one file, which nobody is writing any more."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def partitions(self, source: Source) -> list[Partition]:
        return [files.partition(self.path, self.path.name, at_rest=True)]

    def blocks(
        self, source: Source, partition: Partition, start: int | None, known: Prefix | None
    ) -> "Iterator[Block]":
        yield from CONNECTORS[source.kind].blocks(source, partition, start, known)


def _contract_for(home: Home, table: Table, path: Path, kind: str) -> Source:
    plain = Source(name="load", kind=kind, table=table.name, path=str(path))
    if declared := _declared(home, table.name):
        csv = declared.csv if declared.kind == "csv" else plain.csv
        return replace(plain, columns=declared.columns, csv=csv, comment=declared.comment)
    if table.exists:
        return replace(
            plain, columns=tuple(_column(field) for field in table.schema if field.name not in DELIVERY_COLUMNS)
        )
    return replace(plain, columns=_inferred(plain, path))


def _declared(home: Home, name: TableName) -> Source | None:
    """The source that feeds the table; a file's own beats a database's, and a broken declaration stops the load."""
    sources = [read_source(file, home) for file in source_files(home).values()]
    feeding = [source for source in sources if source.table == name]
    return min(feeding, key=lambda source: source.kind not in FILE_KINDS, default=None)


def _column(field: "pa.Field") -> Column:
    tags = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return Column(
        field.name,
        type_name(field.type),
        field.name,
        sensitivity=tags.get(SENSITIVITY.decode(), ""),
        comment=tags.get(COMMENT.decode(), ""),
    )


def _inferred(source: Source, path: Path) -> tuple[Column, ...]:
    """What Arrow makes of the first block, and what its strings probably hold."""
    rows = _first_rows(source, path)
    return tuple(
        Column(name, type_name(rows.schema.field(name).type), name, sensitivity=guess_sensitivity(name, column))
        for name, column in zip(rows.column_names, rows.columns, strict=True)
        if name.isidentifier() and name == name.lower()
    )


def _with_leading_zeros(rows: "pa.Table", data: "pa.BufferReader") -> "pa.Table":
    """Columns of digits in which a value begins with a zero are codes, such as 01067, and stay text."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv

    numbers = [field.name for field in rows.schema if pa.types.is_integer(field.type)]
    data.seek(0)
    as_written = arrow_csv.ConvertOptions(column_types=dict.fromkeys(numbers, pa.string()))
    text = arrow_csv.read_csv(data, convert_options=as_written) if numbers else rows
    for name in numbers:
        if pc.any(pc.match_substring_regex(text.column(name), "^[+-]?0[0-9]")).as_py():
            rows = rows.set_column(rows.column_names.index(name), name, text.column(name))
    return rows


def _first_rows(source: Source, path: Path) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.csv as arrow_csv
    import pyarrow.json as arrow_json

    partition = files.partition(path, path.name, at_rest=True)
    if source.kind == "parquet":
        return pa.table(next(iter(CONNECTORS["parquet"].blocks(source, partition, None, None))).rows)
    data = pa.BufferReader(next(files.read_lines(partition, 0, None, where=str(path))).data)
    try:
        return (
            arrow_json.read_json(data)
            if source.kind == "jsonl"
            else _with_leading_zeros(arrow_csv.read_csv(data), data)
        )
    except pa.ArrowInvalid:
        return pa.table({})  # nothing to go by: every column becomes a string
