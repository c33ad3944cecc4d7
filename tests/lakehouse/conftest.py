"""A table of messages: its columns, and rows to write into it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.lakehouse.tables import COMMENT, SENSITIVITY, Lake, Table, TableName

if TYPE_CHECKING:
    import pyarrow as pa

Batch = Callable[..., "pa.RecordBatch"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def table(lake: Lake) -> Table:
    return lake.table(TableName("bronze", "messages"))


@pytest.fixture
def columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("id", pa.int64(), metadata={COMMENT: b"the platform's number"}),
            pa.field("sent_at", pa.timestamp("us", "UTC")),
            pa.field("author", pa.string(), metadata={SENSITIVITY: b"identity"}),
            pa.field("text", pa.string(), metadata={SENSITIVITY: b"text", COMMENT: b"as written"}),
        ]
    )


@pytest.fixture
def batch(columns: "pa.Schema") -> Batch:
    """Rows with these ids; every other column has the same value in all of them."""
    import pyarrow as pa

    def make(*ids: int | None, **values: Any) -> "pa.RecordBatch":
        return pa.RecordBatch.from_pylist([{"id": number, **values} for number in ids], schema=columns)

    return make
