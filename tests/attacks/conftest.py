"""The worlds under attack, each built once for all attack tests, with a broker kept open."""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.attacks.door import Door
from tests.attacks.oracle import ENVIRONMENT_VARIABLE, IN_ENVIRONMENT, Outcome
from tests.attacks.world import LINE, Shape, World, build_world, random_shape

from nightlight.settings import Home

SEED = int(os.environ.get("ATTACK_SEED", "20261127"))  # another one gives other names, rows and samples

BuildWorld = Callable[..., World]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory, empty_catalog: Path) -> BuildWorld:
    """Build a world of a shape in a fresh home; `hidden` draws what an analyst must not see."""

    def build(shape: Shape, *, hidden: int = 1, keys_of: Home | None = None) -> World:
        home = Home.create(tmp_path_factory.mktemp("world") / "home")
        shutil.copy(empty_catalog, home.root / "catalog.db")
        return build_world(home, shape, seed=SEED, hidden=hidden, keys_of=keys_of)

    return build


@pytest.fixture(scope="session")
def line(build: BuildWorld) -> Iterator[Door]:
    """The world like the example line."""
    with _in_environment(), Door(build(LINE)) as door:
        yield door


@pytest.fixture(scope="session")
def mirror(build: BuildWorld, line: Door) -> Iterator[Door]:
    """The same line with other hidden rows, values, numbers of rows: an analyst cannot tell the two apart."""
    with Door(build(LINE, hidden=2, keys_of=line.world.home)) as door:
        yield door


@pytest.fixture(scope="session")
def unseen(build: BuildWorld) -> Iterator[Door]:
    """A world whose names are drawn by chance, with other types and policies."""
    with _in_environment(), Door(build(random_shape(SEED))) as door:
        yield door


class _in_environment:  # noqa: N801 - used as a word
    """A secret in this process's environment while it lasts."""

    def __enter__(self) -> None:
        os.environ[ENVIRONMENT_VARIABLE] = IN_ENVIRONMENT

    def __exit__(self, *reason: object) -> None:
        os.environ.pop(ENVIRONMENT_VARIABLE, None)


class Tally:
    """How many statements of a family were refused, answered, and leaked; printed after the tests."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, bool], Counter[str]] = defaultdict(Counter)

    def count(self, family: str, gate: bool, answer: Outcome, found: Sequence[str]) -> None:
        counter = self.counts[family, gate]
        counter["statements"] += 1
        counter["refused"] += bool(answer.error)
        counter["answered"] += not answer.error
        counter["leaks"] += bool(found)


TALLY = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    return TALLY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for (family, gate), counter in sorted(TALLY.counts.items()):
        numbers = ", ".join(f"{counter[kind]} {kind}" for kind in ("statements", "answered", "refused", "leaks"))
        terminalreporter.write_line(f"attacks {family} ({'gate' if gate else 'no gate'}): {numbers}")
