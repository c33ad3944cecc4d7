"""What a query's WHERE says of a table's times, so that files outside them need not be read.

Only reading less, never answering otherwise: a bound is wider than what the query asks for, or there is none."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from nightlight.sql.gate import Query, TableReference, lower
from nightlight.sql.syntax import Node

Bound = datetime | date | None
Bounds = dict[str, tuple[Bound, Bound]]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?")
_FLIPPED = {
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_EQUAL": "COMPARE_EQUAL",
}
_MOMENT_TYPES = frozenset({"timestamp", "timestamp_us", "datetime", "timestamptz", "timestamp with time zone"})
_ZONES = timedelta(days=1)
"""Wider than any time zone: what a time without zone means is the engine's matter."""


def time_bounds(query: Query, table: TableReference, columns: Mapping[str, str]) -> Bounds:
    """The first and the last time (both included) outside of which no row of `table` can change the answer.

    `columns` gives the Arrow type of the date and timestamp columns, which have to hold what the query sees: no masked
    ones. {} whenever anything is unsure: the table stands twice, in a join, is sampled, or counts its rows.
    """
    if query.pivot is not None or not any(lower(name) in query.columns for name in columns):
        return {}
    select = _only_select(query, table)
    if select is None or "rowid" in query.columns:
        return {}
    source = select["from_table"]
    renamed = _renamed(select["select_list"])
    names = {lower(name): name for name in columns if lower(name) not in renamed}
    column = _Columns(lower(source["alias"] or source["table_name"]), names)
    bounds: Bounds = {}
    for condition in _conjuncts(select["where_clause"]):
        for name, low, high in _limits(condition, column, columns):
            before = bounds.get(name, (None, None))
            bounds[name] = (_later(before[0], low), _earlier(before[1], high))
    return bounds


@lru_cache(maxsize=128)
def _only_select(query: Query, table: TableReference) -> Node | None:
    """The SELECT that has the table alone in FROM, if the table is named nowhere else, whatever the schema."""
    named, selects = 0, []
    waiting: list[object] = [query.ast]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            named += value.get("type") == "BASE_TABLE" and lower(value["table_name"]) == table.table
            source = value.get("from_table") if value.get("type") == "SELECT_NODE" else None
            if source and source["type"] == "BASE_TABLE" and _reference(source) == table:
                selects.append(value)
    if named != 1 or len(selects) != 1:
        return None
    found = selects[0]
    sampled = found["sample"] is not None or found["from_table"]["sample"] is not None
    return None if sampled or found["from_table"]["column_name_alias"] or not found["where_clause"] else found


def _reference(source: Node) -> TableReference:
    return TableReference(lower(source["schema_name"]) or None, lower(source["table_name"]))


def _renamed(select_list: Sequence[Node]) -> frozenset[str]:
    """Names that the select list gives to something else, in case WHERE means that."""
    names = set()
    for item in select_list:
        names.add(lower(item["alias"]))
        if item["class"] == "STAR":
            names.update(lower(each["key"]) for each in item["replace_list"])
            names.update(lower(each["value"]) for each in item["rename_list"])
    return frozenset(names)


def _conjuncts(condition: Node) -> Iterator[Node]:
    waiting = [condition]
    while waiting:
        each = waiting.pop()
        if each["class"] == "CONJUNCTION" and each["type"] == "CONJUNCTION_AND":
            waiting += each["children"]
        else:
            yield each


@dataclass(frozen=True)
class _Columns:
    """The time columns of one table reference: `alias` may stand before them."""

    alias: str
    names: Mapping[str, str]

    def named(self, node: Node) -> str | None:
        if node["class"] != "COLUMN_REF":
            return None
        *qualifier, name = [lower(each) for each in node["column_names"]]
        return self.names.get(name) if qualifier in ([], [self.alias]) else None


def _limits(condition: Node, columns: _Columns, types: Mapping[str, str]) -> Iterator[tuple[str, Bound, Bound]]:
    """(column, first, last) of `column >= constant` and the like; nothing for any other condition."""
    match condition["class"], condition["type"]:
        case "COMPARISON", kind if kind in _FLIPPED:
            for node, other, compare in (
                (condition["left"], condition["right"], kind),
                (condition["right"], condition["left"], _FLIPPED[kind]),
            ):
                low = None if compare.startswith("COMPARE_LESS") else other
                high = None if compare.startswith("COMPARE_GREATER") else other
                yield from _between(node, low, high, columns, types)
        case "BETWEEN", "COMPARE_BETWEEN":
            yield from _between(condition["input"], condition["lower"], condition["upper"], columns, types)
        case _:
            return


def _between(
    node: Node, low: Node | None, high: Node | None, columns: _Columns, types: Mapping[str, str]
) -> Iterator[tuple[str, Bound, Bound]]:
    """Bounds of a column, or of its day: CAST(column AS DATE)."""
    as_day = node["class"] == "CAST" and lower(node["type_expr"].get("type_name", "")) == "date"
    name = columns.named(node["child"] if as_day else node)
    if name is None:
        return
    lows, highs = _constant(low), _constant(high)
    if as_day:  # a text is read as a day, so its time does not count; and the last day is over at its end
        lows, highs = _start_of_day(lows), _start_of_day(highs, timedelta(days=1))
    first, last = _bound(lows, types[name], -_ZONES), _bound(highs, types[name], _ZONES)
    if first is not None or last is not None:
        yield name, first, last


def _start_of_day(value: date | datetime | None, later: timedelta = timedelta()) -> datetime | None:
    if value is None or value.year in (date.min.year, date.max.year):
        return None
    return datetime.combine(value, time(), getattr(value, "tzinfo", None)) + later


def _constant(node: Node | None) -> date | datetime | None:
    """A date or time as written: '2026-01-31', DATE '..', TIMESTAMP '..', also cast once more."""
    if node is None:
        return None
    if node["class"] == "CONSTANT":
        literal = node["literal"]
        return _parsed(literal["text"]) if literal["kind"] == "STRING" else None
    if node["class"] != "CAST":
        return None
    value, kind = _constant(node["child"]), lower(node["type_expr"].get("type_name", ""))
    if kind == "date":
        return value if not isinstance(value, datetime) else None
    return value if kind in _MOMENT_TYPES and not node["type_expr"]["children"] else None


def _parsed(text: str) -> date | datetime | None:
    """Only the forms that the engine and Python read alike."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def _bound(value: date | datetime | None, kind: str, zones: timedelta) -> Bound:
    """The constant as a bound of a column of that type, wider by `zones` where a time zone has a say."""
    try:
        if value is None:
            return None
        if kind.startswith("date"):
            if isinstance(value, datetime) and value.tzinfo is not None:
                return (value + zones).date()
            return value.date() if isinstance(value, datetime) else value
        if not kind.startswith("timestamp"):
            return None
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        if "tz=" in kind:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC) + zones
        return (moment + zones).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        return None


def _later(one: Bound, other: Bound) -> Bound:
    return max((each for each in (one, other) if each is not None), default=None)


def _earlier(one: Bound, other: Bound) -> Bound:
    return min((each for each in (one, other) if each is not None), default=None)
