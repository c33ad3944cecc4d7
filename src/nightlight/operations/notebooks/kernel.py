"""The process of a kernel: it gives up all but its workspace's folder, then runs what people write in notebooks.

Files go first, by Landlock, before any thread runs; system calls last, by seccomp, when the kernel's own sockets are
open: from then on there is no socket, program or process it could make."""

import os
import signal
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from nightlight.operations.notebooks.line_to_pages import LineToPages
from nightlight.operations.notebooks.room import PAGES_SOCKET, Room
from nightlight.sandbox import kernel as linux
from nightlight.sandbox.confinement import python_folders, restrict_calls
from nightlight.sandbox.landlock import restrict_files
from nightlight.sandbox.limits import limit_process

MEMORY_MB, CPU_SECONDS, FILE_MB, FILES = 4096, 24 * 3600, 1024, 512


def main(connection_file: str, room: Room) -> None:
    """Become the kernel of `connection_file`, which ends with whoever started it."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    temporary = Path(tempfile.mkdtemp(prefix="kernel-", dir=room.runtime))
    tempfile.tempdir = str(temporary)
    names = ("TMPDIR", "HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    os.environ |= dict.fromkeys(names, str(temporary))
    line = LineToPages(room.runtime / PAGES_SOCKET)
    if room.confined:
        write = [room.folder, temporary, Path("/dev/null")]
        restrict_files(python_folders(), write, sockets=[Path(connection_file).parent])
    limit_process(memory=MEMORY_MB << 20, cpu_seconds=CPU_SECONDS, file_bytes=FILE_MB << 20, files=FILES)
    app = _application(connection_file)
    _make_ready(app, line)
    if room.confined:
        restrict_calls(pairs=True)
    app.start()


def _application(connection_file: str) -> Any:
    """IPython's kernel, with its sockets open and nothing run yet."""
    from ipykernel.kernelapp import IPKernelApp

    warnings.filterwarnings("ignore", "Couldn't bind IOPub Pipe")  # it is for programs, and there are none
    app = IPKernelApp.instance()
    app.initialize(["-f", connection_file, "--HistoryManager.enabled=False"])
    return app


def _make_ready(app: Any, line: LineToPages) -> None:
    """`nightlight` is there without an import, and after one it is still the same."""
    from nightlight.operations.notebooks.in_notebooks import InNotebooks

    ready = InNotebooks(line, lambda: _person(app.shell))
    sys.modules["nightlight"] = ready
    app.shell.user_ns["nightlight"] = ready
    app.shell.user_ns_hidden["nightlight"] = ready
    app.shell.set_custom_exc((ready.NightlightError,), _tell)


def _person(shell: Any) -> str:
    """Who sent the cell that runs, as the server has written into its message."""
    parent = shell.get_parent() or {}
    return str(parent.get("header", {}).get("username", ""))


def _tell(shell: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> Any:
    """A refusal is one line, not a traceback through our code."""
    lines = [f"{kind.__name__}: {error}"]
    shell._showtraceback(kind, str(error), lines)
    return lines


if __name__ == "__main__":
    main(sys.argv[1], Room.read(sys.argv[2]))
