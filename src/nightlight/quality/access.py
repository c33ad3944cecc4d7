"""How far somebody sees: the one guarded way from a person to a conversation of the queue.

A supervisor sees the conversations of the counselors whose row in the roster they may read: the line's own row filter
decides, here as everywhere. What nobody may see and what is not there look the same."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry
from nightlight.catalog.history import revision
from nightlight.catalog.purposes import allowed_purposes
from nightlight.catalog.recorded import audited_change
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.store import SECURABLE, Case, find_case, no_conversation
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nightlight.sql.broker import Broker

Clock = Callable[[], datetime]
ROSTER, KEY = "silver.volunteers", "volunteer_id"
KEPT_SECONDS, KEPT_AT_MOST = 60.0, 200
# Of purposes to ask the roster for, the nearest first.
KINDS = ("quality", "care", "operations", "training", "research")


@dataclass(frozen=True)
class Reach:
    """Who acts, and whose conversations they see: everybody's, or those of these counselors and those of a counselor
    nobody knows."""

    person: str
    all: bool = False
    counselors: frozenset[str] = frozenset()

    def sees(self, case: Case) -> bool:
        return self.all or case.counselor is None or case.counselor in self.counselors


def reach(home: Home, broker: "Broker", person: str) -> Reach:
    """How far somebody sees; raises NightlightError for those who have nothing to do with quality.

    A change of the catalog counts at once, one of the roster within a minute.
    """
    with transaction(home.database_url) as connection:
        at = revision(connection)
        check_privilege(connection, person, "EXECUTE", SECURABLE)
        if may(connection, person, "MANAGE"):
            return Reach(person, all=True)
        purposes = {each["kind"]: each["name"] for each in reversed(allowed_purposes(connection, person))}
    purpose = next((purposes[kind] for kind in KINDS if kind in purposes), None)
    return _ROSTERS.find(
        (str(home.root), person, at), lambda: Reach(person, counselors=_roster(broker, person, purpose))
    )


def may(connection: "Connection", person: str, privilege: str) -> bool:
    """Whether somebody has a privilege on quality."""
    try:
        check_privilege(connection, person, privilege, SECURABLE)
    except NightlightError:
        return False
    return True


def find_seen(connection: "Connection", by: Reach, conversation: str) -> Case:
    """A conversation that somebody sees; raises NightlightError for any other."""
    check_privilege(connection, by.person, "EXECUTE", SECURABLE)
    case = find_case(connection, conversation)
    if case is None or not by.sees(case):
        raise no_conversation()
    return case


def quality_changes(home: Home, entry: Entry, *, privilege: str = "EXECUTE") -> "AbstractContextManager[Connection]":
    """A change that needs a privilege on quality; the audit has it with the change, or that it was refused."""
    return audited_change(home, entry, privilege=privilege, securable=SECURABLE)


def _roster(broker: "Broker", person: str, purpose: str | None) -> frozenset[str]:
    """The counselors whose row somebody may read; none where there is no roster for them, or no purpose to ask for."""
    decided = broker.decisions.look_up(person, [ROSTER]).get(ROSTER)
    readable = {column.name for column in decided.access.allowed if column.mask is None} if decided else set()
    if KEY not in readable or purpose is None:
        return frozenset()
    statement = f"SELECT DISTINCT CAST({KEY} AS VARCHAR) AS counselor FROM {ROSTER} WHERE {KEY} IS NOT NULL"
    result = broker.sql(statement, principal=person, purpose=purpose, action="see team")
    return frozenset(result.table.column("counselor").to_pylist())


class _Rosters:
    """Answers of the last minute: a page that looks again every few seconds asks the roster, and the audit, once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], tuple[float, Reach]] = {}
        self._lock = Lock()

    def find(self, key: tuple[str, str, int], ask: Callable[[], Reach]) -> Reach:
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
        if kept and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        found = ask()
        with self._lock:
            if len(self._kept) >= KEPT_AT_MOST:
                self._kept.clear()
            self._kept[key] = now, found
        return found


_ROSTERS = _Rosters()
