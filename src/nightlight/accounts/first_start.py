"""The first start of a home: somebody must be able to come in and let the others in."""

from collections.abc import Callable
from datetime import UTC, datetime

from nightlight.accounts.credentials import read_credentials
from nightlight.accounts.passwords import reset_password
from nightlight.catalog.access import who_can
from nightlight.catalog.audit import Entry, append, os_user
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.principals import add_member, add_principal, list_principals
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

NAMES = ("admin", "administrator", "first_admin")
GROUP = "admins"


def first_start(home: Home, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> tuple[str, str] | None:
    """Make an administrator, if none can sign in: name and one-time password, to be shown once; else None."""
    managers = _managers(home)
    if any(read_credentials(home.database_url, name).can_sign_in for name in managers):
        return None
    name, by = _free_name(home, managers), os_user()
    _make_manager(home, name, by)
    return name, reset_password(home, name, by=by, clock=clock)


def _managers(home: Home) -> set[str]:
    """Users who may manage the catalog."""
    users = {row["name"] for row in list_principals(home.database_url) if row["kind"] == "user"}
    with transaction(home.database_url) as connection:
        return {row["principal"] for row in who_can(connection, "MANAGE", "CATALOG")} & users


def _free_name(home: Home, managers: set[str]) -> str:
    """A name nobody has, or that of an administrator who never could sign in: nobody else's rights grow."""
    taken = {row["name"] for row in list_principals(home.database_url)} - managers
    for name in NAMES:
        if name not in taken:
            return name
    raise NightlightError(
        f"nobody can sign in as an administrator, and the names {', '.join(NAMES)} are taken",
        remedy="run `nightlight user reset-password NAME` for a user with MANAGE ON CATALOG",
    )


def _make_manager(home: Home, name: str, by: str) -> None:
    """Make the user, in the group of administrators where there is one; without one the right is the user's own."""
    url = home.database_url
    groups = {row["name"] for row in list_principals(url) if row["kind"] == "group"} & {GROUP}
    words = " ".join([name, *(f"--group {group}" for group in groups)])
    append(home, Entry(action="user add", principal=by, purpose=None, outcome="done", statement=words))
    add_principal(url, name, "user", by=by)
    for group in groups:
        add_member(url, name, group, by=by)
    if name not in _managers(home):
        grant = f"GRANT MANAGE ON CATALOG TO {name};"
        append(home, Entry(action="catalog apply", principal=by, purpose=None, outcome="done", statement=grant))
        apply_statements(url, read_statements(grant, "first start"), by=by)
