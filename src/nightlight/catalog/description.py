"""What stands on a securable, from itself and from above: owner, grants, tags, masks, filters, by whom and since when.

It shows policies to those who manage them; what somebody may read is decided by `access` alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import in_force
from nightlight.catalog.principals import suggestion
from nightlight.catalog.securables import Securable
from nightlight.catalog.tags import effective_tags
from nightlight.db import moment
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

CLOSE = 0.8  # names with a schema in front resemble one another too much for less
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Description:
    """Rows for people and scripts; `on` says on which securable a row stands."""

    securable: str
    owners: Rows
    grants: Rows
    tags: Rows
    masks: Rows
    filters: Rows
    columns: Rows


def describe(connection: "Connection", securable: Securable) -> Description:
    """What stands on a securable; on a table also what stands on its columns."""
    above = list(_with_those_above(securable))
    tags = list(_tags(connection, securable))
    return Description(
        securable=str(securable),
        owners=[
            {"owner": row["principal"], "on": str(place), **_signed(row)}
            for place in above
            for row in in_force(connection, "owners", kind=place.kind, securable=place.name)
        ],
        grants=[row for place in above for row in _grants(connection, place, securable)],
        tags=tags,
        masks=list(_masks(connection, securable, tags)),
        filters=list(_filters(connection, securable)),
        columns=list(_columns(connection, securable)),
    )


def list_tables(connection: "Connection") -> Rows:
    """The catalog, its schemas and their tables, with how much stands on each itself."""
    columns = Counter(row["table_name"] for row in in_force(connection, "registered_columns"))
    grants = Counter((row["kind"], row["securable"]) for row in in_force(connection, "grants"))
    masks = Counter(row["table_name"] for row in in_force(connection, "masks"))
    filters = Counter(row["table_name"] for row in in_force(connection, "row_filters"))
    tags = Counter(row["table_name"] for row in in_force(connection, "tags"))
    known = columns.keys() | {name for kind, name in grants if kind == "table"} | masks.keys() | filters.keys()
    tables = sorted((known | tags.keys()) - {""})
    schemas = {table.split(".")[0] for table in tables} | {name for kind, name in grants if kind == "schema"}
    rows: Rows = [{"securable": "CATALOG", "columns": None, "grants": grants["catalog", ""], "tags": 0}]
    for kind, names in (("schema", schemas), ("table", tables)):
        rows += [
            {"securable": name, "columns": columns.get(name), "grants": grants[kind, name], "tags": tags[name]}
            for name in names
        ]
    ordered = sorted(rows, key=lambda row: (row["securable"] != "CATALOG", row["securable"]))
    return [{**row, "masks": masks[row["securable"]], "filters": filters[row["securable"]]} for row in ordered]


def check_exists(connection: "Connection", securable: Securable) -> str | None:
    """Raise NightlightError for what is neither there nor named by any policy; a note where it is only named.

    Schemas, tables and columns alone: of models, dashboards and the like the catalog knows what policies say.
    """
    if securable.kind not in ("schema", "table"):
        return None
    registered = in_force(connection, "registered_columns")
    named = {name for name in _named(connection, securable.kind) if name[0]}
    tables = {row["table_name"] for row in registered}
    existing = tables if securable.kind == "table" else {table.split(".")[0] for table in tables}
    if securable.name not in existing | {name for name, _ in named}:
        known = sorted(existing | {name for name, _ in named})
        raise NightlightError(
            f"there is no {securable.kind} '{securable.name}'", remedy=_remedy(securable, known, sorted(tables))
        )
    columns = {row["column_name"] for row in registered if row["table_name"] == securable.name}
    told = {column for name, column in named if name == securable.name}
    if securable.name in existing and securable.column and securable.column not in columns | told:
        raise NightlightError(
            f"there is no column '{securable.column}' in {securable.name}",
            remedy=suggestion(securable.column, sorted(columns)),
        )
    is_there = securable.name in existing and (not securable.column or securable.column in columns)
    return None if is_there else f"{securable} does not exist yet"


def _named(connection: "Connection", kind: str) -> set[tuple[str, str]]:
    """The securables of a kind that a policy names, with the columns it names: ("silver.people", "key")."""
    named = {(row["securable"], row["column_name"]) for row in in_force(connection, "grants", kind=kind)}
    named |= {(row["securable"], "") for row in in_force(connection, "owners", kind=kind)}
    if kind == "table":
        marked = [row for table in ("tags", "masks") for row in in_force(connection, table)]
        named |= {(row["table_name"], row["column_name"]) for row in marked}
        named |= {(row["table_name"], "") for row in in_force(connection, "row_filters")}
    return named


def _remedy(securable: Securable, known: list[str], tables: list[str]) -> str | None:
    """What was meant by it: a table without its schema looks like a schema."""
    alone = [table for table in tables if table.split(".")[1] == securable.name]
    if alone:
        return f"did you mean {' or '.join(map(repr, alone[:3]))}?"
    close = get_close_matches(securable.name, known, 1, CLOSE)
    return f"did you mean '{close[0]}'?" if close else None


def _with_those_above(securable: Securable) -> Iterator[Securable]:
    """The securable, and those it inherits from: what stands on a column stands among its table's grants."""
    if securable.kind != "catalog":
        yield Securable(securable.kind, securable.name)
    if securable.kind == "table":
        yield Securable("schema", securable.schema)
    yield Securable("catalog")


