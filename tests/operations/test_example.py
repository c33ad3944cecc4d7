"""Promises of the example line as a template: homes are private, and invented data reaches no home but the demo's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlight.catalog.access import check_purpose
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable, list_principals
from nightlight.catalog.workspaces import list_workspaces
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.ingestion.declaration import read_source, source_files
from nightlight.operations.example import DEMO_USERS, create_home, open_demo_home, write_exports
from nightlight.pipelines.project import find_projects
from nightlight.settings import Home


def everything(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")


def test_a_new_home_has_the_templates_sources_and_project_but_no_exports(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home")
    assert {read_source(file, home).table.schema for file in source_files(home).values()} == {"bronze"}
    assert [root.name for root in find_projects(home.pipelines)] == ["harbour"]
    assert not (home.root / "exports").exists()


def test_a_new_home_has_the_templates_policies_in_force_and_no_users(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home")
    names = [file.name[:2] for file in sorted(home.policies.glob("*.sql"))]
    assert names == [f"{number:02}" for number in range(1, 11)]
    kinds = {row["name"]: row["kind"] for row in list_principals(home.database_url)}
    assert kinds["analysts"] == "group"
    assert kinds["data_engineering"] == "service"
    assert [workspace.name for workspace in list_workspaces(home.database_url)] == ["analysis"]
    assert "user" not in kinds.values()
    assert tail(home, 1)[0]["action"] == "catalog apply"


def test_a_new_home_is_its_owners_alone_even_where_the_folder_was_not(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    home = create_home(tmp_path / "home")
    assert [path for path in everything(home.root) if path.stat().st_mode & 0o077] == []


def test_an_empty_home_has_neither_sources_nor_projects(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", empty=True)
    assert not source_files(home)
    assert not find_projects(home.pipelines)
    assert [row["name"] for row in list_principals(home.database_url)] == ["pipelines"]


def test_a_folder_that_holds_something_is_not_made_a_home(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NightlightError, match="the folder is not empty"):
        create_home(tmp_path)


def test_the_demo_opens_its_own_home_again(tmp_path: Path) -> None:
    made = open_demo_home(tmp_path / "home")
    assert open_demo_home(tmp_path / "home").root == made.root


def test_the_demo_has_a_user_for_each_task_and_one_without(tmp_path: Path) -> None:
    home = open_demo_home(tmp_path / "home")
    groups = {row["name"]: set(row["groups"]) for row in list_principals(home.database_url) if row["kind"] == "user"}
    assert groups == {name: set(its) for name, its in DEMO_USERS.items()}
    with transaction(home.database_url) as connection:
        check_purpose(connection, "ana", "improve_service")
        with pytest.raises(NightlightError):
            check_purpose(connection, "otto", "improve_service")


def test_a_user_whom_somebody_disabled_stays_so_in_the_next_demo(tmp_path: Path) -> None:
    home = open_demo_home(tmp_path / "home")
    disable(home.database_url, "ana", by="test")
    open_demo_home(tmp_path / "home")
    assert {row["name"] for row in list_principals(home.database_url) if row["disabled"]} == {"ana"}


@pytest.mark.parametrize("change", ["another source", "an edited source", "a table"])
def test_the_demo_refuses_a_home_that_is_somebodys(tmp_path: Path, change: str) -> None:
    home = create_home(tmp_path / "home", empty=change == "a table")
    match change:
        case "another source":
            (home.sources / "letters.toml").write_text('kind = "csv"\n')
        case "an edited source":
            with (home.sources / "messages.toml").open("a") as file:
                file.write("# ours now\n")
        case "a table":
            (home.lake / "bronze").mkdir()
    with pytest.raises(NightlightError, match="this home is not the demo's"):
        open_demo_home(home.root)


def test_the_demo_refuses_a_folder_that_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NightlightError, match="there is no Nightlight home here"):
        open_demo_home(tmp_path)


def test_exports_are_written_once_and_what_was_begun_is_begun_again(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home")
    (home.root / "exports.begun" / "messages").mkdir(parents=True)  # as a killed run leaves it
    assert write_exports(home, 20)
    written = {path.name for path in everything(home.root / "exports")}
    assert {"roster.db", "messages", "events", "partner"} < written
    assert not write_exports(home, 20)
    assert not (home.root / "exports.begun").exists()
