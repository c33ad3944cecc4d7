"""Promises about passwords: long ones, hashed, and a one-time password only serves to choose one's own."""

from threading import Thread

import pytest
from tests.accounts.conftest import NOW, Clock, change

from nightlight.accounts import passwords
from nightlight.accounts.credentials import read_credentials
from nightlight.accounts.passwords import check_new_password, check_password, reset_password, set_password
from nightlight.accounts.sessions import find_session, start_session
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

GOOD = "seven quiet lamps"


def test_a_password_lets_its_user_in_and_nobody_else(people: Home) -> None:
    set_password(people, "ana", GOOD)
    set_password(people, "alma", "another calm one")
    url = people.database_url
    assert check_password(url, "ana", GOOD, now=NOW)
    assert not check_password(url, "ana", GOOD + "!", now=NOW)
    assert not check_password(url, "alma", GOOD, now=NOW)
    assert not check_password(url, "otto", GOOD, now=NOW)  # has none
    assert not check_password(url, "nobody", GOOD, now=NOW)
    disable(url, "ana", by="ada")
    assert not check_password(url, "ana", GOOD, now=NOW)


def test_it_is_the_same_password_on_every_keyboard(people: Home) -> None:
    set_password(people, "ana", "cafe\u0301 at the harbor")
    assert check_password(people.database_url, "ana", "caf\u00e9 at the harbor", now=NOW)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "12 to 200"),
        ("x1" * 101, "12 to 200"),
        ("ana-1234567890", "more than your name"),
        ("anaANAanaANA", "more than your name"),
        ("123456789012", "more than your name"),
        ("abababababab", "repeats"),
    ],
)
def test_what_would_be_guessed_is_no_password(password: str, why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        check_new_password("ana", password)


@pytest.mark.parametrize("password", [GOOD, "onlylowercaseletters", "anas first boat", "Übermorgen wird es hell"])
def test_no_kind_of_character_is_asked_for(password: str) -> None:
    check_new_password("ana", password)


def test_a_one_time_password_is_told_once_and_kept_as_a_hash(people: Home, clock: Clock) -> None:
    password = reset_password(people, "ana", by="ada", clock=clock)
    known = read_credentials(people.database_url, "ana")
    assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
    assert known.must_change
    assert known.password_hash.startswith("$argon2id$")
    assert password not in repr(known)
    assert password not in str(tail(people, 100))
    assert check_password(people.database_url, "ana", password, now=NOW)


def test_a_one_time_password_is_good_for_seven_days(people: Home, clock: Clock) -> None:
    password = reset_password(people, "ana", by="ada", clock=clock)
    assert check_password(people.database_url, "ana", password, now=clock.pass_by(days=7))
    assert not check_password(people.database_url, "ana", password, now=clock.pass_by(seconds=1))


def test_a_chosen_password_takes_the_place_of_the_one_time_one(people: Home, clock: Clock) -> None:
    one_time = reset_password(people, "ana", by="ada", clock=clock)
    with pytest.raises(NightlightError, match="the password you have"):
        set_password(people, "ana", one_time, clock=clock)
    set_password(people, "ana", GOOD, clock=clock)
    url = people.database_url
    assert not read_credentials(url, "ana").must_change
    assert check_password(url, "ana", GOOD, now=clock.pass_by(days=400))
    assert not check_password(url, "ana", one_time, now=NOW)


@pytest.mark.parametrize("how", ["reset", "change"])
def test_a_new_password_ends_the_sessions_of_its_user_alone(people: Home, clock: Clock, how: str) -> None:
    url = people.database_url
    mine, theirs = (start_session(url, name, now=NOW, client="") for name in ("ana", "alma"))
    if how == "reset":
        reset_password(people, "ana", by="ada", clock=clock)
    else:
        set_password(people, "ana", GOOD, clock=clock)
    assert find_session(url, mine, now=NOW) is None
    assert find_session(url, theirs, now=NOW) is not None


@pytest.mark.parametrize(
    ("name", "why"),
    [("analysts", "no user"), ("reports", "no user"), ("anna", "did you mean"), ("pipelines", "no user")],
)
def test_only_users_have_passwords(people: Home, name: str, why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        reset_password(people, name, by="ada")


def test_who_is_disabled_gets_no_password(people: Home) -> None:
    disable(people.database_url, "ana", by="ada")
    with pytest.raises(NightlightError, match="'ana' is disabled"):
        reset_password(people, "ana", by="ada")


def test_a_hash_of_older_strength_is_renewed_when_its_user_comes(people: Home) -> None:
    from pwdlib.hashers.argon2 import Argon2Hasher
    from sqlalchemy import text

    set_password(people, "ana", GOOD)
    weak = Argon2Hasher(time_cost=1, memory_cost=1024).hash(GOOD)
    with transaction(people.database_url) as connection:
        connection.execute(text("UPDATE credentials SET password_hash = :weak"), {"weak": weak})
    assert not check_password(people.database_url, "ana", "wrong " + GOOD, now=NOW)
    assert read_credentials(people.database_url, "ana").password_hash == weak
    assert check_password(people.database_url, "ana", GOOD, now=NOW)
    assert "m=65536" in read_credentials(people.database_url, "ana").password_hash
    assert check_password(people.database_url, "ana", GOOD, now=NOW)


def test_an_unknown_name_costs_as_much_work_as_a_known_one(people: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[str] = []
    hasher = passwords._hasher()
    passwords._nobodys_hash()

    class Counting:
        def verify_and_update(self, password: str, hashed: str) -> tuple[bool, str | None]:
            work.append(hashed.rsplit("$", 2)[0])  # its parameters
            return hasher.verify_and_update(password, hashed)

    set_password(people, "ana", GOOD)
    monkeypatch.setattr(passwords, "_hasher", Counting)
    for name in ("ana", "otto", "nobody", "analysts"):
        check_password(people.database_url, name, "a wrong password", now=NOW)
    assert len(work) == 4
    assert len(set(work)) == 1


def test_no_more_than_two_hashes_are_computed_at_once(people: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = [0], [0]
    hasher = passwords._hasher()

    class Watching:
        def verify_and_update(self, password: str, hashed: str) -> tuple[bool, str | None]:
            running[0] += 1
            most[0] = max(most[0], running[0])
            found = hasher.verify_and_update(password, hashed)
            running[0] -= 1
            return found

    set_password(people, "ana", GOOD)
    monkeypatch.setattr(passwords, "_hasher", Watching)
    check = [
        Thread(target=check_password, args=(people.database_url, "ana", GOOD), kwargs={"now": NOW}) for _ in range(6)
    ]
    for thread in check:
        thread.start()
    for thread in check:
        thread.join()
    assert 1 <= most[0] <= 2


def test_the_audit_has_who_gave_whom_a_password(people: Home) -> None:
    reset_password(people, "ana", by="ada")
    set_password(people, "ana", GOOD)
    told = [(row["action"], row["principal"], row["statement"], row["outcome"]) for row in tail(people, 2)]
    assert told == [("password reset", "ada", "ana", "done"), ("password change", "ana", "", "done")]
    assert GOOD not in str(tail(people, 100))


def test_without_an_audit_no_password_is_changed(people: Home) -> None:
    (people.root / "keys" / "audit").unlink()
    with pytest.raises(NightlightError, match="key 'audit'"):
        reset_password(people, "ana", by="ada")
    assert not read_credentials(people.database_url, "ana").can_sign_in


def test_leaving_every_group_takes_no_password_away(people: Home) -> None:
    set_password(people, "ana", GOOD)
    change(people, "REMOVE USER ana FROM GROUP analysts;")
    assert check_password(people.database_url, "ana", GOOD, now=NOW)
