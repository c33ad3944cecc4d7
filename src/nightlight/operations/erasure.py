"""Erasure: what a texter wrote, and what was found in it, is taken out of a home for good, older versions too.

One step after the other, each of which may be done again: killed in between, the same call does the rest. Counts in
which the person was one of many stay until they are computed anew."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nightlight.catalog.audit import Entry, append
from nightlight.db import truncate_log
from nightlight.errors import NightlightError
from nightlight.lakehouse.erasing import Rows, erase_rows
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import Lake, TableName
from nightlight.pipelines.definitions import Kind
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.project import find_projects, read_project
from nightlight.pipelines.update import run_update
from nightlight.quality import tables as quality_tables
from nightlight.quality.access import Clock
from nightlight.quality.annotation.store import erase_conversation as erase_annotated
from nightlight.quality.forgetting import erase_conversation
from nightlight.settings import Home
from nightlight.sql.background import forget_all_results
from nightlight.sql.extracts import Extracts

PERSON, CONVERSATION = "texter_key", "conversation_id"
REFUSED = ("quarantine", "row")  # rows as they were delivered: whom they are about is found by the words in them
OTHERS_WORK = {"practice", "quality", "ops"}  # written anew from the database, or not about texters


@dataclass(frozen=True)
class Erased:
    """How many conversations it were, and of which tables how many rows; tables that held none are left out."""

    conversations: int
    rows: Mapping[str, int]


def erase_texter(
    home: Home,
    key: str,
    *,
    conversations: Collection[str] = (),
    by: str,
    clock: Clock,
    engine: str = "sail",
    remote: str | None = None,
) -> Erased:
    """Erase the conversations of the texter with this key, and those that are named.

    Raises NightlightError where nothing is known of them: a key is easily mistyped.
    """
    with run_lock(home.root, "ingestion"):
        _finish_reading(home, engine, remote)
        with run_lock(home.root, "pipeline update"):
            found = conversations_of(Lake(home.lake), key) | set(conversations)
            if not found:
                raise NightlightError(
                    "no conversation of this texter is known here",
                    remedy=f"the key stands in the column {PERSON}; live conversations are named by --conversation",
                )
            append(home, Entry("erase texter", by, None, "done", rows=len(found)))
            _erase_quality_work(home, found, by, clock)
            rows = _erase_tables(Lake(home.lake), key, found)
            Extracts(home, Lake(home.lake)).forget()
            forget_all_results(home)
            truncate_log(home.database_url)
    return Erased(len(found), rows)


def conversations_of(lake: Lake, key: str) -> set[str]:
    """The conversations of a texter, by every table that knows both."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: set[str] = set()
    for name in lake.tables():
        table = lake.table(name)
        if {PERSON, CONVERSATION} <= set(table.schema.names):
            for batch in table.batches([PERSON, CONVERSATION]):
                theirs = batch.filter(pc.equal(pc.cast(batch.column(PERSON), pa.string()), key)).column(CONVERSATION)
                found.update(str(each) for each in theirs.to_pylist() if each is not None)
    return found


def _finish_reading(home: Home, engine: str, remote: str | None) -> None:
    """Bring the datasets up to date: what a stream has not read yet could not be read once its file is gone."""
    projects = find_projects(home.pipelines)
    if not projects:
        return
    session = open_session(engine, settings=home.settings, remote=remote)
    for root in projects:
        project = read_project(root, session, production=home.settings.production)
        streams = {dataset.name for dataset in project.tables() if dataset.kind is Kind.STREAMING_TABLE}
        behind = [event.dataset for event in run_update(project, home, session).events if event.error]
        if stopped := streams.intersection(behind):
            raise NightlightError(
                f"{min(stopped)} cannot be brought up to date, which erasure begins with",
                remedy="nothing was erased: mend it (`nightlight pipeline run` says more), then erase again",
            )


def _erase_quality_work(home: Home, conversations: Collection[str], by: str, clock: Clock) -> None:
    """Live text, flags, reviews, corrections, samples, openings, calls; sets that were annotated; the tables of it."""
    for conversation in sorted(conversations):
        erase_conversation(home, conversation, by=by)
        erase_annotated(home, conversation)
    if quality_tables.is_used(home):
        quality_tables.publish_erased(home, clock=clock)


def _erase_tables(lake: Lake, key: str, conversations: Collection[str]) -> dict[str, int]:
    """Rows of every layer: bronze, silver, gold, and what was refused on the way.

    Tables that know the person come last: until they are done, the conversations can be found again.
    """
    values = {CONVERSATION: frozenset(conversations), PERSON: frozenset({key})}
    tables = [lake.table(name) for name in lake.tables() if name.schema not in OTHERS_WORK]
    erased = {}
    for table in sorted(tables, key=lambda table: (PERSON in table.schema.names, table.name)):
        if count := erase_rows(table, Rows(values, within=_within(lake, table.name))):
            erased[str(table.name)] = count
        lake.forget(table)
    return erased


def _within(lake: Lake, name: TableName) -> frozenset[str]:
    """The column of refused rows, where the table they were delivered for knows conversations or texters."""
    if name.schema != REFUSED[0]:
        return frozenset()
    of = (lake.table(each) for each in lake.tables() if f"{each.schema}_{each.table}" == name.table)
    is_theirs = any({PERSON, CONVERSATION} & set(table.schema.names) for table in of)
    return frozenset({REFUSED[1]}) if is_theirs else frozenset()
