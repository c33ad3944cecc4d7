"""The servers of a home's workspaces: started when somebody comes, ended when nobody has used them for long.

They are children of the process that serves the pages and end with it."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from threading import Lock
from typing import Any
from urllib.parse import quote

from nightlight.accounts.sessions import is_open
from nightlight.accounts.tokens import create_token, find_token, revoke_token
from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import os_user
from nightlight.catalog.workspaces import Entrance, Workspace, make_ticket, take_ticket
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.operations.notebooks.door import Answers, Door
from nightlight.operations.notebooks.room import PAGES_SOCKET, Room
from nightlight.operations.notebooks.server_child import CODE, environment
from nightlight.sandbox.confinement import keeps_apart
from nightlight.settings import Home

START_SECONDS, END_SECONDS = 60, 5
HERE = timedelta(seconds=90)  # whoever was seen within is in the workspace
TOKEN_DAYS, TOKEN_AGE = 1, timedelta(hours=12)
HOW_TO_INSTALL = "pip install 'nightlight[notebooks]'"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def are_installed() -> bool:
    """Whether this installation has the extra that notebooks need."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("jupyterlab", "jupyter_server_ydoc", "ipykernel"))


@dataclass(frozen=True)
class Pages:
    """Where the pages are: the address they listen on, and how the browser that asks has reached them."""

    address: tuple[str, int]
    scheme: str
    host: str
    list_url: str


@dataclass
class Server:
    """A server that runs: its process, who has been seen in it, and the token that its kernels ask with."""

    room: Room
    process: "subprocess.Popen[bytes]"
    door: Door | None = None
    seen: dict[str, datetime] = field(default_factory=dict)
    token: str = ""
    token_made: datetime | None = None
    ending: Any = field(default_factory=Lock)
    has_ended: bool = False


