"""Answers kept for a while: whoever may read the same and asks the same of the same versions gets the same rows.

A dashboard that sixteen people open is computed once. Nothing is decided here: the key holds all that the rows depend
on, and who asks has been authorized, and is audited, each time."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable

from nightlight.sql.workers import Rows

KEPT_BYTES, LARGEST = 100_000_000, 5_000_000  # in all, and of one answer


class Answers:
    """Rows by key, the least recently used dropped; the same question asked by several at once is computed once."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._room = kept_bytes
        self._rows: OrderedDict[Hashable, Rows] = OrderedDict()
        self._asking: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def answer(self, key: Hashable | None, ask: Callable[[], Rows]) -> Rows:
        """The rows kept under `key`, else those that `ask` gives; without a key nothing is kept."""
        if key is None:
            return ask()
        with self._lock:
            if (found := self._find(key)) is not None:
                return found
            asking = self._asking[key]
        with asking:
            with self._lock:
                if (found := self._find(key)) is not None:
                    return found
            try:
                rows = ask()
                self._keep(key, rows)
            finally:
                with self._lock:
                    self._asking.pop(key, None)
        return rows

    def _find(self, key: Hashable) -> Rows | None:
        if key in self._rows:
            self._rows.move_to_end(key)
        return self._rows.get(key)

    def _keep(self, key: Hashable, rows: Rows) -> None:
        if rows.table.nbytes > LARGEST:
            return
        with self._lock:
            self._rows[key] = rows
            held = sum(kept.table.nbytes for kept in self._rows.values())
            while held > self._room:
                _, dropped = self._rows.popitem(last=False)
                held -= dropped.table.nbytes
