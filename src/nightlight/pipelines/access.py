"""What a dataset may read and write: named tables only, and of them what its owner has been granted.

Its owner is a principal of the catalog. A pipeline needs the whole of what it reads: a column under a mask, or a table
under a row filter, cannot feed it. What has no owner runs as the home's own service principal, not in production."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from nightlight.catalog.access import TableAccess, check_principal, check_privilege, read_access
from nightlight.catalog.principals import PIPELINES
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.columns_read import Reads, columns_read
from nightlight.pipelines.definitions import OWNER, Dataset, SqlQuery
from nightlight.pipelines.lineage import Schemas, parsed
from nightlight.pipelines.plan import places
from nightlight.pipelines.project import Project
from nightlight.pipelines.sql_files import parse_within
from nightlight.pipelines.tables_only import Outside, find_outside
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection


def check_queries(project: Project, dataset: Dataset) -> None:
    """Raise NightlightError at the line where a query or an expectation reaches for more than tables."""
    for name in [*project.views(dataset.name), dataset.name]:
        for flow in project.flows[name]:
            if isinstance(flow.query, SqlQuery) and (outside := _outside(flow.query)):
                line = flow.query.line + flow.query.text.count("\n", 0, outside.offset)
                raise outside.error(f"{flow.location.file}:{line}")
    for expectation in dataset.expectations:
        _check_condition(dataset, expectation.name, expectation.condition)


@lru_cache(maxsize=512)  # asked again at each update
def _outside(query: SqlQuery) -> Outside | None:
    from sqlglot.errors import SqlglotError

    try:
        return find_outside(parsed(query), query.text)
    except SqlglotError:
        return Outside("the query cannot be read")


def _check_condition(dataset: Dataset, name: str, condition: str) -> None:
    from sqlglot import exp

    tree = parse_within(f"SELECT ({condition})", dataset.location)
    alone = isinstance(tree, exp.Select) and len(tree.expressions) == 1 and not tree.args.get("from_")
    if not alone or tree.find(exp.Table, exp.Subquery) or find_outside(tree, condition):
        raise NightlightError(
            f"{dataset.name}: expectation '{name}' is no condition on the dataset's own columns",
            where=str(dataset.location),
            remedy="write a query that brings the column in, and compare it here",
        )


def check_owner(project: Project, dataset: Dataset, home: Home, lake: Lake) -> None:
    """Raise NightlightError for the first thing that the dataset's owner may not do."""
    for problem in owner_problems(project, dataset, home, lake):
        raise problem


def owner_problems(
    project: Project, dataset: Dataset, home: Home, lake: Lake, coming: "Schemas | None" = None
) -> list[NightlightError]:
    """What the dataset does that its owner may not do, each with its place and the grant that would allow it.

    `coming` has the columns of tables that do not exist yet, as far as they are known.
    """
    owner = dataset.properties.get(OWNER)
    if not owner:
        return [_without_owner(dataset)] if home.settings.production else []
    if owner == PIPELINES:  # which may read everything: nobody becomes that by writing its name
        return [_without_owner(dataset)]
    sources = list(project.sources(dataset.name))
    existing = [name for name in sources if lake.table(name).exists]
    register_tables(home.database_url, lake, existing)
    with transaction(home.database_url) as connection:
        try:
            check_principal(connection, owner, or_group=True)
        except NightlightError:
            return [_unknown_owner(dataset, owner)]
        found = read_access(connection, owner, existing)
        if unknown := next((name for name in existing if name not in found), None):
            what = f"{dataset.name} reads {unknown}, whose columns the catalog does not know"
            return [NightlightError(what, where=str(dataset.location), remedy="is the table damaged?")]
        reads: Reads = dict.fromkeys(sources)  # every column, until that matters
        if not all(_is_whole(access) for access in found.values()):
            schemas = {name: lake.table(name).schema for name in existing}
            reads = columns_read(project, dataset, {**(coming or {}), **schemas})
        problems = [
            problem
            for name in sources
            for problem in _source_problems(connection, project, dataset, name, reads[name], found.get(name))
        ]
        return [*problems, *_target_problems(connection, dataset, owner)]


