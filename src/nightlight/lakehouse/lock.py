"""One run at a time: a lock on a file of the home, which ends with the process that holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nightlight.errors import NightlightError


@contextmanager
def run_lock(root: Path, name: str) -> Iterator[None]:
    """Hold `<root>/<name>.lock`; raises NightlightError at once when another process does."""
    with (root / f"{name.replace(' ', '-')}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NightlightError(
                f"another {name} is running in this home", where=str(root), remedy="wait until it has ended"
            ) from None
        yield
