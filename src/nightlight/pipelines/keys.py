"""Refresh keys: when the rows of a view for one key depend on no other key, only changed keys are computed again.

`check_key` proves that from the query's text, or says which part of it does not keep keys apart. A source that has the
key's columns is *keyed*; one that lacks them is a dimension, whose change means computing the view as a whole."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Dataset, Kind, SqlQuery
from nightlight.pipelines.project import Project

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from nightlight.lakehouse.tables import DataFile


def check_key(project: Project, dataset: Dataset, columns: Mapping[str, Iterable[str]]) -> None:
    """Raise NightlightError when `refresh.key` does not hold; `columns` gives the column names of each table."""
    if not dataset.key:
        return
    keyed = {name for name, names in columns.items() if set(dataset.key) <= set(names)}
    reason = None if dataset.kind is Kind.MATERIALIZED_VIEW else "only a materialized view has a refresh key"
    if reason is None and not keyed & set(project.sources(dataset.name)):
        reason = "no table it reads has these columns"
    for name in [*project.views(dataset.name), dataset.name]:
        for flow in project.flows[name]:
            if reason is None and isinstance(flow.query, SqlQuery):
                reason = _why_not(flow.query, dataset.key, keyed)
                if reason is None and name != dataset.name:
                    keyed.add(name)
            elif reason is None:
                reason = "a Python dataset cannot be proved; write it in SQL or leave the key out"
    if reason:
        raise NightlightError(
            f"{dataset.name}: 'refresh.key' = '{', '.join(dataset.key)}' does not hold: {reason}",
            where=str(dataset.location),
            remedy="group, join and partition by the key, or leave the property out (the view is then computed whole)",
        )


def _why_not(query: SqlQuery, key: tuple[str, ...], keyed: set[str]) -> str | None:
    """The first part of the query in which rows of different keys meet, None when there is none."""
    import sqlglot
    from sqlglot import exp

    from nightlight.pipelines.sql_files import DIALECT

    tree = sqlglot.parse_one(query.text, dialect=DIALECT)
    keyed_names = set(keyed)
    for cte in tree.find_all(exp.CTE):  # in textual order: a CTE reads only earlier ones
        if _reads(cte.this, keyed_names):
            keyed_names.add(cte.alias)
    for select in tree.find_all(exp.Select):
        if _reads_directly(select, keyed_names) and (reason := _why_not_select(select, key, keyed_names)):
            return reason
    return None


def _why_not_select(select: "exp.Select", key: tuple[str, ...], keyed: set[str]) -> str | None:
    from sqlglot import exp

    wanted = set(key)
    for window in select.find_all(exp.Window):
        if window.find_ancestor(exp.Select) is select and not wanted <= _names(window.args.get("partition_by") or []):
            return "a window is not partitioned by it"
    if group := select.args.get("group"):
        if not wanted <= _grouped_names(select, group):
            return "rows are grouped without it"
    elif any(agg.find_ancestor(exp.Select, exp.Window) is select for agg in select.find_all(exp.AggFunc)):
        return "rows are aggregated without it"
    if select.args.get("limit"):
        return "LIMIT picks rows across keys"
    for join in select.args.get("joins") or []:
        if _reads(join.this, keyed) and not wanted <= _joined_names(join):
            return "a join does not equate it"
    for subquery in (select.args.get("where") or exp.Where()).find_all(exp.Select):
        if _reads(subquery, keyed):
            return "a condition looks at other rows"
    if not wanted <= _output_names(select):
        return "it is not passed on unchanged"
    return None


def _names(expressions: "Iterable[exp.Expression]") -> set[str]:
    from sqlglot import exp

    return {expression.name for expression in expressions if isinstance(expression, exp.Column)}


def _grouped_names(select: "exp.Select", group: "exp.Expression") -> set[str]:
    """Names of the plain columns in GROUP BY; ordinals and aliases count when they stand for a plain column."""
    from sqlglot import exp

    outputs = {projection.alias_or_name: projection.unalias() for projection in select.expressions}
    names = set()
    for expression in group.expressions:
        if isinstance(expression, exp.Literal) and not expression.is_string:
            expression = select.expressions[int(expression.name) - 1].unalias()
        elif isinstance(expression, exp.Column) and not expression.table:
            expression = outputs.get(expression.name, expression)
        names |= _names([expression])
    return names


def _joined_names(join: "exp.Join") -> set[str]:
    """Names of the columns that a join equates under one name on both sides."""
    from sqlglot import exp

    names = {identifier.name for identifier in join.args.get("using") or []}
    condition = join.args.get("on")
    for equation in condition.find_all(exp.EQ, exp.NullSafeEQ) if condition is not None else []:
        if equation.find_ancestor(exp.Or, exp.Not) is None and equation.left.name == equation.right.name:
            names.add(equation.left.name)
    return names


def _output_names(select: "exp.Select") -> set[str]:
    """Names of outputs that are a column of the same name (or the first present of several such columns), and `*`."""
    from sqlglot import exp

    names: set[str] = set()
    for projection in select.expressions:
        inner = projection.unalias()
        parts = [inner.this, *inner.expressions] if isinstance(inner, exp.Coalesce) else [inner]
        if isinstance(inner, exp.Star) or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
            return _Everything()
        if all(isinstance(part, exp.Column) and part.name == projection.alias_or_name for part in parts):
            names.add(projection.alias_or_name)
    return names


class _Everything(set[str]):
    """The names behind `*`: any."""

    def __ge__(self, other: object) -> bool:
        return True


def _reads(tree: "exp.Expression", names: set[str]) -> bool:
    from sqlglot import exp

    return any(_full_name(table) in names for table in tree.find_all(exp.Table))


def _reads_directly(select: "exp.Select", names: set[str]) -> bool:
    """Whether FROM or a join of this very SELECT reads one of `names`, also through subqueries in FROM."""
    sources = [select.args.get("from_") or select.args.get("from")]
    sources += select.args.get("joins") or []
    return any(source is not None and _reads(source, names) for source in sources)


def _full_name(table: "exp.Table") -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def holding(files: "list[DataFile]", keys: "pa.Table") -> "list[DataFile]":
    """The files that may hold rows of `keys`: those whose bounds enclose at least one value of some key column."""
    import numpy as np
    import pyarrow.compute as pc

    for name in keys.column_names:
        if all(file.minimum.get(name) is None for file in files) or keys.column(name).null_count:
            continue
        values = np.sort(pc.unique(keys.column(name)).to_numpy(zero_copy_only=False))
        convert = keys.schema.field(name).type
        files = [file for file in files if _encloses(file, name, values, convert)]
    return files


def _encloses(file: "DataFile", name: str, values: "object", kind: "pa.DataType") -> bool:
    import numpy as np
    import pyarrow as pa

    low, high = file.minimum.get(name), file.maximum.get(name)
    if low is None or high is None:
        return True
    bounds = pa.array([low, high], type=kind).to_numpy(zero_copy_only=False)
    return bool(np.searchsorted(values, bounds[1], "right") > np.searchsorted(values, bounds[0], "left"))  # type: ignore[call-overload]
