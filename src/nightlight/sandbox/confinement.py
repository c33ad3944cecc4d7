"""The two confinements of the house: a worker that computes, and Python that somebody wrote.

Files are closed first (`landlock.restrict_files`), then calls. OSError means that the process is not confined."""

import errno
import os
import platform
import sys
import sysconfig
from pathlib import Path

from nightlight.sandbox import landlock, seccomp

LANDLOCK_FOR_PYTHON = 4  # the first that knows the network


def can_confine_python() -> bool:
    """Whether this system can hold a process that runs somebody's Python."""
    return platform.machine() in seccomp.MACHINES and landlock.version() >= LANDLOCK_FOR_PYTHON


def keeps_apart(folder: Path) -> bool:
    """Whether a process that keeps `python_folders` alone cannot read what lies in `folder`."""
    return can_confine_python() and not any(folder.resolve().is_relative_to(place) for place in python_folders())


def python_folders() -> list[Path]:
    """What running Python needs to read: its own folders, installed packages, shared libraries, time zones."""
    paths = {Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[1]}
    paths |= {Path(path) for path in sysconfig.get_paths().values()}
    paths |= {Path(path) for path in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo")}
    paths |= {Path(path) for path in ("/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/dev/zero")}
    paths |= {Path(path) for path in ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")}
    return sorted(path.resolve() for path in paths if path.exists())


def confine_worker(folder: int | None = None) -> None:
    """Leave a process nothing but computing; `folder` (open) stays for files to spill into.

    Where the kernel has a part of it only, the process is left with that and OSError.
    """
    try:
        landlock.restrict_files([], [] if folder is None else [folder])
    finally:
        seccomp.install(_found(seccomp.worker_filter(spilling=folder is not None)))


def restrict_calls(*, pairs: bool = False) -> None:
    """Refuse, in all threads: programs, processes, signals to others, new sockets, doors into the kernel.

    `pairs` leaves pairs of sockets that are connected to each other.
    """
    seccomp.install(_found(seccomp.python_filter(own_process=os.getpid(), pairs=pairs)))


def hide_paths() -> None:
    """From now on this process and its children cannot learn where an open file lies."""
    seccomp.install(_found(seccomp.path_filter()))


def _found(program: bytes | None) -> bytes:
    if program is None:
        raise OSError(errno.ENOSYS, f"no filter is written for {platform.machine()}")
    return program
