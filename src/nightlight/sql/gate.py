"""The gate: which statements may go to a worker, and which tables and columns they name.

It is the second wall; the first is that a worker holds only rows its principal may read. So it refuses whatever it
does not know, and a table that it overlooked is a table that the worker does not have."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nightlight.sql import functions, nodes
from nightlight.sql.syntax import MAX_CHARACTERS, Node, Refused, parse, place, shown

if TYPE_CHECKING:
    from nightlight.sql.pivot import Pivot

MAX_NODES, MAX_DEPTH = 5_000, 250  # of the tree
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
ENGINE_SCHEMAS = frozenset({"information_schema", "main", "memory", "pg_catalog", "system", "temp"})
INSIDE = "write inner queries as WITH parts, or several queries"


@dataclass(frozen=True)
class TableReference:
    """A table as a query names it, lower-cased; no schema where the query leaves it to the search path."""

    schema: str | None
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True)
class Query:
    """A query that may run, and what it names.

    `tables` are the base tables for sure (a name that a WITH part hides is none of them). `columns` are all names that
    may mean a column, lower-cased; where `every_column`, names do not tell what is read (`*`, whole rows, NATURAL).
    """

    text: str
    tables: frozenset[TableReference]
    ctes: frozenset[str]
    columns: frozenset[str]
    every_column: bool
    ast: Mapping[str, Any] = field(repr=False, compare=False)
    pivot: "Pivot | None" = None
    functions: frozenset[str] = frozenset()

    @property
    def is_repeatable(self) -> bool:
        """Whether it surely gives the same rows again: no clock, no chance, no sample."""
        return not functions.CHANGING & (self.functions | self.columns) and "sample" not in self.text.lower()


def read_select(text: str, limit: int = MAX_CHARACTERS, extra: frozenset[str] = frozenset()) -> Query:
    """What the engine calls a SELECT, if the gate lets it through; raises Refused.

    `extra` are functions that the caller's place adds.
    """
    tree = parse(text, limit)
    reading = Reading(text, extra)
    reading.walk(tree)
    return reading.query(tree)


def no_table(name: str, remedy: str | None = None) -> Refused:
    """One line for every table that is not there or not for this principal, so that it tells nothing."""
    return Refused(f"there is no table '{name}' that you may read", remedy=remedy)


def lower(name: str) -> str:
    """Lower-cased as the engine compares names: only A to Z."""
    return name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)


class Reading:
    """A walk over a tree that refuses what is not on the lists and gathers names."""

    def __init__(self, text: str, extra: frozenset[str]) -> None:
        self.text, self.extra = text, extra
        self.tables: set[TableReference] = set()
        self.ctes: set[str] = set()
        self.columns: set[str] = set()
        self.sources: set[str] = set()
        self.functions: set[str] = set()
        self.last_parts: set[str] = set()
        self.every_column = False

    def query(self, tree: Node) -> Query:
        whole_rows = bool(self.last_parts & self.sources)
        return Query(
            text=self.text,
            tables=frozenset(self.tables),
            ctes=frozenset(self.ctes),
            columns=frozenset(self.columns),
            every_column=self.every_column or whole_rows,
            ast=tree,
            functions=frozenset(self.functions),
        )

    def walk(self, tree: Node) -> None:
        """Without recursion, so that the depth of a query never is the depth of our stack."""
        waiting: list[tuple[Any, frozenset[str], int]] = [(tree, frozenset(), 0)]
        seen = 0
        while waiting:
            value, scope, depth = waiting.pop()
            if isinstance(value, list):
                waiting += [(each, scope, depth) for each in value if isinstance(each, dict | list)]
                continue
            seen += 1
            if seen > MAX_NODES:
                raise Refused("the query has too many parts", remedy="write several queries")
            if depth > MAX_DEPTH:
                raise self.refused(value, "the query is nested too deeply", INSIDE)
            kind = self.kind(value)
            check = CHECKS.get(kind)
            if check is not None:
                check(self, value, scope)
            if value.get("cte_map"):
                scope = self.enter(value["cte_map"], scope, depth, waiting)
            deeper = depth + (kind != "")
            for name, each in value.items():
                if isinstance(each, dict | list) and name != "cte_map":
                    waiting.append((each, scope, deeper))

    def kind(self, node: Node) -> str:
        """The name of a node on the lists, "" for a plain one; refuses anything else."""
        name: Any = node["class"] if "class" in node else node.get("type")
        if "class" in node:
            known = nodes.EXPRESSIONS
        elif isinstance(name, str):
            known = next((each for each in KINDS if name in each), nodes.SOURCES)
        elif frozenset(node) in nodes.PLAIN:
            return ""
        else:
            raise self.refused(node, "this form of query is not possible here")
        fields = known.get(name) if isinstance(name, str) else None
        if fields is None or not fields >= node.keys():
            raise self.refused(node, *UNKNOWN.get(str(name), (f"{words(name)} is not possible here",)))
        for word, allowed in nodes.WORDS.get(name, {}).items():
            if word in node and node[word] not in allowed:
                raise self.refused(node, f"{words(node[word])} is not possible here")
        return str(name) if "class" not in node else f"{name}()"

    def enter(self, parts: Any, scope: frozenset[str], depth: int, waiting: list[Any]) -> frozenset[str]:
        """The names that WITH parts add; each part sees those before it, a recursive one itself too."""
        self.kind(parts)
        for part in parts["map"]:
            self.kind(part)
            name, body = lower(part["key"]), part["value"]
            if body["payload_aggregates"]:
                raise Refused("this form of WITH is not possible here")
            recursive = body["query_node"].get("type") == "RECURSIVE_CTE_NODE"
            waiting.append((body, scope | {name} if recursive else scope, depth + 1))
            scope = scope | {name}
            self.ctes.add(name)
            self.sources.add(name)
        return scope

    def refused(self, node: Node, what: str, remedy: str | None = None) -> Refused:
        return Refused(what, where=place(self.text, node.get("query_location")), remedy=remedy)

    def called(self, node: Node, schema: Iterable[str] = ()) -> None:
        """A call of a function by its bare name; `x.upper()` is upper(x) to the engine unless x is a schema."""
        name = lower(node["function_name"])
        parts = [lower(each) for each in schema if each]
        why = None if name in self.extra else functions.refusal(name)
        if why is not None:
            raise self.refused(node, f"{shown(name)}() {why}, so it is not possible here", functions.INSTEAD.get(name))
        if parts and parts[0] in ENGINE_SCHEMAS:
            raise self.refused(node, "functions have no schema here", f"write {shown(name)}(..)")
        if node["qualified_name"]["path"] != [*(each for each in schema if each), node["function_name"]]:
            raise self.refused(node, "this form of call is not possible here")
        self.functions.add(name)
        self.columns.update(parts)
        self.last_parts.update(parts[-1:])


def words(name: object) -> str:
    """`LATERAL_JOIN` as a person would write it."""
    return shown(str(name).replace("_", " ").lower())


def check_table(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    schema, table = node["schema_name"], node["table_name"]
    if node["at_clause"] is not None:
        raise reading.refused(node, "earlier versions of a table are not possible here", "leave AT (..) out")
    whole = ".".join(each for each in (node["catalog_name"], schema, table) if each)
    named = node["qualified_name"]["path"] == [each for each in (node["catalog_name"], schema, table) if each]
    if node["catalog_name"] or not named:
        raise no_table(shown(whole))
    if node["column_name_alias"]:
        reading.every_column = True
    reading.sources.update((lower(table), lower(node["alias"])))
    if not schema and lower(table) in scope:
        return
    if not NAME.fullmatch(lower(table)) or (schema and not NAME.fullmatch(lower(schema))):
        raise no_table(shown(whole))
    reading.tables.add(TableReference(lower(schema) or None, lower(table)))


def check_source(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    reading.sources.add(lower(node["alias"]))


def check_table_function(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    check_source(reading, node, scope)
    function = node["function"]
    if function.get("class") != "FUNCTION":
        raise reading.refused(node, "this form of FROM is not possible here")
    name = lower(function["function_name"])
    reading.sources.add(name)
    if name not in functions.ALLOWED_TABLES:
        why = functions.refusal(name) or "makes no table"
        raise reading.refused(
            function, f"{shown(name)}() {why}, so it is not possible in FROM", functions.INSTEAD.get(name)
        )


def check_join(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    check_source(reading, node, scope)
    reading.columns.update(lower(each) for each in node["using_columns"])
    if node["ref_type"] == "NATURAL":
        reading.every_column = True


def check_pivot(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    """Columns that a PIVOT does not name are its groups, so names do not tell what is read."""
    check_source(reading, node, scope)
    reading.every_column = True
    reading.columns.update(lower(each) for each in node["groups"])
    if any(each["pivot_enum"] for each in node["pivots"]):
        raise reading.refused(node, "a PIVOT over a type is not possible here", "write the values: IN ('a', 'b')")


def check_show(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    reading.every_column = True
    if node["query"] is None or node["show_type"] not in {"DESCRIBE", "SUMMARY"}:
        raise reading.refused(node, "SHOW is only possible as SHOW TABLES, alone", "write DESCRIBE for a table")


def check_column(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    names = [lower(each) for each in node["column_names"]]
    if len(names) == 1 and names[0] in nodes.STATE_COLUMNS:
        raise reading.refused(
            node, f"{names[0]} is not possible here", f"a column of that name: write table.{names[0]}"
        )
    reading.columns.update(names)
    reading.last_parts.add(names[-1])


def check_function(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    if node.get("export_state"):
        raise reading.refused(node, "EXPORT_STATE is not possible here")
    reading.called(node, (node["catalog"], node["schema"]))


def check_star(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    reading.every_column = True


def check_type(reading: Reading, node: Node, scope: frozenset[str]) -> None:
    name = lower(node["type_name"])
    if node["catalog"] or node["schema"] or name not in nodes.TYPES:
        raise reading.refused(node, f"there is no type '{shown(name)}' here")


CHECKS: Mapping[str, Callable[[Reading, Node, frozenset[str]], None]] = {
    "BASE_TABLE": check_table,
    "SUBQUERY": check_source,
    "EXPRESSION_LIST": check_source,
    "JOIN": check_join,
    "TABLE_FUNCTION": check_table_function,
    "PIVOT": check_pivot,
    "SHOW_REF": check_show,
    "COLUMN_REF()": check_column,
    "FUNCTION()": check_function,
    "WINDOW()": check_function,
    "STAR()": check_star,
    "POSITIONAL_REFERENCE()": check_star,
    "TYPE()": check_type,
}
KINDS = (nodes.SOURCES, nodes.QUERIES, nodes.MODIFIERS)
UNKNOWN: Mapping[str, tuple[str, ...]] = {
    "DELETE_QUERY_NODE": ("changing data is not possible here", "read it with SELECT"),
    "INSERT_QUERY_NODE": ("changing data is not possible here", "read it with SELECT"),
    "UPDATE_QUERY_NODE": ("changing data is not possible here", "read it with SELECT"),
    "MERGE_QUERY_NODE": ("changing data is not possible here", "read it with SELECT"),
    "PARAMETER": ("parameters are not possible here", "write the values into the query"),
}
