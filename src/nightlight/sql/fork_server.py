"""The broker's side of the fork server: start it, take a worker from it, end it.

Workers that are ready wait in the socket's buffer, so taking one is a read. The server ends when its socket closes,
which the death of this process does too, and its workers end with it."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from contextlib import suppress

NEW_WORKER, NO_WORKER = b"w", b"-"
MODULE = "nightlight.sql.worker"
START_SECONDS = 60  # a busy machine takes a few


class NotStartedError(Exception):
    """A worker, or the server that should fork it, was not there."""


def take_worker(ready: int) -> tuple[socket.socket, int]:
    """The socket and the pidfd of a worker; `ready` more wait. Raises NotStartedError.

    One server serves the whole process: it knows nothing of any home.
    """
    global _server  # noqa: PLW0603 - a process has one
    with _lock:
        if _server is None or not _server.is_ours:
            _server = ForkServer()
        return _server.take(ready)


def bury_dead_server() -> None:
    """Forget the server if it has died: a living one has other workers."""
    with _lock:
        if _server and not _server.is_alive:
            _end_server()


def end_server() -> None:
    """End the server and every worker, as the interpreter's exit does; the next query starts another."""
    with _lock:
        _end_server()


def server_process() -> int | None:
    """The server's process id; None when none runs."""
    return _server.process.pid if _server and _server.is_ours else None


def _end_server() -> None:
    global _server  # noqa: PLW0603
    if _server:
        _server.end()
        _server = None


class ForkServer:
    """The process that forks workers ahead of time."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(START_SECONDS)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", MODULE, str(theirs.fileno()), str(os.getpid())],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._broker, self._asked_for = os.getpid(), 0
        self.end = weakref.finalize(self, _end, self._broker, self._control, self.process)

    @property
    def is_ours(self) -> bool:
        """False in a process that was forked from the one that started it."""
        return self._broker == os.getpid()

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def take(self, ready: int) -> tuple[socket.socket, int]:
        try:
            while self._asked_for <= ready:
                self._control.send(NEW_WORKER)
                self._asked_for += 1
            answer, files, _, _ = socket.recv_fds(self._control, 1, 2, socket.MSG_CMSG_CLOEXEC)
            self._asked_for -= 1
        except OSError:
            raise NotStartedError from None
        if answer != NEW_WORKER:
            raise NotStartedError
        channel, process = files
        return socket.socket(fileno=channel), process


_lock = threading.Lock()
_server: ForkServer | None = None


def kill(process: int, *, wait: bool = False) -> None:
    """End a worker by its pidfd, if it has not ended; with `wait`, return when nothing of it is left."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)
    if wait:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        poll.poll()


def _end(broker: int, control: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    control.close()
    if os.getpid() == broker:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """No variable of ours, but those that keep libraries from starting threads, and where the loader looks."""
    fixed = {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",  # each arena reserves address space
        "LC_ALL": "C.UTF-8",
    }
    return fixed | {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
