"""Who asks is found out once for a request, and anew for the next one."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from tests.web.conftest import As

from nightlight.catalog.principals import disable
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

TRANSACTIONS = {"/": 4, "/data/gold/volume_daily": 6}


def put(home: Home, policy: str) -> None:
    apply_policies(home, list(read_statements(policy, "later.sql")), by="alba", text=policy)


@pytest.fixture
def begun(line: Home) -> Iterator[list[object]]:
    """Every transaction with the catalog that is begun."""
    found: list[object] = []
    database, note = open_database(line.database_url), found.append
    event.listen(database, "begin", note)
    yield found
    event.remove(database, "begin", note)


@pytest.mark.parametrize("name", ["ada", "ana", "otto"])
def test_a_right_that_is_taken_away_or_given_is_seen_by_the_next_request(line: Home, sign_in: As, name: str) -> None:
    browser = sign_in(name)
    before = browser.get("/admin").status_code
    assert before == (200 if name == "ada" else 404)
    assert ('href="/admin"' in browser.get("/").text) == (name == "ada")
    put(line, "REVOKE MANAGE ON CATALOG FROM admins" if name == "ada" else f"GRANT MANAGE ON CATALOG TO {name}")
    assert browser.get("/admin").status_code == (404 if name == "ada" else 200)
    assert ('href="/admin"' in browser.get("/").text) == (name != "ada")


def test_a_purpose_that_is_taken_away_is_gone_with_the_next_request(line: Home, sign_in: As) -> None:
    browser = sign_in("ana")
    assert 'href="/console"' in browser.get("/").text
    put(line, "REVOKE PURPOSE improve_service FROM analysts")
    assert 'href="/console"' not in browser.get("/").text


def test_somebody_who_is_disabled_is_out_with_the_next_request(line: Home, sign_in: As) -> None:
    browser = sign_in("ana")
    assert browser.get("/").status_code == 200
    disable(line.database_url, "ana", by="ada")
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("url", TRANSACTIONS)
def test_a_page_asks_the_catalog_a_few_times_only(sign_in: As, begun: list[object], url: str) -> None:
    """Each transaction costs, and more with many people at once: 12 made a table's page three times as slow."""
    browser = sign_in("ana")
    browser.get(url)  # what is decided for the first time asks more
    begun.clear()
    assert browser.get(url).status_code == 200
    assert 0 < len(begun) <= TRANSACTIONS[url]
