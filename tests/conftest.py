"""What tests of several packages share: an empty home, rows delivered into a table, the embedded engine."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from nightlight.db import open_database
from nightlight.lakehouse.commit import Commit, write
from nightlight.lakehouse.tables import Lake
from nightlight.operations.example import create_home
from nightlight.settings import Home, Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.pipelines.engines.session import Session

# Of a worker of pytest-xdist: pyspark asks for the file, and readline has told it the width of no terminal.
if not hasattr(main := sys.modules["__main__"], "__file__"):
    main.__file__ = str(Path(pytest.__file__).with_name("__main__.py"))
    os.environ.pop("COLUMNS", None)


class Deliver(Protocol):
    """Append rows to a table of a home as one commit of one file; columns without a value are NULL."""

    def __call__(
        self, home: Home, table: str, rows: Sequence[Mapping[str, Any]], schema: "pa.Schema", *, overwrite: bool = False
    ) -> Commit | None: ...


def made_once(paths: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one of the workers of pytest-xdist makes while the others wait: to be copied, never changed."""
    ours = paths.getbasetemp()
    folder = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / name
    with alone(folder.with_suffix(".lock")):
        if not folder.exists():
            make(being_made := folder.with_suffix(".new"))
            being_made.rename(folder)
    return folder


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """No two processes are in blocks of the same file at once."""
    with file.open("w") as lock:
        flock(lock, LOCK_EX)
        yield


@pytest.fixture(scope="session")
def empty_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog's database without a row: a copy costs nothing, making one a third of a second."""
    file = tmp_path_factory.mktemp("catalog") / "catalog.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables without a row, which take it eight seconds to make."""
    from nightlight.registry.store import DEV, open_store

    home = Home.create(tmp_path_factory.mktemp("registry") / "home")
    with open_store(home, DEV):
        return home.registry


@pytest.fixture
def with_registry(home: Home, empty_registry: Path) -> Home:
    """The empty home with the registry's tables."""
    shutil.copytree(empty_registry, home.registry)
    return home


@pytest.fixture(scope="session")
def make_home(empty_catalog: Path) -> Callable[[Path], Home]:
    def make(folder: Path) -> Home:
        home = Home.create(folder)
        shutil.copy(empty_catalog, home.root / "catalog.db")
        return home

    return make


def copy_home(made: Home, folder: Path) -> Home:
    """A home that begins where another one, nobody's for the moment, has got to: a copy costs a tenth of making it."""
    open_database(made.database_url).dispose()  # what SQLite has written ahead is in its file then
    shutil.copytree(made.root, folder, dirs_exist_ok=True)
    return Home.open(folder)


@pytest.fixture
def home(tmp_path: Path, make_home: Callable[[Path], Home]) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture(scope="session")
def example_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The example line's home as `nightlight init` makes it, nobody's: to be copied."""
    return create_home(tmp_path_factory.mktemp("example") / "home")


@pytest.fixture(scope="session")
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
