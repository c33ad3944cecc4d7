"""Options that commands share, how a command gets its home, and whose change it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nightlight.errors import NightlightError
from nightlight.settings import Home, home_folder

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the home (default: NIGHTLIGHT_HOME, else ./nightlight-home).", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
ActorOption = Annotated[
    str | None,
    typer.Option("--as", help="User who makes the change (default: the operating system's user).", show_default=False),
]


def open_home(home: Path | None) -> Home:
    return Home.open(home_folder(home))


def any_home(home: Path | None) -> Home | None:
    """The home that is named, or the usual one where there is one."""
    folder = home_folder(home)
    return Home.open(folder) if home is not None or folder.exists() else None


def acting(home: Home, actor: str | None) -> str:
    """Who makes a change of the catalog: a user who has MANAGE on it, or else whoever owns the home's files."""
    from nightlight.catalog.access import check_principal, check_privilege
    from nightlight.catalog.audit import os_user
    from nightlight.db import transaction

    if actor is None:
        return os_user()
    with transaction(home.database_url) as connection:
        check_principal(connection, actor)
        check_privilege(connection, actor, "MANAGE", "CATALOG")
    return actor


@contextmanager
def refusals_recorded(home: Home, actor: str | None, action: str, statement: str) -> Iterator[str]:
    """Whose change it is, for a change that writes itself into the audit; here is written that it was refused."""
    from nightlight.catalog.audit import Entry, append, os_user

    outcome = "refused"
    try:
        by = acting(home, actor)
        outcome = "failed"
        yield by
    except NightlightError as error:
        entry = Entry(action, actor or os_user(), None, outcome, statement=statement, detail=str(error))
        append(home, entry)
        raise
