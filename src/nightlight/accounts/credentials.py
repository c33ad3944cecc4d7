"""What is kept to know a user again: hashes and secrets, the link to the identity provider, the language they chose."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import database_errors, in_force
from nightlight.catalog.principals import find_principal
from nightlight.db import transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Credentials:
    """One user's row; everything is empty for whoever has none yet. Never shown, never logged."""

    password_hash: str = ""
    must_change: int = 0
    totp_secret: str = ""
    totp_pending: str = ""
    totp_last_step: int = 0
    recovery_hashes: str = "[]"
    oidc_subject: str = ""
    language: str = ""
    changed_at: datetime | str = datetime(1970, 1, 1, tzinfo=UTC)  # when the password was set

    @property
    def can_sign_in(self) -> bool:
        """Whether there is a way in: a password, or the identity provider."""
        return bool(self.password_hash or self.oidc_subject)

    def __repr__(self) -> str:
        return "Credentials(...)"


COLUMNS = tuple(Credentials.__dataclass_fields__)


def find_credentials(connection: "Connection", name: str) -> Credentials:
    from sqlalchemy import text

    query = text(f"SELECT {', '.join(COLUMNS)} FROM credentials WHERE principal = :name")
    row = connection.execute(query, {"name": name}).mappings().first()
    return Credentials() if row is None else Credentials(**row)


def read_credentials(url: str, name: str) -> Credentials:
    with database_errors(), transaction(url) as connection:
        return find_credentials(connection, name)


def put_credentials(connection: "Connection", name: str, **values: Any) -> None:
    """Set some of a user's columns, making the row if there is none."""
    from sqlalchemy import text

    new = {**vars(Credentials()), **values, "principal": name}
    places = ", ".join(f":{column}" for column in new)
    insert = text(f"INSERT INTO credentials ({', '.join(new)}) VALUES ({places}) ON CONFLICT DO NOTHING")
    if connection.execute(insert, new).rowcount:
        return
    update = text(f"UPDATE credentials SET {', '.join(f'{c} = :{c}' for c in values)} WHERE principal = :principal")
    connection.execute(update, {**values, "principal": name})


def choose_language(url: str, name: str, language: str) -> None:
    """Keep the language in which a user wants the pages; "" is the browser's."""
    with database_errors(), transaction(url) as connection:
        put_credentials(connection, name, language=language)


def check_user(connection: "Connection", name: str) -> None:
    """Raise NightlightError, with names that are close, unless it is an enabled user: only they sign in."""
    row = find_principal(connection, name)
    if row["kind"] != "user":
        raise NightlightError(
            f"'{name}' is no user and does not sign in", remedy="programs use a token: `nightlight user token create`"
        )
    if row["disabled"]:
        raise NightlightError(f"'{name}' is disabled", remedy="an administrator has shut this user out")


def is_user(connection: "Connection", name: str) -> bool:
    """Whether it is an enabled user."""
    return bool(in_force(connection, "principals", name=name, kind="user", disabled=0))
