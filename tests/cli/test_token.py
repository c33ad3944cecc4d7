"""Promises of `nightlight user token`: a token is printed once, listed without its secret, and revoked."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from nightlight.accounts.tokens import find_token
from nightlight.catalog.audit import tail
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.cli.user import user as commands
from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; CREATE GROUP strangers; ADD USER otto TO GROUP strangers;
CREATE SERVICE PRINCIPAL reports; GRANT MANAGE ON CATALOG TO ada;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable';
ALLOW PURPOSE improve_service TO analysts; ALLOW PURPOSE improve_service TO reports;
"""


@pytest.fixture
def place(home: Home) -> Home:
    CliRunner().invoke(commands, ["add", "ada", "--home", str(home.root)], catch_exceptions=False)
    apply_statements(home.database_url, list(read_statements(POLICIES, "policies.sql")), by="setup")
    return home


def token(home: Home, *arguments: str) -> str:
    result = CliRunner().invoke(commands, ["token", *arguments, "--home", str(home.root)], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize("principal", ["ana", "reports"])
def test_a_token_is_printed_once_and_listed_without_its_secret(place: Home, principal: str) -> None:
    made = [
        "create",
        principal,
        "--purpose",
        "improve_service",
        "--name",
        "weekly report",
        "--days",
        "30",
        "--as",
        "ada",
    ]
    told = token(place, *made)
    secret = told.splitlines()[0]
    found = find_token(place.database_url, secret, now=datetime.now(UTC))
    assert found is not None
    assert (found.principal, found.purpose) == (principal, "improve_service")
    assert f"Asks as {principal} for improve_service, for 30 days." in told
    (row,) = json.loads(token(place, "list", principal, "--json"))
    assert (row["name"], row["made_by"], row["state"]) == ("weekly report", "ada", "good")
    assert secret not in token(place, "list") + str(tail(place, 100))


def test_a_revoked_token_opens_nothing(place: Home) -> None:
    secret = json.loads(token(place, "create", "ana", "--purpose", "improve_service", "--json"))["token"]
    (row,) = json.loads(token(place, "list", "--json"))
    assert token(place, "revoke", row["id"]) == f"{row['id']}: revoked\n"
    assert token(place, "revoke", row["id"]) == f"{row['id']}: was revoked already\n"
    assert find_token(place.database_url, secret, now=datetime.now(UTC)) is None


def test_where_there_is_none_the_list_says_how_to_make_one(place: Home) -> None:
    assert "nightlight user token create" in token(place, "list")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["create", "otto", "--purpose", "improve_service"], "not allowed to otto"),
        (["create", "ana", "--purpose", "improve_service", "--as", "otto"], "does not have MANAGE"),
        (["create", "ana", "--purpose", "improve_service", "--days", "366"], "1 to 365 days"),
        (["revoke", "00000000"], "there is no token '00000000'"),
    ],
)
def test_what_is_refused_is_recorded_and_makes_nothing(place: Home, arguments: list[str], why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        token(place, *arguments)
    (row,) = tail(place, 1)
    assert row["action"] == f"token {arguments[0]}"
    assert row["outcome"] in ("refused", "failed")
    assert json.loads(token(place, "list", "--json")) == []
