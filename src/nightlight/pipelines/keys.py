"""Refresh keys: when the rows of a view for one key depend on no other key, only changed keys are computed again.

`check_key` proves that from the query, SQL here and Python in `plan_keys`, or says which part of it lets rows of
different keys meet. It accepts what it knows and nothing else. A source that has the key's columns is *keyed*; one
that lacks them is a *dimension*, whose change means computing the view as a whole."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Dataset, Kind, SqlQuery
from nightlight.pipelines.plan_keys import NotKeyed, is_plan_keyed
from nightlight.pipelines.project import Project

if TYPE_CHECKING:
    from sqlglot import exp


def check_key(project: Project, dataset: Dataset, columns: Mapping[str, Iterable[str]]) -> None:
    """Raise NightlightError when `refresh.key` does not hold; `columns` gives the column names of each table."""
    if not dataset.key:
        return
    try:
        _prove(project, dataset, columns)
    except NotKeyed as reason:
        raise NightlightError(
            f"{dataset.name}: 'refresh.key' = '{', '.join(dataset.key)}' does not hold: {reason}",
            where=str(dataset.location),
            remedy="group, join and partition by the key, or leave the property out (the view is then computed whole)",
        ) from reason


def _prove(project: Project, dataset: Dataset, columns: Mapping[str, Iterable[str]]) -> None:
    if dataset.kind is not Kind.MATERIALIZED_VIEW:
        raise NotKeyed("only a materialized view has a refresh key")
    keyed = {name: set(dataset.key) <= set(names) for name, names in columns.items()}
    for name in [*project.views(dataset.name), dataset.name]:
        for flow in project.flows[name]:
            key = frozenset(dataset.key)
            if isinstance(flow.query, SqlQuery):
                keyed[name] = _is_keyed(_parse(flow.query), key, keyed)
            else:
                keyed[name] = is_plan_keyed(project.python_plans[flow.name].relation, key, keyed)
    if not keyed[dataset.name]:
        raise NotKeyed("no table it reads has these columns")


@dataclass(frozen=True)
class Relation:
    """A table, view, CTE or subquery in FROM: does it have the key, and can its columns be NULL for want of a match."""

    keyed: bool
    optional: bool = False


def _is_keyed(query: Any, key: frozenset[str], known: Mapping[str, bool]) -> bool:
    """Whether each result row belongs to one key; False: it reads dimensions only. Raises NotKeyed otherwise."""
    from sqlglot import exp

    known = dict(known)
    for cte in (query.args.get("with_") or query.args.get("with") or exp.With()).expressions:
        known[cte.alias] = _is_keyed(cte.this, key, known)
    if isinstance(query, exp.Subquery):
        keyed = _is_keyed(query.this, key, known)
    elif isinstance(query, exp.SetOperation):
        arms = {_is_keyed(query.left, key, known), _is_keyed(query.right, key, known)}
        if len(arms) == 2:
            raise NotKeyed("UNION adds rows of a table that does not have it")
        keyed = arms.pop()
    elif isinstance(query, exp.Select):
        keyed = _is_select_keyed(query, key, known)
    else:
        return False
    if keyed and any(query.args.get(part) for part in ("limit", "offset", "sample", "fetch")):
        raise NotKeyed("LIMIT picks rows across keys")
    return keyed


def _is_select_keyed(select: "exp.Select", key: frozenset[str], known: Mapping[str, bool]) -> bool:
    relations = _relations(select, key, known)
    if not any(relation.keyed for relation in relations.values()):
        return False
    _check_subqueries(select, key, known)
    _check_groups(select, key, relations)
    if not all(_passes_on(select, name, relations) for name in key):
        raise NotKeyed("it is not passed on unchanged")
    return True


def _relations(select: "exp.Select", key: frozenset[str], known: Mapping[str, bool]) -> dict[str, Relation]:
    """What FROM and its joins read, by alias; joins must keep keys apart."""
    source = select.args.get("from_") or select.args.get("from")
    if source is None:
        return {}
    relations = {source.this.alias_or_name: Relation(_is_source_keyed(source.this, key, known))}
    for join in select.args.get("joins") or []:
        keyed = _is_source_keyed(join.this, key, known)
        before = any(relation.keyed for relation in relations.values())
        if before or keyed:
            _check_join(join, key, relations, keyed=keyed)
        if join.side == "FULL":  # either side may be missing
            relations = {alias: replace(relation, optional=True) for alias, relation in relations.items()}
        relations[join.this.alias_or_name] = Relation(keyed, optional=join.side in ("LEFT", "FULL"))
    return relations


def _is_source_keyed(source: "exp.Expression", key: frozenset[str], known: Mapping[str, bool]) -> bool:
    from sqlglot import exp

    if isinstance(source, exp.Stream):
        source = source.this
    if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
        if source.args.get("sample"):
            raise NotKeyed("LIMIT picks rows across keys")
        return known.get(f"{source.db}.{source.name}" if source.db else source.name, False)
    return _is_keyed(source, key, known)


def _check_join(join: "exp.Join", key: frozenset[str], before: Mapping[str, Relation], *, keyed: bool) -> None:
    """Rows must keep the key of the first table: no other table adds rows, keyed ones are joined by the key."""
    if not next(iter(before.values())).keyed:
        raise NotKeyed("the first table in FROM does not have it")
    if join.side == "RIGHT" or (join.side == "FULL" and not keyed) or join.method:
        raise NotKeyed(f"{join.method or join.side} JOIN may add rows without it")
    if keyed and not key <= set(_equated(join, before)):
        raise NotKeyed("a join does not equate it")


def _equated(join: "exp.Join", before: Mapping[str, Relation]) -> Iterator[str]:
    """Names of the columns that the join equates, under one name, with a keyed table named before."""
    from sqlglot import exp

    yield from (identifier.name for identifier in join.args.get("using") or [])
    condition = join.args.get("on")
    for term in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        term = term.unnest() if term is not None else term
        if not isinstance(term, exp.EQ | exp.NullSafeEQ):
            continue
        sides: list[Any] = [term.left, term.right]
        if all(isinstance(side, exp.Column) for side in sides) and sides[0].name == sides[1].name:
            tables = {side.table for side in sides}
            others = tables - {join.this.alias_or_name}
            if len(tables) == 2 and len(others) == 1 and before.get(others.pop(), Relation(False)).keyed:
                yield sides[0].name


def _check_subqueries(select: "exp.Select", key: frozenset[str], known: Mapping[str, bool]) -> None:
    """A subquery outside FROM must read dimensions only: it looks at other rows."""
    from sqlglot import exp

    for part, value in select.args.items():
        if part in ("from", "from_", "joins", "with", "with_") or value is None:
            continue
        for root in value if isinstance(value, list) else [value]:
            if not isinstance(root, exp.Expression):
                continue
            for table in root.find_all(exp.Table):
                if known.get(f"{table.db}.{table.name}" if table.db else table.name):
                    raise NotKeyed("a condition looks at other rows")


def _check_groups(select: "exp.Select", key: frozenset[str], relations: Mapping[str, Relation]) -> None:
    from sqlglot import exp

    for window in select.find_all(exp.Window):
        parts = [part for part in window.args.get("partition_by") or [] if _is_key_column(part, relations)]
        if window.find_ancestor(exp.Select) is select and not key <= {part.name for part in parts}:
            raise NotKeyed("a window is not partitioned by it")
    group = select.args.get("group")
    if group is None:
        if any(agg.find_ancestor(exp.Select, exp.Window) is select for agg in select.find_all(exp.AggFunc)):
            raise NotKeyed("rows are aggregated without it")
    elif any(group.args.get(kind) for kind in ("rollup", "cube", "grouping_sets", "totals", "all")):
        raise NotKeyed("subtotals are made across keys")
    elif not key <= {column.name for column in _group_columns(select, group) if _is_key_column(column, relations)}:
        raise NotKeyed("rows are grouped without it")


def _group_columns(select: "exp.Select", group: "exp.Expression") -> "Iterator[exp.Expression]":
    """What is grouped by; a number stands for the result column at that place."""
    from sqlglot import exp

    for expression in group.expressions:
        is_place = isinstance(expression, exp.Literal) and not expression.is_string
        yield select.expressions[int(expression.name) - 1].unalias() if is_place else expression


def _passes_on(select: "exp.Select", name: str, relations: Mapping[str, Relation]) -> bool:
    """Whether the key column is a result column under its own name."""
    from sqlglot import exp

    for projection in select.expressions:
        inner = projection.unalias()
        if isinstance(inner, exp.Star):
            if not (inner.args.get("except_") or inner.args.get("except") or inner.args.get("replace")):
                return True
        elif isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
            relation = relations.get(inner.table, Relation(False))
            if relation.keyed and not relation.optional and not any(inner.this.args.values()):
                return True
        elif projection.alias_or_name == name and inner.name == name and _is_key_column(inner, relations):
            return True
        elif projection.alias_or_name == name and isinstance(inner, exp.Coalesce):
            parts = [inner.this, *inner.expressions]
            if {part.table for part in parts} == set(relations) and {part.name for part in parts} == {name}:
                return all(relation.keyed for relation in relations.values())
    return False


def _is_key_column(expression: "exp.Expression", relations: Mapping[str, Relation]) -> bool:
    """A plain column of a keyed table whose rows are always there; unqualified names are the engine's to resolve."""
    from sqlglot import exp

    if not isinstance(expression, exp.Column) or isinstance(expression.this, exp.Star):
        return False
    if not expression.table:
        return any(relation.keyed for relation in relations.values())
    relation = relations.get(expression.table, Relation(False))
    return relation.keyed and not relation.optional


def _parse(query: SqlQuery) -> Any:
    import sqlglot

    from nightlight.pipelines.sql_files import DIALECT

    return sqlglot.parse_one(query.text, dialect=DIALECT)
