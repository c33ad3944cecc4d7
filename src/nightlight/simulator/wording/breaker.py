"""A circuit breaker: after failures in a row nobody waits for a server that is down; now and then one call tries it."""

import time
from collections.abc import Callable
from threading import Lock

FAILURES, REST = 3, 30.0  # in a row; seconds


class Breaker:
    """Closed (calls go through), open (they do not), half-open (after a rest, one goes through and decides)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._failures = 0
        self._rests_until = 0.0

    def lets_through(self) -> bool:
        """Whether a call may be made now; its end has to be told."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._clock() < self._rests_until:
                return False
            self._rests_until = self._clock() + REST  # the others wait for what this one finds
            return True

    def tell(self, *, failed: bool) -> None:
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            if failed:
                self._rests_until = self._clock() + REST
