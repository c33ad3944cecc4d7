"""A home with people who sign in, a group, a service principal, and the purposes they may ask for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.clock import Clock as Clock
from tests.postgres import server as server

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database, transaction
from nightlight.settings import Home

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; ADD USER alma TO GROUP analysts;
CREATE GROUP admins; ADD USER ada TO GROUP admins; GRANT MANAGE ON CATALOG TO admins;
CREATE GROUP strangers; ADD USER otto TO GROUP strangers;
CREATE SERVICE PRINCIPAL reports;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable';
ALLOW PURPOSE improve_service TO analysts; ALLOW PURPOSE improve_service TO reports;
CREATE PURPOSE quality_review OF quality 'Look at how conversations went';
"""
KEPT = ("credentials", "sessions", "tokens", "attempts")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def people(home: Home) -> Home:
    """ana and her colleague alma are analysts, ada is an administrator, otto a stranger."""
    change(home, POLICIES)
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def people_anywhere(request: pytest.FixtureRequest, home: Home) -> Iterator[Home]:
    """The same people in a catalog on SQLite, and in one on PostgreSQL."""
    if request.param == "sqlite":
        change(home, POLICIES)
        yield home
        return
    url: str = request.getfixturevalue("server")
    with transaction(url) as connection:
        for table in (*KEPT, "memberships", "purpose_grants", "purposes", "grants"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("DELETE FROM principals WHERE name <> 'pipelines'")
    shared = replace(home, settings=replace(home.settings, database=url))
    change(shared, POLICIES)
    yield shared
    open_database(url).dispose()


def stored(home: Home) -> str:
    """All that the catalog keeps about how people sign in."""
    with transaction(home.database_url) as connection:
        rows = [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in KEPT]
    assert any(rows)
    return str(rows)


def change(home: Home, text: str) -> None:
    """Apply policy statements."""
    apply_statements(home.database_url, list(read_statements(text, "change.sql")), by="setup")
