"""Leaky predicates, generated: every function a query may call, on tables behind row filters of eight shapes.

A probe asks about one hidden row that is in one home and not in the other: it counts it, or fails because of it. An
engine that evaluates a person's predicate before the row filter answers differently in the two homes."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

SHAPES: Mapping[str, str] = {
    "equal": "team = 'harbour'",
    "in_list": "team IN ('harbour', 'lantern')",
    "in_query": "team IN (SELECT s.team FROM probe.teams s WHERE s.is_open)",
    "exists": "EXISTS (SELECT 1 FROM probe.teams s WHERE s.team = probe.{table}.team AND s.is_open)",
    "not_in": "team NOT IN (SELECT s.team FROM probe.teams s WHERE NOT s.is_open)",
    "less": "level < 4",
    "like": "team LIKE 'harb%'",
    "not_null_and": "checked IS NOT NULL AND level < 4",
}
FORMS = ("fails", "counts")
HIDDEN_ID = 777

# The hidden row of the first home, as constants: what a guess that is right looks like. The second home has another.
GUESS: Mapping[str, str] = {
    "id": str(HIDDEN_ID),
    "word": "'(%q vqxzkguessed ['",
    "other": "'b2'",
    "number": "8642013579",
    "small": "1234",
    "amount": "-17.25::DOUBLE",
    "moment": "TIMESTAMP '2026-05-06 07:08:09'",
    "day": "DATE '1979-08-07'",
    "flag": "true",
    "items": "['x', 'vqxzkitem']",
    "numbers": "[5, 8642]",
    "document": "'{\"a\": 8642}'",
}
TYPES: Mapping[str, Sequence[str]] = {
    "VARCHAR": ("word", "other", "document"),
    "BIGINT": ("number", "small"),
    "INTEGER": ("small",),
    "DOUBLE": ("amount",),
    "TIMESTAMP": ("moment",),
    "DATE": ("day",),
    "BOOLEAN": ("flag",),
    "VARCHAR[]": ("items",),
    "BIGINT[]": ("numbers",),
}
TYPES_OF_TABLE = (
    "id BIGINT, team VARCHAR, level BIGINT, checked VARCHAR, word VARCHAR, other VARCHAR, number BIGINT, "
    "small INTEGER, amount DOUBLE, moment TIMESTAMP, day DATE, flag BOOLEAN, items VARCHAR[], numbers BIGINT[], "
    "document VARCHAR"
)


# Functions whose arguments cannot be guessed from their types: names, a colon, arguments with "; " between two.
BY_HAND = r"""
aggregate array_aggr array_aggregate list_aggr list_aggregate: {items}; 'max'
array_prepend list_prepend: {word}; {items}
array_where list_where: {items}; [{flag}, true]
list_bool_and list_bool_or: [{flag}, true]
array_cosine_distance array_cosine_similarity array_distance: [{amount}, 2.0]::DOUBLE[2]; [1.0, 3.0]::DOUBLE[2]
array_dot_product array_inner_product: [{amount}, 2.0]::DOUBLE[2]; [1.0, 3.0]::DOUBLE[2]
array_negative_dot_product array_negative_inner_product: [{amount}, 2.0]::DOUBLE[2]; [1.0, 3.0]::DOUBLE[2]
base64 to_base64 octet_length decode: encode({word})
bit_position: '1'::BIT; {number}::BIT
get_bit: {number}::BIT; 3
set_bit: {number}::BIT; 3; 1
enum_code enum_first enum_last enum_range: {other}::ENUM('a', 'b', 'c', 'b2')
enum_range_boundary: {other}::ENUM('a', 'b', 'c', 'b2'); 'b2'::ENUM('a', 'b', 'c', 'b2')
flatten: [{items}, {items}]
from_json from_json_strict json_transform json_transform_strict: {document}; '{{"a": "INTEGER"}}'
map_concat: map([{word}], [{number}]); map([{other}], [{number}])
map_contains_entry: map([{word}], [{number}]); {word}; {number}
map_contains_value: map([{word}], [{number}]); {number}
map_contains map_extract map_extract_value element_at: map([{word}], [{number}]); {word}
map_from_entries: [struct_pack(k := {word}, v := {number})]
normalized_interval: age({moment})
split_part: {word}; ' '; 2
struct_extract: struct_pack(a := {word}); 'a'
struct_extract_at: row({word}, {number}); 1
struct_contains struct_has struct_indexof struct_position: row({word}, {other}); {other}
struct_insert struct_update: struct_pack(a := {word}); b := {number}
union_extract: union_value(k := {word}); 'k'
union_tag: union_value(k := {word})
union_value: k := {word}
uuid_extract_timestamp uuid_extract_version: md5({word})::UUID
approx_quantile quantile quantile_cont quantile_disc reservoir_quantile: {amount}; 0.5
"""


@dataclass(frozen=True)
class Call:
    """An expression that calls one function, with {column} where a column or a guess of its value stands."""

    function: str
    expression: str
    kind: str  # scalar, aggregate, window

    def on_columns(self) -> str:
        return self.expression.format(**{name: name for name in GUESS})

    def on_guess(self) -> str:
        return self.expression.format(**GUESS)


@dataclass(frozen=True)
class Probe:
    call: Call
    shape: str
    form: str

    @property
    def table(self) -> str:
        return f"probe.{self.shape}"

    def text(self) -> str:
        hit = f"id = {HIDDEN_ID}"
        if self.call.kind == "scalar":
            hit += f" AND ({self.call.on_columns()}) IS NOT DISTINCT FROM ({self.call.on_guess()})"
        value = "count(*)" if self.call.kind == "scalar" else f"list({self.call.on_columns()})"
        if self.call.kind == "aggregate":
            value = f"({self.call.on_columns()})::VARCHAR"
        where = f"CAST(CASE WHEN {hit} THEN 'boom' ELSE '1' END AS INTEGER) = 1" if self.form == "fails" else hit
        if self.call.kind == "window":
            return f"SELECT list(v) FROM (SELECT {self.call.on_columns()} AS v FROM {self.table} WHERE {where})"
        return f"SELECT {value} FROM {self.table} WHERE {where}"


def all_probes() -> list[Probe]:
    return [Probe(call, shape, form) for call in calls() for shape in SHAPES for form in FORMS]


@cache
def calls() -> tuple[Call, ...]:
    """One or more expressions for every allowed function that the installed engine can bind on the probes' columns."""
    import duckdb

    from nightlight.sql.functions import ALLOWED

    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE t ({TYPES_OF_TABLE})")
        found = connection.execute(
            "SELECT DISTINCT function_name, function_type, parameter_types FROM duckdb_functions() "
            "WHERE function_type IN ('scalar', 'aggregate', 'macro', 'window') ORDER BY ALL"
        ).fetchall()
        known = [(name, kind, types) for name, kind, types in found if name.lower() in ALLOWED or name in ALLOWED]
        return tuple(_bindable(connection, known))


