"""Commands that somebody starts from a page: one of a kind at a time in a home, each in a process of its own.

What it says is kept until it is started again; the command takes the locks that it takes on the command line."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nightlight.errors import NightlightError
from nightlight.settings import Home

LINES_KEPT = 200
KINDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "round": (("ingest", "run"), ("pipeline", "run")),
    "verify": (("audit", "verify"),),
    "doctor": (("doctor",),),
}


@dataclass
class Command:
    """One that was started: by whom, what it said, and how it ended (None while it runs)."""

    kind: str
    by: str
    started_at: datetime
    lines: list[str] = field(default_factory=list)
    ended_at: datetime | None = None
    is_good: bool | None = None
    _done: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when it goes on for longer."""
        return self._done.wait(seconds)


_started: dict[tuple[Path, str], Command] = {}
_starting = threading.Lock()


def last_command(home: Home, kind: str) -> Command | None:
    """The one of its kind that was started last by this process."""
    return _started.get((home.root, kind))


def start_command(
    home: Home,
    kind: str,
    *,
    by: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    when_done: Callable[[Command], None] = lambda command: None,
) -> Command:
    """Start a command; raises NightlightError while another of its kind runs. `when_done` is called at its end."""
    with _starting:
        before = last_command(home, kind)
        if before is not None and before.is_running:
            raise NightlightError("this is running already", remedy="wait until it has ended")
        command = _started[home.root, kind] = Command(kind, by, clock())
    threading.Thread(target=_run, args=(home, command, clock, when_done), name=f"command {kind}", daemon=True).start()
    return command


def _run(home: Home, command: Command, clock: Callable[[], datetime], when_done: Callable[[Command], None]) -> None:
    try:
        parts = [_run_part(home, command, part) for part in KINDS[command.kind]]  # each, also after one that failed
        command.is_good = all(parts)
    except OSError as error:
        command.lines.append(f"it could not be started: {error.strerror}")
        command.is_good = False
    finally:
        command.ended_at = clock()
        try:
            when_done(command)
        finally:
            command._done.set()


def _run_part(home: Home, command: Command, part: Sequence[str]) -> bool:
    """Run one command line and keep its lines; whether it went well."""
    line = [sys.executable, "-m", "nightlight", *part, "--home", str(home.root)]
    environment = {**os.environ, "COLUMNS": "200", "RUST_LOG": "error"}
    with subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        for said in process.stdout or ():
            if said.strip():
                command.lines.append(said.rstrip())
                del command.lines[:-LINES_KEPT]
    return process.returncode == 0
