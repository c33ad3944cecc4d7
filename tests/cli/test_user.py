"""Promises of `nightlight user`: people and groups are added once, unknown groups are named, the audit has it."""

import json
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from typer.testing import CliRunner

from nightlight.accounts.passwords import check_password
from nightlight.accounts.second_factor import (
    begin_enrollment,
    confirm_enrollment,
    has_second_factor,
    pending_enrollment,
)
from nightlight.accounts.sessions import list_sessions, start_session
from nightlight.catalog.audit import tail
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.cli.user import user as commands
from nightlight.errors import NightlightError
from nightlight.settings import Home


@pytest.fixture
def place(home: Home) -> Home:
    for group in ("analysts", "supervisors"):
        assert user(home, "group", "add", group) == f"group {group}: made\n"
    return home


def user(home: Home, *arguments: str) -> str:
    """What the command prints; its refusal is raised."""
    result = CliRunner().invoke(commands, [*arguments, "--home", str(home.root)], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def listed(home: Home) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(user(home, "list", "--json"))}


def test_a_user_is_added_with_groups(place: Home) -> None:
    assert user(place, "add", "ana", "--group", "analysts") == "ana: made; added to analysts\n"
    assert listed(place)["ana"] == {"name": "ana", "kind": "user", "groups": ["analysts"], "disabled": False}


def test_a_user_who_is_there_is_added_to_more_groups(place: Home) -> None:
    user(place, "add", "ana", "--group", "analysts")
    told = user(place, "add", "ana", "--group", "analysts", "--group", "supervisors")
    assert told == "ana: was there already; added to supervisors\n"
    assert user(place, "add", "ana") == "ana: was there already; nothing to add\n"
    assert listed(place)["ana"]["groups"] == ["analysts", "supervisors"]


def test_an_unknown_group_is_named_and_nobody_is_added(place: Home) -> None:
    with pytest.raises(NightlightError, match=r"^there is no group 'analyst'; did you mean 'analysts'\?$"):
        user(place, "add", "ana", "--group", "analysts", "--group", "analyst")
    assert "ana" not in listed(place)


def test_a_group_is_added_once(place: Home) -> None:
    assert user(place, "group", "add", "analysts") == "group analysts: was there already\n"


def test_a_disabled_user_is_listed_as_such(place: Home) -> None:
    user(place, "add", "ana", "--group", "analysts")
    assert user(place, "disable", "ana") == "ana: disabled\n"
    assert listed(place)["ana"]["disabled"]


def test_somebody_unknown_cannot_be_disabled(place: Home) -> None:
    with pytest.raises(NightlightError, match="nobody"):
        user(place, "disable", "nobody")


def test_the_audit_has_what_was_done_and_by_whom(place: Home) -> None:
    user(place, "add", "ana", "--group", "analysts")
    last = tail(place, 1)[0]
    assert (last["action"], last["statement"], last["outcome"]) == ("user add", "ana --group analysts", "done")


@pytest.mark.parametrize(
    ("command", "statement"),
    [(["disable", "nobody"], "nobody"), (["add", "ana", "--group", "analyst"], "ana --group analyst")],
)
def test_what_failed_stands_in_the_audit_as_failed(place: Home, command: list[str], statement: str) -> None:
    before = tail(place, 100)
    with pytest.raises(NightlightError):
        user(place, *command)
    new = tail(place, 100)[len(before) :]
    assert [(record["outcome"], record["statement"]) for record in new] == [("failed", statement)]
    assert "there is no" in new[0]["detail"]


def test_without_a_key_for_the_audit_nothing_is_changed(place: Home) -> None:
    before = listed(place)
    (place.root / "keys" / "audit").unlink()
    with pytest.raises(NightlightError):
        user(place, "add", "ana")
    assert listed(place) == before


@pytest.fixture
def managed(place: Home) -> Home:
    """olga manages the catalog; carl is a colleague, otto a stranger."""
    policies = "CREATE GROUP admins; GRANT MANAGE ON CATALOG TO admins; ADD USER olga TO GROUP admins;"
    apply_statements(place.database_url, read_statements(policies, "policies.sql"), by="test")
    user(place, "add", "carl", "--group", "analysts")
    return place


