"""Plan messages of Spark Connect, as a Python definition makes them: what they read and what in them is code.

They come from a process that ran the user's code, so nothing in them is believed: each kind of relation and expression
is on a list, and a table that SQL inside a plan reads becomes an ordinary reading of that table."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Location, PythonQuery, SqlQuery
from nightlight.pipelines.engines.pieces import inside, join, parts_of
from nightlight.pipelines.engines.product_functions import product_function_of
from nightlight.pipelines.sql_files import parse_within, read_query, substitute
from nightlight.pipelines.tables_only import FILES, FUNCTIONS_REFUSED, TABLE_FUNCTIONS, Outside, find_outside

RELATIONS = frozenset(
    {
        *("read", "project", "filter", "join", "set_op", "sort", "limit", "aggregate", "sql"),
        *("local_relation", "sample", "offset", "deduplicate", "range", "subquery_alias", "repartition"),
        *("to_df", "with_columns_renamed", "drop", "with_columns", "hint", "unpivot", "to_schema"),
        *("repartition_by_expression", "parse", "with_watermark", "as_of_join", "with_relations"),
        *("transpose", "unresolved_table_valued_function", "lateral_join", "fill_na", "drop_na", "replace"),
        *("summary", "crosstab", "describe", "cov", "corr", "approx_quantile", "freq_items", "sample_by"),
    }
)
EXPRESSIONS = frozenset(
    {
        *("literal", "unresolved_attribute", "unresolved_function", "expression_string", "unresolved_star"),
        *("alias", "cast", "unresolved_regex", "sort_order", "lambda_function", "window"),
        *("unresolved_extract_value", "update_fields", "unresolved_named_lambda_variable", "call_function"),
        *("named_argument_expression", "subquery_expression"),
    }
)
OF_VALUES = "common_inline_user_defined_function"
# These carry pickled Python code, which whoever runs the plan would run.
FUNCTIONS = frozenset(
    {
        *("map_partitions", "group_map", "co_group_map", OF_VALUES),
        *("common_inline_user_defined_table_function",),
    }
)

_own_plans = itertools.count(1 << 40)  # numbers that no plan of pyspark has


@dataclass(frozen=True)
class PythonPlan:
    """A Python definition's query as a plan message, and the tables it reads: (name, streaming)."""

    relation: Any
    references: tuple[tuple[str, bool], ...]
    fingerprint: str  # changes when the query does
    has_functions: bool  # whether Python code is part of it (F.udf, applyInPandas ..)
    calls_product_only: bool = False  # whether that code is all the product's own, known to look at its rows alone
    product_functions: tuple[Callable[..., Any], ...] = ()  # of the product, where it calls no others


def read_plan(query: PythonQuery, location: Location) -> PythonPlan:
    """The plan that a definition's function gave; raises NightlightError for what a dataset may not do."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from pyspark.sql.connect.proto import Relation

    if query.error:
        raise NightlightError(query.error, where=str(location))
    try:
        relation = join(query.pieces, Relation)
    except (DecodeError, ValueError, RecursionError) as error:
        raise NightlightError("the dataset's function gave no readable plan", where=str(location)) from error
    relation.DiscardUnknownFields()
    fingerprint = _fingerprint(relation)
    kinds = {_check(part, location) for part in parts_of(relation)}
    _name_tables(relation, location)
    references = tuple(table_of(holder.read) for holder in reading(relation))
    called = _product_functions(relation, kinds)
    has_functions = bool(kinds & FUNCTIONS)
    return PythonPlan(relation, references, fingerprint, has_functions, called is not None, called or ())


def _product_functions(relation: Any, kinds: set[str]) -> tuple[Callable[..., Any], ...] | None:
    """The product's own functions in a plan; None where it holds other code too."""
    if not kinds & FUNCTIONS <= {OF_VALUES}:
        return None
    udfs = [part for part in parts_of(relation) if part.DESCRIPTOR.full_name == "spark.connect.PythonUDF"]
    found = [function for udf in udfs if (function := product_function_of(udf))]
    return tuple(found) if len(found) == len(udfs) else None


def filled(plan: PythonPlan, message_of: Callable[[tuple[str, bool]], Any]) -> Any:
    """The plan's message with another relation in the place of each table that it reads."""
    relation = type(plan.relation)()
    relation.CopyFrom(plan.relation)
    for holder in list(reading(relation)):
        plan_id = holder.common.plan_id
        holder.CopyFrom(message_of(table_of(holder.read)))
        holder.common.plan_id = plan_id  # columns written as df["x"] name it
    return relation


