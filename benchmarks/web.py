"""Sixteen people at the pages of a demo's home at once, none of whom ever waits before opening the next page.

`python -m benchmarks.web HOME TIMES`: each opens each page TIMES times. The server is a process of its own, as
`nightlight serve` starts it; its CPU-seconds, with those of its children, are counted from outside."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

from benchmarks.measure import report
from nightlight.accounts.sessions import start_session
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE

PEOPLE = 16
ROLES = ("ana", "dario", "sam", "clara", "ana", "lin", "ada", "vera")
READERS = ("ana", "dario", "sam")  # of the table
EMPTY, SIGN_IN, HOME, TABLE = "/health", "/sign-in", "/", "/data/gold/volume_daily"
TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 60  # seconds


@dataclass
class Server:
    """The served home: its port and its process, whose children are the broker's workers."""

    port: int
    process: int

    def cpu_seconds(self) -> float:
        """Of the process, of its children and of theirs; of those that have ended too."""
        return sum(map(_cpu_of, [self.process, *descendants(self.process)]))


def descendants(process: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            for child in Path(f"/proc/{process}/task/{thread}/children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


def _cpu_of(process: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICK
    return 0.0


@contextmanager
def served(home: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nightlight", "serve", "--demo", "--home", str(home), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sys.stderr) as process:
        try:
            _wait(port, process)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(PATIENCE * 20):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise SystemExit("the server ended before it served")
        time.sleep(0.05)
    raise SystemExit("the server does not answer")


class Visitor:
    """A browser of somebody: one connection kept open, pages as they are sent."""

    def __init__(self, port: int, name: str, cookie: str = "") -> None:
        self.name = name
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {"Accept-Encoding": "gzip", "Accept-Language": "en"}
        if cookie:
            self._headers["Cookie"] = f"{PLAIN_COOKIE}={cookie}"

    def come(self) -> None:
        """With a new connection: the server ends one that is idle for some seconds."""
        self._connection.close()

    def open(self, url: str) -> tuple[float, int]:
        """Wall seconds until the page is there, and its bytes with its headers."""
        begun = time.perf_counter()
        self._connection.request("GET", url, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        wall = time.perf_counter() - begun
        if answer.status != 200:
            raise SystemExit(f"{url} answered {self.name} with {answer.status}")
        return wall, len(body) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders())

    def read(self, url: str) -> str:
        self._connection.request("GET", url, headers={**self._headers, "Accept-Encoding": "identity"})
        return self._connection.getresponse().read().decode()


def first_load(port: int) -> dict[str, int]:
    """Bytes of the sign-in page with all that it loads, compressed as sent."""
    visitor = Visitor(port, "nobody")
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.read(SIGN_IN)))
    return {url: visitor.open(url)[1] for url in (SIGN_IN, *sorted(assets))}


def crowd(server: Server, visitors: list[Visitor], url: str, times: int) -> dict[str, Any]:
    """A page opened by all at once, again and again: wall seconds of each opening, CPU-seconds of one."""
    for visitor in visitors:
        visitor.come()
        visitor.open(url)  # nobody's extract or template is new
        visitor.come()
    begin = Barrier(len(visitors))

    def stay(visitor: Visitor) -> list[float]:
        begin.wait()
        return [visitor.open(url)[0] for _ in range(times)]

    before, begun = server.cpu_seconds(), time.perf_counter()
    with ThreadPoolExecutor(len(visitors)) as pool:
        walls = [wall for found in pool.map(stay, visitors) for wall in found]
    took, cpu = time.perf_counter() - begun, server.cpu_seconds() - before
    return {"walls": walls, "cpu": cpu / len(walls), "per_second": len(walls) / took}


def alone(visitors: list[Visitor], url: str, times: int) -> list[float]:
    """The same page opened by one person at a time: what somebody waits for on a quiet night."""
    visitors[0].come()
    visitors[0].open(url)
    return [visitors[0].open(url)[0] for _ in range(times)]


def sixteen(home: Home, port: int, names: Sequence[str]) -> list[Visitor]:
    """Sixteen browsers of people of these names, each with a session of its own; without names, of nobody yet."""
    people = [names[number % len(names)] if names else "" for number in range(PEOPLE)]
    return [Visitor(port, name, _cookie(home, name)) for name in people]


def _cookie(home: Home, name: str) -> str:
    if not name:
        return ""
    return start_session(home.database_url, name, now=datetime.now(UTC), client="benchmark")


def dashboards(home: Home, port: int) -> dict[str, list[str]]:
    """Every dashboard, with the people who may open it."""
    found: dict[str, list[str]] = {}
    for name in sorted(set(ROLES)):
        page = Visitor(port, name, _cookie(home, name)).read("/dashboards")
        for url in set(re.findall(r'href="(/dashboards/[a-z_]+)"', page)):
            found.setdefault(url, []).append(name)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    home, times = Home.open(Path(sys.argv[1])), int(sys.argv[2])
    with served(home.root) as server:
        names: dict[str, Sequence[str]] = {EMPTY: (), SIGN_IN: (), HOME: ROLES, TABLE: READERS}
        names |= dashboards(home, server.port)
        plan = {url: sixteen(home, server.port, who) for url, who in names.items()}
        load = first_load(server.port)
        first = {url: visitors[0].open(url)[0] for url, visitors in plan.items()}
        pages = {url: crowd(server, visitors, url, times) for url, visitors in plan.items()}
        quiet = {url: alone(visitors, url, times) for url, visitors in plan.items()}
    report(first_load=load, first=first, pages=pages, quiet=quiet)
