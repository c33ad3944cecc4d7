"""Passwords: argon2id hashes, one-time passwords that only serve to choose one's own, and how passwords are checked.

Whether a name exists shows neither in the answer nor in the work: an unknown name costs a hash as well."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from nightlight.accounts.credentials import (
    Credentials,
    check_user,
    find_credentials,
    is_user,
    put_credentials,
    read_credentials,
)
from nightlight.accounts.sessions import end_all
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import database_errors
from nightlight.db import moment, transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST, LONGEST = 12, 200  # characters
FEWEST_DIFFERENT = 5
ONE_TIME_DAYS = 7
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is taken for something else
HASHING = BoundedSemaphore(2)  # a hash takes 64 MiB: many at once would take the machine's memory
ROOM = BoundedSemaphore(12)  # and many who wait would take every thread that answers pages


def check_new_password(name: str, password: str) -> None:
    """Raise NightlightError for a password that would be guessed. Long is what counts: no rule about characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise NightlightError(
            "a password has 12 to 200 characters",
            remedy="a sentence that only you would think of is good",
        )
    if not re.sub(r"[\W\d_]", "", password.casefold().replace(name, "")):
        raise NightlightError("a password is more than your name and digits", remedy="choose another")
    if len(set(password)) < FEWEST_DIFFERENT:
        raise NightlightError("this password repeats a few characters", remedy="choose another")


def set_password(
    home: Home, name: str, password: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Give a user the password they chose and end their sessions; raises NightlightError for one that is too weak."""
    check_new_password(name, password)
    if _is(password, read_credentials(home.database_url, name)):
        raise NightlightError("this is the password you have", remedy="choose another")
    _store(home, name, password, one_time=False, now=clock())
    append(home, Entry(action="password change", principal=name, purpose=None, outcome="done"))


def reset_password(home: Home, name: str, *, by: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """A one-time password for a user, to be shown once: with it they choose their own. Ends their sessions; audited."""
    password = readable_secret(4, 4)
    _store(home, name, password, one_time=True, now=clock())
    append(home, Entry(action="password reset", principal=by, purpose=None, outcome="done", statement=name))
    return password


def check_password(url: str, name: str, password: str, *, now: datetime) -> bool:
    """Whether it is the password of an enabled user; one hash is computed whatever the answer is, if it is its turn.

    A one-time password is good for seven days. A hash of older strength is renewed.
    """
    with database_errors(), transaction(url) as connection:
        known = find_credentials(connection, name) if is_user(connection, name) else Credentials()
    hashed = known.password_hash or _nobodys_hash()
    with _hashing():
        is_right, renewed = _hasher().verify_and_update(_normal(password[:LONGEST]), hashed)
    if not is_right or not known.password_hash or len(password) > LONGEST:
        return False
    if known.must_change and now - moment(known.changed_at) > timedelta(days=ONE_TIME_DAYS):
        return False
    if renewed:
        with database_errors(), transaction(url) as connection:
            put_credentials(connection, name, password_hash=renewed)
    return True


def readable_secret(groups: int, length: int) -> str:
    """A random secret that people can read out and type: k7fm-w2qz-..."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(length)) for _ in range(groups))


def _store(home: Home, name: str, password: str, *, one_time: bool, now: datetime) -> None:
    home.key("audit")  # without it nothing could be recorded: then nothing is changed
    with _hashing():
        hashed = _hasher().hash(_normal(password))
    with database_errors(), transaction(home.database_url) as connection:
        check_user(connection, name)
        put_credentials(connection, name, password_hash=hashed, must_change=int(one_time), changed_at=now)
    end_all(home.database_url, name, now=now)


def _is(password: str, known: Credentials) -> bool:
    if not known.password_hash:
        return False
    with _hashing():
        return _hasher().verify(_normal(password), known.password_hash)


@contextmanager
def _hashing() -> Iterator[None]:
    """A turn to compute a hash; raises NightlightError when more than a few wait for theirs."""
    if not ROOM.acquire(blocking=False):
        raise NightlightError("too many sign in at this moment", remedy="try again in a few seconds")
    try:
        with HASHING:
            yield
    finally:
        ROOM.release()


def _normal(password: str) -> str:
    """One spelling of what looks the same, whatever keyboard it was typed on (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    with _hashing():
        return _hasher().hash(secrets.token_urlsafe())
