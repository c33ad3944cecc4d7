"""The catalog's decisions for people who ask, kept while nothing in the catalog changes."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nightlight.catalog.access import TableAccess, check_principal, check_purpose, read_access, revision, visible_tables
from nightlight.catalog.principals import PIPELINES, existing_groups, groups_of
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake, Table
from nightlight.sql.authorization import Authorization

if TYPE_CHECKING:
    from sqlalchemy import Connection

REGISTERED_SECONDS = 10.0


@dataclass(frozen=True)
class Decision:
    """What a principal may read of a table, column by column with reasons; `authorization` is that as it stands.

    `table` is as it was decided about; None when it is damaged.
    """

    access: TableAccess
    table: Table | None
    known: "_Known"
    principal: str

    @property
    def authorization(self) -> Authorization:
        """Raises NightlightError for a policy that cannot be carried out."""
        found = self.known.authorizations.get(self.access.table)
        if found is None:
            found = Authorization.of(self.access, self.principal, self.known.groups, self.known.existing)
            self.known.authorizations[self.access.table] = found
        return found


@dataclass(frozen=True)
class _Known:
    """What was decided for a principal at a revision of the catalog, as far as it was asked.

    `purposes` are those found allowed; an access is None where nobody knows such a table.
    """

    revision: int
    groups: frozenset[str]
    existing: frozenset[str]  # all groups there are
    purposes: set[str | None] = field(default_factory=set)
    accesses: dict[str, TableAccess | None] = field(default_factory=dict)
    authorizations: dict[str, Authorization] = field(default_factory=dict)


class Decisions:
    """Asks the catalog, once per principal, table and revision."""

    def __init__(self, url: str, lake: Lake) -> None:
        self._url, self._lake = url, lake
        self._known: dict[str, _Known] = {}  # by principal
        self._registered: dict[str, tuple[str, int]] = {}  # identity and version of tables
        self._registered_at = 0.0

    def admit(self, principal: str, purpose: str | None) -> None:
        """Raise NightlightError unless the person is known here and the purpose is allowed to them."""
        with self._catalog(principal) as (connection, known):
            if purpose in known.purposes:
                return
            check_principal(connection, principal)
            if principal == PIPELINES:
                raise NightlightError(f"'{PIPELINES}' runs datasets and asks nothing")
            check_purpose(connection, principal, purpose)
            known.purposes.add(purpose)

    def look_up(self, principal: str, names: Collection[str]) -> dict[str, Decision]:
        """The decisions on those of the tables that show the principal something, sorted by name."""
        tables = self._register(names)
        with self._catalog(principal) as (connection, known):
            if missing := [name for name in names if name not in known.accesses]:
                decided = read_access(connection, principal, missing)
                known.accesses.update({name: decided.get(name) for name in missing})
        return {
            name: Decision(access, tables.get(name), known, principal)
            for name in sorted(names)
            if (access := known.accesses[name]) is not None and access.is_visible
        }

    def visible_tables(self, principal: str) -> list[str]:
        """The tables of which the principal may read something, sorted."""
        register_tables(self._url, self._lake)
        with transaction(self._url) as connection:
            return visible_tables(connection, principal)

    def forget(self) -> None:
        """Ask the catalog anew."""
        self._known.clear()

    @contextmanager
    def _catalog(self, principal: str) -> "Iterator[tuple[Connection, _Known]]":
        with transaction(self._url) as connection:
            now, known = revision(connection), self._known.get(principal)
            if known is None or known.revision != now:
                known = self._known[principal] = _Known(
                    now, groups_of(connection, principal), existing_groups(connection)
                )
            yield connection, known

    def _register(self, names: Collection[str]) -> dict[str, Table]:
        """The tables as they are now, the catalog told of those that have changed since the last question about them.

        Tables that these come from, whose tags travel, are looked at once in a while.
        """
        if time.monotonic() > self._registered_at + REGISTERED_SECONDS:
            self._registered, self._registered_at = {}, time.monotonic()
        tables = {}
        for name in names:
            with suppress(NightlightError):  # a damaged table: who may read it hears of it, others must not
                table = self._lake.table(name).newest()
                if table.exists:
                    self._lake.remember(table)
                    tables[name] = table
        states = {name: (table.identity, table.version) for name, table in tables.items()}
        if moved := [name for name in names if name not in states or self._registered.get(name) != states[name]]:
            register_tables(self._url, self._lake, moved)
            self._registered |= states
        return tables
