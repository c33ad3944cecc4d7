"""Materialized views: computed as a whole, or only for the keys whose rows changed (`refresh.key`).

Both are one commit: readers see the old contents or the new. A view with a key is computed piece by piece (ranges
of the key, or some of the changed ones), so that memory is bounded by `limit` source rows, however many there are."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from nightlight.lakehouse.pruning import holding
from nightlight.lakehouse.tables import Changes, DataFile, LogGap
from nightlight.pipelines.plan import is_keyed
from nightlight.pipelines.queries import Queries
from nightlight.pipelines.writing import Writer

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Range: TypeAlias = tuple[Any, Any]  # [low, high); None = without end


def recompute(queries: Queries, writer: Writer, *, limit: int) -> None:
    """Compute the view from all rows of its sources and replace its contents."""
    writer.counts.rows_in = sum(queries.lake.table(source).rows for source in _sources(queries))
    for bounds in _ranges(queries, limit):
        writer.stage(_result(queries, _rows_in_range(queries, bounds)))
    writer.commit(state=_versions(queries), overwrite=True)


def refresh_keys(queries: Queries, writer: Writer, *, limit: int) -> None:
    """Compute only the keys whose rows changed; as a whole when the change cannot be told or is not by key."""
    try:
        changed = {source: found for source in _sources(queries) if (found := _changes(queries, source))}
    except LogGap:
        recompute(queries, writer, limit=limit)
        return
    if not changed:
        return
    if not all(is_keyed(queries.dataset, queries.lake.table(source)) for source in changed):
        recompute(queries, writer, limit=limit)
        return
    keys = _changed_keys(queries, changed)
    old = holding(writer.table.files(), keys)
    writer.counts.rows_in = sum(file.rows for found in changed.values() for file in found.added)
    frame = queries.values(_as_keys(keys))
    unchanged = _other_rows(queries, queries.rows(queries.dataset.name, old), frame) if old else None
    for piece in _pieces(keys, writer.counts.rows_in, limit):
        of_piece = queries.values(_as_keys(piece))
        parts = {source: _rows_of_keys(queries, source, piece, of_piece) for source in _sources(queries)}
        writer.stage(_result(queries, parts), unchanged=unchanged)
        unchanged = None
    refused = _still_refused(queries, frame)
    writer.commit(state=_versions(queries), removed=[file.path for file in old], quarantine=refused)


def _sources(queries: Queries) -> list[str]:
    return list(queries.project.sources(queries.dataset.name))


def _versions(queries: Queries) -> dict[str, int]:
    return {source: queries.lake.table(source).version for source in _sources(queries)}


def _result(queries: Queries, parts: "Mapping[str, DataFrame]") -> "DataFrame":
    """The view's query over these rows of its sources."""
    (flow,) = queries.project.flows[queries.dataset.name]
    return queries.result(flow, {(source, False): frame for source, frame in parts.items()})


def _changes(queries: Queries, source: str) -> Changes | None:
    seen = queries.lake.table(queries.dataset.name).transaction(source)
    table = queries.lake.table(source)
    if seen is None:
        raise LogGap(table.name, 0)
    changes = table.changes(seen)
    return changes if changes.added or changes.removed else None


def _changed_keys(queries: Queries, changed: Mapping[str, Changes]) -> "pa.Table":
    """Keys with rows that are new, and keys with fewer rows left than were in the files taken away."""
    import pyarrow as pa

    names = ", ".join(queries.dataset.key)
    text = f"""
        SELECT {names} FROM (
            SELECT {names}, 1 AS new, 0 AS gone FROM added
            UNION ALL SELECT {names}, 0 AS new, 1 AS gone FROM removed
            UNION ALL SELECT {names}, 0 AS new, -1 AS gone FROM moved
        ) c GROUP BY {names} HAVING max(new) = 1 OR sum(gone) <> 0"""
    parts = []
    for source, found in changed.items():
        files = {"added": found.added, "removed": found.removed, "moved": found.moved}
        parts.append(queries.collect(text, **{name: queries.rows(source, part) for name, part in files.items()}))
    return pa.concat_tables(parts, promote_options="permissive").group_by(list(queries.dataset.key)).aggregate([])


