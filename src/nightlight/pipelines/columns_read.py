"""Which columns of its sources a dataset can read: its SQL's own references, or all where they cannot be told.

Wider than lineage: a column that only a condition, a join or an order looks at is read too."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from nightlight.pipelines.definitions import Dataset, Flow, SqlQuery
from nightlight.pipelines.lineage import Schemas, parsed, schema_tree
from nightlight.pipelines.project import Project

if TYPE_CHECKING:
    from sqlglot import exp

Reads: TypeAlias = dict[str, frozenset[str] | None]  # by table, names in lower case; None = every column


def columns_read(project: Project, dataset: Dataset, schemas: Schemas) -> Reads:
    """By source of the dataset the columns that it reads; `schemas` has those sources that exist."""
    found: Reads = {name: frozenset() for name in project.sources(dataset.name)}
    for flow in project.flows.get(dataset.name, ()):
        told = _told(project, dataset, flow, schemas)
        for table, _ in project.readings(flow):
            before, more = found[table], told.get(table) if told is not None else None
            found[table] = None if before is None or more is None else before | more
    return found


def _told(project: Project, dataset: Dataset, flow: Flow, schemas: Schemas) -> Mapping[str, frozenset[str]] | None:
    """The columns that a flow's SQL names, by table; None when they cannot be told."""
    made = [(name, each.query) for name in project.views(dataset.name) for each in project.flows[name]]
    views = tuple((name, query) for name, query in made if isinstance(query, SqlQuery))
    if not isinstance(flow.query, SqlQuery) or len(views) < len(made):
        return None
    columns = tuple((table, tuple(schema.names)) for table, schema in sorted(schemas.items()))
    return _named(flow.query, views, columns)


@lru_cache(maxsize=512)  # asked again at each update; the answer stays while texts and columns do
def _named(
    query: SqlQuery, views: tuple[tuple[str, SqlQuery], ...], columns: tuple[tuple[str, tuple[str, ...]], ...]
) -> Mapping[str, frozenset[str]] | None:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify

    from nightlight.pipelines.sql_files import DIALECT

    try:
        tree = exp.expand(parsed(query), {name: parsed(view).copy() for name, view in views})
        if any(_is_vague(node) for node in tree.walk()):
            return None
        tables = {_name(table) for table in tree.find_all(exp.Table) if table.db}
        tree = qualify(tree, schema=schema_tree(dict(columns)), dialect=DIALECT, validate_qualify_columns=False)
        pairs = list(_pairs(tree))
    except (SqlglotError, ValueError, KeyError, RecursionError):
        return None
    if None in pairs:
        return None
    named = [pair for pair in pairs if pair is not None]
    return {table: frozenset(column for name, column in named if name == table) for table in tables}


def _is_vague(node: "exp.Expr") -> bool:
    """Whether a part of a query reads columns that it does not name, other than by a star in a select list."""
    from sqlglot import exp

    if isinstance(node, exp.Star):
        parent = node.parent if not isinstance(node.parent, exp.Column) else node.parent.parent
        return not isinstance(parent, exp.Select | exp.Count) or (
            isinstance(parent, exp.Count) and isinstance(node.parent, exp.Column)
        )
    return isinstance(node, exp.Pivot) or (isinstance(node, exp.Join) and node.method == "NATURAL")


def _pairs(tree: "exp.Expr") -> Iterator[tuple[str, str] | None]:
    """(table, column) of each column that a qualified query names; None for one whose table cannot be told."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope, traverse_scope

    seen: set[int] = set()
    for scope in traverse_scope(tree):
        for column in scope.columns:
            seen.add(id(column))
            around: Scope | None = scope
            while around is not None and column.table not in around.sources:
                around = around.parent
            source = around.sources[column.table] if around is not None and column.table else None
            if isinstance(source, exp.Table):
                yield (_name(source), column.name.lower()) if source.db else None
            elif source is None:
                yield None
    for node in tree.find_all(exp.Column, exp.Star):
        counted = isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)
        if not counted and id(node) not in seen:
            yield None


def _name(table: "exp.Table") -> str:
    return f"{table.db}.{table.name}".lower()
