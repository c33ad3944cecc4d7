"""Runs of experiments: kept in the home's registry, of one workspace each, within bounds."""

import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.registry.runs import list_runs, log_run
from nightlight.settings import Home


def log(home: Home, workspace: str = "analysis", **values: Any) -> str:
    given = {"parameters": {}, "metrics": {}, "artifacts": {}, **values}
    return log_run(home, "waits", workspace=workspace, person="ana", **given)


def test_a_run_is_kept_with_who_made_it_and_what_was_measured(home: Home) -> None:
    first = log(home, parameters={"top": "3"}, metrics={"mean": 2.5})
    second = log(home, metrics={"mean": 3.5}, artifacts={"notes.txt": "as planned"})
    runs = list_runs(home, "waits", workspace="analysis")
    assert [run["run"] for run in runs] == [second, first]
    assert {name: runs[1][name] for name in ("person", "top", "mean")} == {"person": "ana", "top": "3", "mean": 2.5}
    [kept] = list(home.registry.glob(f"artifacts/notebooks/*/{second}/artifacts/*"))
    assert kept.read_text() == "as planned"


def test_a_workspace_does_not_see_the_runs_of_another(home: Home) -> None:
    log(home, metrics={"mean": 1})
    assert list_runs(home, "waits", workspace="care") == []
    log(home, "care", metrics={"mean": 2})
    assert [run["mean"] for run in list_runs(home, "waits", workspace="care")] == [2]


def test_the_registry_is_its_owners_alone(home: Home) -> None:
    log(home)
    for path in (home.registry, home.registry / "registry.db", home.registry / "artifacts"):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"artifacts": {"../../lake": "x"}}, "artifact's name"),
        ({"artifacts": {"a/b": "x"}}, "artifact's name"),
        ({"artifacts": {"a.txt": "x" * 1_000_001}}, "larger than"),
        ({"parameters": {"p": "x" * 501}}, "longer than 500"),
        ({"parameters": {"": "x"}}, "parameter's name"),
        ({"metrics": {"m": float("nan")}}, "'m' is no finite number"),
        ({"metrics": {f"m{n}": 1.0 for n in range(201)}}, "at most 200 metrics"),
    ],
)
def test_what_is_no_run_is_refused_before_anything_is_kept(home: Home, values: dict[str, Any], why: str) -> None:
    with pytest.raises(NightlightError, match=why):
        log(home, **values)
    assert not any(path.is_file() for path in (home.registry / "artifacts").rglob("*"))


def test_an_experiments_name_leads_out_of_no_workspace(home: Home) -> None:
    with pytest.raises(NightlightError, match="cannot be an experiment's name"):
        log_run(home, "../care/waits", workspace="analysis", person="", parameters={}, metrics={}, artifacts={})


def test_nothing_is_told_to_anybody_outside(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: called.append(address))
    log(home, metrics={"mean": 1})
    assert called == []
    assert Path(home.registry / "registry.db").exists()


def test_the_registrys_store_is_made_in_silence(home: Home) -> None:
    log(home)
    assert not logging.getLogger("mlflow.store.db.utils").isEnabledFor(logging.INFO)
