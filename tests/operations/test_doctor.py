"""Promises of the doctor: a home in order is all ok, and each thing wrong is named with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nightlight.operations.doctor import Check, State, examine
from nightlight.operations.example import create_home
from nightlight.settings import Home

DAMAGES: dict[str, tuple[Callable[[Home], object], str]] = {
    "permissions": (lambda home: (home.root / "nightlight.toml").chmod(0o644), "1 files or folders are open to others"),
    "database": (lambda home: (home.root / "catalog.db").write_text("no database"), "cannot be opened"),
    "alerts": (lambda home: None, "failures are announced nowhere"),
    "source messages": (lambda home: (home.sources / "messages.toml").write_text("kind ="), "not valid TOML"),
    "project harbour": (
        lambda home: (home.pipelines / "harbour" / "transformations" / "x.sql").write_text("SELECT 1"),
        "x.sql:1",
    ),
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """As `nightlight init` makes it."""
    return create_home(tmp_path / "home")


def found(home: Home) -> dict[str, Check]:
    return {check.check: check for check in examine(home.root)}


def test_a_new_home_is_in_order(home: Home) -> None:
    assert {name for name, check in found(home).items() if check.state is State.WRONG} == set()
    assert {"python", "packages", "home", "permissions", "disk", "database", "engine"} < set(found(home))


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_wrong_is_found_and_named(home: Home, name: str) -> None:
    damage, says = DAMAGES[name]
    damage(home)
    check = found(home)[name]
    assert check.state is not State.OK
    assert says in check.found


def test_one_thing_wrong_hides_no_other(home: Home) -> None:
    for name in ("database", "source messages", "project harbour"):
        DAMAGES[name][0](home)
    wrong = {name for name, check in found(home).items() if check.state is State.WRONG}
    assert {"database", "source messages", "project harbour"} <= wrong


def test_without_a_home_the_installation_is_still_looked_at(tmp_path: Path) -> None:
    checks = examine(tmp_path / "nowhere")
    assert [check.check for check in checks] == ["python", "packages", "home"]
    assert checks[-1].remedy.startswith("run `nightlight init`")
