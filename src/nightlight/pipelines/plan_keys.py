"""Refresh keys of Python datasets: proves from a plan message that rows of different keys never meet.

The message is what DataFrame calls made (`engines.plans`). As in `keys`, what is known is accepted and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

from nightlight.pipelines.engines.pieces import parts_of


class NotKeyed(Exception):  # noqa: N818 - an answer: why the key does not hold
    """The argument says which part of the query lets rows of different keys meet."""


# Functions whose value depends on their own row alone: no aggregates, no windows.
OF_A_ROW = frozenset(
    {
        *("==", "<=>", "<", "<=", ">", ">=", "and", "or", "not", "+", "-", "*", "/", "%", "negative", "in", "when"),
        *("isnull", "isnotnull", "coalesce", "nvl", "if", "nullif", "greatest", "least", "abs", "round", "floor"),
        *("ceil", "struct", "named_struct", "array", "arrays_zip", "sort_array", "array_sort", "size", "cardinality"),
        *("flatten", "transform", "filter", "exists", "forall", "slice", "element_at", "get", "array_contains"),
        *("explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer", "concat", "map"),
        *("upper", "lower", "trim", "length", "substring", "split", "concat_ws", "like", "rlike", "regexp_replace"),
        *("unix_micros", "unix_millis", "unix_seconds", "timestamp_micros", "timestamp_millis", "timestamp_seconds"),
        *("to_date", "date_trunc", "from_utc_timestamp", "to_utc_timestamp", "hour", "year", "month", "hash"),
    }
)
# Python functions that are called with the values of one row: pandas and Arrow ones get many rows at once.
ONE_ROW_AT_A_TIME = frozenset({100, 101})
FOREIGN = {
    "window": "a window is not looked into in Python",
    "subquery_expression": "a condition looks at other rows",
    "expression_string": "text given to expr() is not looked into in Python",
    "call_function": "call_function() is not looked into",
}
LEFT_ONLY = ("JOIN_TYPE_LEFT_OUTER", "JOIN_TYPE_LEFT_SEMI", "JOIN_TYPE_LEFT_ANTI", "JOIN_TYPE_INNER")
INNER_OR_CROSS = ("JOIN_TYPE_INNER", "JOIN_TYPE_CROSS", "JOIN_TYPE_LEFT_OUTER")


def is_plan_keyed(relation: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    """Whether each row of the plan's result belongs to one key; False: it reads dimensions only. Raises NotKeyed."""
    kind = relation.WhichOneof("rel_type")
    if kind == "read":
        return known.get(relation.read.named_table.unparsed_identifier.replace("`", ""), False)
    if kind not in _PROOFS:
        if any(is_plan_keyed(part, key, known) for part in _inputs(relation)):
            raise NotKeyed(f"'{kind}' is not known to keep its rows apart")
        return False
    proof, plan = _PROOFS[kind], getattr(relation, kind)
    return bool(proof(plan, key, known))


def _inputs(relation: Any) -> Iterator[Any]:
    """The relations right inside a relation."""
    for part in parts_of(relation):
        if part is not relation and part.DESCRIPTOR.full_name == "spark.connect.Relation":
            yield part


