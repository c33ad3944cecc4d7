"""Promises about sessions: each ends by itself, with its user, or when somebody ends it; the database opens none."""

import pytest
from tests.accounts.conftest import NOW, Clock, stored

from nightlight.accounts.credentials import choose_language
from nightlight.accounts.sessions import (
    CHANGE_PASSWORD,
    SECOND_FACTOR,
    end_all,
    end_session,
    find_session,
    is_open,
    list_sessions,
    start_session,
)
from nightlight.catalog.principals import disable, enable
from nightlight.settings import Home


@pytest.fixture
def people(people_anywhere: Home) -> Home:
    return people_anywhere


def begin(home: Home, name: str = "ana", *, state: str = "open", client: str = "") -> str:
    return start_session(home.database_url, name, now=NOW, client=client, state=state)


def test_a_session_is_its_users(people: Home) -> None:
    found = find_session(people.database_url, begin(people), now=NOW)
    assert found is not None
    assert (found.principal, found.state, found.language) == ("ana", "open", "")
    choose_language(people.database_url, "ana", "fr")
    found = find_session(people.database_url, begin(people), now=NOW)
    assert found is not None
    assert found.language == "fr"


@pytest.mark.parametrize("secret", ["", "x", "a" * 43])
def test_a_secret_that_is_no_sessions_finds_none(people: Home, secret: str) -> None:
    begin(people)
    assert find_session(people.database_url, secret, now=NOW) is None


def test_the_database_does_not_hold_the_secret(people: Home) -> None:
    secret = begin(people)
    assert secret not in stored(people)


def test_a_session_ends_when_it_is_not_used(people: Home, clock: Clock) -> None:
    secret = begin(people)
    assert find_session(people.database_url, secret, now=clock.pass_by(hours=2, minutes=59), hours=3)
    assert find_session(people.database_url, secret, now=clock.pass_by(hours=2, minutes=59), hours=3)
    assert find_session(people.database_url, secret, now=clock.pass_by(hours=3), hours=3) is None


def test_a_session_ends_after_seven_days_however_much_it_is_used(people: Home, clock: Clock) -> None:
    secret = begin(people)
    for _ in range(7 * 24 - 1):
        assert find_session(people.database_url, secret, now=clock.pass_by(hours=1))
    assert find_session(people.database_url, secret, now=clock.pass_by(hours=1)) is None


@pytest.mark.parametrize("state", [SECOND_FACTOR, CHANGE_PASSWORD])
def test_what_is_half_way_in_waits_a_quarter_of_an_hour(people: Home, clock: Clock, state: str) -> None:
    secret = begin(people, state=state)
    found = find_session(people.database_url, secret, now=clock.pass_by(minutes=14))
    assert found is not None
    assert found.state == state
    assert find_session(people.database_url, secret, now=clock.pass_by(minutes=1)) is None


def test_use_is_written_at_most_once_a_minute(people: Home, clock: Clock) -> None:
    secret = begin(people)
    find_session(people.database_url, secret, now=clock.pass_by(seconds=59))
    assert list_sessions(people.database_url, "ana")[0].seen_at == NOW
    find_session(people.database_url, secret, now=clock.pass_by(seconds=1))
    assert list_sessions(people.database_url, "ana")[0].seen_at == clock.now


def test_a_user_who_is_disabled_is_out_at_once(people: Home) -> None:
    mine, theirs = begin(people), begin(people, "alma")
    disable(people.database_url, "ana", by="ada")
    assert find_session(people.database_url, mine, now=NOW) is None
    assert find_session(people.database_url, theirs, now=NOW) is not None
    end_all(people.database_url, "ana")
    enable(people.database_url, "ana", by="ada")
    assert find_session(people.database_url, mine, now=NOW) is None


def test_people_see_their_own_sessions_and_those_that_hold(people: Home, clock: Clock) -> None:
    begin(people, client="Firefox")
    begin(people, "alma")
    begin(people, state=SECOND_FACTOR)
    assert [device.client for device in list_sessions(people.database_url, "ana", now=NOW)] == ["Firefox"]
    assert list_sessions(people.database_url, "ana", now=clock.pass_by(days=8)) == []
    assert list_sessions(people.database_url, "otto") == []


def test_nobody_ends_the_session_of_somebody_else(people: Home) -> None:
    secret, url = begin(people), people.database_url
    (device,) = list_sessions(url, "ana")
    for other in ("alma", "otto"):
        assert not end_session(url, device.id, principal=other, now=NOW)
    assert find_session(url, secret, now=NOW) is not None
    assert end_session(url, device.id, principal="ana", now=NOW)
    assert find_session(url, secret, now=NOW) is None
    assert not end_session(url, device.id, principal="ana", now=NOW)


def test_all_sessions_but_this_one_are_ended(people: Home) -> None:
    here, there, theirs = begin(people), begin(people), begin(people, "alma")
    url = people.database_url
    kept = find_session(url, here, now=NOW)
    assert kept is not None
    assert end_all(url, "ana", keep=kept.id, now=NOW) == 1
    assert [find_session(url, secret, now=NOW) is None for secret in (here, there, theirs)] == [False, True, False]


def test_whether_a_session_is_open_is_told_by_the_same_rules(people: Home, clock: Clock) -> None:
    begin(people)
    url = people.database_url
    (device,) = list_sessions(url, "ana")
    assert is_open(url, device.id, now=clock.pass_by(hours=11))  # which is no use
    assert not is_open(url, device.id, now=clock.pass_by(hours=1))
    clock.now = NOW
    assert is_open(url, device.id, now=clock.pass_by(hours=11), is_use=True)
    assert is_open(url, device.id, now=clock.pass_by(hours=11))
    disable(url, "ana", by="ada")
    assert not is_open(url, device.id, now=clock())
    assert not is_open(url, "no such id", now=clock())


def test_sessions_of_the_past_do_not_pile_up(people: Home, clock: Clock) -> None:
    begin(people)
    clock.pass_by(days=31)
    start_session(people.database_url, "alma", now=clock(), client="")
    assert list_sessions(people.database_url, "ana") == []
