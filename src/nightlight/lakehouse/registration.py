"""Telling the catalog what the lake holds: columns, types, what can hold text, what a schema calls sensitive."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.catalog.columns import Column, forget_table, register_table, registered_stamps
from nightlight.catalog.lineage import sources_of
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import COMMENT, SENSITIVITY, Lake, Table, TableName

if TYPE_CHECKING:
    import pyarrow as pa


def register_tables(url: str, lake: Lake, names: Iterable[str] | None = None) -> None:
    """Bring the catalog's columns up to date where the lake moved on: of these tables and their sources, or of all.

    Where nothing changed it costs a question to the catalog and two to the file system per table. What decides on
    a table may be a tag of a table it comes from: hence the sources. A table that cannot be read stays as it was
    known: who may not read it learns nothing of it, who may is told when it is read.
    """
    known = registered_stamps(url)
    if names is None:
        wanted = {str(name) for name in lake.tables()} | set(known)
    else:
        with transaction(url) as connection:
            wanted = sources_of(connection, set(names))
    for name in sorted(filter(TableName.is_valid, wanted)):
        log = lake.table(name).path / "_delta_log"
        if not _is_as_known(log, known.get(name)):
            _register(url, lake.table(name).fresh(), log, is_known=name in known)


def _is_as_known(log: Path, known: tuple[int, str] | None) -> bool:
    """Whether a table's log ends with the version that is known, which is seen without reading it."""
    if known is None:
        return not log.exists()
    version, stamp = known
    return _stamp(log, version) == stamp and not _entry(log, version + 1).exists()


def _register(url: str, table: Table, log: Path, *, is_known: bool) -> None:
    try:
        columns = [_column(field) for field in table.schema] if table.exists else None
    except NightlightError:
        return
    if columns is not None:
        register_table(url, str(table.name), table.version, columns, stamp=_stamp(log, table.version))
    elif is_known:
        forget_table(url, str(table.name))


def _stamp(log: Path, version: int) -> str:
    """What the file system knows of a version's entry: another file has another one; "" when it is not there."""
    try:
        entry = _entry(log, version).stat()
    except OSError:
        return ""
    return f"{entry.st_ino}-{entry.st_mtime_ns}-{entry.st_size}"


def _entry(log: Path, version: int) -> Path:
    return log / f"{version:020d}.json"


def _column(field: "pa.Field") -> Column:
    metadata = field.metadata or {}
    return Column(
        name=field.name,
        type=str(field.type),
        holds_text=holds_text(field.type),
        sensitivity=metadata[SENSITIVITY].decode() if SENSITIVITY in metadata else None,
        comment=metadata.get(COMMENT, b"").decode(),
    )


def holds_text(kind: "pa.DataType") -> bool:
    """Whether values of a type can contain text: all types but those known to hold none."""
    import pyarrow.types as types

    if types.is_nested(kind):
        return any(holds_text(kind.field(index).type) for index in range(kind.num_fields))
    return not (
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_temporal(kind)
        or types.is_null(kind)
    )
