"""Attempts to get in: after some failures each next one has to wait, longer every time.

An attempt is written down before it is checked and taken back when it was right: many at once gain nothing. Names are
kept as hashes, for what is typed there is sometimes a password."""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nightlight.catalog.history import database_errors
from nightlight.db import moment, transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

FREE = 5  # failures of one name that cost no waiting
FREE_ADDRESS = 20  # more: behind an address may be everybody's office
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
REMEMBERED = timedelta(days=1)
LOCK = 20260301_05
ALLOWANCES = (FREE, FREE_ADDRESS)


class TooManyAttempts(NightlightError):  # noqa: N818  # what happened
    """Too many failures: nothing is checked until `wait` is over."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = -(-wait // timedelta(minutes=1))
        super().__init__(
            "too many attempts failed", remedy=f"try again in {minutes} minute{'' if minutes == 1 else 's'}"
        )


@dataclass(frozen=True)
class Attempt:
    """An attempt that may be checked now; it counts as failed until `succeed` is told otherwise."""

    id: str
    subjects: tuple[str, ...]


def begin_attempt(url: str, kind: str, name: str, address: str, *, now: datetime) -> Attempt:
    """Count an attempt with a "password" or "code" under a name and from an address; raises TooManyAttempts.

    What has to wait is not counted: hammering makes nobody wait longer.
    """
    from sqlalchemy import text

    attempt = Attempt(secrets.token_hex(8), (_named(kind, name), _place(address)))
    now = now.astimezone(UTC)
    insert = text("INSERT INTO attempts (id, subject, at) VALUES (:id, :subject, :now)")
    with database_errors(), transaction(url) as connection:
        _lock_and_tidy(connection, now)
        waits = [
            _wait(connection, subject, free, now) for subject, free in zip(attempt.subjects, ALLOWANCES, strict=True)
        ]
        if max(waits) > timedelta():
            raise TooManyAttempts(max(waits))
        for number, subject in enumerate(attempt.subjects):
            connection.execute(insert, {"id": f"{attempt.id}-{number}", "subject": subject, "now": now})
    return attempt


def succeed(url: str, attempt: Attempt) -> None:
    """An attempt was right: it is forgotten, and so are the name's failures; the address's others stay."""
    from sqlalchemy import text

    forget = text("DELETE FROM attempts WHERE subject = :subject OR id = :id")
    with database_errors(), transaction(url) as connection:
        connection.execute(forget, {"subject": attempt.subjects[0], "id": f"{attempt.id}-1"})


def take_back(url: str, attempt: Attempt) -> None:
    """An attempt could not be checked: it counts for nothing."""
    from sqlalchemy import text

    forget = text("DELETE FROM attempts WHERE id IN (:name, :address)")
    with database_errors(), transaction(url) as connection:
        connection.execute(forget, {"name": f"{attempt.id}-0", "address": f"{attempt.id}-1"})


def _lock_and_tidy(connection: "Connection", now: datetime) -> None:
    """Delete what is old, which takes SQLite's write lock: counting and adding are one step."""
    from sqlalchemy import text

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("DELETE FROM attempts WHERE at < :then"), {"then": now - REMEMBERED})


def _wait(connection: "Connection", subject: str, free: int, now: datetime) -> timedelta:
    """How long the next attempt has to wait: 30 s after the fifth failure, then twice as long each time."""
    from sqlalchemy import text

    query = text("SELECT count(*) AS failures, max(at) AS latest FROM attempts WHERE subject = :subject")
    row = connection.execute(query, {"subject": subject}).one()
    if row.failures < free:
        return timedelta()
    wait: timedelta = min(FIRST_WAIT * 2 ** min(row.failures - free, 10), LONGEST_WAIT)
    return max(moment(row.latest) + wait - now, timedelta())


def _named(kind: str, name: str) -> str:
    return f"{kind} {hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _place(address: str) -> str:
    """One household or office: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "address unknown"
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.IPv6Network((found, 64), strict=False).network_address
    return f"address {found}"
