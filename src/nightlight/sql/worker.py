"""The fork server and the single-use processes it forks, each of which answers one query and ends.

Runs as `python -I -m nightlight.sql.worker`, away from the home: it knows no path, no key and no policy. What a query
may read arrives as open files. What runs before the sandbox closes is ours; the person's text comes after."""

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nightlight.sandbox import confinement, limits, seccomp
from nightlight.sql import transfer
from nightlight.sql.fork_server import NEW_WORKER, NO_WORKER

if TYPE_CHECKING:
    import duckdb

MEGABYTE = 1 << 20
BATCH_ROWS = 8192
PROGRESS_SECONDS = 0.2
BACKGROUND_NICENESS = 10  # those whom somebody waits for come first
# Address space beyond DuckDB's limit: stacks of threads, reserves of allocators, batches on their way out.
EXTRA_ADDRESS_SPACE = 1024 * MEGABYTE
OWN_FILES = 32  # beside the extracts: standard streams, the channel, what spills
DATABASE, EXTRACT = '"your data"', '"extract {number}"'
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,  # a process with threads can neither be forked nor confined; they start with the query
    "async_threads": 0,
    "temp_directory": "",  # the default is a folder that queries may read and write
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "python_scan_all_frames": False,
    "catalog_error_max_schemas": 0,
}


def serve(control: socket.socket, broker: int) -> None:
    """Fork a worker for every byte that arrives and send back its socket and its pidfd; end when the broker does."""
    connection = _open_engine()
    with suppress(OSError):  # then a worker cannot be confined either, and says so
        confinement.hide_paths()
    os.umask(0o077)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the workers
    gc.freeze()  # a collection in a worker would copy the pages it shares with this process
    ended = os.pidfd_open(broker)
    if os.getppid() != broker:
        return
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(ended, select.POLLIN)
    while True:
        events = dict(poll.poll())
        if ended in events or not control.recv(1):
            return
        _fork(control, connection)


def _open_engine() -> "duckdb.DuckDBPyConnection":
    import duckdb

    sys.modules["numpy"] = None  # type: ignore[assignment]  # Arrow does without, and the server forks faster
    connection = duckdb.connect(":memory:", config=SETTINGS)
    # No schema of a lake can have the name of a database here: theirs have no space.
    connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}; detach memory; set timezone = 'UTC'")
    _rehearse(connection)
    for spilling in (False, True):
        seccomp.worker_filter(spilling=spilling)
    return connection


def _rehearse(connection: "duckdb.DuckDBPyConnection") -> None:
    """Answer a small question: what a query needs is loaded in the server, and in a worker its pages are its own."""
    reader = connection.sql("select 1 as number, 'a' as word").to_arrow_reader(BATCH_ROWS)
    transfer.write_rows(reader, lambda kind, payload: None, BATCH_ROWS, MEGABYTE)


def _fork(control: socket.socket, connection: "duckdb.DuckDBPyConnection") -> None:
    ours, theirs = socket.socketpair()
    server = os.getpid()
    try:
        worker = os.fork()
    except OSError:
        control.send(NO_WORKER)
        return
    if worker == 0:
        with suppress(BaseException):
            control.close()
            ours.close()
            limits.leave_with_parent(server)
            _Worker(theirs, connection).run()
        os._exit(0)
    theirs.close()
    process = os.pidfd_open(worker)
    socket.send_fds(control, [NEW_WORKER], [ours.fileno(), process])
    os.close(process)
    ours.close()


def _chance() -> float:
    """A number from -1 to 1 that the kernel drew."""
    return int.from_bytes(os.urandom(6), "big") / 2**47 - 1


class NoSandboxError(Exception):
    """This system cannot confine a process as production demands."""


