"""Makes a home of a backup again, in a new folder, once every file, table and the audit prove to be as they were."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightlight.catalog.audit import Entry, Verification, append, verify
from nightlight.db import open_database, transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.operations.backup_archive import ABOUT, ANCHOR, INSIDE, MANIFEST, read_archive
from nightlight.settings import FOLDERS, Home

ACTION = "restore"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What a backup held, and that it is there again."""

    home: str
    made_at: str
    files: int
    tables: int
    rows: int
    audit_records: int
    sessions_ended: int


def restore(
    file: Path,
    root: Path,
    *,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    say: Say = lambda line: None,
) -> Restored:
    """Restore a backup into `root`, a folder that is empty or not there yet.

    It is unpacked and verified beside it and moved there when all is well; nothing is left behind by a failure.
    Everybody has to sign in again: a session that was ended since would be open once more.
    """
    _refuse_a_full_folder(root)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=root.parent, prefix=f".{root.name}.restoring-"))
    except OSError as error:
        raise NightlightError(
            f"nothing can be restored here: {error.strerror}",
            where=str(root.parent),
            remedy="name a folder you may write to",
        ) from error
    try:
        say("unpacking")
        manifest = read_archive(file, staging)
        say("verifying tables and the audit")
        home, rows = _open(staging / INSIDE, file, manifest)
        verification = _verify_audit(home, staging / ANCHOR, file)
        ended = _end_sessions(home, clock())
        open_database(home.database_url).dispose()
        _move(home.root, root)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    restored = Home.open(root)
    detail = f"of {manifest['made_at']}, {len(manifest['tables'])} tables, {ended} sessions ended"
    append(restored, Entry(ACTION, by, None, "done", statement=str(file), detail=detail), clock=clock)
    members = len(manifest["files"]) - len({ABOUT, ANCHOR, MANIFEST} & manifest["files"].keys())
    return Restored(
        str(restored.root), manifest["made_at"], members, len(manifest["tables"]), rows, verification.records, ended
    )


def _refuse_a_full_folder(root: Path) -> None:
    if os.path.lexists(root) and (not root.is_dir() or any(root.iterdir())):
        raise NightlightError(
            "the folder is not empty",
            where=str(root),
            remedy="name a new folder with --home; a backup replaces nothing",
        )


def _open(root: Path, file: Path, manifest: dict[str, Any]) -> tuple[Home, int]:
    """The unpacked home and its rows, if its tables are those that were backed up."""
    try:
        for name in FOLDERS:
            (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        home = Home.open(root)
        lake = Lake(home.lake)
        found = {str(name): lake.table(name).version for name in lake.tables()}
        if found != manifest.get("tables"):
            raise NightlightError("its tables are not at the versions that were backed up")
        rows = sum(lake.table(name).rows for name in found)
        if gone := [name for name in found for each in lake.table(name).files() if not Path(each.path).is_file()]:
            raise NightlightError(f"table {gone[0]} lacks a file")
    except (NightlightError, OSError) as error:
        what = error.what if isinstance(error, NightlightError) else error.strerror
        raise NightlightError(
            f"this backup cannot be restored: {what}", where=str(file), remedy="take another one; nothing was changed"
        ) from error
    return home, rows


def _verify_audit(home: Home, anchor: Path, file: Path) -> Verification:
    found = verify(home, anchor)
    if not found.ok:
        raise NightlightError(
            f"the audit in this backup is not as it was written: {found.problems[0]}",
            where=str(file),
            remedy="take another one; nothing was changed",
        )
    return found


def _end_sessions(home: Home, now: datetime) -> int:
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        connection.execute(text("DELETE FROM workspace_tickets"))
        ended = connection.execute(text("UPDATE sessions SET ended_at = :now WHERE ended_at IS NULL"), {"now": now})
    return int(ended.rowcount)


def _move(home: Path, root: Path) -> None:
    os.sync()
    if root.is_dir():
        root.rmdir()
    home.chmod(0o700)
    home.rename(root)
