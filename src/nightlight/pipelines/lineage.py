"""Which source columns each column of a dataset comes from, read from its SQL; how sensitive that makes it.

What cannot be traced (Python datasets, unreadable corners of SQL) is unknown, and unknown means strictest: a string
of unknown origin counts as text."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from nightlight.lakehouse.commit import tag_column
from nightlight.lakehouse.registration import holds_text
from nightlight.lakehouse.tables import IDENTITY, SENSITIVITY, TEXT, Table
from nightlight.pipelines.definitions import Dataset, SqlQuery
from nightlight.pipelines.project import Project

if TYPE_CHECKING:
    import pyarrow as pa

Schemas: TypeAlias = "Mapping[str, pa.Schema]"
Columns: TypeAlias = dict[str, frozenset[tuple[str, str]] | None]  # by output column; None = unknown


def column_lineage(project: Project, dataset: Dataset, outputs: list[str], schemas: Schemas) -> Columns:
    """For each output column the (table, column) pairs it is computed from, through temporary views."""
    found: Columns = {name: frozenset() for name in outputs}
    for flow in project.flows[dataset.name]:
        traced = _trace(project, dataset, flow.query, schemas) if isinstance(flow.query, SqlQuery) else {}
        for name in outputs:
            before, more = found[name], traced.get(name.lower())
            found[name] = None if before is None or more is None else before | more
    return found


def with_sensitivity(schema: "pa.Schema", lineage: Columns, schemas: Schemas) -> "pa.Schema":
    """The schema with each column tagged as strictly as the strictest column it comes from."""
    import pyarrow as pa

    fields = []
    for field in schema:
        tag = _strictest(field, lineage.get(field.name), schemas)
        fields.append(field.with_metadata({SENSITIVITY: tag.encode()} if tag else None))
    return pa.schema(fields)


def tighten(table: Table, lineage: Columns, schemas: Schemas) -> None:
    """Tag the columns that a table has already as strictly as what is now written into them; no tag gets weaker.

    An append leaves a Delta table's schema as it is: rows from a stricter source would come under the old tags.
    """
    for field in table.schema if table.exists else ():
        before = (field.metadata or {}).get(SENSITIVITY, b"").decode()
        after = _strictest(field, lineage.get(field.name, frozenset()), schemas)
        if after and before != after and before in ("", IDENTITY):
            tag_column(table, field.name, after)


def _strictest(field: "pa.Field", origins: frozenset[tuple[str, str]] | None, schemas: Schemas) -> str | None:
    if not holds_text(field.type):
        return None  # a count or a time tells nothing that its row does not
    if origins is None:
        return TEXT
    tags = {_tag(schemas, table, column) for table, column in origins}
    return TEXT if TEXT in tags else IDENTITY if IDENTITY in tags else None


def _tag(schemas: Schemas, table: str, column: str) -> str | None:
    if table not in schemas or column not in schemas[table].names:
        return TEXT
    tag = (schemas[table].field(column).metadata or {}).get(SENSITIVITY)
    return tag.decode() if tag else None


def _trace(project: Project, dataset: Dataset, query: SqlQuery, schemas: Schemas) -> Columns:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    from nightlight.pipelines.sql_files import DIALECT

    views: dict[str, Any] = {
        name: parsed(flow.query).copy()
        for name in project.views(dataset.name)
        for flow in project.flows[name]
        if isinstance(flow.query, SqlQuery)
    }
    try:
        columns = {table: schema.names for table, schema in schemas.items()}
        tree = qualify(exp.expand(parsed(query), views), schema=schema_tree(columns), dialect=DIALECT)
        nodes = lineage(None, tree, schema={}, scope=build_scope(tree), dialect=DIALECT)
    except (SqlglotError, ValueError, RecursionError):
        return {}
    return {name.lower(): _origins(node) for name, node in nodes.items()}


@lru_cache(maxsize=512)
def parsed(query: SqlQuery) -> Any:
    """The query's tree with `STREAM t` as plain `t`; it belongs to all who ask, who change only copies."""
    import sqlglot
    from sqlglot import exp

    from nightlight.pipelines.sql_files import DIALECT

    tree = sqlglot.parse_one(query.text, dialect=DIALECT)
    return tree.transform(lambda node: node.this if isinstance(node, exp.Stream) else node)


def schema_tree(columns: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Tables' columns as sqlglot wants them; no type matters here."""
    tree: dict[str, Any] = {}
    for table, names in columns.items():
        database, _, name = table.partition(".")
        tree.setdefault(database, {})[name] = dict.fromkeys(names, "string")
    return tree


def _origins(node: Any) -> frozenset[tuple[str, str]] | None:
    from sqlglot import exp

    origins = set()
    for part in node.walk():
        if any(not _is_count(star) for star in part.expression.find_all(exp.Star)):
            return None  # `struct(*)`, `hash(*)`: every column, and no name to follow
        if part.downstream:
            continue
        if isinstance(part.expression, exp.Table):
            table = part.expression
            origins.add((f"{table.db}.{table.name}", part.name.rsplit(".", 1)[-1].strip('"`')))
        elif part.expression.find(exp.Column):
            return None
    return frozenset(origins)


def _is_count(star: Any) -> bool:
    """Whether a star is that of `count(*)`, which reads no column."""
    from sqlglot import exp

    return isinstance(star.parent, exp.Count)