def _bindable(connection: "DuckDBPyConnection", signatures: Sequence[tuple[str, str, list[str]]]) -> Iterator[Call]:
    import duckdb

    done: dict[str, int] = {}
    for name, kind, types in signatures:
        if done.get(name, 0) >= 2:
            continue
        for call in _attempts(name, kind, types):
            try:
                connection.execute(f"EXPLAIN SELECT {call.on_columns()} FROM t")
            except duckdb.Error:
                continue
            done[name] = done.get(name, 0) + 1
            yield call
            break


def _attempts(name: str, kind: str, types: list[str]) -> Iterator[Call]:
    sort = {"aggregate": "aggregate", "window": "window"}.get(kind, "scalar")
    for arguments in _arguments(name, types):
        written = _written(name, arguments)
        yield Call(name, f"{written} OVER (ORDER BY id)" if sort == "window" else written, sort)


def _written(name: str, arguments: Sequence[str]) -> str:
    if name.isidentifier():
        return f"{name}({', '.join(arguments)})"
    if len(arguments) == 1:
        return f"{arguments[0]}!" if name == "!__postfix" else f"{name} {arguments[0]}"
    return f" {name} ".join(arguments)


def _arguments(name: str, types: Sequence[str]) -> Iterator[list[str]]:
    """Argument lists to try: those written for the function, those of the types it names, then common ones."""
    if name in by_hand():
        yield by_hand()[name]
        return
    yield ["{" + _of_type(kind, place) + "}" for place, kind in enumerate(types)]
    for column in ("word", "number", "items", "numbers", "moment", "amount"):
        yield ["{" + column + "}", *("{small}" for _ in types[1:])]
        yield ["{" + column + "}" for _ in types]
    yield ["'day'", "{moment}"]
    yield ["'day'", "{moment}", "{moment}"]
    yield ["{items}", "lambda x: x = 'x'"]
    yield ["{items}", "lambda x, y: x || y"]
    yield ["{document}", "'$.a'"]
    yield ["map([{word}], [{number}])"]
    yield ["struct_pack(a := {word})"]


