"""Takes a backup of a home: one file that holds all of it as it was at one moment, while everybody goes on working.

The lake's versions are noted first, while no run writes, and the catalog is copied after them: so what is restored
never has rows that the catalog's policies do not know of. Files of the lake never change, so they are copied later."""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.audit_anchor import Anchor, add_anchor
from nightlight.errors import NightlightError
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import Lake, Table
from nightlight.operations.backup_archive import ANCHOR, INSIDE, Archive, write_archive
from nightlight.settings import Home

ACTION = "backup"
CATALOG = "catalog.db"
LEFT_OUT = {"extracts", "results", "lake"}  # made again when asked for; the lake is copied by its own log
PASSING, PASSING_AT_TOP = ("-wal", "-shm", "-journal"), (".lock", ".new")
OWN_FOLDER = ".backup-"
SQLITE = b"SQLite format 3\0"
NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
PATIENCE = 600  # seconds: longer than a round takes
Say = Callable[[str], None]


@dataclass(frozen=True)
class Backup:
    """What was written."""

    file: str
    bytes: int
    files: int
    tables: int
    audit_records: int
    notes: tuple[str, ...] = ()


def back_up(
    home: Home,
    file: Path,
    *,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    say: Say = lambda line: None,
    patience: float = PATIENCE,
) -> Backup:
    """Write a backup of the home to `file`, which gets its name when it is whole; the audit has it before that.

    Waits up to `patience` seconds for a run that writes. `say` hears what is being done. Raises NightlightError.
    """
    entry = Entry(action=ACTION, principal=by, purpose=None, outcome="done", statement=str(file))
    try:
        _refuse_what_cannot_be(home, file)
        return _write(home, file, entry, clock, say, patience)
    except BaseException as error:
        detail = str(error) if isinstance(error, NightlightError) else type(error).__name__
        append(home, replace(entry, outcome="failed", detail=detail), clock=clock)
        raise


def _refuse_what_cannot_be(home: Home, file: Path) -> None:
    if home.settings.database:
        raise NightlightError(
            "the catalog's database is on a server, which backs itself up",
            remedy="run pg_dump for it, then copy the home's folder while no run is on",
        )
    if file.resolve().is_relative_to(home.root.resolve()):
        raise NightlightError(
            "the backup would lie in the home itself",
            where=str(file),
            remedy="name a file elsewhere, best on another disk",
        )


def _write(home: Home, file: Path, entry: Entry, clock: Callable[[], datetime], say: Say, patience: float) -> Backup:
    about: dict[str, object] = {"home": home.root.name, "made_at": clock().isoformat(timespec="seconds")}
    with run_lock(home.root, "backup"), _own_folder(home.root) as folder, write_archive(file, about) as archive:
        with _nobody_writing(home, say, patience):
            say("reading the lake's logs")
            tables = _take_logs(home, archive)
            sequence = _take_catalog(home, archive, folder, clock)
        about["tables"] = {str(table.name): table.version for table in tables}
        about["audit"] = sequence
        notes = list(_take_files(home, archive, folder))
        for number, table in enumerate(tables, start=1):
            say(f"copying table {number} of {len(tables)}, {table.name}")
            _take_table(home, archive, table)
        contents = archive.contents
        append(home, replace(entry, detail=f"{len(tables)} tables, {contents.size:,} bytes"), clock=clock)
    return Backup(str(file), file.stat().st_size, len(contents.members), len(tables), sequence, tuple(notes))


@contextmanager
def _own_folder(root: Path) -> Iterator[Path]:
    """A folder for copies, without those that a killed backup left."""
    for left in root.glob(f"{OWN_FOLDER}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=OWN_FOLDER) as folder:
        yield Path(folder)


@contextmanager
def _nobody_writing(home: Home, say: Say, patience: float) -> Iterator[None]:
    """Hold the locks that ingestion and updates hold while they write; they are needed for a moment only."""
    with ExitStack() as held:
        until, told = time.monotonic() + patience, False
        for name in ("ingestion", "pipeline update"):
            while True:
                try:
                    held.enter_context(run_lock(home.root, name))
                    break
                except NightlightError:
                    if time.monotonic() >= until:
                        raise
                    if not told:
                        say("waiting for the run under way")
                    told = True
                    time.sleep(0.2)
        yield


def _take_logs(home: Home, archive: Archive) -> list[Table]:
    lake = Lake(home.lake)
    tables = [table for name in lake.tables() if (table := lake.table(name).fresh()).exists]
    for table in tables:
        for log in sorted(path for path in (table.path / "_delta_log").rglob("*") if path.is_file()):
            archive.add(_inside(home, log), log)
        table.files()  # the list is read now: a later log would tell of a later version
    return tables


def _take_table(home: Home, archive: Archive, table: Table) -> None:
    for file in table.files():
        archive.add(_inside(home, Path(file.path)), Path(file.path))


def _take_catalog(home: Home, archive: Archive, folder: Path, clock: Callable[[], datetime]) -> int:
    """Copy the catalog's database, and anchor the audit's head as the copy has it; the head's sequence."""
    copy, anchor = folder / CATALOG, folder / ANCHOR
    copy_database(home.root / CATALOG, copy)
    with closing(sqlite3.connect(copy)) as connection:
        sequence, digest = connection.execute("SELECT sequence, hash FROM audit_head").fetchone()
    anchor.touch(mode=0o600)
    add_anchor(anchor, home.key("audit"), Anchor(sequence, clock(), digest))
    archive.add(f"{INSIDE}/{CATALOG}", copy)
    archive.add(ANCHOR, anchor)
    return int(sequence)


def copy_database(source: Path, copy: Path) -> None:
    """Copy an SQLite database as it is at one moment, whoever writes it meanwhile."""
    copy.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(source, timeout=30)) as reading, closing(sqlite3.connect(copy)) as writing:
            reading.backup(writing)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in NO_ROOM:
            raise NightlightError(
                "a database could not be copied: the disk is full or refused",
                where=str(source),
                remedy="make room on the home's disk",
            ) from error
        raise NightlightError(
            f"a database could not be copied ({type(error).__name__})",
            where=str(source),
            remedy="run `nightlight doctor`",
        ) from error


def _take_files(home: Home, archive: Archive, folder: Path) -> Iterator[str]:
    """Everything else in the home; yields a note for what is no file and stays behind."""
    for path in _files(home.root):
        try:
            if path.is_symlink() or not path.is_file():
                if os.path.lexists(path):
                    yield f"left out, because it is no file of its own: {path.relative_to(home.root)}"
            elif _is_database(path):
                copy = folder / "database"
                copy.unlink(missing_ok=True)
                copy_database(path, copy)
                archive.add(_inside(home, path), copy)
            else:
                archive.add(_inside(home, path), path)
        except FileNotFoundError:  # somebody has deleted it meanwhile
            continue


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in LEFT_OUT and not name.startswith(OWN_FOLDER)]
        for name in sorted([*names, *(each for each in folders if (Path(folder) / each).is_symlink())]):
            path = Path(folder) / name
            is_passing = name.endswith(PASSING) or (path.parent == root and name.endswith(PASSING_AT_TOP))
            if not is_passing and path != root / CATALOG:
                yield path


def _is_database(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(SQLITE)) == SQLITE


def _inside(home: Home, path: Path) -> str:
    return f"{INSIDE}/{path.relative_to(home.root).as_posix()}"
