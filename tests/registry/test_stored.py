"""What is read without MLflow is what MLflow's own client says; pointed at the same store, it finds all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.registry.conftest import Trained
from tests.registry.models import clock

from nightlight.registry.promotion import promote
from nightlight.registry.stored import read_versions
from nightlight.settings import Home

PROGRAM = """
import json, sys
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
client, found = MlflowClient(), {}
for version in client.search_model_versions("name = 'pocket'"):
    model = client.get_model_version("pocket", version.version)
    run = client.get_run(model.run_id)
    found[str(version.version)] = {
        "aliases": sorted(model.aliases), "tags": model.tags, "loss": run.data.metrics["loss"],
        "minutes": run.data.params["minutes"], "gate": run.data.metrics["gate fluency"],
    }
found["champion"] = str(client.get_model_version_by_alias("pocket", "champion").version)
found["files"] = download_artifacts("models:/pocket@champion", dst_path=sys.argv[1])
print(json.dumps(found))
"""


def ask_mlflow(home: Home, workspace: str, folder: Path) -> dict[str, Any]:
    """What a plain client in a process of its own says."""
    folder.mkdir()
    place = f"sqlite:///{home.registry / 'registry.db'}"
    settings = {
        "MLFLOW_TRACKING_URI": place,
        "MLFLOW_REGISTRY_URI": place,  # without it MLflow asks Spark
        "MLFLOW_ENABLE_WORKSPACES": "true",
        "MLFLOW_WORKSPACE": workspace,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_plain_mlflow_client_finds_versions_aliases_measures_and_files(
    home: Home, trained: Trained, tmp_path: Path
) -> None:
    trained("first", fluency=0.8), trained("second", fluency=0.9)
    for number in (1, 2):
        promote(home, "pocket", number, to="staging", alias="champion", by="clara", clock=clock)
    told = ask_mlflow(home, "staging", tmp_path / "asked")
    assert told["champion"] == "2"
    assert (Path(told["files"]) / "weights.safetensors").read_bytes() == b"second"
    for version in (each for each in read_versions(home, "pocket") if each.workspace == "staging"):
        theirs = told[str(version.version)]
        assert (theirs["aliases"], theirs["tags"]) == (list(version.aliases), dict(version.tags))
        assert (theirs["loss"], theirs["minutes"]) == (1.25, "8")
    assert told["2"]["gate"] == 0.9


def test_a_home_without_a_registry_has_no_versions_and_gets_none(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "new")
    assert read_versions(home) == []
    assert not home.registry.exists()
