"""A line with cards and a training: volunteers ana, ben and cleo, trainers sam and tess; otto is nobody."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.clock import Clock as Clock
from tests.conftest import copy_home
from tests.postgres import in_postgresql
from tests.postgres import server as server
from tests.practice.served import add_deciders, register_llama, speaking, to_prod
from tests.simulator.openai_server import Server, running

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.principals import add_principal
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database
from nightlight.practice import sessions, wordings
from nightlight.practice.sessions import Practice
from nightlight.registry.serving import Followed
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import holder
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


@pytest.fixture(scope="session")
def with_llamas(tmp_path_factory: pytest.TempPathFactory, stocked_catalog: Path, empty_registry: Path) -> Home:
    """The people's home with a champion and a challenger of llama in production: to be copied."""
    folder = tmp_path_factory.mktemp("llamas")
    home = Home.create(folder / "home")
    shutil.copy(stocked_catalog, home.root / "catalog.db")
    shutil.copytree(empty_registry, home.registry)
    change(home)
    add_deciders(home)
    for word, alias in (("first", "champion"), ("second", "challenger")):
        to_prod(home, register_llama(home, folder, word), alias)
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
    with in_postgresql(home, request.getfixturevalue("server"), kept={"roleplay_versions"}) as shared:
        import_corpus(shared, by="setup")
        change(shared)
        yield shared


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


def say(home: Home, practice: Practice, number: int, clock: Clock) -> None:
    """The next of the kind messages, a minute later."""
    clock.pass_by(seconds=60)
    at = sessions.seconds_into(practice, clock())
    sessions.record(home, practice, Said(at, KIND[number]), key=str(number), clock=clock)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock by which champions are looked up again."""
    seconds, followed = [0.0], dict[tuple[str, str, str], Followed]()

    def follow(home: Home, name: str, alias: str) -> Followed:
        key = (str(home.root), name, alias)
        if key not in followed:
            followed[key] = Followed(home, name, "prod", alias=alias, clock=lambda: seconds[0])
        return followed[key]

    monkeypatch.setattr(wordings, "followed", follow)
    return seconds


@pytest.fixture
def llama_server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def llamas(with_llamas: Home, tmp_path: Path, llama_server: Server, seconds: list[float]) -> Home:
    """A line whose texters' words come from llamas: a champion, and a challenger."""
    return speaking(copy_home(with_llamas, tmp_path / "line"), llama_server.url)


Versions = tuple[ModelVersion, ModelVersion]


@pytest.fixture
def versions(llamas: Home) -> Versions:
    one, other = (holder(llamas, "llama", alias, workspace="prod") for alias in ("champion", "challenger"))
    assert one is not None
    assert other is not None
    return one, other
