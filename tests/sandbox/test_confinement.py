"""What a process cannot do once its doors are closed: each probe is a process that closes them and then tries."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nightlight.sandbox import landlock
from nightlight.sandbox.confinement import keeps_apart, python_folders

pytestmark = pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")

ALLOWED, REFUSED, NO_ACCESS = "allowed", "EPERM", "EACCES"
START = """
import ctypes, errno, mmap, os, resource, signal, socket, sys, threading
from pathlib import Path
from nightlight.sandbox import confinement, landlock, limits
libc = ctypes.CDLL(None, use_errno=True)
def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
"""
PROBE = """
try:
    {probe}
except OSError as error:
    os.write(1, errno.errorcode[error.errno].encode())
    os._exit(0)
os.write(1, b"allowed")
os._exit(0)
"""


def outcome(close: str, probe: str) -> str:
    """What became of `probe` after `close`: allowed, the error's name, or the signal that ended the process."""
    program = START + close + PROBE.format(probe=probe.replace("\n", "\n    "))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode in (0, -signal.SIGSYS), result.stderr
    return result.stdout if result.returncode == 0 else "killed"


CONFINED = "confinement.confine_worker()"


@pytest.mark.parametrize(
    "probe",
    [
        "open('/etc/passwd')",
        "os.listdir('/')",
        "os.stat('/etc/passwd')",
        "open('/tmp/made-by-a-worker', 'w')",
        "os.readlink('/proc/self/exe')",
        "os.chmod('/tmp', 0o777)",
        "os.mkdir('/tmp/made-by-a-worker')",
        "os.truncate('/etc/hostname', 0)",
        "os.symlink('/etc/passwd', '/tmp/made-by-a-worker')",
        "os.dup2(1, 9)",
        "os.setuid(0)",
        "os.kill(os.getppid(), 0)",
        "check(libc.prlimit(0, resource.RLIMIT_NOFILE, bytes(16), None))",
        "check(libc.prctl(4, 1, 0, 0, 0))",
        "check(libc.syscall(317, 0, 0, None))",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    ],
)
def test_a_confined_process_is_refused(probe: str) -> None:
    assert outcome(CONFINED, probe) == REFUSED


@pytest.mark.parametrize(
    "probe",
    [
        "socket.socket()",
        "socket.socketpair()",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.fork()",
        "os.kill(os.getppid(), signal.SIGTERM)",
        "os.memfd_create('x')",
        "os.pidfd_open(os.getppid())",
        "libc.ptrace(16, os.getppid(), 0, 0)",
        "libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0)",
        "libc.unshare(0x10000000)",
        "libc.mount(b'/', b'/mnt', None, 4096, None)",
        "libc.syscall(425, 8, None)",
        "libc.syscall(0x40000000, 0, None, 0)",
    ],
)
def test_a_confined_process_that_tries_an_attack_is_ended(probe: str) -> None:
    assert outcome(CONFINED, probe) == "killed"


@pytest.mark.parametrize(
    "probe",
    [
        "os.write(2, b'x')",
        "mmap.mmap(-1, 1 << 20).close()",
        "thread = threading.Thread(target=sum, args=([1, 2],)); thread.start(); thread.join()",
        "os.urandom(8)",
    ],
)
def test_a_confined_process_can_compute(probe: str) -> None:
    assert outcome(CONFINED, probe) == ALLOWED


