"""The filters' programs, run by a small interpreter: both machines get the same answers."""

import struct

import pytest

from nightlight.sandbox import seccomp

NOT_THERE = 9999
CALLS = {
    "x86_64": {
        "read": 0,
        "openat": 257,
        "execve": 59,
        "clone": 56,
        "clone3": 435,
        "mmap": 9,
        "kill": 62,
        "prlimit": 302,
    },
    "aarch64": {
        "read": 63,
        "openat": 56,
        "execve": 221,
        "clone": 220,
        "clone3": 435,
        "mmap": 222,
        "kill": 129,
        "prlimit": 261,
    },
}
ALLOWED, KILLED, REFUSED, UNKNOWN = seccomp.ALLOW, seccomp.KILL, seccomp.ERRNO | 1, seccomp.ERRNO | 38


def decide(program: bytes | None, machine: str, call: int, *arguments: int) -> int:
    """What the kernel would answer: loads, jumps and returns are all that a filter of ours has."""
    assert program is not None
    architecture = seccomp.MACHINES[machine][1]
    data = struct.pack("<IIQ6Q", call, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("HBBI", program))
    place = value = 0
    while True:
        kind, true, false, operand = steps[place]
        place += 1
        if kind == seccomp.RETURN:
            return int(operand)
        if kind == seccomp.LOAD:
            value = struct.unpack_from("<I", data, operand)[0]
        else:
            test = {seccomp.EQUAL: value == operand, seccomp.AT_LEAST: value >= operand}
            place += true if test.get(kind, bool(value & operand)) else false


@pytest.mark.parametrize("machine", CALLS)
def test_a_worker_may_compute_and_start_threads_and_nothing_else(machine: str) -> None:
    program, calls = seccomp.worker_filter(spilling=False, machine=machine), CALLS[machine]
    assert decide(program, machine, calls["read"]) == ALLOWED
    assert decide(program, machine, calls["openat"]) == REFUSED
    assert decide(program, machine, NOT_THERE) == REFUSED
    assert decide(program, machine, calls["execve"]) == KILLED
    assert decide(program, machine, calls["clone"], seccomp.CLONE_THREAD | 0x100) == ALLOWED
    assert decide(program, machine, calls["clone"], 17) == KILLED
    assert decide(program, machine, calls["clone3"]) == UNKNOWN
    assert decide(program, machine, calls["mmap"], 0, 4096, 0x3) == ALLOWED
    assert decide(program, machine, calls["mmap"], 0, 4096, 0x5) == REFUSED
    assert decide(program, machine, calls["kill"], 1, 0) == REFUSED
    assert decide(program, machine, calls["kill"], 1, 9) == KILLED
    assert decide(program, machine, calls["prlimit"], 0, 3, 0, 0x7000) == ALLOWED
    assert decide(program, machine, calls["prlimit"], 0, 3, 0x7000, 0) == REFUSED
    assert decide(program, machine, calls["prlimit"], 0, 3, 1 << 40, 0) == REFUSED
    assert decide(program, machine, calls["prlimit"], 1, 3, 0, 0x7000) == REFUSED


@pytest.mark.parametrize("machine", CALLS)
def test_a_worker_that_spills_may_open_files_too(machine: str) -> None:
    assert decide(seccomp.worker_filter(spilling=True, machine=machine), machine, CALLS[machine]["openat"]) == ALLOWED


@pytest.mark.parametrize("machine", CALLS)
def test_numbers_of_another_machine_end_the_process(machine: str) -> None:
    other = next(name for name in CALLS if name != machine)
    for program in (seccomp.worker_filter(spilling=False, machine=machine), seccomp.path_filter(machine)):
        assert decide(program, other, CALLS[machine]["read"]) == KILLED
        assert decide(program, machine, seccomp.X32 | 1) == KILLED


@pytest.mark.parametrize("machine", CALLS)
def test_python_may_open_files_and_signal_itself(machine: str) -> None:
    program, calls = seccomp.python_filter(own_process=77, machine=machine), CALLS[machine]
    assert decide(program, machine, calls["openat"]) == ALLOWED
    assert decide(program, machine, calls["kill"], 77, 15) == ALLOWED
    assert decide(program, machine, calls["kill"], 78, 15) == REFUSED
    assert decide(program, machine, calls["execve"]) == REFUSED
    assert decide(program, machine, calls["clone"], 17) == REFUSED
    assert decide(program, machine, calls["clone"], seccomp.CLONE_THREAD) == ALLOWED


def test_a_machine_without_a_table_has_no_filter() -> None:
    assert seccomp.worker_filter(spilling=False, machine="riscv64") is None
    assert seccomp.path_filter("riscv64") is None
    assert seccomp.python_filter(own_process=1, machine="riscv64") is None