def _unchanged(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    return is_plan_keyed(plan.input, key, known)


def _filter(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    keyed = is_plan_keyed(plan.input, key, known)
    if keyed:
        _check_rows([plan.condition])
    return keyed


def _project(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    keyed = plan.HasField("input") and is_plan_keyed(plan.input, key, known)
    if keyed:
        _check_rows(plan.expressions)
        if not all(any(_passes_on(each, name) for each in plan.expressions) for name in key):
            raise NotKeyed("it is not passed on unchanged")
    return keyed


def _with_columns(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    keyed = is_plan_keyed(plan.input, key, known)
    if keyed:
        _check_rows(alias.expr for alias in plan.aliases)
        if any(name.lower() in key for alias in plan.aliases for name in alias.name):  # Spark knows no case
            raise NotKeyed("it is not passed on unchanged")
    return keyed


def _drop(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    keyed = is_plan_keyed(plan.input, key, known)
    columns = [each.unresolved_attribute.unparsed_identifier for each in plan.columns]
    if keyed and (not all(columns) or key & {name.lower() for name in (*plan.column_names, *columns)}):
        raise NotKeyed("it is not passed on unchanged")
    return keyed


def _aggregate(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    keyed = is_plan_keyed(plan.input, key, known)
    if not keyed:
        return False
    if _name(plan, "group_type") != "GROUP_TYPE_GROUPBY":
        raise NotKeyed("subtotals are made across keys")
    if not all(any(_is_column(each, name) for each in plan.grouping_expressions) for name in key):
        raise NotKeyed("rows are grouped without it")
    _check_foreign([*plan.grouping_expressions, *plan.aggregate_expressions])
    return True


def _join(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    left, right = (is_plan_keyed(side, key, known) for side in (plan.left, plan.right))
    if not (left or right):
        return False
    if not left:
        raise NotKeyed("the first table of a join does not have it")
    kind = _name(plan, "join_type")
    if kind not in (LEFT_ONLY if right else INNER_OR_CROSS + LEFT_ONLY):
        raise NotKeyed("a join may add rows without it")
    if right and not key <= set(plan.using_columns):
        raise NotKeyed("a join does not name it: join(other, [columns])")
    if plan.HasField("join_condition"):
        _check_rows([plan.join_condition])
    return True


def _set_op(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    left, right = (is_plan_keyed(side, key, known) for side in (plan.left_input, plan.right_input))
    if not (left or right):
        return False
    if _name(plan, "set_op_type") != "SET_OP_TYPE_UNION" or not plan.by_name or plan.allow_missing_columns:
        raise NotKeyed("only unionByName is known to keep it")
    if not (left and right):
        raise NotKeyed("a union adds rows of a table that does not have it")
    return True


def _deduplicate(plan: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    keyed = is_plan_keyed(plan.input, key, known)
    if keyed and not (plan.all_columns_as_keys or key <= set(plan.column_names)):
        raise NotKeyed("duplicates are looked for across keys")
    return keyed


_PROOFS = {
    "project": _project,
    "filter": _filter,
    "join": _join,
    "set_op": _set_op,
    "aggregate": _aggregate,
    "deduplicate": _deduplicate,
    "drop": _drop,
    "with_columns": _with_columns,
    "sort": _unchanged,
    "subquery_alias": _unchanged,
    "repartition": _unchanged,
    "repartition_by_expression": _unchanged,
    "hint": _unchanged,
}


def _check_rows(expressions: Any) -> None:
    """Raise NotKeyed where an expression may look at more than its own row."""
    expressions = list(expressions)
    _check_foreign(expressions)
    for part in (part for each in expressions for part in parts_of(each)):
        match part.DESCRIPTOR.full_name:
            case "spark.connect.Expression.UnresolvedFunction" if part.function_name.lower() not in OF_A_ROW:
                raise NotKeyed(f"'{part.function_name}' is not known to look at its own row alone")
            case "spark.connect.PythonUDF" if part.eval_type not in ONE_ROW_AT_A_TIME:
                raise NotKeyed("a pandas or Arrow function gets rows of several keys at once; use F.udf")


def _check_foreign(expressions: Any) -> None:
    for part in (part for each in expressions for part in parts_of(each)):
        kind = part.WhichOneof("expr_type") if part.DESCRIPTOR.full_name == "spark.connect.Expression" else None
        if kind in FOREIGN:
            raise NotKeyed(FOREIGN[kind])


def _passes_on(expression: Any, name: str) -> bool:
    if expression.HasField("unresolved_star"):
        return not expression.unresolved_star.HasField("unparsed_target")
    if expression.HasField("alias"):
        return list(expression.alias.name) == [name] and _is_column(expression.alias.expr, name)
    return _is_column(expression, name)


def _is_column(expression: Any, name: str) -> bool:
    return bool(expression.unresolved_attribute.unparsed_identifier == name)


def _name(plan: Any, field: str) -> str:
    """The name of a field's value: plans hold numbers."""
    kinds = plan.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(kinds[getattr(plan, field)].name)
