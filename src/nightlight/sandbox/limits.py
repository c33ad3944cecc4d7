"""What a process may use, and how long it lives."""

import os
import resource
import signal
from pathlib import Path

from nightlight.sandbox import kernel


def leave_with_parent(parent: int) -> None:
    """A session of its own, and death when the parent (its one thread) dies."""
    os.setsid()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def limit_process(*, memory: int, cpu_seconds: int, file_bytes: int = 0, files: int = 256) -> None:
    """Bound what the process takes from now on: address space on top of what it has, time, files; no core is dumped."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for kind, limit in (
        (resource.RLIMIT_AS, used + memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, files),
    ):
        resource.setrlimit(kind, (limit, limit))