def test_who_manages_the_catalog_may_add_users_in_the_own_name(managed: Home) -> None:
    user(managed, "add", "ana", "--as", "olga")
    assert tail(managed, 1)[0]["principal"] == "olga"
    assert "ana" in listed(managed)


@pytest.mark.parametrize("actor", ["carl", "otto"])
@pytest.mark.parametrize("command", [["add", "ana"], ["group", "add", "g"], ["disable", "carl"]])
def test_nobody_else_may(managed: Home, actor: str, command: list[str]) -> None:
    before = listed(managed)
    with pytest.raises(NightlightError):
        user(managed, *command, "--as", actor)
    assert listed(managed) == before
    assert (tail(managed, 1)[0]["principal"], tail(managed, 1)[0]["outcome"]) == (actor, "refused")


def test_a_user_needs_a_name_that_can_be_written(place: Home) -> None:
    with pytest.raises(NightlightError, match="cannot be a principal's name"):
        user(place, "add", "Ana B")
    assert set(listed(place)) == {"analysts", "supervisors", "pipelines"}


def test_the_list_reads_well_at_a_hundred_columns(place: Home) -> None:
    user(place, "add", "ana.b@line.org", "--group", "analysts", "--group", "supervisors")
    lines = user(place, "list").splitlines()
    assert lines[0].split() == ["name", "kind", "groups", "disabled"]
    assert max(len(line.rstrip()) for line in lines) <= 100


def test_a_one_time_password_is_printed_once_and_is_in_no_audit(place: Home) -> None:
    user(place, "add", "ana")
    told = json.loads(user(place, "reset-password", "ana", "--json"))
    assert told["days"] == 7
    assert check_password(place.database_url, "ana", told["one_time_password"], now=datetime.now(UTC))
    assert told["one_time_password"] not in str(tail(place, 100))
    assert "not shown again" in user(place, "reset-password", "ana")
    assert not check_password(place.database_url, "ana", told["one_time_password"], now=datetime.now(UTC))
    assert [(row["action"], row["statement"]) for row in tail(place, 1)] == [("password reset", "ana")]


def test_a_disabled_user_is_signed_out(place: Home) -> None:
    user(place, "add", "ana")
    start_session(place.database_url, "ana", now=datetime.now(UTC), client="")
    user(place, "disable", "ana")
    assert list_sessions(place.database_url, "ana") == []


def test_who_lost_the_phone_gets_in_again(place: Home) -> None:
    user(place, "add", "ana")
    begin_enrollment(place, "ana")
    pending = pending_enrollment(place.database_url, "ana")
    assert pending is not None
    confirm_enrollment(place, "ana", pyotp.TOTP(pending.secret).now())
    assert user(place, "reset-second-factor", "ana") == "ana: no second factor now\n"
    assert not has_second_factor(place.database_url, "ana")
    assert user(place, "unlink", "ana") == "ana: linked to nobody at the provider now\n"
    assert [row["action"] for row in tail(place, 2)] == ["second factor reset", "provider unlink"]


@pytest.mark.parametrize("command", ["reset-password", "reset-second-factor", "unlink"])
def test_who_does_not_manage_the_catalog_resets_nobody(place: Home, command: str) -> None:
    for name in ("ana", "otto"):
        user(place, "add", name)
    for actor, action in (("otto", "refused"), ("nobody", "refused")):
        with pytest.raises(NightlightError):
            user(place, command, "ana", "--as", actor)
        (row,) = tail(place, 1)
        assert (row["principal"], row["statement"], row["outcome"]) == (actor, "ana", action)
    apply_statements(place.database_url, list(read_statements("GRANT MANAGE ON CATALOG TO otto;", "test")), by="test")
    user(place, command, "ana", "--as", "otto")
    with pytest.raises(NightlightError, match="did you mean 'ana'"):
        user(place, command, "anna", "--as", "otto")
    assert tail(place, 1)[0]["outcome"] == "failed"
