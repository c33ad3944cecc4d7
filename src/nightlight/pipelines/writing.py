"""Writing one dataset: the engine writes files by verdict, refused rows go to the quarantine, one commit follows.

Nothing is part of a table before `commit`; whatever was staged and not committed is deleted by `discard`."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.lakehouse import commit as lakehouse
from nightlight.lakehouse.tables import Table
from nightlight.pipelines.definitions import EVENT_TIME, Kind
from nightlight.pipelines.engines.session import Written
from nightlight.pipelines.expectations import MOVED, VERDICT, Action, Verdicts, names_in, verdict_expression
from nightlight.pipelines.lineage import Columns, column_lineage, with_sensitivity
from nightlight.pipelines.plan import DEFINITION, definition_hash
from nightlight.pipelines.queries import Queries

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

RULE, UPDATE, REJECTED_AT = "_rule", "_update", "_rejected_at"


@dataclass
class Counts:
    """What happened to rows while a dataset was brought up to date."""

    rows_in: int = 0
    rows_out: int = 0
    dropped: int = 0
    duplicates: int = 0
    commits: int = 0
    broken: dict[str, int] = field(default_factory=dict)  # rows per expectation that they broke

    def add(self, verdicts: Verdicts) -> None:
        self.rows_out += verdicts.kept_rows
        self.dropped += verdicts.dropped_rows
        for action in (Action.DROP, Action.WARN):
            for name, rows in verdicts.broken(action).items():
                self.broken[name] = self.broken.get(name, 0) + rows


@dataclass(frozen=True)
class Staged:
    """Files that an engine wrote into a table's folder and that no commit names yet."""

    kept: list[Path]
    moved: list[Path]
    refused: list[tuple[str, Path]]  # with the verdict
    verdicts: Verdicts

    def files(self) -> list[Path]:
        return [*self.kept, *self.moved, *(file for _, file in self.refused)]


