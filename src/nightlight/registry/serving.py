"""What runs now: the champion of a workspace, looked up again every few seconds by servers that follow it.

A session keeps the version it began with; who begins one asks anew."""

import time
from collections.abc import Callable
from threading import Lock

from nightlight.errors import NightlightError
from nightlight.registry.store import PROD
from nightlight.registry.stored import CHAMPION, ModelVersion
from nightlight.registry.versions import holder
from nightlight.settings import Home

LOOK_AGAIN = 5.0  # seconds; a moved alias is followed within them


def served_name(version: ModelVersion) -> str:
    """The name that a server gives a version, so that no other one answers in its place."""
    return f"{version.name}-{version.digest[:8]}"


class Followed:
    """The version that an alias stands for, as of at most five seconds ago; safe to share between threads."""

    def __init__(
        self,
        home: Home,
        name: str,
        workspace: str = PROD,
        *,
        alias: str = CHAMPION,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home, self._name, self._workspace, self._alias = home, name, workspace, alias
        self._clock = clock
        self._lock = Lock()
        self._known: ModelVersion | None = None
        self._looked: float | None = None

    def current(self) -> ModelVersion | None:
        """None before the first; while the registry cannot be read, what was known before goes on."""
        with self._lock:
            now = self._clock()
            if self._looked is None or now - self._looked >= LOOK_AGAIN:
                try:
                    self._known = holder(self._home, self._name, self._alias, workspace=self._workspace)
                except NightlightError:
                    if self._looked is None:
                        raise
                self._looked = now
            return self._known
