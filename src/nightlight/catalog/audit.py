"""The audit: who did what, for which purpose, on which versions; written before anything is shown.

No audit, no data: whoever shows something calls `append` first and lets its error pass."""

import json
import os
import pwd
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit_anchor import Anchor
from nightlight.catalog.audit_chain import Entry, canonical, link, record_of, searchable
from nightlight.catalog.audit_verification import Verification, anchor_file, anchor_head, verify
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "Anchor",
    "Entry",
    "Verification",
    "anchor_file",
    "anchor_head",
    "append",
    "os_user",
    "read_record",
    "tail",
    "verify",
]

# SQLite has no queue: those who find its lock taken look again after longer and longer, and some for a second. Of one
# process, one at a time asks for it.
_APPENDING = threading.Lock()
# The first statement takes the write lock (SQLite: the file's, PostgreSQL: the row's) until the commit, so that
# appends of any number of processes follow one another.
NEXT = "UPDATE audit_head SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence, hash"
INSERT = """
    INSERT INTO audit (sequence, at, action, principal, purpose, outcome, fingerprint, tables, record, hash)
    VALUES (:sequence, :at, :action, :principal, :purpose, :outcome, :fingerprint, :tables, :record, :hash)
"""


def append(home: Home, entry: Entry, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> int:
    """Write an entry durably and return its sequence; raises NightlightError when that is impossible.

    It has its own transaction: whoever holds one that has written already would wait for itself.
    """
    try:
        key = home.key("audit")
        with _APPENDING, transaction(home.database_url) as connection:
            return _append(connection, key, entry, clock)
    except Exception as error:  # whatever it is: what is not in the audit does not happen
        raise NightlightError(
            "the audit cannot be written; nothing is shown without it", remedy=_reason(error)
        ) from error


def _append(connection: "Connection", key: bytes, entry: Entry, clock: Callable[[], datetime]) -> int:
    from sqlalchemy import text

    head = connection.execute(text(NEXT)).one()
    record = record_of(
        entry,
        sequence=head.sequence,
        at=clock(),
        os_user=os_user(),
        host=socket.gethostname(),
        process=os.getpid(),
    )
    written = canonical(record)
    new = link(key, head.hash, written)
    connection.execute(text(INSERT), {**searchable(record), "record": written, "hash": new})
    connection.execute(text("UPDATE audit_head SET hash = :hash WHERE id = 1"), {"hash": new})
    return int(head.sequence)


def tail(
    home: Home, limit: int, *, principal: str | None = None, outcome: str | None = None, action: str | None = None
) -> list[dict[str, Any]]:
    """The newest records that fit, newest last: the fields of `Entry`, and sequence, at, os_user, host, process."""
    from sqlalchemy import text

    wanted = {"principal": principal, "outcome": outcome, "action": action}
    conditions = [f"{name} = :{name}" for name, value in wanted.items() if value is not None]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    newest = text(f"SELECT sequence, record FROM audit {where} ORDER BY sequence DESC LIMIT :limit")
    with transaction(home.database_url) as connection:
        rows = connection.execute(newest, {**wanted, "limit": limit}).all()
    return [read_record(row.sequence, row.record) for row in reversed(rows)]


def read_record(sequence: int, record: str) -> dict[str, Any]:
    """A record as it was written, its time and duration as such; raises NightlightError for a damaged one."""
    try:
        found: dict[str, Any] = json.loads(record)
        microseconds = found.pop("microseconds")
        return {
            **found,
            "at": datetime.fromisoformat(found["at"]),
            "seconds": None if microseconds is None else microseconds / 1e6,
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NightlightError(
            f"record {sequence} of the audit is damaged", remedy="run `nightlight audit verify`"
        ) from error


def os_user() -> str:
    """The operating system's name of who runs this; not from the environment, which anybody may set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _reason(error: Exception) -> str:
    """What to do about it; only the kind of a foreign error, whose text may quote the statement."""
    if isinstance(error, NightlightError):
        return str(error)
    return f"check the disk and the catalog's database ({type(getattr(error, 'orig', None) or error).__name__})"
