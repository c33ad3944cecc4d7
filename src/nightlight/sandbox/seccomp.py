"""Filters of system calls, as programs for the kernel, for x86-64 and aarch64.

A worker has an allow-list: anything else fails with EPERM, and what only an attack asks for ends the process. Python
that somebody wrote may do all but what an attack asks for, which fails."""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable
from functools import cache

from nightlight.sandbox import kernel

# name, number on x86-64, number on aarch64 (- = that machine lacks it), from the kernel's tables.
COMPUTING = """
    read 0 63           write 1 64              close 3 57          lseek 8 62              pread64 17 67
    fstat 5 80          brk 12 214              munmap 11 215       mremap 25 216           madvise 28 233
    futex 202 98        set_robust_list 273 99  rseq 334 293        exit 60 93              exit_group 231 94
    gettid 186 178      getpid 39 172           sched_yield 24 124  sched_getaffinity 204 123
    rt_sigaction 13 134 rt_sigprocmask 14 135   rt_sigreturn 15 139 sigaltstack 131 132     restart_syscall 219 128
    getrandom 318 278   getrusage 98 165        sysinfo 99 179      getcpu 309 168          uname 63 160
    clock_gettime 228 113  clock_getres 229 114 nanosleep 35 101    clock_nanosleep 230 115 gettimeofday 96 169
    membarrier 324 283  poll 7 -                ppoll 271 73        select 23 -             pselect6 270 72
"""
# With a folder to spill into, on top: Landlock says which folder.
SPILLING = """
    open 2 -            openat 257 56           pwrite64 18 68      ftruncate 77 46         fallocate 285 47
    stat 4 -            lstat 6 -               newfstatat 262 79   statx 332 291           fcntl 72 25
    access 21 -         faccessat 269 48        faccessat2 439 439  getdents64 217 61       unlink 87 -
    unlinkat 263 35     rmdir 84 -              statfs 137 43       fstatfs 138 44          fsync 74 82
    mkdir 83 -          mkdirat 258 34          fdatasync 75 83
"""
HOSTILE = """
    execve 59 221           execveat 322 281        fork 57 -           vfork 58 -              ptrace 101 117
    socket 41 198           socketpair 53 199       connect 42 203      bind 49 200             bpf 321 280
    mount 165 40            umount2 166 39          pivot_root 155 41   chroot 161 51           reboot 169 142
    unshare 272 97          setns 308 268           open_tree 428 428   move_mount 429 429      fsopen 430 430
    memfd_create 319 279    memfd_secret 447 447    userfaultfd 323 282 perf_event_open 298 241 keyctl 250 219
    io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427  open_by_handle_at 304 265
    process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440  kexec_load 246 104
    pidfd_open 434 434      pidfd_getfd 438 438     pidfd_send_signal 424 424  add_key 248 217  request_key 249 218
    tkill 200 130           rt_sigqueueinfo 129 138 rt_tgsigqueueinfo 297 240
    init_module 175 105     finit_module 313 273    delete_module 176 106  listen 50 201    kexec_file_load 320 294
    fsmount 432 432         mount_setattr 442 442   acct 163 89         swapon 167 224
"""
SIGNALS = "kill 62 129  tgkill 234 131"
# Landlock leaves these alone: who may read a file, and when it was written.
ABOUT_FILES = """
    chmod 90 -              fchmod 91 52            fchmodat 268 53     fchmodat2 452 452       chown 92 -
    fchown 93 55            lchown 94 -             fchownat 260 54     utime 132 -             utimes 235 -
    futimesat 261 -         utimensat 280 88        setxattr 188 5      lsetxattr 189 6         fsetxattr 190 7
    removexattr 197 14      lremovexattr 198 15     fremovexattr 199 16
"""
NAMING_PATHS = "getcwd 79 17  readlink 89 -  readlinkat 267 78"
# Allowed by their arguments.
SOCKETPAIR = (53, 199)
CLONE, CLONE3, MMAP, MPROTECT, PRCTL, PRLIMIT64 = (56, 220), (435, 435), (9, 222), (10, 226), (157, 167), (302, 261)

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the tables, AUDIT_ARCH_*
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
OWN_NUMBER, SET_MODE_FILTER, ALL_THREADS = (317, 277), 1, 1
KILL, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
EPERM, ENOSYS = 1, 38
X32 = 0x40000000  # the third set of numbers on x86-64
CLONE_THREAD, PROT_EXEC, PR_SET_NAME, PR_SET_VMA = 0x10000, 0x4, 15, 0x53564D41

Instruction = tuple[int, int, int, int]


