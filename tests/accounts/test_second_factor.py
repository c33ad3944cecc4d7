"""Promises about the second factor: codes of an app, each good once; recovery codes for a lost phone."""

from threading import Thread

import pyotp
import pytest
from tests.accounts.conftest import NOW, Clock, stored

from nightlight.accounts.second_factor import (
    begin_enrollment,
    check_code,
    confirm_enrollment,
    has_second_factor,
    new_recovery_codes,
    pending_enrollment,
    recovery_codes_left,
    reset,
    turn_off,
)
from nightlight.accounts.sessions import find_session, start_session
from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.settings import Home


@pytest.fixture
def people(people_anywhere: Home) -> Home:
    return people_anywhere


def enroll(home: Home, clock: Clock, name: str = "ana") -> tuple[pyotp.TOTP, list[str]]:
    """Turn it on: the app, and the recovery codes."""
    begin_enrollment(home, name)
    pending = pending_enrollment(home.database_url, name)
    assert pending is not None
    app = pyotp.TOTP(pending.secret)
    codes = confirm_enrollment(home, name, app.at(clock()), clock=clock)
    clock.pass_by(seconds=30)
    return app, codes


def test_it_is_off_until_a_code_has_been_given(people: Home, clock: Clock) -> None:
    begin_enrollment(people, "ana")
    pending = pending_enrollment(people.database_url, "ana")
    assert pending is not None
    assert pending.address.startswith("otpauth://totp/Nightlight:ana?secret=")
    assert not has_second_factor(people.database_url, "ana")
    with pytest.raises(NightlightError, match="not the app's code"):
        confirm_enrollment(people, "ana", "000000", clock=clock)
    assert not has_second_factor(people.database_url, "ana")
    confirm_enrollment(people, "ana", pyotp.TOTP(pending.secret).at(NOW), clock=clock)
    assert has_second_factor(people.database_url, "ana")
    assert pending_enrollment(people.database_url, "ana") is None
    assert not has_second_factor(people.database_url, "alma")


def test_the_picture_is_an_svg_without_styles(people: Home) -> None:
    begin_enrollment(people, "ana")
    pending = pending_enrollment(people.database_url, "ana")
    assert pending is not None
    picture = pending.qr_code()
    assert picture.startswith("<svg viewBox=")
    assert "style" not in picture


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_clock_may_be_half_a_minute_off(people: Home, clock: Clock, seconds: int) -> None:
    app, _ = enroll(people, clock)
    clock.pass_by(minutes=5)
    code = app.at(int(clock().timestamp()) + seconds)
    assert check_code(people.database_url, "ana", f" {code[:3]} {code[3:]} ", now=clock()) == "code"


@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_code_of_another_minute_is_wrong(people: Home, clock: Clock, seconds: int) -> None:
    app, _ = enroll(people, clock)
    clock.pass_by(minutes=5)
    assert check_code(people.database_url, "ana", app.at(int(clock().timestamp()) + seconds), now=clock()) == ""


def test_a_code_is_good_once_and_so_are_those_before_it(people: Home, clock: Clock) -> None:
    app, _ = enroll(people, clock)
    url, first = people.database_url, app.at(clock())
    clock.pass_by(seconds=30)
    second = app.at(clock())
    assert [check_code(url, "ana", code, now=clock()) for code in (second, second, first)] == ["code", "", ""]


def test_the_code_that_turned_it_on_signs_nobody_in(people: Home, clock: Clock) -> None:
    app, _ = enroll(people, clock)
    assert check_code(people.database_url, "ana", app.at(NOW), now=clock()) == ""


def test_of_two_who_give_the_same_code_at_once_one_comes_in(people: Home, clock: Clock) -> None:
    app, _ = enroll(people, clock)
    code, found = app.at(clock()), list[str]()

    def give() -> None:
        found.append(check_code(people.database_url, "ana", code, now=clock()))

    threads = [Thread(target=give) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [""] * 7 + ["code"]


def test_each_recovery_code_is_good_once_and_for_its_user(people: Home, clock: Clock) -> None:
    _, codes = enroll(people, clock)
    _, hers = enroll(people, clock, "alma")
    url = people.database_url
    assert (len(set(codes)), recovery_codes_left(url, "ana")) == (8, 8)
    assert check_code(url, "ana", hers[0], now=NOW) == ""
    assert check_code(url, "ana", f" {codes[3].upper()} ", now=NOW) == "recovery code"
    assert check_code(url, "ana", codes[3], now=NOW) == ""
    assert (recovery_codes_left(url, "ana"), recovery_codes_left(url, "alma")) == (7, 8)


def test_new_recovery_codes_take_the_place_of_the_old(people: Home, clock: Clock) -> None:
    _, old = enroll(people, clock)
    new = new_recovery_codes(people, "ana")
    assert check_code(people.database_url, "ana", old[0], now=NOW) == ""
    assert check_code(people.database_url, "ana", new[0], now=NOW) == "recovery code"


def test_recovery_codes_are_kept_as_hashes_and_secrets_are_in_no_audit(people: Home, clock: Clock) -> None:
    app, codes = enroll(people, clock)
    check_code(people.database_url, "ana", codes[0], now=NOW)
    kept = stored(people)
    assert not any(code in kept for code in codes)
    told = str(tail(people, 100))
    assert not any(secret in told for secret in [*codes, app.secret])


def test_turned_off_no_code_is_right_any_more(people: Home, clock: Clock) -> None:
    app, codes = enroll(people, clock)
    turn_off(people, "ana")
    url = people.database_url
    assert not has_second_factor(url, "ana")
    assert [check_code(url, "ana", code, now=clock()) for code in (app.at(clock()), codes[0], "", "000000")] == [""] * 4


def test_an_administrator_takes_it_away_and_ends_the_sessions(people: Home, clock: Clock) -> None:
    enroll(people, clock)
    enroll(people, clock, "alma")
    url = people.database_url
    mine, theirs = (start_session(url, name, now=NOW, client="") for name in ("ana", "alma"))
    reset(people, "ana", by="ada")
    assert (has_second_factor(url, "ana"), has_second_factor(url, "alma")) == (False, True)
    assert find_session(url, mine, now=NOW) is None
    assert find_session(url, theirs, now=NOW) is not None
    assert [(row["action"], row["principal"], row["statement"]) for row in tail(people, 1)] == [
        ("second factor reset", "ada", "ana")
    ]


def test_it_is_not_set_up_over_one_that_is_on(people: Home, clock: Clock) -> None:
    enroll(people, clock)
    with pytest.raises(NightlightError, match="have a second factor already"):
        begin_enrollment(people, "ana")
    with pytest.raises(NightlightError, match="no user"):
        begin_enrollment(people, "reports")
