"""What is told about a table besides its columns: whose it is, how fresh, whether its rows are what they should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nightlight.catalog.history import in_force
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.versions import committed_at
from nightlight.languages import N_
from nightlight.pipelines.declared import declared_datasets, declared_expectations, declared_owner
from nightlight.pipelines.definitions import Dataset
from nightlight.pipelines.health import Health, read_health
from nightlight.web.data.shown_tables import ShownTable
from nightlight.web.site import Site

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTIONS = {
    "WARN": N_("counted, and kept"),
    "DROP": N_("refused, and kept in quarantine"),
    "FAIL": N_("stop the update"),
}


@dataclass(frozen=True)
class TableCheck:
    """An expectation: what holds, what happens to rows that do not meet it, and how many there were at the last write.

    `broken` is None where nothing was written yet, or the person is not told how many rows there are.
    """

    name: str
    condition: str
    consequence: str
    is_broken: bool
    broken: int | None


@dataclass(frozen=True)
class TableState:
    """`rows` is None where it may not be told; `source` names the source that a loaded table is filled by."""

    owner: str
    comment: str
    rows: int | None
    changed_at: datetime | None
    health: Health | None
    dataset: Dataset | None
    checks: tuple[TableCheck, ...]
    more_checks: int  # on columns that are not named to the person

    @property
    def broken_checks(self) -> int:
        return sum(check.is_broken for check in self.checks)


class TableStates:
    """The states of tables, read together: one look at the catalog, the event log and the pipeline's files.

    `comments` are those of columns, by table and column in lower case: of all tables, or of `table` alone.
    """

    def __init__(self, site: Site, table: str = "") -> None:
        self._health = read_health(site.broker.lake)
        self._datasets = declared_datasets(site.home.pipelines)
        with transaction(site.url) as connection:
            self._owners = _owners(connection)
            self.comments = _column_comments(connection, table)

    def of(self, shown: ShownTable) -> TableState:
        name = str(shown.name)
        dataset, health = self._datasets.get(name), self._health.get(name)
        checks = _checks(shown, dataset, health)
        told = tuple(check for check in checks if not _names(check.condition) & shown.unnamed)
        return TableState(
            owner=self._owners.get(("table", name))
            or self._owners.get(("schema", shown.name.schema))
            or declared_owner(dataset),
            comment=shown.table.comment,
            rows=_rows(shown) if shown.knows_all_rows else None,
            changed_at=committed_at(shown.table),
            health=health,
            dataset=dataset,
            checks=told,
            more_checks=len(checks) - len(told),
        )


def _checks(shown: ShownTable, dataset: Dataset | None, health: Health | None) -> list[TableCheck]:
    counts: Mapping[str, int] = health.broken if health else {}
    is_counted = health is not None and health.written_at is not None
    return [
        TableCheck(
            name=expectation.name,
            condition=expectation.condition,
            consequence=ACTIONS[expectation.action],
            is_broken=counts.get(expectation.name, 0) > 0,
            broken=counts.get(expectation.name, 0) if is_counted and shown.knows_all_rows else None,
        )
        for expectation in declared_expectations(dataset)
    ]


def _names(condition: str) -> set[str]:
    import re

    return set(re.findall(r"\w+", condition.lower()))


def _rows(shown: ShownTable) -> int | None:
    try:
        return shown.table.rows
    except NightlightError:
        return None


def _owners(connection: "Connection") -> dict[tuple[str, str], str]:
    return {(row["kind"], row["securable"]): row["principal"] for row in in_force(connection, "owners")}


def _column_comments(connection: "Connection", table: str) -> dict[tuple[str, str], str]:
    wanted = {"table_name": table} if table else {}
    rows = in_force(connection, "registered_columns", **wanted)
    return {(row["table_name"], row["column_name"]): row["comment"] for row in rows}