def test_a_file_stays_when_a_confined_process_tries_to_delete_it(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.touch()
    assert outcome(CONFINED, f"os.unlink({str(file)!r})") == REFUSED
    assert file.exists()


def test_a_confined_process_can_read_what_it_had_opened(tmp_path: Path) -> None:
    file = tmp_path / "extract"
    file.write_text("rows")
    close = f"opened = os.open({str(file)!r}, os.O_RDONLY)\n{CONFINED}"
    assert outcome(close, "assert os.pread(opened, 4, 0) == b'rows'") == ALLOWED


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ("Path('/proc/self/fd', str(folder), 'page').write_text('x')", ALLOWED),
        ("os.listdir(folder)", ALLOWED),
        ("open(outside)", NO_ACCESS),
        ("open(outside, 'w')", NO_ACCESS),
        ("os.unlink(outside)", NO_ACCESS),
        ("os.symlink('/etc/passwd', 'link', dir_fd=folder)", REFUSED),
        ("os.mkdir('inner', dir_fd=folder)", ALLOWED),
        ("open('/etc/passwd')", NO_ACCESS),
        ("os.fork()", "killed"),
        ("socket.socket()", "killed"),
    ],
)
def test_one_that_spills_has_its_folder_and_no_other(tmp_path: Path, probe: str, expected: str) -> None:
    (tmp_path / "spill").mkdir()
    outside = tmp_path / "outside"
    outside.write_text("rows of somebody")
    close = (
        f"outside = {str(outside)!r}\n"
        f"folder = os.open({str(tmp_path / 'spill')!r}, os.O_RDONLY | os.O_DIRECTORY)\n"
        "confinement.confine_worker(folder)"
    )
    assert outcome(close, probe) == expected
    assert outside.read_text() == "rows of somebody"


def test_a_process_with_threads_is_not_confined() -> None:
    close = "wait = threading.Event()\nthreading.Thread(target=wait.wait, daemon=True).start()"
    assert outcome(close, "confinement.confine_worker()") == "EBUSY"


def test_without_landlock_a_worker_is_not_confined_and_has_no_calls_to_open_files() -> None:
    close = (
        "from nightlight.sandbox import seccomp\n"
        "calls = [landlock.CREATE_RULESET, landlock.ADD_RULE, landlock.RESTRICT_SELF]\n"
        "missing = [*seccomp._answers(calls, seccomp.ERRNO | errno.ENOSYS), (seccomp.RETURN, 0, 0, seccomp.ALLOW)]\n"
        "seccomp.install(seccomp._program(seccomp.MACHINES[os.uname().machine][1], missing))\n"
    )
    assert outcome(close, "confinement.confine_worker()") == "ENOSYS"
    close += "try: confinement.confine_worker()\nexcept OSError: pass\n"
    assert outcome(close, "open('/etc/passwd')") == REFUSED


def test_where_an_open_file_lies_stays_hidden(tmp_path: Path) -> None:
    (tmp_path / "secret-name").touch()
    close = f"opened = os.open({str(tmp_path / 'secret-name')!r}, os.O_RDONLY)\nconfinement.hide_paths()"
    assert outcome(close, "os.readlink(f'/proc/self/fd/{opened}')") == REFUSED
    assert outcome(close, "os.getcwd()") == REFUSED
    assert outcome(close, "open(f'/proc/self/fd/{opened}')") == ALLOWED


def test_limits_bound_memory_and_files() -> None:
    limits = "limits.limit_process(memory=64 << 20, cpu_seconds=5, file_bytes=0, files=20)"
    assert outcome(limits, "mmap.mmap(-1, 32 << 20).close()") == ALLOWED
    assert outcome(limits, "mmap.mmap(-1, 128 << 20)") == "ENOMEM"
    assert outcome(limits, "for _ in range(30): os.dup(1)") == "EMFILE"


def test_a_process_leaves_with_its_parent() -> None:
    program = START + (
        "read, write = os.pipe()\n"
        "if not os.fork():\n"
        "    parent = os.getpid()\n"
        "    if not os.fork():\n"
        "        limits.leave_with_parent(parent)\n"
        "        os.write(write, b'x')\n"
        "        signal.pause()\n"
        "    os.read(read, 1)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "os.close(write)\n"
        "assert os.read(read, 1) == b''\n"  # comes only when nobody holds the pipe's other end
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)


