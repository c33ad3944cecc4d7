"""Promises of the doctor: a home in order is all ok, and each thing wrong is named with what to do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import copy_home
from tests.practice.test_live_checks import LEAK, SPOKEN
from tests.practice.test_live_checks import lines as practised

from nightlight.catalog.audit import Entry, anchor_head, append
from nightlight.db import open_database
from nightlight.operations.doctor import Check, State, examine, examine_quickly
from nightlight.settings import Home


def change_the_audit(home: Home) -> None:
    append(home, Entry("query", "sam", None, "refused"))
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute("UPDATE audit SET principal = 'ana'")


def destroy_the_database(home: Home) -> None:
    open_database(home.database_url).dispose()  # or its write-ahead log would mend the file
    open_database.cache_clear()
    (home.root / "catalog.db").write_text("no database")


def break_the_labeller(home: Home) -> None:
    home.registry.mkdir()
    (home.registry / "registry.db").write_text("no database, " * 100)


DAMAGES: dict[str, tuple[Callable[[Home], object], str]] = {
    "permissions": (lambda home: (home.root / "nightlight.toml").chmod(0o644), "1 files or folders are open to others"),
    "keys": (lambda home: (home.root / "keys" / "mask").chmod(0o640), "others may read or write"),
    "audit": (change_the_audit, "column 'principal' is not as it was recorded"),
    "audit anchor": (lambda home: None, "anchored nowhere"),
    "database": (destroy_the_database, "cannot be opened"),
    "alerts": (lambda home: None, "failures are announced nowhere"),
    "source messages": (lambda home: (home.sources / "messages.toml").write_text("kind ="), "not valid TOML"),
    "labeller": (break_the_labeller, "the registry cannot be read"),
    "project harbour": (
        lambda home: (home.pipelines / "harbour" / "transformations" / "x.sql").write_text("SELECT 1"),
        "x.sql:1",
    ),
}


@pytest.fixture
def home(tmp_path: Path, example_home: Home) -> Home:
    """As `nightlight init` makes it."""
    return copy_home(example_home, tmp_path / "home")


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


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_key_that_is_gone_or_damaged_is_found(home: Home, content: bytes | None) -> None:
    key = home.root / "keys" / "audit"
    key.unlink()
    if content:
        key.write_bytes(content)
    check = found(home)["keys"]
    assert (check.state, check.remedy) == (State.WRONG, "restore it from a backup")


def test_the_anchor_is_looked_at(home: Home) -> None:
    (home.root / "nightlight.toml").write_text('audit_anchor = "heads"\n')
    assert "nothing is anchored" in found(home)["audit anchor"].found
    anchor = home.root / "heads"
    anchor_head(home, anchor, clock=lambda: datetime.now(UTC) - timedelta(days=2))
    stale = found(home)["audit anchor"]
    assert (stale.state, stale.remedy) == (State.WARNING, "run the schedule, or `nightlight audit anchor`")
    anchor_head(home, anchor)
    assert found(home)["audit anchor"].state is State.OK
    anchor.write_text(anchor.read_text().replace("T", " T"))
    damaged = found(home)
    assert (damaged["audit"].state, damaged["audit"].remedy) == (
        State.WRONG,
        f"run `nightlight audit verify --anchor {anchor}`",
    )


def test_a_model_in_use_that_breaks_a_bar_is_named_with_what_to_do(home: Home) -> None:
    (home.root / "nightlight.toml").write_text(
        '[wording]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nmodel = "harbour"\n'
    )
    subject = "live check of openai harbour"
    assert found(home)[subject].found == "openai harbour: 0 lines in a day, too few to judge"
    practised(home, "openai harbour", [SPOKEN] * 95, at=datetime.now(UTC))
    assert found(home)[subject].found == "openai harbour: 95 lines in a day, within its bars"
    practised(home, "openai harbour", [LEAK] * 6, at=datetime.now(UTC), session="two")
    check = found(home)[subject]
    assert (check.state, check.found) == (
        State.WARNING,
        "openai harbour: 5.94 % of 101 lines would have told too much, at most 5 %",
    )
    assert check.remedy == 'set kind = "bank" in the table [wording] of nightlight.toml'


def test_one_thing_wrong_hides_no_other(home: Home) -> None:
    for name in ("database", "source messages", "project harbour"):
        DAMAGES[name][0](home)
    wrong = {name for name, check in found(home).items() if check.state is State.WRONG}
    assert {"database", "source messages", "project harbour"} <= wrong


def test_the_quick_look_finds_what_needs_no_walk_through_all_files(home: Home) -> None:
    DAMAGES["keys"][0](home)
    DAMAGES["source messages"][0](home)
    checks = {check.check: check for check in examine_quickly(home)}
    assert {name for name, check in checks.items() if check.state is State.WRONG} == {"keys", "source messages"}
    assert not {"audit", "engine", "permissions"} & checks.keys()


def test_without_a_home_the_installation_is_still_looked_at(tmp_path: Path) -> None:
    checks = examine(tmp_path / "nowhere")
    assert [check.check for check in checks] == ["python", "packages", "home"]
    assert checks[-1].remedy.startswith("run `nightlight init`")
