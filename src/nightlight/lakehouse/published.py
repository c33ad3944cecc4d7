"""Tables that the product itself writes from its database: declared columns, rows written anew when they changed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import COMMENT, SENSITIVITY, Table

if TYPE_CHECKING:
    import pyarrow as pa


class Column(NamedTuple):
    """`type`: string, strings, int64, double, bool or timestamp."""

    type: str
    comment: str
    sensitivity: str = ""


def schema_of(columns: Mapping[str, Column]) -> "pa.Schema":
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "strings": pa.list_(pa.string()),
        "int64": pa.int64(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
    }
    return pa.schema([pa.field(name, kinds[each.type], metadata=_metadata(each)) for name, each in columns.items()])


def batches_of(rows: Iterable[Mapping[str, Any]], schema: "pa.Schema") -> "list[pa.RecordBatch]":
    import pyarrow as pa

    found = [dict(row) for row in rows]
    return [pa.RecordBatch.from_pylist(found, schema=schema)] if found else []


def rewrite(table: Table, rows: list[dict[str, Any]], schema: "pa.Schema", *, digest: str, description: str) -> bool:
    """Write a small table anew as a whole; False when it is like this already, which `digest` keeps in its log."""
    seen = json.dumps(rows, sort_keys=True, default=str).encode()
    state = {digest: int.from_bytes(hashlib.sha256(seen).digest()[:7])}
    if table.transaction(digest) == state[digest]:
        return False
    write(
        table,
        batches_of(rows, schema),
        schema=schema,
        transactions={},
        state=state,
        overwrite=True,
        description=description,
    )
    return True


def _metadata(column: Column) -> dict[bytes, bytes]:
    found = {COMMENT: column.comment.encode(), SENSITIVITY: column.sensitivity.encode()}
    return {key: value for key, value in found.items() if value}
