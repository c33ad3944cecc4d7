"""What every change of a document has in common: who may make it, one transaction, its record in the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import changing, database_errors
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

APP = "app studio"


@contextmanager
def audited(home: Home, action: str, by: str, detail: str) -> Iterator[None]:
    """The audit has an act before it happens, and once more when it was refused; never a text of the document."""
    append(home, Entry(action, by, None, "done", detail=detail))
    try:
        yield
    except NightlightError as refusal:
        append(home, Entry(action, by, None, "refused", detail=f"{detail}: {refusal.what}"))
        raise


@contextmanager
def writing(home: Home, by: str, privilege: str) -> "Iterator[Connection]":
    with changing(home.database_url) as connection:
        check_privilege(connection, by, privilege, APP)
        yield connection


def check_may(home: Home, by: str, privilege: str) -> None:
    with database_errors(), transaction(home.database_url) as connection:
        check_privilege(connection, by, privilege, APP)


def may(connection: "Connection", name: str, privilege: str) -> bool:
    try:
        check_privilege(connection, name, privilege, APP)
    except NightlightError:
        return False
    return True
