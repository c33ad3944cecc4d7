"""A change and its record in the audit as one act: both are there, or neither is, and a refusal with its reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append, append_within
from nightlight.catalog.history import changing
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def recorded_change(home: Home, entry: Entry, *, privilege: str, securable: str) -> "Iterator[Connection]":
    """A change that needs a privilege; the last thing in its transaction is the entry."""
    with changing(home.database_url) as connection:
        check_privilege(connection, entry.principal, privilege, securable)
        yield connection
        append_within(connection, home, entry)


@contextmanager
def audited_change(home: Home, entry: Entry, *, privilege: str, securable: str) -> "Iterator[Connection]":
    """The same where nothing is decided before it: its refusal is in the audit too."""
    change = recorded_change(home, entry, privilege=privilege, securable=securable)
    with recording_refusals(home, entry), change as connection:
        yield connection


@contextmanager
def recording_refusals(home: Home, entry: Entry) -> Iterator[None]:
    """Have in the audit that what this entry says was refused, and why; that it was done, whoever does it records."""
    try:
        yield
    except NightlightError as refusal:
        append(home, replace(entry, outcome="refused", detail=f"{entry.detail}: {refusal.what}".lstrip(": ")))
        raise
