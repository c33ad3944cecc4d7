"""Streaming tables: each row of a source is read once, in bounded batches, one commit per batch."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.lakehouse.pruning import holding
from nightlight.lakehouse.tables import DataFile
from nightlight.pipelines.definitions import Flow
from nightlight.pipelines.expectations import drop_condition
from nightlight.pipelines.plan import stream_app, unread_files
from nightlight.pipelines.queries import Queries
from nightlight.pipelines.writing import Writer

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


def append(queries: Queries, writer: Writer, *, limit: int, afresh: bool = False) -> None:
    """Read each flow's unread files in batches of at most `limit` rows; `afresh` empties the table first."""
    dataset = queries.dataset
    for flow in queries.project.flows[dataset.name]:
        streams = [name for name, stream in queries.project.readings(flow) if stream]
        if not streams:
            raise NightlightError(
                f"{dataset.name} reads no table as a stream",
                where=str(flow.location),
                remedy="write FROM STREAM t, or make it a materialized view",
            )
        for source in streams:
            afresh = _append_source(queries, writer, flow, source, limit=limit, afresh=afresh)
    if afresh:  # nothing to read yet: the table exists all the same, so that others can read it
        writer.stage(_result(queries, queries.project.flows[dataset.name][0], {}))
        writer.commit(state={}, overwrite=True)


def _append_source(queries: Queries, writer: Writer, flow: Flow, source: str, *, limit: int, afresh: bool) -> bool:
    """Read one source to its end; the answer is whether the table is still to be emptied."""
    table = queries.lake.table(source)
    app = stream_app(flow.name, table.name)
    cut = queries.lake.table(queries.dataset.quarantine).transaction(app)
    for batch in unread_files(None if afresh else writer.table, flow.name, table, limit=limit, cut=cut):
        writer.counts.rows_in += batch.rows
        frame = _result(queries, flow, {source: batch.files})
        if queries.dataset.deduplicate:
            _stage_without_duplicates(queries, writer, frame, afresh=afresh)
        else:
            writer.stage(frame)
        writer.commit(position={app: batch.position}, state={f"{app}/start": batch.start}, overwrite=afresh)
        afresh = False
    return afresh


def _result(queries: Queries, flow: Flow, new: Mapping[str, Sequence[DataFile]]) -> "DataFrame":
    """The flow's query with `new` files as its streams and the whole of every other table."""
    readings = queries.project.readings(flow)
    return queries.result(
        flow, {(name, stream): queries.rows(name, new.get(name, ()) if stream else None) for name, stream in readings}
    )


def _stage_without_duplicates(queries: Queries, writer: Writer, frame: "DataFrame", *, afresh: bool) -> None:
    """Keep, of rows with the same key, the first delivered; none when the table has the key already.

    Only the key and the order are read to find them (they are few); the rows themselves pass through once. Rows that
    DROP refuses are no duplicates: they go to the quarantine whatever their key.
    """
    import pyarrow.compute as pc

    key, first = queries.dataset.deduplicate or ("", "")
    good = drop_condition(queries.dataset.expectations)
    kept = queries.sql(f"SELECT {key}, {first} FROM batch WHERE {key} IS NOT NULL AND {good}", batch=frame)
    files = [] if afresh else writer.table.files()
    suspects = queries.collect(
        f"SELECT {key} AS _key, min({first}) AS _first, count(*) - 1 AS _more FROM kept "
        f"GROUP BY {key} HAVING count(*) > 1 OR {_perhaps_known(files, key)}",
        kept=kept,
    )
    doubled = suspects.filter(pc.greater(suspects.column("_more"), 0))
    known = _known_keys(queries, files, key, suspects.select(["_key"]).rename_columns([key]))
    refused = _refused(doubled, known)
    writer.counts.duplicates += sum(doubled.column("_more").to_pylist()) + (known.num_rows if known else 0)
    if refused.num_rows == 0:
        writer.stage(frame)
        return
    text = (
        f"SELECT b.* FROM batch b LEFT JOIN refused r ON b.{key} = r._key WHERE r._key IS NULL OR ({good}) IS NOT TRUE"
    )
    with_first = queries.sql(f"{text} OR b.{first} = r._first", batch=frame, refused=queries.values(refused))
    writer.stage(with_first)
    if writer.staged_rows(key, doubled.column("_key")) > refused.num_rows - refused.column("_first").null_count:
        # Several rows of a key share its smallest `first`: number them, which costs a sort of the batch.
        writer.discard()
        rank = f"row_number() OVER (PARTITION BY {key}, {good} ORDER BY {first}) AS _rank"
        ranked = queries.sql(f"SELECT *, {rank} FROM batch", batch=with_first)
        once = queries.sql(
            f"SELECT * FROM ranked WHERE _rank = 1 OR {key} IS NULL OR ({good}) IS NOT TRUE", ranked=ranked
        )
        writer.stage(once.drop("_rank"))


def _perhaps_known(files: Sequence[DataFile], key: str) -> str:
    """SQL that is true of keys that the table's files may hold: keys beyond the largest are new without a look."""
    highest: list[Any] = [file.maximum.get(key) for file in files]
    if not files:
        return "false"
    return "true" if None in highest else f"{key} <= {_literal(max(highest))}"


def _known_keys(queries: Queries, files: list[DataFile], key: str, suspects: "pa.Table") -> "pa.Table | None":
    """Which of the suspected keys the table holds already (`_key`), None when it holds none.

    Only files that may hold them are read: keys that ascend with time make that nearly nothing.
    """
    files = holding(files, suspects) if suspects.num_rows else []
    if not files:
        return None
    known = queries.collect(
        f"SELECT DISTINCT p.{key} AS _key FROM present p JOIN suspects s ON p.{key} = s.{key}",
        present=queries.rows(queries.dataset.name, files),
        suspects=queries.values(suspects),
    )
    return known if known.num_rows else None


def _refused(doubled: "pa.Table", known: "pa.Table | None") -> "pa.Table":
    """(_key, _first): rows of a key other than the first are refused; where `_first` is NULL, all of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    within = doubled.select(["_key", "_first"])
    if known is None:
        return within
    present = known.column("_key").combine_chunks()
    within = within.filter(pc.invert(pc.is_in(within.column("_key"), value_set=present)))
    before = pa.table({"_key": present, "_first": pa.nulls(len(present), within.schema.field("_first").type)})
    return pa.concat_tables([within, before])


def _literal(value: Any) -> str:
    """A bound (whole number, date or time) as SQL.

    >>> from datetime import UTC
    >>> _literal(7), _literal(datetime(2026, 1, 2, tzinfo=UTC))
    ('7', "TIMESTAMP '2026-01-02 00:00:00+00:00'")
    """
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value}'"
    return f"DATE '{value}'" if isinstance(value, date) else str(value)
