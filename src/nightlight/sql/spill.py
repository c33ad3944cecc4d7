"""The private folder of one background query, for what does not fit in its memory.

Whoever opened it holds a lock on it, the worker too; a folder without one was left by a process that was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX, UNFINISHED = "spill-", ".spill-"


@contextmanager
def spill_folder(parent: Path) -> Iterator[int]:
    """An empty folder under `parent`, open; it is deleted at the end, with those that killed processes left."""
    for left in parent.glob(f"{PREFIX}*"):
        _delete_if_left(left)
    new = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
    folder = parent / new.name.replace(UNFINISHED, PREFIX, 1)
    opened = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        new.rename(folder)  # seen by others once it is locked
        yield opened
    finally:
        os.close(opened)
        shutil.rmtree(folder, ignore_errors=True)


def _delete_if_left(folder: Path) -> None:
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # its query ended meanwhile
        return
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:  # its query runs
        return
    finally:
        os.close(opened)
