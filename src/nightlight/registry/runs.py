"""Runs of experiments, kept by MLflow in the home's registry: parameters, metrics and small texts.

MLflow runs inside this process and sends nothing anywhere; it is loaded at the first run, which takes some seconds."""

import logging
import math
import os
import re
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.settings import Home

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,79}")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
MOST, LONGEST_VALUE, LARGEST_ARTIFACT = 200, 500, 1_000_000
_OPENING = RLock()  # MLflow makes its tables at the first use: once


def log_run(
    home: Home,
    experiment: str,
    *,
    workspace: str,
    person: str,
    parameters: Mapping[str, str],
    metrics: Mapping[str, float],
    artifacts: Mapping[str, str],
) -> str:
    """Keep one run of an experiment of a workspace; the run's id."""
    _check(experiment, parameters, metrics, artifacts)
    client = _client(home)
    run = client.create_run(_experiment(client, home, workspace, experiment), tags={"mlflow.user": person or workspace})
    run_id: str = run.info.run_id
    try:
        for name, value in parameters.items():
            client.log_param(run_id, name, value)
        for name, number in metrics.items():
            client.log_metric(run_id, name, number)
        with tempfile.TemporaryDirectory() as folder:
            for name, text in artifacts.items():
                Path(folder, name).write_text(text, encoding="utf-8")
            if artifacts:
                client.log_artifacts(run_id, folder)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)
    return run_id


def list_runs(home: Home, experiment: str, *, workspace: str) -> list[dict[str, Any]]:
    """The runs of an experiment, the newest first: run, at, person, then its parameters and metrics by name."""
    client = _client(home)
    found = client.get_experiment_by_name(_full_name(workspace, experiment))
    if found is None:
        return []
    return [
        {
            "run": run.info.run_id,
            "at": datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(),
            "person": run.data.tags.get("mlflow.user", ""),
            **run.data.params,
            **run.data.metrics,
        }
        for run in client.search_runs([found.experiment_id], max_results=MOST, order_by=["attributes.start_time DESC"])
    ]


def _client(home: Home) -> "MlflowClient":
    with _OPENING:
        return _open(home.registry)


@lru_cache(maxsize=4)
def _open(folder: Path) -> "MlflowClient":
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "registry.db"
    file.touch(mode=0o600)
    with warnings.catch_warnings():  # its own use of what SQLAlchemy will drop
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # importing it sets another
        return MlflowClient(tracking_uri=f"sqlite:///{file}", registry_uri=f"sqlite:///{file}")


def _experiment(client: "MlflowClient", home: Home, workspace: str, experiment: str) -> str:
    """The experiment's id; it is made when it is new."""
    name = _full_name(workspace, experiment)
    found = client.get_experiment_by_name(name)
    if found is None:
        from mlflow.exceptions import MlflowException

        with suppress(MlflowException):  # somebody else has made it meanwhile
            artifacts = home.registry / "artifacts" / workspace
            for folder in (artifacts.parent, artifacts):
                folder.mkdir(mode=0o700, exist_ok=True)
            return client.create_experiment(name, artifact_location=artifacts.as_uri())
        found = client.get_experiment_by_name(name)
    assert found is not None
    return str(found.experiment_id)


def _full_name(workspace: str, experiment: str) -> str:
    return f"{workspace}/{experiment}"


def _check(
    experiment: str, parameters: Mapping[str, str], metrics: Mapping[str, float], artifacts: Mapping[str, str]
) -> None:
    if not NAME.fullmatch(experiment):
        raise NightlightError(
            f"'{experiment[:80]}' cannot be an experiment's name", remedy="use letters, digits, spaces and . _ -"
        )
    for kind, values in (("parameter", parameters), ("metric", metrics), ("artifact", artifacts)):
        if len(values) > MOST:
            raise NightlightError(f"a run has at most {MOST} {kind}s")
        for name in values:
            if not (FILE if kind == "artifact" else NAME).fullmatch(name):
                raise NightlightError(
                    f"'{name[:80]}' cannot be a {kind}'s name", remedy="use letters, digits and . _ -"
                )
    if endless := [name for name, number in metrics.items() if not math.isfinite(number)]:
        raise NightlightError(f"the metric '{endless[0]}' is no finite number", remedy="leave it out")
    if any(len(value) > LONGEST_VALUE for value in parameters.values()):
        raise NightlightError(f"a parameter is longer than {LONGEST_VALUE} characters", remedy="make it an artifact")
    if any(len(text.encode()) > LARGEST_ARTIFACT for text in artifacts.values()):
        raise NightlightError(f"an artifact is larger than {LARGEST_ARTIFACT:,} bytes")