def _grants(connection: "Connection", place: Securable, asked: Securable) -> Iterator[dict[str, Any]]:
    """What is granted and denied at `place`; of a table's columns all, or what bears on the one asked for."""
    for row in in_force(connection, "grants", kind=place.kind, securable=place.name):
        if not asked.column or row["column_name"] in ("", asked.column):
            yield {
                "principal": row["principal"],
                "effect": row["effect"],
                "privilege": row["privilege"],
                "column": row["column_name"],
                "on": str(place),
                **_signed(row),
            }


def _tags(connection: "Connection", securable: Securable) -> Iterator[dict[str, Any]]:
    """The tags that count for a table's columns, from wherever they came, and the columns that were declassified."""
    if securable.kind != "table":
        return
    tags = in_force(connection, "tags")
    signatures = {(row["table_name"], row["column_name"], row["key"], row["value"]): _signed(row) for row in tags}
    for row in effective_tags(connection, securable.name):
        place = (row["source_table"], row["source_column"])
        signature = signatures.get((*place, row["key"], row["value"]), {"since": None, "by": "lake"})
        if securable.column in ("", row["column"].lower()):
            tag = f"{row['key']} = '{row['value']}'"
            yield {"column": row["column"], "tag": tag, "from": ".".join(filter(None, place)), **signature}
    for row in tags:
        is_here = row["table_name"] == securable.name and securable.column in ("", row["column_name"])
        if is_here and row["value"] == "none":
            place = (row["table_name"], row["column_name"])
            yield {"column": place[1], "tag": f"{row['key']} = 'none'", "from": ".".join(place), **_signed(row)}


def _masks(connection: "Connection", securable: Securable, tags: Rows) -> Iterator[dict[str, Any]]:
    """The masks on the table's columns, and those on tags that its columns have."""
    tagged: dict[str, list[str]] = {}
    for row in tags:
        tagged.setdefault(row["tag"], []).append(row["column"])
    for row in in_force(connection, "masks"):
        tag = f"{row['tag_key']} = '{row['tag_value']}'" if row["tag_key"] else ""
        columns = [row["column_name"]] if row["table_name"] == securable.name else tagged.get(tag, [])
        for column in dict.fromkeys(columns):
            if securable.kind == "table" and securable.column in ("", column):
                yield {
                    "column": column,
                    "mask": f"{row['function']} {row['argument']}".strip(),
                    "applies": _scope(row),
                    "on": f"TAG {tag}" if tag else f"COLUMN {securable.name}.{column}",
                    **_signed(row),
                }


def _filters(connection: "Connection", securable: Securable) -> Iterator[dict[str, Any]]:
    for row in in_force(connection, "row_filters", table_name=securable.name) if securable.kind == "table" else ():
        yield {"applies": _scope(row), "filter": " ".join(row["expression"].split()), **_signed(row)}


def _columns(connection: "Connection", securable: Securable) -> Iterator[dict[str, Any]]:
    for row in in_force(connection, "registered_columns", table_name=securable.name):
        if securable.column in ("", row["column_name"]):
            yield {
                "column": row["spelling"],
                "type": row["type"],
                "declared": row["sensitivity"],
                "comment": row["comment"],
            }


def _scope(row: dict[str, Any]) -> str:
    return "to all" if row["scope"] == "all" else f"{row['scope']} {row['group_name']}"


def _signed(row: dict[str, Any]) -> dict[str, Any]:
    return {"since": moment(row["added_at"]), "by": row["added_by"]}