class _Worker:
    """One query's process."""

    def __init__(self, channel: socket.socket, connection: "duckdb.DuckDBPyConnection") -> None:
        self._channel, self._connection = channel, connection
        self._sending = threading.Lock()

    def run(self) -> None:
        _rehearse(self._connection)
        self._connection.execute("SELECT setseed(?)", [_chance()])  # forked from one state, all would draw the same
        received = transfer.receive_job(self._channel)
        if received is None:
            return
        try:
            self._prepare(*received)
            self._answer(received[0])
        except BaseException as error:
            failure = {"error": type(error).__name__, "message": str(error)[:2000]}
            self._send(transfer.FAILED, json.dumps(failure).encode())

    def _prepare(self, job: Mapping[str, Any], files: Sequence[int]) -> None:
        spill = files[-1] if job["spill_mb"] else None
        limits.limit_process(
            memory=job["memory_mb"] * MEGABYTE + EXTRA_ADDRESS_SPACE,
            cpu_seconds=int(job["seconds"] * job["threads"]) + 2,
            file_bytes=job["spill_mb"] * MEGABYTE,
            files=len(files) + OWN_FILES,
        )
        if spill is not None:
            os.nice(BACKGROUND_NICENESS)
        self._connection.execute(_setup(job, files, spill))
        confined = _confine(spill, required=job["production"])
        # Threads are born with the rights of the one that starts them, so they start inside the sandbox.
        self._connection.execute(f"set threads = {int(job['threads'])}; set lock_configuration = true")
        self._send(transfer.STARTED, b"1" if confined else b"0")

    def _answer(self, job: Mapping[str, Any]) -> None:
        if job["progress"]:
            threading.Thread(target=self._tell_progress, daemon=True).start()
        relation = self._connection.sql(job["text"])
        truncated = False
        if relation is not None:
            if any("UHUGEINT" in str(kind) for kind in relation.types):
                raise transfer.TooWideError
            reader = relation.to_arrow_reader(BATCH_ROWS)
            truncated = transfer.write_rows(reader, self._send, job["rows"], job["bytes"])
        used = resource.getrusage(resource.RUSAGE_SELF)
        end = {"truncated": truncated, "cpu_seconds": used.ru_utime + used.ru_stime}
        self._send(transfer.ENDED, json.dumps(end).encode())

    def _tell_progress(self) -> None:
        pause = threading.Event()
        while not pause.wait(PROGRESS_SECONDS):
            percent = self._connection.query_progress()
            if percent >= 0:
                self._send(transfer.PROGRESS, transfer.SHARE.pack(min(int(percent * 10), 1000)))

    def _send(self, kind: bytes, payload: "bytes | memoryview") -> None:
        with self._sending:
            transfer.send_frame(self._channel.fileno(), kind, payload)


def _confine(spill: int | None, *, required: bool) -> bool:
    try:
        confinement.confine_worker(spill)
    except OSError as error:
        if required:
            raise NoSandboxError from error
        return False
    return True


def _setup(job: Mapping[str, Any], files: Sequence[int], spill: int | None) -> str:
    """SQL that shows each open file as the table its reader knows."""
    lines = [f"set memory_limit = '{int(job['memory_mb'])}MiB'"]
    if spill is not None:
        lines.append(f"set temp_directory = '/proc/self/fd/{spill}'")
        lines.append(f"set max_temp_directory_size = '{int(job['spill_mb'])}MiB'")
    for number, ((schema, table), file) in enumerate(zip(job["extracts"], files, strict=False), start=1):
        extract = EXTRACT.format(number=number)
        lines.append(f"attach '/proc/self/fd/{file}' as {extract} (read_only)")
        lines.append(f"create schema if not exists {_quoted(schema)}")
        lines.append(f"create view {_quoted(schema)}.{_quoted(table)} as select * from {extract}.main.data")
    if job["search_path"]:
        lines.append(f"create schema if not exists {_quoted(job['search_path'])}")
        lines.append(f"set schema = {_quoted(job['search_path'])}")
    if job["progress"]:
        lines.append("set enable_progress_bar = true")
        lines.append("set enable_progress_bar_print = false")
    lines.append("set enable_external_access = false")
    return "; ".join(lines)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
