"""Sessions: a secret in the browser's cookie, its hash in the catalog's database; each can be ended at any time."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from nightlight.db import transaction


@dataclass(frozen=True)
class Session:
    """A sign-in that has not ended. `state`: "open", or what is still missing ("second factor", "change password")."""

    id: str
    principal: str
    state: str
    language: str = ""


def start_session(url: str, principal: str, *, now: datetime, client: str, state: str = "open") -> str:
    """Begin a session; the secret for the cookie, which is not kept here."""
    from sqlalchemy import text

    secret = secrets.token_urlsafe(32)
    with transaction(url) as connection:
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
                "now": now,
                "client": client[:200],
            },
        )
    return secret


def find_session(url: str, secret: str, *, now: datetime) -> Session | None:
    """The session of a cookie; None when there is none, it has ended, is too old, or its principal is disabled."""
    from sqlalchemy import text

    query = text(
        "SELECT s.id, s.principal, s.state, COALESCE(c.language, '') AS language FROM sessions s "
        "JOIN principals p ON p.name = s.principal AND p.ended_at IS NULL AND p.disabled = 0 AND p.kind = 'user' "
        "LEFT JOIN credentials c ON c.principal = s.principal "
        "WHERE s.secret_hash = :hash AND s.ended_at IS NULL"
    )
    with transaction(url) as connection:
        row = connection.execute(query, {"hash": hash_secret(secret)}).mappings().first()
    return None if row is None else Session(**row)


def hash_secret(secret: str) -> str:
    """SHA-256: these secrets are long and random, so a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()
