"""Sessions: a secret in the browser's cookie, its hash in the catalog's database; each can be ended at any time.

A session ends when it was not used for a while, after seven days, with its user, and when it becomes another."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import database_errors
from nightlight.db import moment, transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPEN, SECOND_FACTOR, CHANGE_PASSWORD = "open", "second factor", "change password"
HOURS_WITHOUT_USE = 12
LONGEST = timedelta(days=7)
HALFWAY = timedelta(minutes=15)  # to give a code, or to choose a password
SEEN_EVERY = timedelta(minutes=1)  # a request writes at most so often
KEPT = timedelta(days=30)  # the audit keeps that it was there


@dataclass(frozen=True)
class Session:
    """A sign-in that has not ended. `state`: "open", or what is still missing ("second factor", "change password")."""

    id: str
    principal: str
    state: str
    language: str = ""


@dataclass(frozen=True)
class Device:
    """A session as its owner sees it in a list: since when, last seen, and the browser's own words."""

    id: str
    started_at: datetime
    seen_at: datetime
    client: str


def start_session(url: str, principal: str, *, now: datetime, client: str, state: str = OPEN) -> str:
    """Begin a session; the secret for the cookie, which is not kept here."""
    from sqlalchemy import text

    secret = secrets.token_urlsafe(32)
    with database_errors(), transaction(url) as connection:
        connection.execute(
            text(
                "INSERT INTO sessions (id, secret_hash, principal, state, started_at, seen_at, client) "
                "VALUES (:id, :hash, :principal, :state, :now, :now, :client)"
            ),
            {
                "id": secrets.token_hex(8),
                "hash": hash_secret(secret),
                "principal": principal,
                "state": state,
                "now": now.astimezone(UTC),
                "client": client[:200],
            },
        )
        connection.execute(text("DELETE FROM sessions WHERE started_at < :then"), {"then": now.astimezone(UTC) - KEPT})
    return secret


def find_session(url: str, secret: str, *, now: datetime, hours: int = HOURS_WITHOUT_USE) -> Session | None:
    """The session of a cookie, in a transaction of its own; see `read_session`."""
    with transaction(url) as connection:
        return read_session(connection, secret, now=now, hours=hours)


def read_session(
    connection: "Connection", secret: str, *, now: datetime, hours: int = HOURS_WITHOUT_USE
) -> Session | None:
    """The session of a cookie; None when there is none, it has ended, is too old, or its principal is disabled.

    Too old is: not used for `hours`, begun seven days ago, or a quarter of an hour without what was missing.
    """
    from sqlalchemy import text

    query = text(
        "SELECT s.id, s.principal, s.state, s.started_at, s.seen_at, COALESCE(c.language, '') AS language "
        "FROM sessions s "
        "JOIN principals p ON p.name = s.principal AND p.ended_at IS NULL AND p.disabled = 0 AND p.kind = 'user' "
        "LEFT JOIN credentials c ON c.principal = s.principal "
        "WHERE s.secret_hash = :hash AND s.ended_at IS NULL"
    )
    with database_errors():
        row = connection.execute(query, {"hash": hash_secret(secret)}).mappings().first()
        if row is None or not _holds(row, now, hours):
            return None
        _see(connection, row["id"], row, now)
    return Session(row["id"], row["principal"], row["state"], row["language"])


def is_open(
    url: str,
    id: str,  # noqa: A002 - its name
    *,
    now: datetime,
    hours: int = HOURS_WITHOUT_USE,
    is_use: bool = False,
) -> bool:
    """Whether the session with this id is still a sign-in, by the rules of `find_session`; `is_use`: that was use."""
    from sqlalchemy import text

    query = text(
        "SELECT s.state, s.started_at, s.seen_at FROM sessions s "
        "JOIN principals p ON p.name = s.principal AND p.ended_at IS NULL AND p.disabled = 0 AND p.kind = 'user' "
        "WHERE s.id = :id AND s.ended_at IS NULL AND s.state = 'open'"
    )
    with database_errors(), transaction(url) as connection:
        row = connection.execute(query, {"id": id}).mappings().first()
        if row is None or not _holds(row, now, hours):
            return False
        if is_use:
            _see(connection, id, row, now)
    return True


def list_sessions(
    url: str, principal: str, *, now: datetime | None = None, hours: int = HOURS_WITHOUT_USE
) -> list[Device]:
    """A user's open sessions, the last used first; with `now` without those that are too old."""
    from sqlalchemy import text

    query = text(
        "SELECT id, state, started_at, seen_at, client FROM sessions "
        "WHERE principal = :principal AND ended_at IS NULL AND state = 'open' ORDER BY seen_at DESC, id"
    )
    with database_errors(), transaction(url) as connection:
        rows = connection.execute(query, {"principal": principal}).mappings().all()
    return [
        Device(row["id"], moment(row["started_at"]), moment(row["seen_at"]), row["client"])
        for row in rows
        if now is None or _holds(row, now, hours)
    ]


def end_session(url: str, id: str, *, principal: str, now: datetime | None = None) -> bool:  # noqa: A002 - its name
    """End one session of a user; False when they have no such session, or it has ended."""
    from sqlalchemy import text

    query = text("UPDATE sessions SET ended_at = :now WHERE id = :id AND principal = :principal AND ended_at IS NULL")
    with database_errors(), transaction(url) as connection:
        return connection.execute(query, {"id": id, "principal": principal, "now": _or_now(now)}).rowcount > 0


def end_all(url: str, principal: str, *, keep: str = "", now: datetime | None = None) -> int:
    """End a user's sessions, but for the one whose id is `keep`; how many there were."""
    from sqlalchemy import text

    query = text(
        "UPDATE sessions SET ended_at = :now WHERE principal = :principal AND id <> :keep AND ended_at IS NULL"
    )
    with database_errors(), transaction(url) as connection:
        return connection.execute(query, {"principal": principal, "keep": keep, "now": _or_now(now)}).rowcount


def hash_secret(secret: str) -> str:
    """SHA-256: these secrets are long and random, so a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _see(connection: "Connection", id: str, row: Any, now: datetime) -> None:  # noqa: A002 - its name
    from sqlalchemy import text

    if now - moment(row["seen_at"]) >= SEEN_EVERY:
        query = text("UPDATE sessions SET seen_at = :now WHERE id = :id")
        connection.execute(query, {"now": now.astimezone(UTC), "id": id})


def _holds(row: Any, now: datetime, hours: int) -> bool:
    longest = LONGEST if row["state"] == OPEN else HALFWAY
    return now - moment(row["started_at"]) < longest and now - moment(row["seen_at"]) < timedelta(hours=hours)


def _or_now(now: datetime | None) -> datetime:
    return (now or datetime.now(UTC)).astimezone(UTC)
