"""Opens MLflow's store of a home, in one of its workspaces; MLflow runs in this process and sends nothing anywhere.

Loading it takes seconds, and its tables are made at the first use: whoever only reads versions does it by `stored`."""

import fcntl
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEV, STAGING, PROD = WORKSPACES = ("dev", "staging", "prod")
EXPERIMENTS, NOTEBOOKS = "default", "notebooks"
"""MLflow's own workspace, with the runs of notebooks, which have no models; and the folder of their files."""
ARTIFACTS = "artifacts"
PATHS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
SCHEMA = "registry"  # of PostgreSQL: MLflow's tables and ours have names in common
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "MLFLOW_ENABLE_WORKSPACES": "true",
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",  # no connection outlives its use, or a file that was restored
}
_OPENING = RLock()  # MLflow makes its tables at the first use: once


@contextmanager
def open_store(home: Home, workspace: str) -> "Iterator[MlflowClient]":
    """A client whose every call is about one workspace, in this thread; its errors become one clear line."""
    with _OPENING:
        client = _open(store_url(home), home.registry)
    from mlflow.exceptions import MlflowException
    from mlflow.utils.workspace_context import ServerWorkspaceContext
    from sqlalchemy.exc import SQLAlchemyError

    # The client's own `set_workspace` writes into the environment, which every thread shares.
    try:
        with ServerWorkspaceContext(workspace):
            yield client
    except MlflowException as error:
        raise NightlightError(f"the registry refused ({error.error_code})", remedy="try it once more") from error
    except SQLAlchemyError as error:
        raise NightlightError(
            f"the registry's database failed ({type(error).__name__})", remedy="check the disk and the database"
        ) from error


def store_url(home: Home) -> str:
    """Where MLflow keeps what it knows: a file of the home, or a schema of the catalog's PostgreSQL database."""
    if not home.settings.database.startswith("postgresql"):
        return f"sqlite:///{home.registry / 'registry.db'}"
    from sqlalchemy import make_url

    url = make_url(home.settings.database).update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    return url.render_as_string(hide_password=False)


def check_workspace(workspace: str) -> None:
    if workspace not in WORKSPACES:
        raise NightlightError(
            f"there is no workspace '{workspace}' for models", remedy=f"choose one of {', '.join(WORKSPACES)}"
        )


def experiment_in(client: "MlflowClient", name: str) -> str:
    """The id of an experiment of the client's workspace; it is made when it is new."""
    found = client.get_experiment_by_name(name)
    if found is None:
        with made_meanwhile():
            return client.create_experiment(name)
        found = client.get_experiment_by_name(name)
    assert found is not None
    return str(found.experiment_id)


@contextmanager
def made_meanwhile() -> Iterator[None]:
    """Makes nothing of it when somebody else has just made the same."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


@lru_cache(maxsize=4)
def _open(url: str, folder: Path) -> "MlflowClient":
    os.environ |= ENVIRONMENT
    folder.mkdir(mode=0o700, exist_ok=True)
    with warnings.catch_warnings():  # its own use of what SQLAlchemy will drop
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # importing it sets another
        if not url.startswith("sqlite"):
            _make_schema(url)
        else:
            _make_file(folder / "registry.db")
        client = MlflowClient(tracking_uri=url, registry_uri=url)
        _prepare_workspaces(client, url, folder / ARTIFACTS)
    return client


def _make_file(file: Path) -> None:
    """MLflow's tables in a file that is in its place once they are all there, unless another process has made it: it
    commits hundreds of times on the way, and none of these has to be on the disk before the next."""
    if file.exists():
        return
    with file.parent.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # for the seconds that another takes
        if not file.exists():
            _make_tables(file.with_suffix(".new")).rename(file)


def _make_tables(made: Path) -> Path:
    from mlflow import MlflowClient
    from sqlalchemy import Engine, event

    made.unlink(missing_ok=True)
    made.touch(mode=0o600)

    def relax(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection) and _file_of(connection) == made:
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", relax)
    try:
        MlflowClient(tracking_uri=f"sqlite:///{made}", registry_uri=f"sqlite:///{made}").list_workspaces()
    finally:
        event.remove(Engine, "connect", relax)
    with made.open("rb") as written:
        os.fsync(written.fileno())
    return made


def _file_of(connection: sqlite3.Connection) -> Path:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


def _prepare_workspaces(client: "MlflowClient", url: str, folder: Path) -> None:
    """Make the workspaces, each with a folder for its files. MLflow writes down whole paths: in a home that stands in
    another place than before (a copy, a restored backup) they are written anew."""
    roots = {name: (folder / name).as_uri() for name in (*WORKSPACES, NOTEBOOKS)}
    known = {workspace.name: workspace.default_artifact_root for workspace in client.list_workspaces()}
    for place in (folder, *(folder / name for name in roots)):
        place.mkdir(mode=0o700, exist_ok=True)
    for name, root in roots.items():
        if (own := EXPERIMENTS if name == NOTEBOOKS else name) not in known:
            with made_meanwhile():
                client.create_workspace(own, default_artifact_root=root)
        elif known[own] != root:
            client.update_workspace(own, default_artifact_root=root)
            if former := known[own]:
                _move_paths(url, former, root)


def _move_paths(url: str, former: str, root: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        for table, column in PATHS:
            change = f"UPDATE {table} SET {column} = replace({column}, :former, :root) WHERE {column} LIKE :within"
            connection.execute(text(change), {"former": f"{former}/", "root": f"{root}/", "within": f"{former}/%"})
    engine.dispose()


def _make_schema(url: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    engine.dispose()
