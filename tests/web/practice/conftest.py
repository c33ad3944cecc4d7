"""Practice in a browser: a clock that tests move, and the small line's people."""

from collections.abc import Iterator
from html import unescape
from re import sub

import pytest
from fastapi.testclient import TestClient
from tests.clock import Clock as Clock
from tests.conftest import copy_home
from tests.web.conftest import NOW
from tests.web.conftest import As as As
from tests.web.conftest import browsers as browsers

from nightlight.catalog.history import changing
from nightlight.conversations.corpus import shipped_corpus
from nightlight.settings import Home
from nightlight.studio.documents import kind_of
from nightlight.studio.versions import State, Version, insert_version

CARD = "first-winter-without-mum"

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


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


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
        clock.pass_by(seconds=60)
        say(browser, chat, text)
    clock.pass_by(seconds=60)
    answer = browser.post(f"{chat}/end", data={"key": "end"})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())
