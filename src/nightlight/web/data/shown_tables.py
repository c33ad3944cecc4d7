"""The tables that a person is shown: those of which they may read a column, and by name those that they manage.

The one way to a table for the pages about data: what is not shown here is not there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightlight.catalog.access import ColumnAccess, TableAccess, read_access
from nightlight.catalog.history import in_force
from nightlight.catalog.privileges import held_privileges
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Table, TableName
from nightlight.sql.filters import read_filter
from nightlight.web.access import NotThere, Person
from nightlight.web.site import Site

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class ShownTable:
    """A table as somebody is shown it; `manages`: its policies too, whether they may read it or not.

    `table` is as it was decided about.
    """

    name: TableName
    access: TableAccess
    table: Table
    manages: bool

    @property
    def columns(self) -> tuple[ColumnAccess, ...]:
        """The columns that are named to the person."""
        return self.access.columns if self.manages else self.access.allowed

    @property
    def not_granted(self) -> tuple[ColumnAccess, ...]:
        return tuple(column for column in self.access.columns if not column.allowed)

    @property
    def unnamed(self) -> frozenset[str]:
        """The names, in lower case, of columns that must not be told."""
        return frozenset() if self.manages else frozenset(column.name.lower() for column in self.not_granted)

    @property
    def knows_all_rows(self) -> bool:
        """Whether how many rows there are may be told: not to whom a row filter shows a part."""
        return self.manages or not self.access.filters

    @property
    def url(self) -> str:
        return f"/data/{self.name.schema}/{self.name.table}"

    def column(self, name: str) -> ColumnAccess:
        """The column of that name; raises NotThere for one that is not named to the person."""
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        raise NotThere

    @property
    def tags(self) -> list[str]:
        """The sensitivities of the columns shown."""
        return sorted({value for column in self.columns for value in column.tags.get("sensitivity", ())}, reverse=True)


def shown_tables(site: Site, person: Person) -> dict[str, ShownTable]:
    """All tables that a person is shown, by name."""
    names = [str(name) for name in site.broker.lake.tables()]
    return _shown(site, person, names)


def shown_table(site: Site, person: Person, schema: str, table: str) -> ShownTable:
    """One table; raises NotThere for what does not exist or is not shown to the person."""
    name = f"{schema}.{table}"
    found = _shown(site, person, [name]) if TableName.is_valid(name) else {}
    if name not in found:
        raise NotThere
    return found[name]


def _shown(site: Site, person: Person, names: Collection[str]) -> dict[str, ShownTable]:
    visible = site.broker.decisions.look_up(person.name, names)
    accesses = {name: decision.access for name, decision in visible.items()}
    with transaction(site.url) as connection:
        managed = _managed(site, connection, person, names)
        accesses |= read_access(connection, person.name, managed - accesses.keys())
    found = {}
    for name in sorted(accesses):
        table = site.broker.lake.table(name)
        if _exists(table):
            found[name] = ShownTable(TableName.parse(name), accesses[name], table, name in managed)
    return found


def _exists(table: Table) -> bool:
    try:
        return table.exists
    except NightlightError:  # damaged: whoever asks it a question hears so
        return False


def _managed(site: Site, connection: "Connection", person: Person, names: Collection[str]) -> set[str]:
    """Those of the tables that the person manages; asked one by one only where there is something to tell apart."""
    if site.may(person.name, "MANAGE", "CATALOG", at=person.revision) and not in_force(
        connection, "grants", privilege="MANAGE", effect="DENY"
    ):
        return set(names)
    if all(privilege != "MANAGE" for _, privilege in held_privileges(connection, person.name)):
        return set()
    return site.granted(person.name, "MANAGE", names)


def told_filters(site: Site, person: Person, shown: ShownTable) -> list[str]:
    """The row filters that concern this person, as conditions; "" for one that names what is not named to them."""
    if not shown.access.filters:
        return []
    others = shown_tables(site, person)
    return [
        " ".join(each.expression.split()) if shown.manages or _is_told(each.expression, shown, others) else ""
        for each in shown.access.filters
    ]


def _is_told(expression: str, shown: ShownTable, others: dict[str, ShownTable]) -> bool:
    """Whether all tables and columns that a row filter names are named to the person."""
    try:
        condition = read_filter(expression)
    except NightlightError:
        return False
    tables = {str(reference) for reference in condition.tables}
    if not tables <= others.keys():
        return False
    unnamed = frozenset[str]().union(shown.unnamed, *(others[name].unnamed for name in tables))
    return not unnamed & {column.lower() for column in condition.columns}
