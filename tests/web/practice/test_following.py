"""A server that runs follows promotion and rollback within ten seconds; who is in a conversation notices nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from httpx2 import Client, TransportError
from tests.conftest import copy_home
from tests.practice.conftest import CARD, KIND
from tests.practice.conftest import stocked_catalog as stocked_catalog
from tests.practice.conftest import with_llamas as with_llamas
from tests.practice.served import to_prod
from tests.simulator.openai_server import Server, running

from nightlight.accounts.sessions import start_session
from nightlight.practice import sessions
from nightlight.registry.promotion import rollback
from nightlight.registry.serving import served_name
from nightlight.registry.versions import get_version, holder
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE

STARTS, FOLLOWS = 180.0, 10.0  # seconds


@contextmanager
def served(home: Home, port: int) -> Iterator[str]:
    """The pages of a home by `nightlight serve`, in a process of their own."""
    command = [sys.executable, "-m", "nightlight", "serve", "--home", str(home.root), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            with Client(trust_env=False) as client:
                until = time.monotonic() + STARTS
                while not _answers(client, url := f"http://127.0.0.1:{port}"):
                    assert process.poll() is None, "the server ended"
                    assert time.monotonic() < until, "the server did not start"
            yield url
        finally:
            process.terminate()


def _answers(client: Client, url: str) -> bool:
    try:
        return client.get(f"{url}/sign-in").status_code == 200
    except TransportError:
        time.sleep(0.2)
        return False


def browser(home: Home, url: str, person: str) -> Client:
    """A browser of somebody who has signed in."""
    client = Client(base_url=url, headers={"sec-fetch-site": "same-origin"}, trust_env=False, timeout=30.0)
    client.cookies.set(PLAIN_COOKIE, start_session(home.database_url, person, now=datetime.now(UTC), client="test"))
    return client


def begin(client: Client) -> str:
    """The path of a session that begins now."""
    answer = client.post(f"/practice/cards/{CARD}/sessions", data={"mode": "off"})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def wording(home: Home, path: str) -> str:
    return sessions.find_practice(home, path.rpartition("/")[2]).wording


def seconds_until(home: Home, client: Client, expected: str) -> float:
    """How long it takes until sessions begin with this wording."""
    began = time.monotonic()
    while wording(home, begin(client)) != expected:
        assert time.monotonic() - began < FOLLOWS, f"sessions do not begin with {expected}"
        time.sleep(0.5)
    return time.monotonic() - began


@pytest.fixture
def llama_server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.mark.slow
def test_a_server_follows_promotion_and_rollback_while_a_conversation_keeps_its_version(
    with_llamas: Home, tmp_path: Path, llama_server: Server, unused_port: int
) -> None:
    home = copy_home(with_llamas, tmp_path / "home")
    (home.root / "nightlight.toml").write_text(f'[wording]\nkind = "openai"\nurl = "{llama_server.url}"\n')
    first, second = (holder(home, "llama", alias, workspace="prod") for alias in ("champion", "challenger"))
    assert first is not None
    assert second is not None
    with served(home, unused_port) as url, browser(home, url, "ana") as ana, browser(home, url, "ben") as ben:
        goes_on = begin(ana)
        assert wording(home, goes_on) == f"openai {served_name(first)}"
        say(ana, goes_on, 0)
        to_prod(home, get_version(home, "llama", 2))
        assert seconds_until(home, ben, f"openai {served_name(second)}") < FOLLOWS
        say(ana, goes_on, 1)
        rollback(home, "llama", by="clara")
        assert seconds_until(home, ben, f"openai {served_name(first)}") < FOLLOWS
        say(ana, goes_on, 2)
    assert {request["model"] for request in llama_server.requests} == {served_name(first)}


def say(client: Client, path: str, number: int) -> None:
    answer = client.post(f"{path}/messages", data={"text": KIND[number], "key": str(number)})
    assert answer.status_code in (200, 303)


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
