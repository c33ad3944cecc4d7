"""Promises about the first start: one administrator, a password that is told once, and nobody else's rights grow."""

import pytest
from tests.accounts.conftest import Clock, change

from nightlight.accounts.first_start import first_start
from nightlight.accounts.passwords import check_password, reset_password
from nightlight.catalog.access import check_privilege, what_can
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import add_principal, disable, list_principals
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home


def may_manage(home: Home, name: str) -> bool:
    with transaction(home.database_url) as connection:
        try:
            check_privilege(connection, name, "MANAGE", "CATALOG")
        except NightlightError:
            return False
    return True


def test_an_empty_home_gets_an_administrator_once(home: Home, clock: Clock) -> None:
    made = first_start(home, clock=clock)
    assert made is not None
    name, password = made
    assert name == "admin"
    assert may_manage(home, name)
    assert check_password(home.database_url, name, password, now=clock())
    assert first_start(home, clock=clock) is None
    assert password not in str(tail(home, 100))


def test_the_administrator_joins_the_group_of_administrators(people: Home, clock: Clock) -> None:
    assert first_start(people, clock=clock) is not None
    groups = {row["name"]: row["groups"] for row in list_principals(people.database_url)}
    assert groups["admin"] == ["admins"]
    with transaction(people.database_url) as connection:
        assert [right["securable"] for right in what_can(connection, "admin")] == ["CATALOG"]


def test_a_group_of_that_name_without_the_right_is_not_given_it(home: Home, clock: Clock) -> None:
    change(home, "CREATE GROUP admins; ADD USER eve TO GROUP admins;")
    assert first_start(home, clock=clock) is not None
    assert may_manage(home, "admin")
    assert not may_manage(home, "eve")


def test_who_can_sign_in_as_an_administrator_is_enough(people: Home, clock: Clock) -> None:
    reset_password(people, "ada", by="setup", clock=clock)
    assert first_start(people, clock=clock) is None
    assert "admin" not in {row["name"] for row in list_principals(people.database_url)}


def test_a_password_without_the_right_is_not(people: Home, clock: Clock) -> None:
    reset_password(people, "ana", by="setup", clock=clock)
    assert first_start(people, clock=clock) is not None


@pytest.mark.parametrize("kind", ["user", "group", "service"])
def test_somebody_called_admin_becomes_no_administrator_by_it(home: Home, clock: Clock, kind: str) -> None:
    add_principal(home.database_url, "admin", kind, by="setup")
    made = first_start(home, clock=clock)
    assert made is not None
    assert made[0] == "administrator"
    assert not may_manage(home, "admin")


def test_a_disabled_administrator_is_none(people: Home, clock: Clock) -> None:
    reset_password(people, "ada", by="setup", clock=clock)
    disable(people.database_url, "ada", by="setup")
    assert first_start(people, clock=clock) is not None
