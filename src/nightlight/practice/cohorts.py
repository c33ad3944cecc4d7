"""Cohorts: people whom one trainer teaches together. A trainer reads and assigns to their own cohorts only."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_principal, check_privilege
from nightlight.catalog.audit import Entry
from nightlight.catalog.recorded import audited_change
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError, suggest
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

SECURABLE = "app practice"
LONGEST_NAME = 80
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Cohort:
    """`is_pilot`: a small group that tries an assignment before others get it."""

    name: str
    is_pilot: bool
    made_by: str
    made_at: datetime
    people: tuple[str, ...]


def make_cohort(
    home: Home, name: str, people: Iterable[str], *, by: str, is_pilot: bool = False, clock: Clock
) -> Cohort:
    """A new cohort of the trainer; raises NightlightError for a name that is taken and for unknown people."""
    name = check_name(name, "a cohort")
    with trainer_changes(home, Entry("make cohort", by, None, "done", statement=name)) as connection:
        if rows_of(connection, "practice_cohorts", "name", name=name):
            raise NightlightError(f"there is a cohort '{name}' already", remedy="choose another name")
        values = {"name": name, "is_pilot": int(is_pilot), "made_by": by, "made_at": clock()}
        insert_row(connection, "practice_cohorts", values)
        for person in dict.fromkeys(people):
            _add(connection, name, person, by, clock())
        return find(connection, name)


def add_to_cohort(home: Home, name: str, person: str, *, by: str, clock: Clock) -> Cohort:
    """Adding somebody twice changes nothing."""
    with trainer_changes(home, Entry("add to cohort", by, None, "done", statement=name, detail=person)) as connection:
        cohort = find_own(connection, name, by)
        if person not in cohort.people:
            _add(connection, name, person, by, clock())
        return find(connection, name)


def remove_from_cohort(home: Home, name: str, person: str, *, by: str, clock: Clock) -> Cohort:
    """What somebody has practised stays theirs; the trainer opens it no more."""
    entry = Entry("remove from cohort", by, None, "done", statement=name, detail=person)
    with trainer_changes(home, entry) as connection:
        find_own(connection, name, by)
        for row in _members(connection, name):
            if row["person"] == person:
                ended = {"ended_at": clock(), "ended_by": by}
                update_rows(connection, "practice_members", {"id": row["id"]}, ended)
        return find(connection, name)


def end_cohort(home: Home, name: str, *, by: str, clock: Clock) -> None:
    with trainer_changes(home, Entry("end cohort", by, None, "done", statement=name)) as connection:
        find_own(connection, name, by)
        update_rows(connection, "practice_cohorts", {"name": name}, {"ended_at": clock()})


def find_cohort(home: Home, name: str, *, by: str) -> Cohort:
    """A trainer's own cohort; another's is not there."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        return find_own(connection, name, by)


def list_cohorts(home: Home, *, by: str) -> list[Cohort]:
    """The cohorts that this trainer made, by name."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        rows = rows_of(connection, "practice_cohorts", "name", made_by=by)
        return [find(connection, row["name"]) for row in rows if row["ended_at"] is None]


def cohorts_of(connection: "Connection", person: str) -> list[str]:
    """The names of the cohorts somebody is in."""
    rows = rows_of(connection, "practice_members", "cohort", person=person)
    running = {row["name"] for row in rows_of(connection, "practice_cohorts", "name") if row["ended_at"] is None}
    return [row["cohort"] for row in rows if row["ended_at"] is None and row["cohort"] in running]


def find(connection: "Connection", name: str) -> Cohort:
    rows = rows_of(connection, "practice_cohorts", "name")
    known = {row["name"]: row for row in rows if row["ended_at"] is None}
    if name not in known:
        raise NightlightError(f"there is no cohort '{name}'", remedy="make it first")
    row = known[name]
    people = tuple(member["person"] for member in _members(connection, name))
    return Cohort(name, bool(row["is_pilot"]), row["made_by"], moment(row["made_at"]), people)


def find_own(connection: "Connection", name: str, by: str) -> Cohort:
    rows = rows_of(connection, "practice_cohorts", "name", made_by=by)
    names = [row["name"] for row in rows if row["ended_at"] is None]
    if name not in names:
        raise NightlightError(f"you have no cohort '{name}'", remedy=suggest(name, names) if names else "make it first")
    return find(connection, name)


def trainer_changes(home: Home, entry: Entry) -> "AbstractContextManager[Connection]":
    """A change that needs MANAGE on practice; the audit has it with the change, or that it was refused."""
    return audited_change(home, entry, privilege="MANAGE", securable=SECURABLE)


def check_name(name: str, what: str) -> str:
    found = " ".join(name.split())
    if not found or len(found) > LONGEST_NAME:
        raise NightlightError(f"{what} needs a name", remedy=f"write one of at most {LONGEST_NAME} characters")
    return found


def _members(connection: "Connection", name: str) -> list[dict[str, Any]]:
    rows = rows_of(connection, "practice_members", "person", cohort=name)
    return [row for row in rows if row["ended_at"] is None]


def _add(connection: "Connection", cohort: str, person: str, by: str, at: datetime) -> None:
    check_principal(connection, person)
    insert_row(connection, "practice_members", {"cohort": cohort, "person": person, "added_at": at, "added_by": by})
