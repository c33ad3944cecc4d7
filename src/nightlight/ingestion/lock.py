"""One ingestion at a time in a home: a lock that the operating system lets go when its holder ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from nightlight.errors import NightlightError
from nightlight.settings import Home

LOCK_FILE = "ingest.lock"


@contextmanager
def only_run(home: Home) -> Iterator[None]:
    """Hold the home's ingestion lock; raises NightlightError at once when another run has it."""
    with (home.root / LOCK_FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NightlightError(
                "another ingestion is running in this home", where=str(home.root), remedy="wait until it has ended"
            ) from error
        yield
