"""What tests of several packages share: an empty home, rows delivered into a table, the embedded engine."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from nightlight.db import open_database
from nightlight.lakehouse.commit import Commit, write
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home, Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.pipelines.engines.session import Session


class Deliver(Protocol):
    """Append rows to a table of a home as one commit of one file; columns without a value are NULL."""

    def __call__(
        self, home: Home, table: str, rows: Sequence[Mapping[str, Any]], schema: "pa.Schema", *, overwrite: bool = False
    ) -> Commit | None: ...


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog's database without a row: a copy costs nothing, making one a third of a second."""
    file = tmp_path_factory.mktemp("catalog") / "catalog.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture
def make_home(empty_catalog: Path) -> Callable[[Path], Home]:
    def make(folder: Path) -> Home:
        home = Home.create(folder)
        shutil.copy(empty_catalog, home.root / "catalog.db")
        return home

    return make


@pytest.fixture
def home(tmp_path: Path, make_home: Callable[[Path], Home]) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def deliver() -> Deliver:
    def deliver_rows(
        home: Home, table: str, rows: Sequence[Mapping[str, Any]], schema: "pa.Schema", *, overwrite: bool = False
    ) -> Commit | None:
        import pyarrow as pa

        batch = pa.RecordBatch.from_pylist(list(rows), schema=schema)
        return write(Lake(home.lake).table(table), [batch], schema=schema, transactions={}, overwrite=overwrite)

    return deliver_rows


@pytest.fixture(scope="session")
def sail_session() -> "Iterator[Session]":
    """One engine for all tests: starting it takes a second, a query some milliseconds."""
    from nightlight.pipelines.engines.sail import open_sail

    os.environ["RUST_LOG"] = "off"  # it logs the failures that tests expect
    session = open_sail(Settings(engine_memory_mb=512))
    yield session
    session.spark.stop()