def reading(message: Any) -> Iterator[Any]:
    """Every Relation inside a plan message that reads a table or files, depth first."""
    return (part for part in parts_of(message) if _kind(part) == "read")


def table_of(read: Any) -> tuple[str, bool]:
    return read.named_table.unparsed_identifier.replace("`", ""), read.is_streaming


def _kind(message: Any) -> str:
    """Which relation or expression a message is; empty for other messages."""
    match message.DESCRIPTOR.full_name:
        case "spark.connect.Relation":
            return message.WhichOneof("rel_type") or "unknown"
        case "spark.connect.Expression":
            return message.WhichOneof("expr_type") or "unknown"
    return ""


def _check(part: Any, location: Location) -> str:
    """The part's kind; raises NightlightError when a dataset may not have it."""
    kind = _kind(part)
    if kind and kind not in RELATIONS | EXPRESSIONS | FUNCTIONS:
        raise NightlightError(f"'{kind}' is not part of what a dataset's query may be", where=str(location))
    if found := _outside(part, kind, location):
        raise found.error(str(location))
    return kind


def _outside(part: Any, kind: str, location: Location) -> Outside | None:
    match kind:
        case "read" if part.read.WhichOneof("read_type") != "named_table":
            return Outside("spark.read.format(..) names files", remedy=FILES)
        case "unresolved_function" | "call_function":
            name = getattr(part, kind).function_name.lower()
            return Outside(f"'{name}' reaches beyond them") if name in FUNCTIONS_REFUSED else None
        case "unresolved_table_valued_function":
            name = part.unresolved_table_valued_function.function_name.lower()
            return None if name in TABLE_FUNCTIONS else Outside(f"'{name}' is none")
        case "expression_string":
            return _outside_text(part.expression_string.expression, location)
    function = part.DESCRIPTOR.full_name == "spark.connect.CommonInlineUserDefinedFunction"
    if function and part.WhichOneof("function") != "python_udf":
        return Outside("functions of the Java machine reach beyond them")
    return None


def _outside_text(text: str, location: Location) -> Outside | None:
    """An expression written as SQL reads no table at all: its readings could not be put into the plan."""
    from sqlglot import exp

    tree = parse_within(f"SELECT {text}", location)
    if tree.find(exp.Table):
        return Outside("not inside an expression's text", remedy="write spark.sql(..), or join the table")
    return find_outside(tree, text)


def _name_tables(message: Any, location: Location) -> None:
    """Make each table that the text of a `spark.sql(..)` reads an ordinary reading beside it."""
    match _kind(message):
        case "sql":
            root = type(message)()
            root.sql.CopyFrom(message.sql)
            message.ClearField("sql")
            message.with_relations.root.CopyFrom(root)
            _name_tables_of(message.with_relations, location)
        case "with_relations" if _kind(message.with_relations.root) == "sql":
            for part in message.with_relations.references:
                _name_tables(part, location)
            _name_tables_of(message.with_relations, location)
        case _:
            for part in list(inside(message)):
                _name_tables(part, location)


def _name_tables_of(holder: Any, location: Location) -> None:
    aliases = [part.subquery_alias.alias for part in holder.references if _kind(part) == "subquery_alias"]
    given = {alias for alias in aliases if alias.isidentifier()}
    query = read_query(holder.root.sql.query, location)
    foreign = tuple(reference for reference in query.references if reference.name not in given)
    views = {(table.name, table.streaming): view_name(table.name, table.streaming) for table in foreign}
    holder.root.sql.query = substitute(SqlQuery(query.text, foreign, query.line), views)
    for (name, streaming), view in views.items():
        part = holder.references.add()
        part.common.plan_id = next(_own_plans)
        alias = part.subquery_alias
        alias.alias = view
        alias.input.read.named_table.unparsed_identifier = name
        alias.input.read.is_streaming = streaming


def view_name(table: str, streaming: bool) -> str:
    """The name under which a query's text reads a table."""
    return "_t_" + table.replace(".", "__") + ("__new" if streaming else "")


def _fingerprint(relation: Any) -> str:
    """The plan as text without its counters and call sites, which differ from one process to the next."""
    return re.sub(r"plan_id: \d+|call_site|line_number: \d+", "", str(relation))
