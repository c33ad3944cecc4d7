"""Promises about attempts: after failures one waits, longer each time; hammering gains nothing."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from tests.accounts.conftest import Clock, stored

from nightlight.accounts.attempts import FREE, FREE_ADDRESS, TooManyAttempts, begin_attempt, succeed
from nightlight.db import transaction
from nightlight.settings import Home


@pytest.fixture
def people(people_anywhere: Home) -> Home:
    return people_anywhere


@pytest.fixture
def addresses() -> Iterator[str]:
    """A new address each time."""
    return (f"203.0.113.{number}" for number in range(1, 255))


def fail(home: Home, clock: Clock, name: str, address: str, kind: str = "password") -> None:
    begin_attempt(home.database_url, kind, name, address, now=clock())


def test_the_sixth_attempt_under_a_name_waits_from_wherever_it_comes(
    people: Home, clock: Clock, addresses: Iterator[str]
) -> None:
    for _ in range(FREE):
        fail(people, clock, "ana", next(addresses))
    with pytest.raises(TooManyAttempts, match=r"^too many attempts failed; try again in 1 minute$"):
        fail(people, clock, "ana", next(addresses))
    fail(people, clock, "alma", next(addresses))


def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(
    people: Home, clock: Clock, addresses: Iterator[str]
) -> None:
    for _ in range(FREE):
        fail(people, clock, "ana", next(addresses))
    waits = []
    for _ in range(7):
        with pytest.raises(TooManyAttempts) as refused:
            fail(people, clock, "ana", next(addresses))
        waits.append(refused.value.wait)
        clock.now += refused.value.wait
        fail(people, clock, "ana", next(addresses))
    assert [wait / timedelta(seconds=30) for wait in waits] == [1, 2, 4, 8, 16, 30, 30]


def test_what_is_refused_makes_nobody_wait_longer(people: Home, clock: Clock) -> None:
    for _ in range(FREE):
        fail(people, clock, "ana", "203.0.113.1")
    for _ in range(50):
        with pytest.raises(TooManyAttempts):
            fail(people, clock, "ana", "203.0.113.1")
    clock.pass_by(seconds=30)
    fail(people, clock, "ana", "203.0.113.1")


def test_a_name_nobody_has_waits_like_any_other(people: Home, clock: Clock, addresses: Iterator[str]) -> None:
    lines = set()
    for name in ("ana", "nobody"):
        for _ in range(FREE):
            fail(people, clock, name, next(addresses))
        with pytest.raises(TooManyAttempts) as refused:
            fail(people, clock, name, next(addresses))
        lines.add(str(refused.value))
    assert len(lines) == 1


def test_an_address_waits_whatever_names_it_tries(people: Home, clock: Clock) -> None:
    for number in range(FREE_ADDRESS):
        fail(people, clock, f"name{number}", "203.0.113.1")
    with pytest.raises(TooManyAttempts):
        fail(people, clock, "ana", "203.0.113.1")
    fail(people, clock, "ana", "203.0.113.2")


def test_one_house_is_one_address(people: Home, clock: Clock) -> None:
    for number in range(FREE_ADDRESS):
        fail(people, clock, f"name{number}", f"2001:db8:0:1::{number:x}")
    with pytest.raises(TooManyAttempts):
        fail(people, clock, "ana", "2001:db8:0:1:ffff::1")
    fail(people, clock, "ana", "2001:db8:0:2::1")
    for number in range(FREE_ADDRESS):
        fail(people, clock, f"name{number}", f"{'::ffff:' if number % 2 else ''}203.0.113.7")
    with pytest.raises(TooManyAttempts):
        fail(people, clock, "alma", "203.0.113.7")


def test_coming_in_forgets_the_failures_of_the_name_but_not_of_the_address(people: Home, clock: Clock) -> None:
    for number in range(FREE_ADDRESS - 1):
        fail(people, clock, f"name{number}", "203.0.113.1")
    for _ in range(3):  # somebody who comes in gives an attacker beside them no new attempts, and takes none
        succeed(people.database_url, begin_attempt(people.database_url, "password", "ana", "203.0.113.1", now=clock()))
    fail(people, clock, "otto", "203.0.113.1")
    with pytest.raises(TooManyAttempts):
        fail(people, clock, "otto", "203.0.113.1")


def test_a_right_password_gives_no_new_attempts_at_the_code(people: Home, clock: Clock) -> None:
    url = people.database_url
    for _ in range(FREE):
        fail(people, clock, "ana", "203.0.113.1", "code")
    succeed(url, begin_attempt(url, "password", "ana", "203.0.113.1", now=clock()))
    with pytest.raises(TooManyAttempts):
        fail(people, clock, "ana", "203.0.113.1", "code")


def test_after_a_day_failures_are_forgotten_and_gone(people: Home, clock: Clock) -> None:
    from sqlalchemy import text

    for _ in range(FREE):
        fail(people, clock, "ana", "203.0.113.1")
    clock.pass_by(days=1, seconds=1)
    fail(people, clock, "ana", "203.0.113.1")
    with transaction(people.database_url) as connection:
        rows = connection.execute(text("SELECT subject FROM attempts")).scalars().all()
    assert len(rows) == 2


def test_what_was_typed_as_a_name_is_not_kept(people: Home, clock: Clock) -> None:
    fail(people, clock, "my password, typed in the wrong field", "203.0.113.1")
    assert "wrong field" not in stored(people)


def test_many_at_once_get_no_more_attempts_than_one_after_another(people: Home, clock: Clock) -> None:
    allowed: list[int] = []
    start = Barrier(16)

    def attempt(number: int) -> None:
        start.wait()
        try:
            fail(people, clock, "ana", f"203.0.113.{number}")
        except TooManyAttempts:
            return
        allowed.append(number)

    threads = [Thread(target=attempt, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == FREE
