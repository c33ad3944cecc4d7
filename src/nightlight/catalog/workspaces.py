"""Notebook workspaces: rooms that several people share, each asking as one service principal for one purpose.

Whoever has EXECUTE on a workspace may come in, with a ticket that is good once and for a minute."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nightlight.catalog.history import changing, database_errors
from nightlight.catalog.principals import find_principal, refuse_pipelines
from nightlight.catalog.purposes import check_purpose
from nightlight.db import transaction
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
GOOD_FOR = timedelta(seconds=60)
COLUMNS = "name, principal, purpose, port, url"


@dataclass(frozen=True)
class Workspace:
    """A workspace; `port` is where its server listens (0: any that is free), `url` where browsers reach it."""

    name: str
    principal: str
    purpose: str
    port: int = 0
    url: str = ""


@dataclass(frozen=True)
class Entrance:
    """Whose ticket it was, and the session in which it was asked for."""

    principal: str
    session: str


def add_workspace(url: str, workspace: Workspace, *, by: str) -> bool:
    """Make a workspace, or change one; False when it is there like this already."""
    from sqlalchemy import text

    _check(workspace)
    with changing(url) as connection:
        _check_principal(connection, workspace)
        existing = _read(connection, workspace.name)
        if existing == workspace:
            return False
        values = {**vars(workspace), "at": datetime.now(UTC), "by": by}
        if existing is None:
            connection.execute(
                text(
                    f"INSERT INTO workspaces ({COLUMNS}, made_at, made_by) "
                    "VALUES (:name, :principal, :purpose, :port, :url, :at, :by)"
                ),
                values,
            )
        else:
            connection.execute(
                text(
                    "UPDATE workspaces SET principal = :principal, purpose = :purpose, port = :port, url = :url, "
                    "made_at = :at, made_by = :by WHERE name = :name"
                ),
                values,
            )
    return True


def list_workspaces(url: str) -> list[Workspace]:
    """All workspaces, by name."""
    from sqlalchemy import text

    with database_errors(), transaction(url) as connection:
        rows = connection.execute(text(f"SELECT {COLUMNS} FROM workspaces ORDER BY name")).mappings()
        return [Workspace(**row) for row in rows]


def find_workspace(url: str, name: str) -> Workspace | None:
    with database_errors(), transaction(url) as connection:
        return _read(connection, name)


def make_ticket(url: str, workspace: str, entrance: Entrance, *, now: datetime) -> str:
    """A ticket for somebody who may come in; its hash alone is kept."""
    from sqlalchemy import text

    secret = secrets.token_urlsafe(32)
    values = {"hash": _hashed(secret), "workspace": workspace, "now": now, **vars(entrance)}
    with database_errors(), transaction(url) as connection:
        connection.execute(text("DELETE FROM workspace_tickets WHERE made_at < :old"), {"old": now - GOOD_FOR})
        connection.execute(
            text(
                "INSERT INTO workspace_tickets (secret_hash, workspace, principal, session, made_at) "
                "VALUES (:hash, :workspace, :principal, :session, :now)"
            ),
            values,
        )
    return secret


def take_ticket(url: str, workspace: str, secret: str, *, now: datetime) -> Entrance | None:
    """Whose ticket it is, which is used up by asking; None for one that is unknown, used, old, or of another room."""
    from sqlalchemy import text

    query = text(
        "DELETE FROM workspace_tickets WHERE secret_hash = :hash AND workspace = :workspace AND made_at >= :oldest "
        "RETURNING principal, session"
    )
    values = {"hash": _hashed(secret), "workspace": workspace, "oldest": now - GOOD_FOR}
    with database_errors(), transaction(url) as connection:
        row = connection.execute(query, values).mappings().first()
    return None if row is None else Entrance(**row)


def _read(connection: "Connection", name: str) -> Workspace | None:
    from sqlalchemy import text

    row = connection.execute(text(f"SELECT {COLUMNS} FROM workspaces WHERE name = :name"), {"name": name})
    found = row.mappings().first()
    return None if found is None else Workspace(**found)


def _check(workspace: Workspace) -> None:
    if not NAME.fullmatch(workspace.name):
        raise NightlightError(
            f"'{workspace.name}' cannot be a workspace's name", remedy="use lower-case letters, digits and _"
        )
    if workspace.port and not 1024 <= workspace.port <= 65535:
        raise NightlightError(f"port {workspace.port} cannot be listened on", remedy="choose one from 1024 to 65535")
    if not workspace.url:
        return
    parts = urlsplit(workspace.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise NightlightError(
            f"'{workspace.url}' is no address of a workspace",
            remedy="write https://host or https://host:port; each workspace needs a host or port of its own",
        )
    if not workspace.port:
        raise NightlightError(
            "a workspace with an address needs a port", remedy="name the one that your proxy passes it on to"
        )


def _check_principal(connection: "Connection", workspace: Workspace) -> None:
    """Its principal is nobody's account: what is granted to it is granted to all who come in."""
    kind = find_principal(connection, workspace.principal)["kind"]
    refuse_pipelines(workspace.principal)
    if kind != "service":
        raise NightlightError(
            f"'{workspace.principal}' is a {kind}; a workspace asks as a service principal",
            remedy=f"CREATE SERVICE PRINCIPAL workspace_{workspace.name}, and grant it what the workspace may read",
        )
    check_purpose(connection, workspace.principal, workspace.purpose)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
