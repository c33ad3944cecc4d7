"""Landlock: the files and folders a process keeps; everything else, TCP, and processes outside are taken from it.

It binds the calling thread and those it starts later, so a process that has threads is refused. It leaves alone who
may read a file and when it was written (chmod, utime): seccomp closes these."""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nightlight.sandbox import kernel

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # one number on every machine
ASK_VERSION, PATH_BENEATH, NET_PORT = 1, 1, 2
# Rights by the version that brought them; all that the kernel knows are taken away.
FILE_RIGHTS = {1: 0x1FFF, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
NET_RIGHTS, NET_SINCE, BIND = 0x3, 4, 0x1
SCOPES, SCOPES_SINCE = 0x3, 6  # abstract sockets and signals to processes outside
WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SOCK = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 9
EXECUTE = 1 << 0
READING = READ_FILE | READ_DIR
# Plain files and folders: no links, which could lead anywhere.
WRITING = READING | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG
OF_FILES = EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE  # rights that a rule about one file may give
ANY_FREE_PORT = 0

Place = Path | int  # an int is a folder or file that is open


def version() -> int:
    """0: the kernel has none."""
    try:
        return kernel.call(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    except OSError:
        return 0


def restrict_files(
    read: Sequence[Place],
    write: Sequence[Place] = (),
    *,
    run: Sequence[Place] = (),
    sockets: Sequence[Place] = (),
    listens: bool | int = False,
) -> None:
    """Give up all files but these, other programs, TCP and processes outside, for good. OSError: nothing is given up.

    `run` are programs that stay, `sockets` folders in which sockets can be made; `listens` leaves the right to listen
    on this port, or (True) on one that the system chooses.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        raise OSError(errno.EBUSY, "a thread that runs already would stay free")
    known = version()
    if not known:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock")
    rights = sum(right for since, right in FILE_RIGHTS.items() if since <= known)
    with _ruleset(rights, known) as rules:
        for places, allowed in (
            (read, READING),
            (write, WRITING),
            (run, READING | EXECUTE),
            (sockets, WRITING | MAKE_SOCK),
        ):
            for place in places:
                _allow(rules, place, allowed & rights)
        if listens and known >= NET_SINCE:
            port = ANY_FREE_PORT if listens is True else listens
            kernel.call(ADD_RULE, rules, NET_PORT, struct.pack("=QQ", BIND, port), 0)
        kernel.forbid_new_privileges()
        kernel.call(RESTRICT_SELF, rules, 0)


@contextmanager
def _ruleset(rights: int, known: int) -> Iterator[int]:
    attributes = [rights]
    if known >= NET_SINCE:
        attributes.append(NET_RIGHTS)
    if known >= SCOPES_SINCE:
        attributes.append(SCOPES)
    packed = struct.pack(f"={len(attributes)}Q", *attributes)
    rules = kernel.call(CREATE_RULESET, packed, ctypes.c_size_t(len(packed)), 0)
    try:
        yield rules
    finally:
        os.close(rules)


def _allow(rules: int, place: Place, rights: int) -> None:
    opened = place if isinstance(place, int) else os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rights if stat.S_ISDIR(os.fstat(opened).st_mode) else rights & OF_FILES
        kernel.call(ADD_RULE, rules, PATH_BENEATH, struct.pack("=Qi", allowed, opened), 0)
    finally:
        if opened is not place:
            os.close(opened)