@cache
def by_hand() -> dict[str, list[str]]:
    lines = [line.split(": ", 1) for line in BY_HAND.strip().splitlines()]
    return {name: arguments.split("; ") for names, arguments in lines for name in names.split()}


def _of_type(kind: str, place: int) -> str:
    columns = TYPES.get((kind or "VARCHAR").upper(), TYPES["VARCHAR"])
    return columns[min(place, len(columns) - 1)]


def make_rows(hidden: int) -> list[dict[str, Any]]:
    """Visible rows, the same in all homes, and hidden ones; the row that probes guess is in home 1 only."""
    seen = random.Random("seen")  # noqa: S311 - repeatable
    unseen = random.Random(f"unseen {hidden}")  # noqa: S311 - repeatable
    rows = [_row(seen, number, "harbour", seen.randrange(4), "yes") for number in range(20)]
    rows += [_row(unseen, 1000 + number, "meadow", 4 + number % 3, None) for number in range(10 + 3 * hidden)]
    if hidden == 1:
        rows.insert(7, {**_row(unseen, HIDDEN_ID, "meadow", 5, None), **_guessed()})
    return rows


def _row(draw: random.Random, number: int, team: str, level: int, checked: str | None) -> dict[str, Any]:
    return {
        "id": number,
        "team": team,
        "level": level,
        "checked": checked,
        "word": f"word {draw.randrange(10**6)}",
        "other": draw.choice(("a", "b", "c")),
        "number": draw.randrange(10**6),
        "small": draw.randrange(40),
        "amount": draw.random() * 100,
        "moment": datetime(2026, 1, 1) + timedelta(minutes=draw.randrange(10**5)),
        "day": datetime(1990, 1, 1, tzinfo=UTC).date() + timedelta(days=draw.randrange(9000)),
        "flag": draw.random() < 0.5,
        "items": [draw.choice("abc") for _ in range(draw.randrange(1, 4))],
        "numbers": [draw.randrange(9) for _ in range(draw.randrange(1, 4))],
        "document": f'{{"a": {draw.randrange(99)}}}',
    }


def _guessed() -> dict[str, Any]:
    import duckdb

    with duckdb.connect(":memory:") as connection:
        values = connection.execute(f"SELECT {', '.join(GUESS.values())}").fetchall()[0]
    return dict(zip(GUESS, values, strict=True))


def schema() -> "pa.Schema":
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    kinds = {"id": number, "level": number, "number": number, "small": pa.int32(), "amount": pa.float64()}
    kinds |= {"moment": pa.timestamp("us"), "day": pa.date32(), "flag": pa.bool_()}
    kinds |= {"items": pa.list_(text), "numbers": pa.list_(number)}
    names = [column.split()[0] for column in TYPES_OF_TABLE.split(", ")]
    return pa.schema([(name, kinds.get(name, text)) for name in names])