def _pieces(keys: "pa.Table", rows: int, limit: int) -> "Iterator[pa.Table]":
    """The keys in pieces for which about `limit` of these rows were new; one piece where there are few."""
    size = -(-keys.num_rows * limit // max(rows, limit)) if rows > limit else keys.num_rows
    ordered = keys.sort_by([(name, "ascending") for name in keys.column_names]) if size < keys.num_rows else keys
    yield ordered.slice(0, max(size, 1))
    for start in range(max(size, 1), keys.num_rows, max(size, 1)):
        yield ordered.slice(start, size)


def _rows_of_keys(queries: Queries, source: str, keys: "pa.Table", frame: "DataFrame") -> "DataFrame":
    """The source's rows of these keys; all its rows when it has none."""
    if not is_keyed(queries.dataset, queries.lake.table(source)):
        return queries.rows(source)
    files = holding(queries.lake.table(source).files(), keys)
    text = f"SELECT r.* FROM rows r JOIN keys k ON {_same_key(queries, 'r')}"
    return queries.sql(text, rows=queries.rows(source, files), keys=frame)


def _other_rows(queries: Queries, rows: "DataFrame", keys: "DataFrame") -> "DataFrame":
    """Those of the view's own rows, or of its refused ones, whose key did not change."""
    text = f"SELECT o.* FROM old o LEFT JOIN keys k ON {_same_key(queries, 'o')} WHERE k._present IS NULL"
    return queries.sql(text, old=rows, keys=keys)


def _still_refused(queries: Queries, keys: "DataFrame") -> "pa.Table | None":
    """The quarantine's rows whose key did not change; None when it has no others, which is nearly always."""
    table = queries.lake.table(queries.dataset.quarantine)
    if not table.exists or not table.rows:
        return None
    kept = queries.session.collect(_other_rows(queries, queries.rows(queries.dataset.quarantine), keys))
    return kept if kept.num_rows < table.rows else None


def _same_key(queries: Queries, alias: str) -> str:
    return " AND ".join(f"{alias}.{name} <=> k._{name}" for name in queries.dataset.key)


def _as_keys(keys: "pa.Table") -> "pa.Table":
    """The keys under the names that joins use, with a column that is never NULL."""
    import pyarrow as pa

    renamed = keys.rename_columns([f"_{name}" for name in keys.column_names])
    return renamed.append_column("_present", pa.array([True] * keys.num_rows))


def _ranges(queries: Queries, limit: int) -> list[Range]:
    """Ranges of the key that hold about `limit` source rows each; one without ends when that is few."""
    if len(queries.dataset.key) != 1:
        return [(None, None)]
    key = queries.dataset.key[0]
    tables = [
        queries.lake.table(source)
        for source in _sources(queries)
        if is_keyed(queries.dataset, queries.lake.table(source))
    ]
    files = [file for table in tables for file in table.files()]
    return split_range([(file.minimum.get(key), file.maximum.get(key), file.rows) for file in files], limit)


def split_range(files: Sequence[tuple[Any, Any, int]], limit: int) -> list[Range]:
    """Ranges [low, high) of a whole-number key holding about `limit` rows each, from files' (min, max, rows).

    Cuts lie where files end, and inside files that are larger than that; rows are taken as spread evenly within a file.

    >>> split_range([(0, 9, 10), (10, 19, 10)], 10)
    [(None, 10), (10, None)]
    >>> split_range([(0, 9, 10)], 5)
    [(None, 5), (5, None)]
    >>> split_range([("a", "b", 10), ("b", "c", 10)], 10), split_range([(0, 9, 10)], 10)
    ([(None, None)], [(None, None)])
    """
    total = sum(rows for _, _, rows in files)
    if total <= limit or not all(type(low) is int and type(high) is int for low, high, _ in files):
        return [(None, None)]
    inside = {cut for low, high, rows in files if rows > limit for cut in _cuts(low, high + 1, -(-total // limit))}
    edges = sorted({min(low for low, _, _ in files)} | {high + 1 for _, high, _ in files} | inside)
    cuts: list[int] = []
    filled = 0.0
    for low, high in itertools.pairwise(edges):
        rows = sum(_share(file, low, high) for file in files)
        if filled and filled + rows > limit * 1.25:  # a little more is cheaper than one more pass
            cuts.append(low)
            filled = 0.0
        filled += rows
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def _cuts(low: int, high: int, parts: int) -> list[int]:
    """Where [low, high) is cut into so many parts."""
    return [low + (high - low) * part // parts for part in range(1, parts)]


def _share(file: tuple[int, int, int], low: int, high: int) -> float:
    """How many of a file's rows lie in [low, high)."""
    bottom, top, rows = file
    width = min(high, top + 1) - max(low, bottom)
    return rows * max(width, 0) / (top + 1 - bottom)


def _rows_in_range(queries: Queries, bounds: Range) -> "dict[str, DataFrame]":
    """Each source's rows in the range of the key; all rows of sources that have no key."""
    low, high = bounds
    if low is None and high is None:
        return {source: queries.rows(source) for source in _sources(queries)}
    key = queries.dataset.key[0]
    condition = " AND ".join([f"{key} >= {low}"] * (low is not None) + [f"{key} < {high}"] * (high is not None))
    if high is None:
        condition += f" OR {key} IS NULL"
    parts = {}
    for source in _sources(queries):
        table = queries.lake.table(source)
        if is_keyed(queries.dataset, table):
            rows = queries.rows(source, [file for file in table.files() if _meets(file, key, bounds)])
            parts[source] = queries.sql(f"SELECT * FROM rows WHERE {condition}", rows=rows)
        else:
            parts[source] = queries.rows(source)
    return parts


def _meets(file: DataFile, key: str, bounds: Range) -> bool:
    low, high = file.minimum.get(key), file.maximum.get(key)
    if low is None or high is None:
        return True
    if bounds[1] is None and file.nulls.get(key) != 0:  # the last range is also that of rows without a key
        return True
    return (bounds[0] is None or high >= bounds[0]) and (bounds[1] is None or low < bounds[1])
