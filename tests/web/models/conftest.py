"""A line with models: dario trained them, clara and cleo decide, ada manages the catalog, vera sees none of it.

Of `pocket`: first and second were let into prod, third was refused by its gate, fourth waits in dev, fifth learned from
starters and stands in staging."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.conftest import copy_home
from tests.registry.models import APPROVED, GATES, STARTER, write_model
from tests.web.conftest import NOW, browsers

from nightlight.catalog.statements import read_statements
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import Figure, judge, save_report
from nightlight.registry.promotion import promote
from nightlight.registry.stored import CHAMPION, ModelVersion
from nightlight.registry.versions import holder, register
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

PEOPLE = """
CREATE GROUP trainers; ADD USER dario TO GROUP trainers; CREATE GROUP deciders; ADD USER clara TO GROUP deciders;
ADD USER cleo TO GROUP deciders; ADD USER dario TO GROUP deciders; CREATE GROUP users; ADD USER uma TO GROUP users;
GRANT EXECUTE ON MODEL pocket TO deciders; GRANT MANAGE ON MODEL pocket TO deciders;
GRANT EXECUTE ON MODEL pocket TO users; GRANT EXECUTE ON MODEL labeller TO users;
"""
As = Callable[[str], TestClient]
LOSSES = "".join(f'{{"step": {step}, "loss": {2 - step / 100}, "held_out_loss": 1.5}}\n' for step in (10, 20, 30, 40))


@pytest.fixture(scope="session")
def made_line(made_line: Home, empty_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    line = copy_home(made_line, tmp_path_factory.mktemp("models") / "home")
    apply_policies(line, list(read_statements(PEOPLE, "people.sql")), by="ada", text=PEOPLE)
    (line.root / "gates.toml").write_text(GATES)
    shutil.copytree(empty_registry, line.registry)
    folder = tmp_path_factory.mktemp("trained")
    let_in(line, trained(line, folder / "first", days=20), days=19)
    let_in(line, trained(line, folder / "second", days=10, fluency=0.85), days=9)
    trained(line, folder / "third", days=5, leaks=0.25)
    trained(line, folder / "fourth", days=2, fluency=0.9)
    fifth = trained(line, folder / "fifth", days=1, fluency=0.86, documents=(STARTER, APPROVED))
    promoted(line, fifth, "staging", days=1, alias="challenger")
    return line


@pytest.fixture
def empty_line(made_line: Home, home: Home) -> Home:
    """The same people before anything was registered."""
    copied = copy_home(made_line, home.root)
    shutil.rmtree(copied.registry)
    return copied


@pytest.fixture
def sign_in_empty(empty_line: Home) -> Iterator[As]:
    with browsers(empty_line, lambda: NOW) as found:
        yield found


def trained(
    line: Home, folder: Path, *, days: int, leaks: float = 0.0, fluency: float = 0.8, **more: Any
) -> ModelVersion:
    """A version that dario registered and evaluated so many days ago, beside the champion of then."""
    at = NOW - timedelta(days=days)
    folder.mkdir()
    (folder / "metrics.jsonl").write_text(LOSSES)
    version = register(line, "pocket", write_model(folder, folder.name, **more), author="dario", clock=lambda: at)
    champion = holder(line, "pocket", CHAMPION, workspace="prod")
    report = judge(
        version,
        figures(leaks, fluency),
        read_bars(line, "pocket"),
        at=at,
        champion=champion,
        champion_figures=figures(0.0, 0.8) if champion else (),
    )
    return save_report(line, report, by="dario", clock=lambda: at)


def figures(leaks: float, fluency: float) -> tuple[Figure, ...]:
    return (
        Figure("leaks", "facts told too early", leaks),
        Figure("fluency", "lines that read well", fluency),
        Figure("seconds", "seconds for a line", 0.2),
    )


def promoted(line: Home, version: ModelVersion, to: str, *, days: int, alias: str = "champion") -> ModelVersion:
    at = NOW - timedelta(days=days)
    return promote(line, "pocket", version.version, to=to, alias=alias, by="clara", clock=lambda: at)


def let_in(line: Home, version: ModelVersion, *, days: int) -> ModelVersion:
    return promoted(line, promoted(line, version, "staging", days=days), "prod", days=days)
