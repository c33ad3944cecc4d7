"""System calls that Python has no function for; one that fails raises OSError."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38


def call(number: int, *arguments: object) -> int:
    return _checked(_libc.syscall(number, *arguments))


def prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, value, 0, 0, 0))


def forbid_new_privileges() -> None:
    """No program started from here gains a right; the kernel asks for it before it takes rights away."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
