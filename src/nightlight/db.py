"""The catalog's database: one SQLAlchemy engine per home, brought to the newest schema by alembic when opened.

SQLite writes ahead, so that readers never wait for a writer, and is durable at every commit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"
POOLED = 20  # connections kept; those beyond are made and set up anew for each use, which costs more than a query
_OPENING = RLock()  # the cache alone would let two threads make, and migrate, the same database
SQLITE_PRAGMAS = (
    *("busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"),
    "secure_delete = ON",  # what was deleted is overwritten: it may have been somebody's text
)


@lru_cache(maxsize=8)
def open_database(url: str) -> "Engine":
    """The engine of the database at `url`, migrated; raises NightlightError when it cannot be opened."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with _OPENING:
            engine = create_engine(url, pool_size=POOLED)
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(engine)
            if _revision(engine) != _newest():
                _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        raise _cannot_open(url, error) from error
    return engine


@contextmanager
def transaction(url: str) -> "Iterator[Connection]":
    """A connection in one transaction: committed at the end, rolled back by an exception."""
    from sqlalchemy.exc import SQLAlchemyError

    with _OPENING:
        engine = open_database(url)
    try:
        connection = engine.connect()
    except (SQLAlchemyError, OSError) as error:
        raise _cannot_open(url, error) from error
    with connection, connection.begin():
        yield connection


def truncate_log(url: str) -> None:
    """Empty what SQLite has written ahead, where deleted rows still stand; who reads or writes just now puts it off to
    a later time. PostgreSQL cares for its own."""
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def insert_row(connection: "Connection", table: str, values: Mapping[str, Any]) -> None:
    from sqlalchemy import text

    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"), dict(values))


def update_rows(connection: "Connection", table: str, match: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """How many rows that match were given these values; no column stands in both."""
    from sqlalchemy import text

    changes = ", ".join(f"{name} = :{name}" for name in values)
    where = " AND ".join(f"{name} = :{name}" for name in match)
    return connection.execute(text(f"UPDATE {table} SET {changes} WHERE {where}"), {**match, **values}).rowcount


def rows_of(connection: "Connection", table: str, order: str, **match: Any) -> list[dict[str, Any]]:
    """The rows that have these values."""
    from sqlalchemy import text

    where = " AND ".join(f"{name} = :{name}" for name in match) or "1 = 1"
    query = text(f"SELECT * FROM {table} WHERE {where} ORDER BY {order}")
    return [dict(row) for row in connection.execute(query, match).mappings()]


def moment(value: datetime | str) -> datetime:
    """A moment as the database gave it, in UTC: SQLite gives text, and what has no zone was written in UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _cannot_open(url: str, error: Exception) -> NightlightError:
    return NightlightError(
        "the catalog's database cannot be opened",
        where=_without_password(url),
        remedy=f"check the file or server ({type(getattr(error, 'orig', error)).__name__})",
    )


def _prepare_sqlite(engine: "Engine") -> None:
    """Set every connection up; make the file before SQLite would make it readable to everybody.

    A pooled connection goes on with a file that was deleted or replaced (by a restore) as if nothing had happened:
    what it answers and records would be lost. So each use looks whether its file is still the one in its place.
    """
    from sqlalchemy import event
    from sqlalchemy.exc import DisconnectionError

    file = Path(engine.url.database or ":memory:")
    if str(file) == ":memory:":
        return
    if not file.exists():
        file.touch(mode=0o600)

    @event.listens_for(engine, "do_connect")
    def find(_dialect: Any, record: Any, _args: Any, _options: Any) -> None:
        record.info["file"] = file.stat().st_ino  # SQLite itself would make a new, empty one

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkout")
    def look_again(_connection: Any, record: Any, _proxy: Any) -> None:
        if file.stat().st_ino != record.info.get("file"):
            raise DisconnectionError


def _revision(engine: "Engine") -> str | None:
    """The revision the database is at, read directly: loading alembic costs more than the answer."""
    from sqlalchemy import inspect, text

    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _newest() -> str:
    return max(file.stem.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _migrate(engine: "Engine") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        # One process migrates, as a whole or not at all; the others wait and find it done.
        lock = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "SELECT pg_advisory_xact_lock(20260301)"
        connection.exec_driver_sql(lock)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _without_password(url: str) -> str:
    from sqlalchemy import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:  # an unreadable URL is not repeated: it may hold the password
        return "settings key 'database'"