class NotebookServers:
    """A home's servers; `demo`: a system that cannot confine them may run them all the same."""

    def __init__(
        self,
        home: Home,
        *,
        demo: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        asked_every: float = 20.0,
    ) -> None:
        self.home, self._demo, self._clock, self._asked_every = home, demo, clock, asked_every
        self._servers: dict[str, Server] = {}
        self._lock = Lock()
        self._starting: dict[str, Lock] = {}

    def check(self) -> None:
        """Raise NightlightError where notebooks cannot run, and say what to do."""
        if not are_installed():
            raise NightlightError("notebooks are not installed", remedy=HOW_TO_INSTALL)
        if not self.can_confine and not self._demo:
            raise NightlightError(
                "this system cannot keep notebooks from the lake, so none are started",
                remedy="run Nightlight on Linux 6.7 or newer (x86-64 or ARM) with Landlock, and the home not inside "
                "Python's own folders",
            )

    @property
    def can_confine(self) -> bool:
        return keeps_apart(self.home.root) and not self.home.root.is_relative_to(CODE)

    def open(self, workspace: Workspace, entrance: Entrance, pages: Pages, *, notebook: str = "") -> str:
        """The address at which somebody enters, once: the server is started if it does not run."""
        self.check()
        where = _where(workspace, pages)
        with self._lock:
            starting = self._starting.setdefault(workspace.name, Lock())
        with starting:
            server = self._running(workspace.name) or self._start(workspace, pages)
        ticket = make_ticket(self.home.database_url, workspace.name, entrance, now=self._clock())
        base = where or f"http://{_host(pages.host)}:{server.room.port}"
        return f"{base}/login?ticket={ticket}" + (f"&open={quote(notebook)}" if notebook else "")

    def people(self, workspace: str) -> list[str]:
        """Who is in a workspace now."""
        server, now = self._running(workspace), self._clock()
        return sorted(name for name, at in (server.seen if server else {}).items() if now - at <= HERE)

    def is_running(self, workspace: str) -> bool:
        return self._running(workspace) is not None

    def close(self) -> None:
        """End all servers, their kernels with them."""
        with self._lock:
            servers, self._servers = list(self._servers.values()), {}
        for server in servers:
            self._clear(server)

    def _running(self, name: str) -> Server | None:
        with self._lock:
            server = self._servers.get(name)
            return server if server is not None and server.process.poll() is None else None

    def _start(self, workspace: Workspace, pages: Pages) -> Server:
        folder = self.home.notebooks / workspace.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        runtime = Path(tempfile.mkdtemp(prefix="nightlight-"))  # short: sockets lie in it
        port = workspace.port or _free_port()
        room = Room(
            workspace.name, folder, runtime, port, pages.list_url, workspace.url, self.can_confine, self._asked_every
        )
        ours, theirs = socket.socketpair()
        with theirs, (runtime / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", f"{__package__}.server_child", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment(room),
                cwd=folder,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        server = Server(room, process)
        server.door = Door(ours, runtime / PAGES_SOCKET, pages.address, self._answers(workspace, server))
        assert process.stdin is not None
        process.stdin.write(room.write().encode() + b"\n")
        process.stdin.flush()
        _wait_until_it_listens(server)
        with self._lock:
            self._servers[workspace.name] = server
        return server

    def _answers(self, workspace: Workspace, server: Server) -> Answers:
        def enter(ticket: str) -> dict[str, str] | None:
            entrance = take_ticket(self.home.database_url, workspace.name, ticket, now=self._clock())
            if entrance is None or not stays(entrance.principal, entrance.session, True):
                return None
            return {"person": entrance.principal, "session": entrance.session}

        def stays(person: str, session: str, here: bool) -> bool:
            may = self._may_stay(workspace.name, person, session, here=here)
            if may and here:
                server.seen[person] = self._clock()
            return may

        def ended() -> None:
            with self._lock:
                if self._servers.get(workspace.name) is server:
                    del self._servers[workspace.name]
            self._clear(server)

        return Answers(enter, stays, lambda: self._token(workspace, server), ended)

    def _may_stay(self, workspace: str, person: str, session: str, *, here: bool) -> bool:
        hours = self.home.settings.session_hours
        with transaction(self.home.database_url) as connection:
            check_privilege(connection, person, "EXECUTE", f"workspace {workspace}")
        return is_open(self.home.database_url, session, now=self._clock(), hours=hours, is_use=here)

    def _token(self, workspace: Workspace, server: Server) -> str:
        """The token that the workspace's kernels ask with: for a day, another after half of it, none on any disk."""
        now = self._clock()
        is_old = server.token_made is None or now - server.token_made > TOKEN_AGE
        if is_old or not find_token(self.home.database_url, server.token, now=now):
            self._revoke(server)
            server.token = create_token(
                self.home,
                principal=workspace.principal,
                purpose=workspace.purpose,
                name=f"notebooks of {workspace.name}",
                days=TOKEN_DAYS,
                by=os_user(),
                clock=self._clock,
            )
            server.token_made = now
        return server.token

    def _revoke(self, server: Server) -> None:
        found = find_token(self.home.database_url, server.token, now=self._clock()) if server.token else None
        if found is not None:
            revoke_token(self.home, found.id, by=os_user(), clock=self._clock)
        server.token = ""

    def _clear(self, server: Server) -> None:
        """End a server and what it leaves, once: whoever comes second waits until that is done."""
        with server.ending:
            if server.has_ended:
                return
            _end(server.process)
            with suppress(NightlightError):
                self._revoke(server)
            rmtree(server.room.runtime, ignore_errors=True)
            server.has_ended = True


def _where(workspace: Workspace, pages: Pages) -> str:
    """The address browsers are sent to; "" for this machine, at the server's port. Raises where none would answer."""
    if workspace.url:
        return workspace.url.rstrip("/")
    if pages.host not in LOOPBACK or pages.scheme != "http":
        raise NightlightError(
            f"the notebooks of '{workspace.name}' have no address that browsers elsewhere can reach",
            remedy=f"`nightlight workspace add {workspace.name} --port P --url https://..`, see docs/notebooks.md",
        )
    return ""


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until_it_listens(server: Server) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.room.port), 1):
            return
        time.sleep(0.1)
    last = (server.room.runtime / "log").read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    _end(server.process)
    raise NightlightError(
        f"the notebooks of '{server.room.name}' did not start: {last[0][-200:]}",
        remedy="is its port taken? `nightlight doctor` says more",
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    process.kill()
    process.communicate()
