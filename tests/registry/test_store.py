"""The registry's store: workspaces apart, wherever the home stands, in a file or in PostgreSQL."""

import fcntl
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from tests.postgres import running_server
from tests.registry.conftest import Trained
from tests.registry.models import POLICIES, clock

from nightlight.catalog.principals import add_principal
from nightlight.catalog.statements import read_statements
from nightlight.db import open_database
from nightlight.errors import NightlightError
from nightlight.registry.gates import get_report
from nightlight.registry.promotion import promote, rollback
from nightlight.registry.runs import list_runs, log_run
from nightlight.registry.store import _make_file, open_store, store_url
from nightlight.registry.versions import files_of, get_version, list_versions
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory) as url:
        yield url
        open_database(url).dispose()


def test_models_of_a_workspace_are_not_in_another(home: Home, trained: Trained) -> None:
    trained()
    for workspace, models in (("dev", ["pocket"]), ("staging", []), ("prod", [])):
        with open_store(home, workspace) as client:
            assert [model.name for model in client.search_registered_models()] == models


def test_whoever_comes_second_takes_the_registry_that_another_process_has_just_made(tmp_path: Path) -> None:
    file = tmp_path / "registry" / "registry.db"
    file.parent.mkdir()
    with (tmp_path / "registry.lock").open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        second = Thread(target=_make_file, args=(file,))
        second.start()
        file.write_bytes(b"theirs")
    second.join()
    assert file.read_bytes() == b"theirs"


def test_what_mlflow_refuses_is_one_clear_line(home: Home) -> None:
    with (
        pytest.raises(NightlightError, match=r"the registry refused \(RESOURCE_DOES_NOT_EXIST\)"),
        open_store(home, "dev") as client,
    ):
        client.get_registered_model("pocket")


def test_a_home_that_moved_takes_its_models_with_it(home: Home, trained: Trained, tmp_path: Path) -> None:
    trained("first"), trained("second")
    moved = replace(home, root=tmp_path / "elsewhere")
    shutil.move(home.root, moved.root)
    assert files_of(moved, get_version(moved, "pocket", 1)).is_relative_to(moved.root)
    promoted = promote(moved, "pocket", 2, to="staging", alias="champion", by="clara", clock=clock)
    assert files_of(moved, promoted).is_relative_to(moved.root)
    with open_store(moved, "dev") as client:
        run = client.get_model_version("pocket", "1").run_id
        assert [file.path for file in client.list_artifacts(run or "")] == ["gate_report.json", "model"]
    assert not home.root.exists()


def test_a_home_on_postgresql_keeps_its_registry_there(home: Home, server: str, trained: Trained) -> None:
    shared = replace(home, settings=replace(home.settings, database=server))
    for user in ("dario", "clara"):
        add_principal(shared.database_url, user, "user", by="test")
    apply_policies(shared, read_statements(POLICIES, "test.sql"), by="test")
    assert list_versions(shared) == []
    assert "search_path" in store_url(shared)
    log_run(shared, "waits", workspace="analysis", person="ana", parameters={}, metrics={"mean": 1.0}, artifacts={})
    assert [run["mean"] for run in list_runs(shared, "waits", workspace="analysis")] == [1.0]
    for word in ("first", "second"):
        made = trained(word, at=shared)
        promote(shared, "pocket", made.version, to="staging", alias="champion", by="clara", clock=clock)
    assert rollback(shared, "pocket", by="clara", workspace="staging", clock=clock).version == 1
    report = get_report(shared, get_version(shared, "pocket", 1, workspace="staging"))
    assert report is not None
    assert report.passed
    assert list_versions(home) == []  # nothing of it is in the file
