"""What is new in a database table: rows beyond the cursor, and late ones behind it that have not been taken yet.

The cursor is a whole number: the integer itself, or a timestamp's microseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.ingestion.sources import Source
from nightlight.lakehouse.tables import Table

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RowCursor:
    """The cursor of one delivery: `since` is where it began, `reached` the highest value that passed."""

    def __init__(self, source: Source, table: Table, since: int | None) -> None:
        self.source, self.since, self.reached = source, since, since
        self.taken = set() if since is None or not source.overlap else self._taken(table, since)

    def take(self, rows: "pa.RecordBatch") -> "pa.RecordBatch":
        """The rows that are new: all beyond `since`, and those within the overlap whose key and time are unknown."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = rows.column(self.source.cursor).cast(pa.int64())
        highest = pc.max(values).as_py()
        if highest is not None:
            self.reached = highest if self.reached is None else max(self.reached, highest)
        if self.since is None:
            return rows
        new = pc.greater(values, self.since)
        if self.source.overlap:
            within = pc.greater_equal(values, self.since - self.source.overlap)
            new = pc.or_(
                new, pc.and_(within, pa.array([key not in self.taken for key in self._keys(rows)], pa.bool_()))
            )
        return rows.filter(new)

    def _keys(self, rows: "pa.RecordBatch") -> list[tuple[Any, ...]]:
        return list(zip(*(rows.column(name).to_pylist() for name in self._key_columns), strict=True))

    @property
    def _key_columns(self) -> list[str]:
        return [*self.source.key, self.source.cursor]

    def _taken(self, table: Table, since: int) -> set[tuple[Any, ...]]:
        import pyarrow.dataset as ds

        low, high = self._value(since - self.source.overlap), self._value(since)
        files = table.files(within={self.source.cursor: (low, high)})
        if not files:
            return set()
        rows = ds.dataset([file.path for file in files], schema=table.schema, format="parquet")
        of_window = (ds.field(self.source.cursor) >= low) & (ds.field("_source") == self.source.name)
        found: set[tuple[Any, ...]] = set()
        for batch in rows.to_batches(columns=self._key_columns, filter=of_window):
            found.update(self._keys(batch))
        return found

    def _value(self, number: int) -> Any:
        """The cursor as a value of its column."""
        column = self.source.cursor_column
        return EPOCH + timedelta(microseconds=number) if column and column.type == "timestamp" else number
