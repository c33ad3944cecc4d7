"""Lineage as one person is shown it: tables and columns that are not named to them are counted, and nothing more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nightlight.catalog.lineage import is_traced, table_graph, trace_downstream, trace_lineage
from nightlight.db import transaction
from nightlight.web.data.drawing import Arrow, Box, layers
from nightlight.web.data.shown_tables import ShownTable
from nightlight.web.site import Site

Pair = tuple[str, str]


@dataclass(frozen=True)
class Step:
    """One table of the list beside the drawing: how far away, and which of its columns are on the path.

    `shown` is None for tables that must not be named; then `count` says how many there are that far away.
    """

    distance: int
    shown: ShownTable | None
    columns: tuple[str, ...] = ()
    more_columns: int = 0
    count: int = 1


@dataclass(frozen=True)
class ShownLineage:
    """What a table comes from (`upstream`, the nearest first) and what is made of it (`downstream`)."""

    upstream: tuple[Step, ...]
    downstream: tuple[Step, ...]
    pairs: tuple[Pair, ...]  # (source, target), also of tables that must not be named
    path: frozenset[Pair]  # those of the pairs that the column goes along
    places: Mapping[str, int]
    shown: Mapping[str, ShownTable]
    is_traced: bool
    columns: Mapping[str, frozenset[str]]  # on the path, by table, in lower case


def read_lineage(site: Site, shown: ShownTable, tables: Mapping[str, ShownTable], column: str) -> ShownLineage:
    """The lineage of a table, with the path of one of its columns where one is named."""
    name = str(shown.name)
    with transaction(site.url) as connection:
        upstream, downstream = table_graph(connection, name)
        traced = not column or is_traced(connection, name, column)
    steps: list[dict[str, Any]] = []
    if column:
        steps = [*trace_lineage(site.url, name, column.lower()), *trace_downstream(site.url, name, column)]
    pairs = sorted(upstream | downstream)
    places = layers(name, pairs)
    columns = _columns(name, column, steps)
    kept = tuple(pair for pair in pairs if places[pair[0]] < places[pair[1]])
    return ShownLineage(
        upstream=tuple(_steps((-1, places), tables, columns)),
        downstream=tuple(_steps((1, places), tables, columns)),
        pairs=kept,
        path=frozenset((step["source_table"], step["target_table"]) for step in steps),
        places=places,
        shown=tables,
        is_traced=traced,
        columns=columns,
    )


def boxes_and_arrows(
    lineage: ShownLineage, focus: str, words: "Words"
) -> tuple[list[Box], list[Arrow], dict[str, int]]:
    """What is drawn: tables that must not be named are one box for each distance."""
    key = {name: name if name in lineage.shown else f"not granted {place}" for name, place in lineage.places.items()}
    counts: dict[str, int] = {}
    for name in lineage.places:
        counts[key[name]] = counts.get(key[name], 0) + 1
    on_path = {name for pair in lineage.path for name in pair} | {focus}
    marked = {key[name] for name in on_path if name in key}
    places = {key[name]: place for name, place in lineage.places.items()}
    boxes = [_box(lineage, each, focus, counts[each], each in marked, words) for each in sorted(places)]
    arrows: dict[Pair, bool] = {}
    for source, target in lineage.pairs:
        pair = key[source], key[target]
        arrows[pair] = arrows.get(pair, False) or (source, target) in lineage.path
    return boxes, [Arrow(source, target, is_on) for (source, target), is_on in sorted(arrows.items())], places


@dataclass(frozen=True)
class Words:
    """How tables and columns that must not be named are called, in the reader's language."""

    tables: Any  # count -> text
    columns: Any


def _box(lineage: ShownLineage, key: str, focus: str, count: int, is_on_path: bool, words: Words) -> Box:
    shown = lineage.shown.get(key)
    if shown is None:
        return Box(key, words.tables(count), kind="hidden", is_on_path=is_on_path and bool(lineage.path))
    named, more = _named(shown, lineage.columns.get(key, ()))
    note = ", ".join(named) or (words.columns(more) if more else "")
    return Box(
        key,
        title=shown.name.table,
        over=shown.name.schema,
        note=note,
        url="" if key == focus else f"{shown.url}/lineage" + (f"?column={named[0]}" if len(named) == 1 else ""),
        kind="focus" if key == focus else "",
        is_on_path=is_on_path and bool(lineage.path),
    )


def _columns(table: str, column: str, steps: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {table: {column.lower()}} if column else {}
    for step in steps:
        found.setdefault(step["source_table"], set()).add(step["source_column"])
        found.setdefault(step["target_table"], set()).add(step["target_column"])
    return {name: frozenset(columns) for name, columns in found.items()}


def _named(shown: ShownTable, columns: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """Those of the columns that are named to the person, and how many are not."""
    wanted = set(columns)
    named = tuple(column.name for column in shown.columns if column.name.lower() in wanted)
    return named, len(wanted) - len(named)


def _steps(
    way: tuple[int, Mapping[str, int]], tables: Mapping[str, ShownTable], columns: Mapping[str, frozenset[str]]
) -> Iterable[Step]:
    direction, places = way
    distances = sorted({abs(place) for place in places.values() if place * direction > 0})
    for distance in distances:
        names = sorted(name for name, place in places.items() if place == distance * direction)
        for name in names:
            if name in tables:
                named, more = _named(tables[name], columns.get(name, ()))
                yield Step(distance, tables[name], named, more)
        if hidden := sum(name not in tables for name in names):
            yield Step(distance, None, count=hidden)
