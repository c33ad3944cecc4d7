"""Row filters of policies: one condition over a table's columns, checked before it is stored and again before it runs.

It is written by administrators, but it decides what others see: what is not surely one condition is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nightlight.sql import functions
from nightlight.sql.gate import Query, TableReference, read_select
from nightlight.sql.syntax import Node, NotSelect, Refused

PRINCIPAL, MEMBER = "current_principal", "is_member"
_CHANCE = frozenset({"random", "gen_random_uuid", "uuid", "uuidv4", "uuidv7"})
_CLOCK = frozenset(
    {"ago", "age", "current_date", "current_localtime", "current_localtimestamp", "current_time", "current_timestamp"}
    | {"get_current_time", "get_current_timestamp", "localtime", "localtimestamp", "now", "today"}
    | {"transaction_timestamp"}
)
_ONE_CONDITION = "write one condition, such as team IN (SELECT team FROM silver.teams WHERE lead = current_principal())"


@dataclass(frozen=True)
class Filter:
    """A condition and what it depends on: its answer may be kept as long as none of that changes.

    `groups` are the constants in is_member('..'); `uses_any_group` when an argument is not a constant. `tables` are
    those its subqueries read: who stores a filter refuses one that reads its own table, itself or through others.
    """

    expression: str
    tables: frozenset[TableReference]
    columns: frozenset[str]
    uses_principal: bool
    groups: frozenset[str]
    uses_any_group: bool
    uses_clock: bool = False


@lru_cache(maxsize=512)
def read_filter(expression: str) -> Filter:
    """A row filter as `SET ROW FILTER` writes it; raises Refused."""
    text = expression.strip()
    query, condition = _condition(text)
    for node in _outside_subqueries(condition):
        _check(node)
    unqualified = sorted(str(table) for table in query.tables if not table.schema)
    if unqualified:
        raise Refused(f"the table '{unqualified[0]}' has no schema", remedy="write schema.table in a row filter")
    if query.ctes:
        raise Refused("WITH is not possible in a row filter", remedy=_ONE_CONDITION)
    chance = sorted(query.functions & _CHANCE)
    if chance:
        raise Refused(f"{chance[0]}() is not possible in a row filter", remedy="what somebody sees is no chance")
    groups, any_group = _groups(condition)
    return Filter(
        expression=text,
        tables=query.tables,
        columns=query.columns,
        uses_principal=PRINCIPAL in query.functions,
        groups=groups,
        uses_any_group=any_group,
        uses_clock=bool(_CLOCK & (query.functions | query.columns)),
    )


def _condition(text: str) -> tuple[Query, Node]:
    """The condition's tree. Alone and within brackets it has to be the same one expression, or its text is a trick:
    `1=1) OR (1=1` is no expression alone, and one that a comment leaves open is none within brackets."""
    try:
        alone = read_select(f"SELECT {text}", extra=frozenset({PRINCIPAL, MEMBER}))
        within = read_select(f"SELECT 1 FROM t WHERE ({text})", extra=frozenset({PRINCIPAL, MEMBER}))
    except NotSelect as error:
        raise Refused("this is not one condition", remedy=_ONE_CONDITION) from error
    except Refused as error:
        raise Refused(f"a row filter cannot hold this: {error.what}", remedy=error.remedy or _ONE_CONDITION) from error
    expressions = alone.ast.get("select_list", [])
    expected = {
        "type": "SELECT_NODE",
        "modifiers": [],
        "cte_map": {"map": []},
        "select_list": expressions,
        "from_table": alone.ast.get("from_table"),
        "where_clause": None,
        "group_expressions": [],
        "group_sets": [],
        "aggregate_handling": "STANDARD_HANDLING",
        "having": None,
        "sample": None,
        "qualify": None,
    }
    plain = dict(alone.ast) == expected and expected["from_table"]["type"] == "EMPTY" and len(expressions) == 1
    if not plain or expressions[0]["alias"] or _bare(expressions[0]) != _bare(within.ast["where_clause"]):
        raise Refused("this is not one condition", remedy=_ONE_CONDITION)
    return alone, expressions[0]


def _bare(value: Any) -> Any:
    """A tree without the places of its parts in the text."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if not name.startswith("query_location")}
    return value


def _outside_subqueries(condition: Node) -> Iterator[Node]:
    waiting: list[Any] = [condition]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            yield value
            waiting += [each for name, each in value.items() if name != "subquery"]


def _check(node: Node) -> None:
    kind = node.get("class")
    name = str(node.get("function_name", "")).lower()
    if kind == "WINDOW":
        raise Refused("a window is not possible in a row filter", remedy="put it into a subquery")
    if kind == "FUNCTION" and name in functions.AGGREGATES:
        raise Refused(f"{name}() over the rows themselves is not possible in a row filter", remedy="use a subquery")
    if kind == "FUNCTION" and name == "unnest":
        raise Refused("unnest() makes rows, which a row filter cannot", remedy="use list_contains()")
    if kind in {"STAR", "POSITIONAL_REFERENCE"}:
        raise Refused("a row filter names its columns", remedy=_ONE_CONDITION)


def _groups(condition: Node) -> tuple[frozenset[str], bool]:
    """The groups asked for, here and in subqueries, and whether some are only known row by row."""
    groups: set[str] = set()
    any_group = False
    waiting: list[Any] = [condition]
    while waiting:
        value = waiting.pop()
        waiting += value if isinstance(value, list) else value.values() if isinstance(value, dict) else []
        if not isinstance(value, dict) or value.get("class") not in {"FUNCTION", "WINDOW"}:
            continue
        name = value["function_name"].lower()
        if name not in {PRINCIPAL, MEMBER}:
            continue
        arguments = value["arguments"]
        plain = not value["schema"] and value["class"] == "FUNCTION" and not value["distinct"] and not value["filter"]
        if not plain or value["order_bys"]["orders"] or len(arguments) != (name == MEMBER):
            raise Refused(f"{name} is called wrongly", remedy="write current_principal() or is_member('group')")
        if name == MEMBER:
            literal = arguments[0]["expression"].get("literal") or {}
            if literal.get("kind") == "STRING":
                groups.add(literal["text"])
            else:
                any_group = True
    return frozenset(groups), any_group
