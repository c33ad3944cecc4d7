"""Practice as governed tables of the lake (schema `practice`), for dashboards, SQL and pipelines.

A session enters when it has ended, once; a stopped one never does, and no wish, no note on how somebody felt. What
changes afterwards (corrections, assignments, cohorts) is written anew as a whole when it is not as it was."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import changing
from nightlight.db import rows_of, transaction
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.maintenance import vacuum
from nightlight.lakehouse.published import batches_of, rewrite, schema_of
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake, Table
from nightlight.practice import store
from nightlight.practice.columns import APPENDED, COLUMNS, COMMENTS
from nightlight.practice.rows import appended_rows, rewritten_rows
from nightlight.settings import Home

APP, DIGEST = "practice", "practice_digest"
LOCK = "practice tables"
OF_PERSON = (
    *("feelings", "wishes", "efficacy", "members", "swaps", "certificates", "study_people", "transcripts", "sessions"),
)


@dataclass(frozen=True)
class Published:
    """What one call of `publish` wrote: sessions that were new, tables that changed."""

    sessions: int
    tables: tuple[str, ...]


def make_tables(home: Home) -> None:
    """Make the tables that are not there yet, empty, so that pipelines and grants can name them."""
    lake = Lake(home.lake)
    missing = [name for name in COLUMNS if not lake.table(f"practice.{name}").exists]
    for name in missing:
        _write(lake.table(f"practice.{name}"), name, [])
    if missing:
        register_tables(home.database_url, Lake(home.lake), [f"practice.{name}" for name in missing])


def is_used(home: Home) -> bool:
    """Whether anybody practises in this home, or its tables are there already."""
    if (home.lake / "practice").is_dir():
        return True
    with transaction(home.database_url) as connection:
        return any(rows_of(connection, f"practice_{name}", "1") for name in ("sessions", "cohorts", "efficacy"))


def publish(home: Home) -> Published:
    """Write what is new; killed at any point and called again, every session is there once."""
    with run_lock(home.root, LOCK):
        make_tables(home)
        lake = Lake(home.lake)
        changed, sessions = set[str](), 0
        for batch in _pending(home, lake):
            with transaction(home.database_url) as connection:
                found = store.select(connection, "batch = :batch", batch=batch)
            sessions += len(found)
            rows = appended_rows(home, found)
            for name in APPENDED:
                if _write(lake.table(f"practice.{name}"), name, rows[name], batch=batch):
                    changed.add(name)
        for name, current in rewritten_rows(home).items():
            table, schema = lake.table(f"practice.{name}").newest(), schema_of(COLUMNS[name])
            if rewrite(table, current, schema, digest=DIGEST, description=COMMENTS[name]):
                changed.add(name)
        if changed:
            register_tables(home.database_url, Lake(home.lake), [f"practice.{name}" for name in sorted(changed)])
    return Published(sessions, tuple(sorted(changed)))


def erase_person(home: Home, person: str, *, by: str) -> int:
    """Take everything a person practised out of the database and the tables, older versions of these too.

    The number of sessions that were erased. What they changed of other people's (cohorts, corrections) stays.
    """
    append(home, Entry("erase practice", by, None, "done", statement=person))
    with run_lock(home.root, LOCK):
        sessions = _erase_rows(home, person)
        lake = Lake(home.lake)
        for name, columns in COLUMNS.items():
            table = lake.table(f"practice.{name}").newest()
            if table.exists and "person" in columns:
                kept = [row for row in table.read().to_pylist() if row["person"] != person]
                if len(kept) < table.rows:
                    _write(table, name, kept, overwrite=True)
                    vacuum(table.newest(), keep=timedelta(0))
        register_tables(home.database_url, Lake(home.lake), [f"practice.{name}" for name in COLUMNS])
    return sessions


def _pending(home: Home, lake: Lake) -> Iterator[int]:
    """The numbers of batches that a table has not got, and that of the sessions that have none yet."""
    from sqlalchemy import text

    reached = min((lake.table(f"practice.{name}").transaction(APP) or 0) for name in APPENDED)
    with changing(home.database_url) as connection:
        newest = connection.execute(text("SELECT COALESCE(MAX(batch), 0) FROM practice_sessions")).scalar_one()
        number = max(int(newest), reached) + 1
        new = "batch = 0 AND ended_at IS NOT NULL AND stopped = 0"
        connection.execute(text(f"UPDATE practice_sessions SET batch = :number WHERE {new}"), {"number": number})
        query = text("SELECT DISTINCT batch FROM practice_sessions WHERE batch > :reached ORDER BY batch")
        batches = [int(batch) for batch in connection.execute(query, {"reached": reached}).scalars()]
    yield from batches


def _write(
    table: Table, name: str, rows: Iterable[dict[str, Any]], *, batch: int | None = None, overwrite: bool = False
) -> bool:
    """Append rows as this batch; False when the table has it already."""
    schema = schema_of(COLUMNS[name])
    done = write(
        table,
        batches_of(rows, schema),
        schema=schema,
        transactions={} if batch is None else {APP: batch},
        overwrite=overwrite,
        description=COMMENTS[name],
    )
    return done is not None


def _erase_rows(home: Home, person: str) -> int:
    from sqlalchemy import text

    mine = "IN (SELECT id FROM practice_sessions WHERE person = :person)"
    rated = "IN (SELECT id FROM practice_transcripts WHERE person = :person)"
    with changing(home.database_url) as connection:
        for query in (
            f"DELETE FROM practice_events WHERE session {mine}",
            f"DELETE FROM practice_items WHERE session {mine}",
            f"DELETE FROM practice_wordings WHERE session {mine}",
            f"DELETE FROM practice_corrections WHERE session {mine}",
            f"DELETE FROM practice_ratings WHERE transcript {rated}",
            *(f"DELETE FROM practice_{table} WHERE person = :person" for table in OF_PERSON),
        ):
            erased = connection.execute(text(query), {"person": person}).rowcount
    return erased
