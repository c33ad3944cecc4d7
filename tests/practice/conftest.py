"""A line with cards and a training: volunteers ana, ben and cleo, trainers sam and tess; otto is nobody."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.postgres import empty_people
from tests.postgres import server as server

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.principals import add_principal
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database
from nightlight.practice import sessions
from nightlight.practice.sessions import Practice
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said
from nightlight.studio.writing import import_corpus

POLICIES = """
CREATE GROUP volunteers; ADD USER ana TO GROUP volunteers; ADD USER ben TO GROUP volunteers;
ADD USER cleo TO GROUP volunteers; GRANT EXECUTE ON APP practice TO volunteers;
CREATE GROUP trainers; ADD USER sam TO GROUP trainers; ADD USER tess TO GROUP trainers;
GRANT MANAGE ON APP practice TO trainers;
"""
CARD = "night-shift-fine"
KIND = (
    "It makes sense that you feel this way after all that.",
    "So it has been building up for a while.",
    "It took strength to tell me that.",
    "What has that been like for you?",
    "It sounds like part of you is tired of holding it together.",
    "No wonder you're exhausted.",
)
SECRET = "It sounds like today was heavier than you let on."


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def stocked_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the shipped cards: taking them in takes seconds, a copy nothing."""
    stocked = Home.create(tmp_path_factory.mktemp("stocked") / "home")
    import_corpus(stocked, by="setup")
    open_database(stocked.database_url).dispose()
    return stocked.root / "catalog.db"


@pytest.fixture
def home(tmp_path: Path, stocked_catalog: Path) -> Home:
    home = Home.create(tmp_path / "home")
    shutil.copy(stocked_catalog, home.root / "catalog.db")
    return home


@pytest.fixture
def people(home: Home) -> Home:
    change(home)
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, home: Home) -> Iterator[Home]:
    """The same people in a catalog on SQLite, and in one on PostgreSQL."""
    if request.param == "sqlite":
        change(home)
        yield home
        return
    url: str = request.getfixturevalue("server")
    shared = replace(home, settings=replace(home.settings, database=url))
    empty_people(url, kept={"roleplay_versions"})
    import_corpus(shared, by="setup")
    change(shared)
    yield shared
    open_database(url).dispose()


def change(home: Home, text: str = POLICIES) -> None:
    apply_statements(home.database_url, list(read_statements(text, "change.sql")), by="setup")
    add_principal(home.database_url, "otto", "user", by="setup")


Play = Callable[..., Practice]


@pytest.fixture
def play(clock: Clock) -> Play:
    """Begin a session and end it with a close after one message."""

    def play_one(home: Home, person: str, card: str = CARD, **options: object) -> Practice:
        practice = sessions.begin(home, person, card, mode=Mode.NUDGE, seed=1, clock=clock, **options)  # type: ignore[arg-type]
        sessions.record(home, practice, Said(30.0, SECRET), key="one", clock=clock)
        sessions.record(home, practice, Closed(90.0), key="end", clock=clock)
        return sessions.find_practice(home, practice.id)

    return play_one