def _is_whole(access: TableAccess) -> bool:
    """Whether all of a table may be read as it is."""
    return not access.filters and all(column.allowed and column.mask is None for column in access.columns)


def _without_owner(dataset: Dataset) -> NightlightError:
    return NightlightError(
        f"{dataset.name} needs an owner",
        where=str(dataset.location),
        remedy=f"add '{OWNER}' = '<a user, group or service principal>'",
    )


def _unknown_owner(dataset: Dataset, owner: str) -> NightlightError:
    return NightlightError(
        f"the owner '{owner}' of {dataset.name} is no principal of the catalog",
        where=str(dataset.location),
        remedy=f"CREATE SERVICE PRINCIPAL {_quoted(owner)}, or name a user or a group that is there",
    )


def _source_problems(
    connection: "Connection",
    project: Project,
    dataset: Dataset,
    table: str,
    wanted: frozenset[str] | None,
    access: TableAccess | None,
) -> Iterator[NightlightError]:
    owner = dataset.properties[OWNER]
    where = places(project, dataset).get(table, str(dataset.location))
    if access is None:  # there is no such table yet
        if not _has_privilege(connection, owner, "SELECT", table):
            yield _refused(dataset, table, where, f"GRANT SELECT ON TABLE {table} TO {_quoted(owner)}")
        return
    columns = [column for column in access.columns if wanted is None or column.name.lower() in wanted]
    missing = [column for column in columns if not column.allowed]
    if missing:
        names = ", ".join(column.name for column in missing)
        what = f"{table}.{names}" if len(missing) == 1 else f"{names} of {table}"
        yield _refused(dataset, what, where, _remedy(table, [(c.name, c.reason) for c in missing], owner))
    elif not access.is_visible:
        reasons = [("", column.reason) for column in access.columns[:1]]
        yield _refused(dataset, table, where, _remedy(table, reasons, owner))
    if access.filters:
        what = f"{dataset.name} reads {table}, of which a row filter hides rows from its owner '{owner}'"
        yield NightlightError(what, where=where, remedy="a dataset needs all rows: except its owner from the filter")
    for column in columns:
        if column.allowed and column.mask:
            what = f"{dataset.name} reads {table}.{column.name}, which a mask hides from its owner '{owner}'"
            remedy = "a dataset needs the values: except its owner from the mask"
            yield NightlightError(what, where=where, remedy=remedy)


def _refused(dataset: Dataset, what: str, where: str, remedy: str) -> NightlightError:
    owner = dataset.properties[OWNER]
    sentence = f"{dataset.name} reads {what}, which its owner '{owner}' may not read"
    return NightlightError(sentence, where=where, remedy=remedy)


def _remedy(table: str, missing: Sequence[tuple[str, str]], owner: str) -> str:
    """The grant that would allow it; where a DENY stands against it, that."""
    reason = next((reason for _, reason in missing if reason.startswith("denied")), None)
    if reason:
        return reason
    if any("USE SCHEMA" in reason for _, reason in missing):
        return f"GRANT USE SCHEMA ON SCHEMA {table.split('.')[0]} TO {_quoted(owner)}"
    columns = f" ({', '.join(name for name, _ in missing)})" if missing[0][0] else ""
    return f"GRANT SELECT{columns} ON TABLE {table} TO {_quoted(owner)}"


def _target_problems(connection: "Connection", dataset: Dataset, owner: str) -> Iterator[NightlightError]:
    if not _has_privilege(connection, owner, "MODIFY", dataset.name):
        yield NightlightError(
            f"{dataset.name} is written by its owner '{owner}', who may not write it",
            where=str(dataset.location),
            remedy=f"GRANT MODIFY ON TABLE {dataset.name} TO {_quoted(owner)}",
        )


def _has_privilege(connection: "Connection", principal: str, privilege: str, table: str) -> bool:
    try:
        check_privilege(connection, principal, privilege, f"table {table}")
    except NightlightError:
        return False
    return True


def _quoted(principal: str) -> str:
    """A principal's name as policy statements write it."""
    plain = principal.isidentifier() and principal == principal.lower() and principal.isascii()
    return principal if plain else f'"{principal}"'
