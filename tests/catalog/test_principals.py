"""Principals: names are unique, groups lie in groups without rings, the home's own cannot be touched."""

import pytest

from nightlight.catalog.access import check_principal
from nightlight.catalog.history import in_force
from nightlight.catalog.principals import (
    add_member,
    add_principal,
    disable,
    enable,
    groups_of,
    list_principals,
    remove_member,
)
from nightlight.db import transaction
from nightlight.errors import NightlightError


def groups(url: str, name: str) -> frozenset[str]:
    with transaction(url) as connection:
        return groups_of(connection, name)


def test_adding_somebody_twice_changes_nothing(url: str) -> None:
    assert add_principal(url, "ana", "user", by="ada") is True
    assert add_principal(url, "ana", "user", by="ada") is False
    assert [row for row in list_principals(url) if row["name"] != "pipelines"] == [
        {"name": "ana", "kind": "user", "groups": [], "disabled": False}
    ]


def test_one_name_is_one_principal(url: str) -> None:
    add_principal(url, "ana", "user", by="ada")
    with pytest.raises(NightlightError, match="'ana' is a user already; names are unique"):
        add_principal(url, "ana", "group", by="ada")


def test_a_name_that_could_be_taken_for_another_is_refused(url: str) -> None:
    for name in ("Ana", "a b", "a|b", "", "a;b", "../a", "x" * 101, ".a"):
        with pytest.raises(NightlightError, match="cannot be a principal's name"):
            add_principal(url, name, "user", by="ada")


def test_who_is_in_a_group_is_in_the_groups_that_it_is_in(url: str) -> None:
    for name in ("team", "supervisors", "staff"):
        add_principal(url, name, "group", by="ada")
    add_principal(url, "sam", "user", by="ada")
    add_member(url, "sam", "team", by="ada")
    add_member(url, "team", "supervisors", by="ada")
    add_member(url, "supervisors", "staff", by="ada")
    assert groups(url, "sam") == {"team", "supervisors", "staff"}
    assert groups(url, "stranger") == frozenset()
    assert remove_member(url, "team", "supervisors", by="ada") is True
    assert remove_member(url, "team", "supervisors", by="ada") is False
    assert groups(url, "sam") == {"team"}


def test_a_service_principal_may_be_in_a_group(url: str) -> None:
    add_principal(url, "nightly", "service", by="ada")
    add_principal(url, "owners", "group", by="ada")
    assert add_member(url, "nightly", "owners", by="ada") is True
    assert groups(url, "nightly") == {"owners"}


def test_a_ring_of_groups_is_refused(url: str) -> None:
    for name in "abc":
        add_principal(url, name, "group", by="ada")
    add_member(url, "a", "b", by="ada")
    add_member(url, "b", "c", by="ada")
    with pytest.raises(NightlightError, match="group 'c' cannot be a member of group 'a'"):
        add_member(url, "c", "a", by="ada")
    with pytest.raises(NightlightError, match="group 'a' cannot be a member of group 'a'"):
        add_member(url, "a", "a", by="ada")


def test_an_unknown_group_is_named_with_what_is_close(url: str) -> None:
    add_principal(url, "analysts", "group", by="ada")
    add_principal(url, "ana", "user", by="ada")
    with pytest.raises(NightlightError, match=r"there is no group 'analyst'; did you mean 'analysts'\?"):
        add_member(url, "ana", "analyst", by="ada")
    with pytest.raises(NightlightError, match="there is no group 'xyz'; write CREATE GROUP xyz first"):
        add_member(url, "ana", "xyz", by="ada")
    with pytest.raises(NightlightError, match="there is no group 'ana'"):
        add_member(url, "analysts", "ana", by="ada")
    with pytest.raises(
        NightlightError, match="there is no user, group or service principal 'anna'; did you mean 'ana'"
    ):
        add_member(url, "anna", "analysts", by="ada")


def test_a_disabled_user_and_a_stranger_are_told_the_same(url: str) -> None:
    for name in ("owner", "colleague"):
        add_principal(url, name, "user", by="ada")
    add_principal(url, "group", "group", by="ada")
    assert disable(url, "colleague", by="ada") is True
    assert disable(url, "colleague", by="ada") is False
    with transaction(url) as connection:
        check_principal(connection, "owner")
        for name in ("colleague", "stranger", "group"):
            with pytest.raises(NightlightError, match=f"^'{name}' is nobody who may ask here; ask an administrator"):
                check_principal(connection, name)
        check_principal(connection, "group", or_group=True)
        for name in ("colleague", "stranger"):
            with pytest.raises(NightlightError):
                check_principal(connection, name, or_group=True)


def test_adding_a_disabled_user_again_does_not_let_them_in(url: str) -> None:
    add_principal(url, "ana", "user", by="ada")
    disable(url, "ana", by="ada")
    assert add_principal(url, "ana", "user", by="ada") is False
    with transaction(url) as connection, pytest.raises(NightlightError):
        check_principal(connection, "ana")


def test_a_group_is_not_disabled(url: str) -> None:
    add_principal(url, "g", "group", by="ada")
    with pytest.raises(NightlightError, match="'g' is a group"):
        disable(url, "g", by="ada")


def test_somebody_enabled_again_has_the_groups_they_had(url: str) -> None:
    add_principal(url, "g", "group", by="ada")
    add_principal(url, "ana", "user", by="ada")
    add_member(url, "ana", "g", by="ada")
    assert enable(url, "ana", by="ada") is False
    disable(url, "ana", by="ada")
    assert enable(url, "ana", by="bea") is True
    with transaction(url) as connection:
        check_principal(connection, "ana")
        assert in_force(connection, "principals", name="ana")[0]["added_by"] == "bea"
    assert groups(url, "ana") == {"g"}
    with pytest.raises(NightlightError, match="there is no user"):
        enable(url, "anna", by="ada")


def test_the_homes_own_pipelines_are_there_and_cannot_be_changed(url: str) -> None:
    add_principal(url, "g", "group", by="ada")
    with transaction(url) as connection:
        check_principal(connection, "pipelines")
    with pytest.raises(NightlightError, match="'pipelines' is the home's own"):
        disable(url, "pipelines", by="x")
    with pytest.raises(NightlightError, match="'pipelines' is the home's own"):
        add_member(url, "pipelines", "g", by="x")
    with pytest.raises(NightlightError, match="is a service principal already"):
        add_principal(url, "pipelines", "user", by="x")


def test_what_ended_keeps_its_history(url: str) -> None:
    from sqlalchemy import text

    add_principal(url, "g", "group", by="ada")
    add_principal(url, "ana", "user", by="ada")
    add_member(url, "ana", "g", by="ada")
    remove_member(url, "ana", "g", by="bea")
    add_member(url, "ana", "g", by="cyd")
    with transaction(url) as connection:
        rows = connection.execute(
            text("SELECT added_by, ended_by, ended_at IS NULL FROM memberships ORDER BY id")
        ).all()
        assert [tuple(row) for row in rows] == [("ada", "bea", False), ("cyd", None, True)]
        assert len(in_force(connection, "memberships")) == 1
