"""What every change of a document has in common: who may make it, one transaction, its record in the audit."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry
from nightlight.catalog.history import database_errors
from nightlight.catalog.recorded import recorded_change
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

APP = "app studio"


def act(action: str, by: str, detail: str) -> Entry:
    """What the audit has of a change: which version, and never a text of the document."""
    return Entry(action, by, None, "done", detail=detail)


def writing(home: Home, entry: Entry, privilege: str) -> "AbstractContextManager[Connection]":
    """A change of documents and its record, in one transaction."""
    return recorded_change(home, entry, privilege=privilege, securable=APP)


def check_may(home: Home, by: str, privilege: str) -> None:
    with database_errors(), transaction(home.database_url) as connection:
        check_privilege(connection, by, privilege, APP)


def may(connection: "Connection", name: str, privilege: str) -> bool:
    try:
        check_privilege(connection, name, privilege, APP)
    except NightlightError:
        return False
    return True
