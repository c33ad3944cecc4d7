"""The demo in a real browser: one home made as `nightlight demo` makes it, served on this machine, and chromium."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from tests.conftest import alone, made_once

from nightlight.accounts.sessions import CHANGE_PASSWORD, OPEN, SECOND_FACTOR, start_session
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE

HERE = Path(__file__).parent
CONVERSATIONS = 600
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
# People who have proven only a part of who they are.
HALFWAY = {"a one-time password": ("vera", CHANGE_PASSWORD), "a second factor": ("ada", SECOND_FACTOR)}


@dataclass(frozen=True)
class Line:
    """The served demo: where it is, whose home it is, its application; and what was made in it for tests, by name."""

    url: str
    home: Home
    app: FastAPI
    made: dict[str, str] = field(default_factory=dict)


Visit = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo of a small line; `NIGHTLIGHT_E2E_HOME` names one made before, which is copied."""
    made = os.environ.get("NIGHTLIGHT_E2E_HOME") or made_once(tmp_path_factory, "demo", make_demo)
    folder = tmp_path_factory.mktemp("e2e") / "home"
    shutil.copytree(made, folder)
    return Home.open(folder)


def make_demo(folder: Path) -> None:
    command = [sys.executable, "-m", "nightlight", "demo", "--no-serve", "--home", str(folder)]
    made = subprocess.run([*command, "--conversations", str(CONVERSATIONS)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


@pytest.fixture(scope="session")
def line(demo_home: Home) -> Iterator[Line]:
    with served(demo_home) as line:
        yield line


@contextmanager
def served(home: Home) -> Iterator[Line]:
    """The home's pages on a free port of this machine, until the block ends."""
    import uvicorn

    from nightlight.web.app import create_app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(home, demo=True)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.05)
    yield Line(f"http://127.0.0.1:{port}", home, app)
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, line: Line) -> Iterator[Visit]:
    """A browser of its own of somebody who has signed in (`""` is nobody), closed when the test ends."""
    opened: list[BrowserContext] = []

    def open_context(who: str = "", **options: Any) -> BrowserContext:
        usual = {"viewport": LAPTOP, "locale": "en-US", "reduced_motion": "reduce"}  # colors are measured, not fading
        context = chromium.new_context(base_url=line.url, **{**usual, **options})
        context.set_default_timeout(20_000)
        opened.append(context)
        if who:
            sign_in(context, line, who)
        return context

    yield open_context
    for context in opened:
        context.close()


def sign_in(context: BrowserContext, line: Line, who: str) -> None:
    """What signing in leaves behind, without the form, which has tests of its own."""
    name, state = HALFWAY.get(who, (who, OPEN))
    secret = start_session(
        line.home.database_url, name, now=datetime.now(UTC), client="Mozilla/5.0 Chrome/150", state=state
    )
    context.add_cookies([{"name": PLAIN_COOKIE, "value": secret, "url": line.url}])


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core at the version that the lock file names, fetched by npm and kept for the next time."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = Path("~/.cache/nightlight-e2e").expanduser() / hashlib.sha256(lock).hexdigest()[:16]
    source = folder / "node_modules/axe-core/axe.min.js"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / "lock"):
        if not source.exists():
            npm = shutil.which("npm")
            if npm is None:
                pytest.skip("no npm, which fetches axe-core: apt install npm")
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            command = [npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
            subprocess.run(command, check=True, cwd=folder)
    return source.read_text(encoding="utf-8")