class Writer:
    """The way into one dataset's table during one update."""

    def __init__(
        self, queries: Queries, update: str, *, on_traced: Callable[[Columns], None], afresh: bool = False
    ) -> None:
        """`on_traced` is told the columns' lineage when the definition is new or changed, before any commit.

        `afresh`: where earlier rows came from no longer matters, so the columns are traced anew in any case.
        """
        self.queries, self.update, self._on_traced, self._afresh = queries, update, on_traced, afresh
        self.dataset, self.lake = queries.dataset, queries.lake
        self.counts = Counts()
        self.definition = definition_hash(queries.project, queries.dataset, queries.lake)
        self._schema: pa.Schema | None = None
        self._staged: list[Staged] = []

    @property
    def table(self) -> Table:
        return self.lake.table(self.dataset.name)

    def stage(self, frame: "DataFrame", *, unchanged: "DataFrame | None" = None) -> None:
        """Have the engine write the rows, and `unchanged` ones beside them, which were judged before.

        A broken FAIL expectation stops here.
        """
        expectations = self.dataset.expectations
        announced = self._schema or self._known() or self.queries.session.schema_of(frame)
        judged = self.queries.session.with_column(frame, VERDICT, verdict_expression(expectations))
        if unchanged is not None:
            judged = judged.unionByName(self.queries.session.with_column(unchanged, VERDICT, f"'{MOVED}'"))
        with self.queries.session.write(judged, self.table.path, announced) as written:
            verdicts = Verdicts(written.rows, expectations)
            if failed := verdicts.broken(Action.FAIL):
                rules = ", ".join(f"'{name}' ({rows:,} rows)" for name, rows in failed.items())
                raise NightlightError(
                    f"{self.dataset.name} broke {rules}; nothing of this batch was written",
                    where=str(self.dataset.location),
                    remedy="mend the source or the expectation, then run again",
                )
            # An engine may announce one type and write another (UNION, CASE): what it wrote is what counts.
            self._schema = self._agreed(written_schema(written) or announced)
            self._staged.append(self._adopt(written, verdicts))

    def commit(
        self,
        *,
        position: Mapping[str, int] | None = None,
        state: Mapping[str, int],
        removed: Sequence[str] = (),
        quarantine: "pa.Table | None" = None,
        overwrite: bool = False,
    ) -> None:
        """Make all staged files part of the table in one step, after the refused rows are in the quarantine.

        `position` is checked (a step that was made before is not made again), `state` only recorded. A full refresh
        (`overwrite`) starts positions over: there they are recorded only. `quarantine` holds the rows that stay
        refused besides the new ones.
        """
        checked = {} if overwrite else dict(position or {})
        recorded = {**state, **(position or {}), DEFINITION: self.definition}
        self._quarantine(checked, recorded, quarantine, overwrite=overwrite)
        done = lakehouse.commit(
            self.table,
            [file for part in self._staged for file in part.kept],
            schema=self._known_schema(),
            transactions=checked,
            state=recorded,
            removed=removed,
            moved=[file for part in self._staged for file in part.moved],
            overwrite=overwrite,
            info={"update": self.update},
            description=self.dataset.comment or None,
        )
        self.lake.forget(self.table)
        staged, self._staged = self._staged, []
        lakehouse.delete_files(file for part in staged for _, file in part.refused)
        if done is not None:
            self.lake.remember(done.table)
            self.counts.commits += 1
            for part in staged:
                self.counts.add(part.verdicts)

    def staged_rows(self, column: str, values: "pa.ChunkedArray") -> int:
        """How many of the staged rows that will be kept have one of these values."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        if not len(values):
            return 0
        columns = [pq.read_table(file, columns=[column]).column(0) for part in self._staged for file in part.kept]
        return sum(pc.sum(pc.is_in(rows, value_set=values.cast(rows.type))).as_py() or 0 for rows in columns)

    def discard(self) -> None:
        """Delete what was staged and not committed; after a failure nothing stays behind."""
        staged, self._staged = self._staged, []
        lakehouse.delete_files(file for part in staged for file in part.files())
        self.lake.forget(self.table)

    def is_known(self) -> bool:
        """Whether the table was last written by the same definition, which therefore has been checked and traced."""
        same = self.table.exists and self.table.transaction(DEFINITION) == self.definition
        return same and not self._afresh

    def _known(self) -> "pa.Schema | None":
        """The table's columns with their tags, as long as the definition that gave them is still the same."""
        return self.table.schema if self.is_known() else None

    def _agreed(self, plain: "pa.Schema") -> "pa.Schema":
        """The schema to commit: the known one if the files have its types, else traced anew."""
        import pyarrow as pa

        event_time = self.dataset.properties.get(EVENT_TIME)
        if event_time and not (event_time in plain.names and pa.types.is_timestamp(plain.field(event_time).type)):
            raise NightlightError(
                f"{self.dataset.name}: '{EVENT_TIME}' = '{event_time}' is no timestamp column of it",
                where=str(self.dataset.location),
            )
        known = self._schema or self._known()
        if known is None:
            sources = {name: self.lake.table(name).schema for name in self.queries.project.sources(self.dataset.name)}
            lineage = column_lineage(self.queries.project, self.dataset, plain.names, sources)
            self._on_traced(lineage)
            return with_sensitivity(plain, lineage, sources)
        for column in plain:
            before = known.field(column.name).type
            if not same_type(column.type, before):
                raise NightlightError(
                    f"column '{column.name}' of {self.dataset.name} is {column.type} now and was {before}",
                    where=str(self.dataset.location),
                    remedy="cast it to one type in the query",
                )
        return known

    def _known_schema(self) -> "pa.Schema":
        if self._schema is None:
            raise ValueError("nothing was staged")
        return self._schema

    def _adopt(self, written: Written, verdicts: Verdicts) -> Staged:
        """Move the engine's files into the table's folder under names of their own."""
        staged = Staged([], [], [], verdicts)
        for verdict, files in written.files.items():
            for file in files:
                destination = lakehouse.new_file(self.table)
                file.rename(destination)
                if verdict == MOVED:
                    staged.moved.append(destination)
                elif verdicts.is_kept(verdict):
                    staged.kept.append(destination)
                else:
                    staged.refused.append((verdict, destination))
        return staged

    def _quarantine(
        self, checked: Mapping[str, int], recorded: Mapping[str, int], kept: "pa.Table | None", *, overwrite: bool
    ) -> None:
        table = self.lake.table(self.dataset.quarantine)
        refused = [pair for part in self._staged for pair in part.refused]
        drops = any(expectation.action is Action.DROP for expectation in self.dataset.expectations)
        is_new = drops and not table.exists  # there from the start, so that others can read it
        is_view = self.dataset.kind is Kind.MATERIALIZED_VIEW  # which has no position that could be replayed
        starts_over = overwrite and table.exists and (table.rows or not is_view)
        if not (refused or is_new or starts_over or kept is not None):
            return
        schema = quarantine_schema(self._known_schema())
        old = iter(()) if kept is None else iter(kept.cast(schema).to_batches())
        lakehouse.write(
            table,
            itertools.chain(old, _with_reason(refused, schema, self.update)),
            schema=schema,
            transactions={} if is_view else checked,
            state={} if is_view else recorded,
            overwrite=overwrite or kept is not None,
            description=f"Rows that {self.dataset.name} refused, with the names of the expectations they broke.",
        )
        self.lake.forget(table)


def quarantine_schema(schema: "pa.Schema") -> "pa.Schema":
    """The dataset's own columns with their tags, then which rule, which update and when."""
    import pyarrow as pa

    reason = {RULE: pa.string(), UPDATE: pa.string(), REJECTED_AT: pa.timestamp("us", "UTC")}
    return pa.schema([*schema, *(pa.field(name, kind) for name, kind in reason.items())])


def written_schema(written: Written) -> "pa.Schema | None":
    """The columns as they are in the files, None when no row was written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for files in written.files.values():
        schema = pq.read_schema(files[0])
        return pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])
    return None


def same_type(one: "pa.DataType", other: "pa.DataType") -> bool:
    """Whether both are the same type but for how Arrow lays it out in memory."""
    return bool(_plain(one) == _plain(other))


def _plain(kind: "pa.DataType") -> "pa.DataType":
    """The type without Arrow's choices of layout: large or view strings, names of list items, seconds' fractions."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_list(kind) or types.is_large_list(kind):
        return pa.list_(pa.field("element", _plain(kind.value_type)))
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz and "UTC")
    if types.is_struct(kind):
        return pa.struct([pa.field(kind.field(i).name, _plain(kind.field(i).type)) for i in range(kind.num_fields)])
    return kind


def _with_reason(refused: Sequence[tuple[str, Path]], schema: "pa.Schema", update: str) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    own, reason = list(schema)[:-3], list(schema)[-3:]
    for verdict, file in refused:
        values = (", ".join(names_in(verdict)), update, datetime.now(UTC))
        for batch in pq.ParquetFile(file).iter_batches():
            columns = [batch.column(field.name).cast(field.type) for field in own]
            columns += [pa.array([value] * batch.num_rows, f.type) for value, f in zip(values, reason, strict=True)]
            yield pa.record_batch(columns, schema=schema)
