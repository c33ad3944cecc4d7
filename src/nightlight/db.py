"""The catalog's database: one SQLAlchemy engine per home, brought to the newest schema by alembic when opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"


@lru_cache(maxsize=8)
def open_database(url: str) -> "Engine":
    """The engine of the database at `url`, migrated; raises NightlightError when it cannot be opened."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(url)
        if _revision(engine) != _newest():
            _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        raise NightlightError(
            "the catalog's database cannot be opened",
            where=_without_password(url),
            remedy=f"check the file or server ({type(getattr(error, 'orig', error)).__name__})",
        ) from error
    return engine


@contextmanager
def transaction(url: str) -> "Iterator[Connection]":
    """A connection in one transaction: committed at the end, rolled back by an exception."""
    with open_database(url).begin() as connection:
        yield connection


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
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _without_password(url: str) -> str:
    from sqlalchemy import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:  # an unreadable URL is not repeated: it may hold the password
        return "settings key 'database'"
