"""Practice in a browser: a clock that tests move, and the small line's people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from re import sub

import pytest
from fastapi.testclient import TestClient
from tests.conftest import copy_home
from tests.web.conftest import NOW

from nightlight.accounts.sessions import start_session
from nightlight.catalog.history import changing
from nightlight.conversations.corpus import shipped_corpus
from nightlight.settings import Home
from nightlight.studio.documents import kind_of
from nightlight.studio.versions import State, Version, insert_version
from nightlight.web.access import PLAIN_COOKIE
from nightlight.web.app import create_app

CARD = "first-winter-without-mum"
As = Callable[[str], TestClient]


CARDS = (CARD, "exam-week-sleepless", "group-chat", "snow-and-time-zones", "night-shift-fine", "third-dry-year")


@pytest.fixture(scope="session")
def made_line(made_line: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small line with a few of the cards that the product comes with."""
    line = copy_home(made_line, tmp_path_factory.mktemp("practice") / "home")
    take_in_cards(line)
    return line


def take_in_cards(home: Home) -> None:
    with changing(home.database_url) as connection:
        for name in CARDS:
            source = (shipped_corpus() / "cards" / f"{name}.yaml").read_text(encoding="utf-8")
            starter = Version(name, 1, kind_of(name), State.STARTER, source, (), (), "shipped", "", NOW, NOW)
            insert_version(connection, starter)


@dataclass
class Clock:
    """The time, which passes when a test says so."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def browsers(home: Home, clock: Clock) -> Iterator[As]:
    """Browsers of people who have signed in, at the clock's time."""
    app = create_app(home, clock=clock)

    def browser(name: str) -> TestClient:
        client = TestClient(app, base_url="http://nightlight.test", follow_redirects=False)
        client.cookies.set(PLAIN_COOKIE, start_session(home.database_url, name, now=clock.now, client="test"))
        client.headers["sec-fetch-site"] = "same-origin"
        return client

    yield browser
    app.state.site.broker.close()


@pytest.fixture
def browse(line: Home, clock: Clock) -> Iterator[As]:
    with browsers(line, clock) as found:
        yield found


@pytest.fixture
def vera(browse: As) -> TestClient:
    return browse("vera")


@pytest.fixture
def chat(vera: TestClient) -> str:
    """The URL of a chat that vera has begun, with feedback on."""
    return begin(vera)


def begin(browser: TestClient, card: str = CARD, mode: str = "coach") -> str:
    answer = browser.post(f"/practice/cards/{card}/sessions", data={"mode": mode})
    assert answer.status_code == 303, words(answer.text)
    return str(answer.headers["location"])


def say(browser: TestClient, chat: str, text: str, key: str = "") -> None:
    answer = browser.post(f"{chat}/messages", data={"text": text, "key": key or text[:60]})
    assert answer.status_code == 303, words(answer.text)


def played(browser: TestClient, chat: str, clock: Clock) -> str:
    """Hold a short conversation in the chat and end it; the debrief's URL."""
    for text in (
        "Hi, I'm Sam. I'm glad you texted. What is going on tonight?",
        "It sounds so lonely, missing her with all of that around you.",
        "What has been the hardest part of this week?",
        "Are you having thoughts of suicide?",
        "You should just get more sleep.",
    ):
        clock.wait(60)
        say(browser, chat, text)
    clock.wait(60)
    answer = browser.post(f"{chat}/end", data={"key": "end"})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())
