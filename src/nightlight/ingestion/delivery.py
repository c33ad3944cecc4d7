"""One source's way into its table: partitions -> blocks -> typed rows -> commits that carry rows and cursor together.

The cursor is the version of a Delta transaction in the target table, one for each file (`ingest/<source>/<file>`,
lines taken) or for the whole source (`ingest/<source>`, last cursor value or version)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Connector, Partition, Rejected
from nightlight.ingestion.contract import DELIVERY_COLUMNS, Contract
from nightlight.ingestion.cursors import RowCursor
from nightlight.ingestion.quarantine import keep
from nightlight.ingestion.seen import FileKey, Seen
from nightlight.ingestion.sources import DATABASE_KINDS, FILE_KINDS, Source
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake, Table

if TYPE_CHECKING:
    import pyarrow as pa

COMMIT_ROWS = 2_000_000
COMMIT_REJECTED = 50_000

Progress = Callable[[str, int], None]  # (source, rows so far)


class Piece(NamedTuple):
    """A block that is ready: typed rows of a file, rejected rows, the cursor `end` it brings `mark` to (None: no news).

    `may_cut` says that a commit may end after it.
    """

    rows: "pa.RecordBatch"
    file: str
    rejected: list[tuple[str, Rejected]]
    mark: str
    end: int | None
    may_cut: bool


@dataclass
class Delivery:
    """A delivery under way, and what it has done so far; `mark` names the transaction with a partition's cursor."""

    lake: Lake
    source: Source
    connector: Connector
    seen: dict[FileKey, Seen]
    now: datetime
    mark: Callable[[Partition], str]
    progress: Progress | None = None
    rows: int = 0
    quarantined: int = 0
    files: int = 0
    waiting: int = 0
    errors: list[NightlightError] = field(default_factory=list)
    read_to_end: dict[FileKey, Seen] = field(default_factory=dict)
    _may_cut: bool = True

    def run(self) -> None:
        """Take everything that is new. A partition that is refused is noted in `errors` and the others are taken."""
        pieces = _Ahead(self._pieces())
        while (piece := pieces.next_one) is not None:
            if piece.rows.num_rows or piece.end is not None:
                self._commit(pieces)
            else:
                self._keep(pieces.take().rejected)

    @property
    def new_columns(self) -> tuple[str, ...]:
        return tuple(self.contract.new) if "contract" in vars(self) else ()

    @cached_property
    def contract(self) -> Contract:
        return Contract.of(self.source, self._table())

    def _table(self) -> Table:
        return self.lake.table(self.source.table).fresh()

    def _commit(self, pieces: "_Ahead") -> None:
        """Write pieces up to the next cut. `transactions` is complete once the rows have passed, and is read last."""
        table, schema = self._table(), self.contract.schema
        transactions: dict[str, int] = {}
        arrived = self.rows
        try:
            write(
                table,
                self._batches(pieces, schema, transactions, _last_position(table)),
                schema=schema,
                transactions=transactions,
                info={"source": self.source.name},
                description=self.source.comment or None,
            )
        except NightlightError:
            self.rows = arrived
            raise

    def _batches(
        self, pieces: "_Ahead", schema: "pa.Schema", transactions: dict[str, int], position: int
    ) -> "Iterator[pa.RecordBatch]":
        rejected: list[tuple[str, Rejected]] = []
        count, may_cut = 0, False
        while (piece := pieces.next_one) is not None and not (may_cut and self._is_due(piece, schema, count, rejected)):
            pieces.take()
            may_cut = piece.may_cut
            rejected += piece.rejected
            if piece.end is not None:
                transactions[piece.mark] = piece.end
            if piece.rows.num_rows:
                yield self._delivered(piece, schema, position + count)
            count += piece.rows.num_rows
            self._report(piece.rows.num_rows)
        self._keep(rejected)

    def _is_due(self, piece: Piece, schema: "pa.Schema", count: int, rejected: list[tuple[str, Rejected]]) -> bool:
        new_columns = len(piece.rows.schema) + len(DELIVERY_COLUMNS) != len(schema)
        return new_columns or count >= COMMIT_ROWS or len(rejected) >= COMMIT_REJECTED

    def _delivered(self, piece: Piece, schema: "pa.Schema", position: int) -> "pa.RecordBatch":
        import pyarrow as pa

        count = piece.rows.num_rows
        names = [pa.repeat(pa.scalar(name, pa.string()), count) for name in (self.source.name, piece.file)]
        positions = pa.array(range(position + 1, position + count + 1), pa.int64())
        times = pa.repeat(pa.scalar(self.now, schema.field("_ingested_at").type), count)
        return pa.RecordBatch.from_arrays([*piece.rows.columns, *names, positions, times], schema=schema)

    def _report(self, rows: int) -> None:
        self.rows += rows
        if self.progress:
            self.progress(self.source.name, self.rows)

    def _keep(self, rejected: list[tuple[str, Rejected]]) -> None:
        self.quarantined += keep(self.lake, self.source, rejected, self.now)

    def _pieces(self) -> Iterator[Piece]:
        table = self._table()
        for partition in self.connector.partitions(self.source):
            try:
                yield from self._partition(partition, table)
            except NightlightError as error:
                if not self._may_cut:  # rows are under way that must not arrive without their cursor
                    raise
                self.errors.append(error)

    def _partition(self, partition: Partition, table: Table) -> Iterator[Piece]:
        mark = self.mark(partition)
        start = table.transaction(mark)
        key = FileKey(self.source.name, partition.name)
        seen = self.seen.get(key)
        if seen and seen.end != (start or 0):
            seen = None
        if seen and seen.covers(partition):
            return
        cursor = RowCursor(self.source, table, start) if self.source.kind in DATABASE_KINDS else None
        found, end = False, start or 0
        for block in self.connector.blocks(self.source, partition, start, seen.prefix if seen else None):
            piece = self._piece(block, partition, mark, start, cursor)
            found = found or bool(piece.rows.num_rows)
            self._may_cut = piece.may_cut
            yield piece
            end = block.end or end
        if cursor:
            self._may_cut = True
            yield self._cursor_piece(piece, cursor)
        self.files += found
        self.waiting += block.waits
        if self.source.kind in FILE_KINDS:
            self.read_to_end[key] = Seen.of(partition, end, block.prefix, waits=block.waits)

    def _piece(
        self, block: Block, partition: Partition, mark: str, start: int | None, cursor: RowCursor | None
    ) -> Piece:
        self.contract.add_new_columns(block)
        rows, rejected = self.contract.apply(block)
        if cursor:
            rows = cursor.take(rows)
        news = block.end is not None and block.end > (-1 if start is None else start)
        marked = [(partition.name, self._marked(item, mark)) for item in rejected]
        return Piece(rows, partition.name, marked, mark, block.end if news else None, block.end is not None)

    def _marked(self, item: Rejected, mark: str) -> Rejected:
        """A line of a file is recorded by its number; a row of a table has none that lasts: it is known by its text."""
        if item.mark:
            return item._replace(mark=f"{mark} ({item.mark})")
        return item._replace(mark=mark, version=item.line) if self.source.kind in FILE_KINDS else item

    def _cursor_piece(self, last: Piece, cursor: RowCursor) -> Piece:
        moved = cursor.reached != cursor.since
        return Piece(last.rows.slice(0, 0), last.file, [], last.mark, cursor.reached if moved else None, True)


class _Ahead:
    """Pieces with a look at the next one."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self.next_one = next(pieces, None)

    def take(self) -> Piece:
        piece, self.next_one = self.next_one, next(self._pieces, None)
        if piece is None:
            raise LookupError("there is no next piece")
        return piece


def _last_position(table: Table) -> int:
    return max((file.maximum.get("_position") or 0 for file in table.files()), default=0)
