"""A project of definition files in a home, seen from outside: files and rows in, tables, plans and events out."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.tables import SENSITIVITY, Lake, Table
from nightlight.pipelines.events import read_events
from nightlight.pipelines.plan import Selection, Step, make_plan
from nightlight.pipelines.project import Project, read_project
from nightlight.pipelines.update import Update, run_update
from nightlight.pipelines.validation import validate
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa
    from tests.conftest import Deliver

    from nightlight.pipelines.engines.session import Session

SPECIFICATION = "name: trial\nlibraries:\n  - glob:\n      include: definitions/**\n"


class Pipeline:
    """One project, its home and the engine."""

    def __init__(self, home: Home, session: "Session", deliver: "Deliver") -> None:
        self.home, self.session, self._deliver = home, session, deliver
        self.root = home.pipelines / "trial"
        self.folder = self.root / "definitions"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.root / "spark-pipeline.yml").write_text(SPECIFICATION)

    def define(self, text: str, file: str = "datasets.sql") -> Path:
        """Write a definition file (dedented); its first line is the text's first line."""
        path = self.folder / file
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def limit_batches(self, rows: int) -> None:
        self.home = replace(self.home, settings=replace(self.home.settings, max_batch_rows=rows))

    def deliver(self, table: str, rows: Sequence[Mapping[str, Any]], *, overwrite: bool = False) -> None:
        self._deliver(self.home, table, rows, messages_schema(), overwrite=overwrite)

    def deliver_as(self, table: str, rows: Sequence[Mapping[str, Any]], schema: "pa.Schema") -> None:
        self._deliver(self.home, table, rows, schema)

    def apply(self, policies: str) -> None:
        """Put policy statements into force."""
        apply_statements(self.home.database_url, read_statements(policies, "policies.sql"), by="ada")

    def problems(self) -> list[str]:
        """The errors that a dry run finds, without the folder's name."""
        found = validate(self.read(), self.home, self.session)
        return [p.text.replace(f"{self.folder}/", "") for p in found if p.severity == "error"]

    def errors(self) -> dict[str, str]:
        """By dataset, why an update could not bring it up to date; the folder's name is left out."""
        return {e.dataset: str(e.error).replace(f"{self.folder}/", "") for e in self.update().failed}

    def in_production(self) -> None:
        self.home = replace(self.home, settings=replace(self.home.settings, production=True))

    def read(self) -> Project:
        return read_project(self.root, self.session, production=self.home.settings.production)

    def plan(self, selection: Selection | None = None) -> list[Step]:
        return make_plan(self.read(), Lake(self.home.lake), selection or Selection())

    def update(self, selection: Selection | None = None) -> Update:
        return run_update(self.read(), self.home, self.session, selection)

    def update_well(self, selection: Selection | None = None) -> Update:
        """An update in which nothing fails."""
        update = self.update(selection)
        assert [event.error for event in update.events if event.error] == []
        return update

    def refresh_in_full(self) -> Update:
        return self.update_well(Selection(full_all=True))

    def table(self, name: str) -> Table:
        return Lake(self.home.lake).table(name)

    def rows(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """The table's rows as tuples, sorted (NULLs too)."""
        read = self.table(name).read(list(columns) or None)
        return sorted((tuple(row.values()) for row in read.to_pylist()), key=repr)

    def values(self, name: str, column: str) -> list[Any]:
        return sorted((value for (value,) in self.rows(name, column)), key=lambda value: (value is not None, value))

    def tags(self, name: str) -> dict[str, str]:
        """Sensitivity by column, of those that have one."""
        found = {field.name: (field.metadata or {}).get(SENSITIVITY) for field in self.table(name).schema}
        return {column: tag.decode() for column, tag in found.items() if tag}

    def versions(self) -> dict[str, int]:
        lake = Lake(self.home.lake)
        return {str(name): lake.table(name).version for name in lake.tables()}

    def events(self, dataset: str | None = None) -> list[dict[str, Any]]:
        return read_events(Lake(self.home.lake), dataset=dataset)

    def compact(self, name: str) -> None:
        """Have another writer merge the table's files, as maintenance does."""
        from deltalake import DeltaTable

        DeltaTable(str(self.table(name).path)).optimize.compact()


@pytest.fixture
def make_pipeline(
    make_home: Callable[[Path], Home], sail_session: "Session", deliver: "Deliver"
) -> Callable[[Path], Pipeline]:
    """A project in a new home in that folder."""
    return lambda folder: Pipeline(make_home(folder), sail_session, deliver)


@pytest.fixture
def pipeline(home: Home, sail_session: "Session", deliver: "Deliver") -> Pipeline:
    return Pipeline(home, sail_session, deliver)


def messages_schema() -> "pa.Schema":
    """The columns of `bronze.messages` in these tests; the text is tagged as such."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("message_id", pa.int64()),
            pa.field("conversation_id", pa.int64()),
            pa.field("sent_at", pa.timestamp("us", "UTC")),
            pa.field("author", pa.string(), metadata={SENSITIVITY: b"identity"}),
            pa.field("text", pa.string(), metadata={SENSITIVITY: b"text"}),
            pa.field("position", pa.int64()),
        ]
    )


@pytest.fixture
def message_columns() -> "pa.Schema":
    return messages_schema()