@cache
def worker_filter(*, spilling: bool, machine: str | None = None) -> bytes | None:
    """The program that confines a worker; None on a machine it is not written for."""
    column, architecture = MACHINES.get(machine or platform.machine(), (0, 0))
    if not architecture:
        return None
    allowed = numbers(COMPUTING, column) + (numbers(SPILLING, column) if spilling else [])
    return _program(
        architecture,
        [
            *_answers(allowed, ALLOW),
            *_unless_bits(MMAP[column], 2, PROT_EXEC),
            *_unless_bits(MPROTECT[column], 2, PROT_EXEC),
            *_if_thread(CLONE[column]),
            *_answers([CLONE3[column]], ERRNO | ENOSYS),  # its flags are out of reach; the C library then uses clone
            *_if_value(PRCTL[column], (PR_SET_NAME, PR_SET_VMA)),
            *_if_own_limits_read(PRLIMIT64[column]),
            # DuckDB asks whether the owner of a spill file lives (signal 0); "not yours" says that it does.
            *(step for call in numbers(SIGNALS, column) for step in _unless_zero(call, 1, KILL)),
            *_answers(numbers(HOSTILE, column), KILL),
            (RETURN, 0, 0, ERRNO | EPERM),
        ],
    )


def python_filter(*, own_process: int, pairs: bool = False, machine: str | None = None) -> bytes | None:
    """The program for a process that runs somebody's Python: files and threads are left, and signals to itself.

    `pairs` leaves sockets that reach nobody else, which event loops need.
    """
    column, architecture = MACHINES.get(machine or platform.machine(), (0, 0))
    if not architecture:
        return None
    allowed = {SOCKETPAIR[column]} if pairs else set()
    return _program(
        architecture,
        [
            *_answers([call for call in numbers(HOSTILE + ABOUT_FILES, column) if call not in allowed], ERRNO | EPERM),
            *_if_thread(CLONE[column], otherwise=ERRNO | EPERM),
            *_answers([CLONE3[column]], ERRNO | ENOSYS),
            *(step for call in numbers(SIGNALS, column) for step in _if_value(call, (own_process,))),
            (RETURN, 0, 0, ALLOW),
        ],
    )


def path_filter(machine: str | None = None) -> bytes | None:
    """The program that keeps a process from learning where an open file lies: DuckDB would show it."""
    column, architecture = MACHINES.get(machine or platform.machine(), (0, 0))
    if not architecture:
        return None
    rules = [*_answers(numbers(NAMING_PATHS, column), ERRNO | EPERM), (RETURN, 0, 0, ALLOW)]
    return _program(architecture, rules)


def install(program: bytes) -> None:
    """Bind all threads of this process, and what it starts, by a program (struct sock_fprog: length, address)."""
    steps = ctypes.create_string_buffer(program, len(program))
    packed = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(steps))
    kernel.forbid_new_privileges()
    number = OWN_NUMBER[MACHINES[platform.machine()][0]]
    if kernel.call(number, SET_MODE_FILTER, ALL_THREADS, ctypes.c_char_p(packed)):
        raise OSError(errno.EBUSY, "a thread has another filter")


def numbers(table: str, column: int) -> list[int]:
    words = table.split()
    found = zip(*(words[start::3] for start in range(3)), strict=True)
    return [int(row[1 + column]) for row in found if row[1 + column] != "-"]


def _program(architecture: int, rules: Iterable[Instruction]) -> bytes:
    start: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, KILL),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in [*start, *rules])


def _answers(calls: Iterable[int], answer: int) -> list[Instruction]:
    return [step for call in calls for step in ((EQUAL, 0, 1, call), (RETURN, 0, 0, answer))]


def _argument(index: int, *, high: bool = False) -> Instruction:
    return (LOAD, 0, 0, ARGUMENTS + 8 * index + 4 * high)  # both machines are little-endian


def _block(call: int, steps: list[Instruction]) -> list[Instruction]:
    """Steps for one call; they end in a RETURN, because they load over the call's number."""
    return [(EQUAL, 0, len(steps), call), *steps]


def _unless_bits(call: int, index: int, bits: int) -> list[Instruction]:
    allowed, refused = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | EPERM)
    return _block(call, [_argument(index), (ANY_BIT, 0, 1, bits), refused, allowed])


def _if_thread(call: int, *, otherwise: int = KILL) -> list[Instruction]:
    refused = (RETURN, 0, 0, otherwise)
    return _block(call, [_argument(0), (ANY_BIT, 0, 1, CLONE_THREAD), (RETURN, 0, 0, ALLOW), refused])


def _if_value(call: int, values: tuple[int, ...]) -> list[Instruction]:
    return _block(call, [_argument(0), *_answers(values, ALLOW), (RETURN, 0, 0, ERRNO | EPERM)])


def _unless_zero(call: int, index: int, otherwise: int) -> list[Instruction]:
    refused = (RETURN, 0, 0, ERRNO | EPERM)
    return _block(call, [_argument(index), (EQUAL, 0, 1, 0), refused, (RETURN, 0, 0, otherwise)])


def _if_own_limits_read(call: int) -> list[Instruction]:
    """prlimit64(0, .., NULL, ..): threads ask for the size of their stacks."""
    refused = (RETURN, 0, 0, ERRNO | EPERM)
    halves = (_argument(0), _argument(2), _argument(2, high=True))
    steps = [step for half in halves for step in (half, (EQUAL, 1, 0, 0), refused)]
    return _block(call, [*steps, (RETURN, 0, 0, ALLOW)])
