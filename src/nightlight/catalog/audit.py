"""The audit: who did what, for which purpose, on which versions; written before anything is shown.

No audit, no data: whoever shows something calls `append` first and lets its error pass."""

import json
import os
import pwd
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.catalog.audit_anchor import Anchor
from nightlight.catalog.audit_chain import Entry, Link, canonical, link, record_of, searchable
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
    "append_within",
    "os_user",
    "read_record",
    "tail",
    "verify",
]

# SQLite has no queue: those who find its lock taken look again after longer and longer, and some for a second. Of one
# process, one at a time asks for it, and writes for those who wait.
_APPENDING = threading.Lock()
# The first statement takes the write lock (SQLite: the file's, PostgreSQL: the row's) until the commit, so that
# appends of any number of processes follow one another.
HEAD = "UPDATE audit_head SET sequence = sequence WHERE id = 1 RETURNING sequence, hash"
MOVE = "UPDATE audit_head SET sequence = :sequence, hash = :hash WHERE id = 1"
INSERT = """
    INSERT INTO audit (sequence, at, action, principal, purpose, outcome, fingerprint, tables, record, hash)
    VALUES (:sequence, :at, :action, :principal, :purpose, :outcome, :fingerprint, :tables, :record, :hash)
"""


@dataclass
class _Waiting:
    """An entry on its way into the chain: settled when it has a sequence, or an error."""

    entry: Entry
    clock: Callable[[], datetime]
    sequence: int = 0
    error: BaseException | None = None

    @property
    def is_settled(self) -> bool:
        return self.sequence > 0 or self.error is not None


# Of each home's audit, in the order in which they came. Appending to a deque and taking from it are atomic.
_QUEUES: "defaultdict[tuple[Path, str], deque[_Waiting]]" = defaultdict(deque)


def append(home: Home, entry: Entry, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> int:
    """Write an entry durably and return its sequence; raises NightlightError when that is impossible.

    Its transaction is none that the caller holds: who has written in one already would wait for itself. Entries that
    wait meanwhile share it: one commit for all of them, and each returns only when it is there.
    """
    mine = _Waiting(entry, clock)
    queue = _QUEUES[home.root, home.database_url]
    queue.append(mine)
    with _APPENDING:
        if not mine.is_settled:
            _write_all(home, queue)
    if not mine.sequence:  # whatever it is: what is not in the audit does not happen
        error = mine.error or InterruptedError()
        raise _impossible(error) from error
    return mine.sequence


def append_within(
    connection: "Connection", home: Home, entry: Entry, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Write an entry in the caller's transaction, as the last thing before its commit: what happened and its record
    are both there, or neither is. Raises NightlightError when that is impossible."""
    mine = _Waiting(entry, clock)
    try:
        _extend(connection, home.key("audit"), [mine])
    except Exception as error:
        raise _impossible(error) from error
    if mine.error:
        raise _impossible(mine.error) from mine.error


def _write_all(home: Home, queue: "deque[_Waiting]") -> None:
    """Write all that waits, in one transaction: all of it is in the chain, or each hears why it is not."""
    waiting: list[_Waiting] = []
    try:
        while queue:
            waiting.append(queue.popleft())
        key = home.key("audit")
        with transaction(home.database_url) as connection:
            written = _extend(connection, key, waiting)
    except BaseException as error:
        for each in waiting:
            each.error = each.error or error
        if not isinstance(error, Exception):
            raise
    else:
        for each, sequence in written:
            each.sequence = sequence


def _extend(connection: "Connection", key: bytes, waiting: "Iterable[_Waiting]") -> "list[tuple[_Waiting, int]]":
    """Bind the records to the chain, one behind the other; one that cannot be written down is left out alone."""
    from sqlalchemy import text

    head = connection.execute(text(HEAD)).one()
    at, rows, written = Link(head.sequence, head.hash), [], []
    for each in waiting:
        try:
            record = _record(each, at.sequence + 1)
            line = canonical(record)
        except Exception as error:  # its values are no others'
            each.error = error
            continue
        at = Link(at.sequence + 1, link(key, at.hash, line))
        rows.append({**searchable(record), "record": line, "hash": at.hash})
        written.append((each, at.sequence))
    if rows:
        connection.execute(text(INSERT), rows)
        connection.execute(text(MOVE), {"sequence": at.sequence, "hash": at.hash})
    return written


def _record(waiting: "_Waiting", sequence: int) -> dict[str, Any]:
    return record_of(
        waiting.entry,
        sequence=sequence,
        at=waiting.clock(),
        os_user=os_user(),
        host=socket.gethostname(),
        process=os.getpid(),
    )


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


def _impossible(error: BaseException) -> NightlightError:
    return NightlightError("the audit cannot be written; nothing is shown without it", remedy=_reason(error))


def _reason(error: BaseException) -> str:
    """What to do about it; only the kind of a foreign error, whose text may quote the statement."""
    if isinstance(error, NightlightError):
        return str(error)
    return f"check the disk and the catalog's database ({type(getattr(error, 'orig', None) or error).__name__})"
