"""Run a query in a process of its own that holds the authorised rows, a deadline and nothing else.

A fork server keeps single-use workers ready. A worker is not trusted: it is killed at the deadline, what it sends is
counted and checked, and its errors are put in our words."""

import json
import math
import os
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nightlight.sql import transfer
from nightlight.sql.failures import NARROWER, QueryFailed, explain, explain_start
from nightlight.sql.fork_server import NotStartedError, bury_dead_server, kill, take_worker
from nightlight.sql.spill import spill_folder

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Extract", "Limits", "QueryFailed", "Rows", "Workers"]
LOOK_SECONDS = 0.05  # how often the one who waits is asked whether it still waits
BROKEN = "the query's process broke down before its answer was complete"


@dataclass(frozen=True)
class Limits:
    """What one query may use. `spill_mb` = 0: nothing is ever written to disk."""

    seconds: float
    memory_mb: int
    rows: int
    bytes: int
    threads: int = 2
    spill_mb: int = 0


@dataclass(frozen=True)
class Extract:
    """A DuckDB file whose table main.data holds the authorised rows; the person sees it as schema.table."""

    schema: str
    table: str
    file: Path


@dataclass(frozen=True)
class Rows:
    """An answer; `truncated` when the row or byte cap cut it, `sandboxed` when the kernel confined its worker."""

    table: "pa.Table"
    truncated: bool
    sandboxed: bool
    cpu_seconds: float


@dataclass(frozen=True)
class _Waiting:
    """What the one who waits wants to be told, and asked."""

    on_progress: Callable[[float], None] | None
    cancelled: Callable[[], bool] | None
    closed: Callable[[], bool]

    def check(self) -> None:
        if self.closed():
            raise QueryFailed("no more queries are taken here", kind="worker")
        if self.cancelled and self.cancelled():
            raise QueryFailed("the query was cancelled")


class Workers:
    """Pre-started workers, `concurrent` of them at work at once (default: one per CPU); more queries wait.

    Queries that may spill are those that nobody sits and waits for: one at a time, beside the others.
    """

    def __init__(self, *, production: bool, ready: int = 1, concurrent: int | None = None) -> None:
        self._production, self._ready = production, ready
        self._places = threading.BoundedSemaphore(concurrent or os.cpu_count() or 1)
        self._background_place = threading.BoundedSemaphore()
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take no more queries and end those that run or wait."""
        self._closed.set()

    def run(
        self,
        text: str,
        extracts: Sequence[Extract],
        limits: Limits,
        *,
        search_path: str | None = None,
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Rows:
        """The answer to `text` over `extracts`; raises QueryFailed."""
        job = {
            "text": text,
            "extracts": [(extract.schema, extract.table) for extract in extracts],
            "search_path": search_path,
            "progress": on_progress is not None,
            "production": self._production,
            **asdict(limits),
        }
        waiting = _Waiting(on_progress, cancelled, self._closed.is_set)
        waiting.check()
        with self._place(limits, waiting), _opened(extracts, limits) as files:
            for _ in range(2):  # somebody may have killed the server; the query has not begun then
                try:
                    with self._worker(limits) as channel:
                        return _converse(channel, job, files, limits, waiting)
                except NotStartedError:
                    bury_dead_server()
        raise QueryFailed("the query's process could not be started", kind="worker")

    @contextmanager
    def _place(self, limits: Limits, waiting: _Waiting) -> Iterator[None]:
        places = self._background_place if limits.spill_mb else self._places
        while not places.acquire(timeout=LOOK_SECONDS):
            waiting.check()
        try:
            yield
        finally:
            places.release()

    @contextmanager
    def _worker(self, limits: Limits) -> Iterator[socket.socket]:
        """A worker's socket; whatever happens, the worker is dead afterwards."""
        channel, process = take_worker(self._ready)
        try:
            with channel:
                yield channel
        finally:
            kill(process, wait=limits.spill_mb > 0)  # before its folder is deleted
            os.close(process)


def _converse(
    channel: socket.socket, job: Mapping[str, Any], files: Sequence[int], limits: Limits, waiting: _Waiting
) -> Rows:
    """Hand over the job and read what comes until the worker has ended or its time is up."""
    deadline = time.monotonic() + limits.seconds

    def wait() -> float:
        waiting.check()
        left = deadline - time.monotonic()
        if left <= 0:
            raise QueryFailed(f"the query did not end within {limits.seconds:g} s", kind="time", remedy=NARROWER)
        return min(left, LOOK_SECONDS)

    try:
        transfer.send_job(channel, job, files)
    except OSError:
        raise NotStartedError from None
    answer = _Answer(limits, waiting)
    try:
        for kind, payload in transfer.receive_frames(channel, wait):
            rows = answer.take(kind, payload)
            if rows:
                return rows
    except (transfer.BrokenAnswerError, ValueError, KeyError, TypeError, struct.error) as error:
        raise QueryFailed(BROKEN, kind="worker") from error
    if answer.sandboxed is None:
        raise NotStartedError
    raise QueryFailed(BROKEN, kind="worker")


class _Answer:
    """What a worker has sent so far."""

    def __init__(self, limits: Limits, waiting: _Waiting) -> None:
        self._limits, self._waiting, self._stream = limits, waiting, bytearray()
        self.sandboxed: bool | None = None  # None: the query has not begun

    def take(self, kind: bytes, payload: bytes) -> Rows | None:
        """Note one frame; the rows when it was the last. Raises what is wrong with it."""
        if self.sandboxed is None and kind in (transfer.STARTED, transfer.FAILED):
            self._start(kind, payload)
        elif kind == transfer.ROWS:
            self._stream += payload
            if len(self._stream) > self._limits.bytes + transfer.SCHEMA_BYTES:
                raise transfer.BrokenAnswerError
        elif kind == transfer.PROGRESS and self._waiting.on_progress:
            self._waiting.on_progress(min(transfer.SHARE.unpack(payload)[0], 1000) / 1000)
        elif kind == transfer.FAILED:
            raise explain(**json.loads(payload))
        elif kind == transfer.ENDED:
            return self._rows(json.loads(payload))
        return None

    def _start(self, kind: bytes, payload: bytes) -> None:
        if kind == transfer.FAILED:
            raise explain_start(**json.loads(payload))
        self.sandboxed = payload == b"1"

    def _rows(self, end: Mapping[str, Any]) -> Rows:
        cpu_seconds = float(end["cpu_seconds"])
        if not 0 <= cpu_seconds < math.inf:
            raise transfer.BrokenAnswerError
        table = transfer.read_rows(self._stream, self._limits.rows)
        return Rows(table, bool(end["truncated"]), bool(self.sandboxed), cpu_seconds)


@contextmanager
def _opened(extracts: Sequence[Extract], limits: Limits) -> Iterator[list[int]]:
    """The extracts and the folder to spill into as open files.

    A worker learns no path, and reads what was authorised even when a file is replaced meanwhile.
    """
    with ExitStack() as stack:
        files = []
        for extract in extracts:
            files.append(_open(extract))
            stack.callback(os.close, files[-1])
        if limits.spill_mb:
            parent = extracts[0].file.parent if extracts else Path(tempfile.gettempdir())
            files.append(stack.enter_context(spill_folder(parent)))
        yield files


def _open(extract: Extract) -> int:
    try:
        return os.open(extract.file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise QueryFailed(
            f"the extract of {extract.schema}.{extract.table} cannot be opened: {error.strerror}", kind="worker"
        ) from error
