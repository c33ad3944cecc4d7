"""Runs of experiments, kept by MLflow in the home's registry: parameters, metrics and small texts."""

import math
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.registry.store import EXPERIMENTS, experiment_in, open_store
from nightlight.settings import Home

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,79}")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
MOST, LONGEST_VALUE, LARGEST_ARTIFACT = 200, 500, 1_000_000


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
    with open_store(home, EXPERIMENTS) as client:
        known = experiment_in(client, _full_name(workspace, experiment))
        run = client.create_run(known, tags={"mlflow.user": person or workspace})
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
    with open_store(home, EXPERIMENTS) as client:
        known = client.get_experiment_by_name(_full_name(workspace, experiment))
        newest = ["attributes.start_time DESC"]
        found = client.search_runs([known.experiment_id], max_results=MOST, order_by=newest) if known else []
    return [
        {
            "run": run.info.run_id,
            "at": datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(),
            "person": run.data.tags.get("mlflow.user", ""),
            **run.data.params,
            **run.data.metrics,
        }
        for run in found
    ]


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
