"""API tokens: for one principal and one purpose, until a day; shown once, kept as a hash.

A token is never worth more than its principal is now: disabled, or without the purpose, it opens nothing."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nightlight.accounts.sessions import hash_secret
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import database_errors, in_force
from nightlight.catalog.principals import KIND_WORDS, find_principal, refuse_pipelines
from nightlight.catalog.purposes import allowed_purposes, check_purpose
from nightlight.db import moment, transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

PREFIX = "nl_"  # so that scanners of code and mail know one when they see it
LENGTH = len(PREFIX) + 43
DAYS, MOST_DAYS = 90, 365
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Token:
    """A token that is good now."""

    id: str
    principal: str
    purpose: str
    name: str
    expires_at: datetime


@dataclass(frozen=True)
class MadeToken:
    """A token as lists show it. `state`: good, expired, revoked, or "not allowed" (its principal or purpose is not)."""

    id: str
    principal: str
    purpose: str
    name: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    used_at: datetime | None
    state: str


def create_token(
    home: Home,
    *,
    principal: str,
    purpose: str,
    name: str = "",
    days: int = DAYS,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> str:
    """Make a token for a user or service principal and a purpose that they may use; audited. Its secret, shown once."""
    from sqlalchemy import text

    if not 1 <= days <= MOST_DAYS:
        raise NightlightError(f"a token lasts 1 to {MOST_DAYS} days", remedy=f"{DAYS} is usual")
    home.key("audit")  # without it nothing could be recorded: then nothing is made
    secret, now = PREFIX + secrets.token_urlsafe(32), clock().astimezone(UTC)
    row = {
        "id": secrets.token_hex(4),
        "secret_hash": hash_secret(secret),
        "principal": principal,
        "purpose": purpose,
        "name": " ".join(name.split())[:100],
        "made_at": now,
        "made_by": by,
        "expires_at": now + timedelta(days=days),
    }
    with database_errors(), transaction(home.database_url) as connection:
        _check_principal(find_principal(connection, principal))
        check_purpose(connection, principal, purpose)
        places = ", ".join(f":{column}" for column in row)
        connection.execute(text(f"INSERT INTO tokens ({', '.join(row)}) VALUES ({places})"), row)
    statement = f"{row['id']} for {principal}, {days} days"
    append(home, Entry(action="token create", principal=by, purpose=purpose, outcome="done", statement=statement))
    return secret


def find_token(url: str, secret: str, *, now: datetime) -> Token | None:
    """The token with this secret, if it is good now; that it was used is written at most once a minute."""
    from sqlalchemy import text

    if len(secret) != LENGTH or not secret.startswith(PREFIX):
        return None
    used = text("UPDATE tokens SET used_at = :now WHERE id = :id")
    with database_errors(), transaction(url) as connection:
        query = text("SELECT * FROM tokens WHERE secret_hash = :hash")
        row = connection.execute(query, {"hash": hash_secret(secret)}).mappings().first()
        if row is None or _state(connection, row, now) != "good":
            return None
        if row["used_at"] is None or now - moment(row["used_at"]) >= SEEN_EVERY:
            connection.execute(used, {"now": now.astimezone(UTC), "id": row["id"]})
    return Token(row["id"], row["principal"], row["purpose"], row["name"], moment(row["expires_at"]))


def list_tokens(url: str, principal: str | None = None, *, now: datetime | None = None) -> list[MadeToken]:
    """The tokens of one principal or of all, the newest first."""
    from sqlalchemy import text

    condition = "" if principal is None else "WHERE principal = :principal "
    query = text(f"SELECT * FROM tokens {condition}ORDER BY made_at DESC, id")
    shown = ("id", "principal", "purpose", "name", "made_by")
    with database_errors(), transaction(url) as connection:
        rows = connection.execute(query, {} if principal is None else {"principal": principal}).mappings().all()
        return [
            MadeToken(
                **{column: row[column] for column in shown},
                made_at=moment(row["made_at"]),
                expires_at=moment(row["expires_at"]),
                used_at=None if row["used_at"] is None else moment(row["used_at"]),
                state=_state(connection, row, now or datetime.now(UTC)),
            )
            for row in rows
        ]


def revoke_token(
    home: Home,
    id: str,  # noqa: A002 - its name
    *,
    by: str,
    principal: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> bool:
    """Revoke a token, from now on; audited. False when it was revoked already; `principal`: only one of theirs."""
    from sqlalchemy import text

    home.key("audit")
    with database_errors(), transaction(home.database_url) as connection:
        row = connection.execute(text("SELECT * FROM tokens WHERE id = :id"), {"id": id}).mappings().first()
        if row is None or principal not in (None, row["principal"]):
            raise NightlightError(f"there is no token '{id}'", remedy="`nightlight user token list` shows the ids")
        query = text("UPDATE tokens SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")
        if not connection.execute(query, {"id": id, "now": clock().astimezone(UTC)}).rowcount:
            return False
    statement = f"{id} of {row['principal']}"
    append(
        home, Entry(action="token revoke", principal=by, purpose=row["purpose"], outcome="done", statement=statement)
    )
    return True


def _check_principal(row: dict[str, Any]) -> None:
    refuse_pipelines(row["name"])
    if row["kind"] not in ("user", "service"):
        kind = KIND_WORDS.get(row["kind"], "principal")
        raise NightlightError(f"'{row['name']}' is a {kind}; tokens are for users and service principals")
    if row["disabled"]:
        raise NightlightError(f"'{row['name']}' is disabled", remedy="tokens are for principals that may ask")


def _state(connection: Any, row: Any, now: datetime) -> str:
    if row["revoked_at"] is not None:
        return "revoked"
    if moment(row["expires_at"]) <= now:
        return "expired"
    known = in_force(connection, "principals", name=row["principal"], disabled=0)
    if not known or known[0]["kind"] not in ("user", "service"):
        return "not allowed"
    allowed = {purpose["name"] for purpose in allowed_purposes(connection, row["principal"])}
    return "good" if row["purpose"] in allowed else "not allowed"