FILES = "landlock.restrict_files([Path(read)], [Path(write)], listens=True)"


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ("open(read)", ALLOWED),
        ("open(read, 'a')", NO_ACCESS),
        ("Path(write, 'made').write_text('x')", ALLOWED),
        ("os.mkdir(Path(write, 'folder'))", ALLOWED),
        ("os.rename(Path(write, 'old'), Path(write, 'new'))", ALLOWED),
        ("os.symlink(read, Path(write, 'link'))", NO_ACCESS),
        ("os.unlink(read)", NO_ACCESS),
        ("open('/etc/passwd')", NO_ACCESS),
        ("os.execv('/bin/true', ['true'])", NO_ACCESS),
        ("socket.create_server(('127.0.0.1', 0)).close()", ALLOWED),
        ("socket.create_server(('127.0.0.1', 47123)).close()", NO_ACCESS),
        ("socket.create_connection(('127.0.0.1', 9))", NO_ACCESS),
        ("os.kill(os.getppid(), 0)", REFUSED),
    ],
)
def test_a_process_keeps_the_files_it_is_given_and_no_other(tmp_path: Path, probe: str, expected: str) -> None:
    read, write = tmp_path / "read", tmp_path / "write"
    read.write_text("x")
    write.mkdir()
    (write / "old").touch()
    assert outcome(f"read, write = {str(read)!r}, {str(write)!r}\n{FILES}", probe) == expected


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        ("os.fork()", REFUSED),
        ("os.execv('/bin/true', ['true'])", REFUSED),
        ("socket.socket()", REFUSED),
        ("os.chmod('/tmp', 0o1777)", REFUSED),
        ("os.utime('/tmp')", REFUSED),
        ("os.kill(os.getppid(), 0)", REFUSED),
        ("check(libc.ptrace(16, os.getppid(), 0, 0))", REFUSED),
        ("os.kill(os.getpid(), 0)", ALLOWED),
        ("open('/etc/passwd').close()", ALLOWED),
        ("thread = threading.Thread(target=sum, args=([1, 2],)); thread.start(); thread.join()", ALLOWED),
    ],
)
def test_python_can_do_all_but_attack(probe: str, expected: str) -> None:
    assert outcome("confinement.restrict_calls()", probe) == expected


def test_calls_are_refused_to_threads_that_run_already() -> None:
    close = (
        "wait, found = threading.Event(), []\n"
        "def attack():\n"
        "    wait.wait()\n"
        "    try: os.fork()\n"
        "    except OSError as error: found.append(error.errno)\n"
        "thread = threading.Thread(target=attack)\n"
        "thread.start()\n"
        "confinement.restrict_calls()\n"
        "wait.set()\n"
        "thread.join()\n"
    )
    assert outcome(close, "assert found == [errno.EPERM]") == ALLOWED


def test_a_home_among_pythons_own_folders_is_not_kept_apart() -> None:
    assert keeps_apart(Path("/srv"))
    assert not keeps_apart(Path(sys.prefix) / "share" / "home")
    assert all(folder.is_absolute() for folder in python_folders())


def test_programs_sockets_and_a_port_stay_where_they_are_left_and_nowhere_else(tmp_path: Path) -> None:
    """What a server keeps that starts confined programs: these to run, a folder for sockets, its port."""
    room, outside = tmp_path / "room", tmp_path / "outside"
    room.mkdir()
    outside.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = f"""
import socket, subprocess, sys
from pathlib import Path
from nightlight.sandbox.confinement import python_folders
from nightlight.sandbox.landlock import restrict_files
room, outside, port = Path({str(room)!r}), Path({str(outside)!r}), {port}
restrict_files([Path("/proc")], [Path("/dev/null")], run=python_folders(), sockets=[room], listens=port)
def does(act):
    try:
        act()
    except OSError:
        return False
    return True
print(does(lambda: socket.create_server(("127.0.0.1", port))), does(lambda: socket.create_server(("127.0.0.1", 0))),
    does(lambda: socket.socket(socket.AF_UNIX).bind(str(room / "a"))),
    does(lambda: socket.socket(socket.AF_UNIX).bind(str(outside / "a"))),
    does(lambda: subprocess.run([sys.executable, "-c", ""], check=True)), does(lambda: subprocess.run(["/bin/true"])))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True", "False", "True", "False"]


def test_pairs_of_sockets_may_stay_where_all_others_go() -> None:
    program = (
        "import socket; from nightlight.sandbox.confinement import restrict_calls\n"
        "restrict_calls(pairs=True)\n"
        "a, b = socket.socketpair(); a.sendall(b'x'); print(b.recv(1).decode())\n"
        "try: socket.socket()\n"
        "except PermissionError: print('none')\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["x", "none"]
