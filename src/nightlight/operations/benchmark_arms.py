"""The processes of a benchmark: its data, made once per scale, and its arms, each run on tables of its own."""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nightlight.errors import NightlightError
from nightlight.settings import shipped

GENERATED_FROM = ("examples/line/harbour", "benchmarks/data.py")
SETTLED_BY = ("examples/line/policies", "benchmarks/policies.py")
DBT = ("dbt-core==1.11.16", "dbt-duckdb==1.11.1", "duckdb==2.0.0")
KNOWN = "data.json"
CONTENT = (".py", ".sql", ".yml")


def run_arm(arm: str, *arguments: object, log: Path, python: Path | str = sys.executable) -> dict[str, Any]:
    """Run `benchmarks/<arm>.py` in a process; its report, with the CPU-seconds of the whole process added.

    Raises NightlightError, naming the log, when it fails.
    """
    before = _children_seconds()
    output = _run([str(python), "-m", f"benchmarks.{arm}", *map(str, arguments)], what=f"the arm '{arm}'", log=log)
    return {**json.loads(output.splitlines()[-1]), "process_seconds": _children_seconds() - before}


def _run(command: list[str], *, what: str, log: Path) -> str:
    root = str(shipped("benchmarks").parent)
    environment = {**os.environ, "PYTHONPATH": root, "RUST_LOG": "error", "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("w") as errors:
        done = subprocess.run(
            command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, check=False
        )
    if done.returncode:
        raise NightlightError(f"{what} failed", where=str(log), remedy="the log says why")
    return done.stdout


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def prepare(folder: Path, conversations: int) -> int:
    """Make `folder`/home (the year's bronze) and `folder`/day; returns the year's messages, the day's included.

    What is there already is used again if the same generator made it; so are the policies in force in its home.
    """
    stamp = {"conversations": conversations, "generator": content_hash(GENERATED_FROM)}
    known = json.loads((folder / KNOWN).read_text()) if (folder / KNOWN).exists() else {}
    if {**known, **stamp} != known:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        made = run_arm("data", folder, conversations, log=folder / "data.log")
        known = {**stamp, "messages": made["messages"]}
        (folder / KNOWN).write_text(json.dumps(known))
    if known.get("policies") != (policies := content_hash(SETTLED_BY)):
        run_arm("policies", folder / "home", log=folder / "policies.log")
        (folder / KNOWN).write_text(json.dumps({**known, "policies": policies}))
    return int(known["messages"])


def content_hash(names: Iterable[str]) -> str:
    """A hash of what shipped files, or all files of shipped folders, say."""
    places = [shipped(name) for name in names]
    files = [file for place in places for file in (sorted(place.rglob("*.*")) if place.is_dir() else [place])]
    texts = [file.read_bytes() for file in files if file.suffix in CONTENT]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def link_home(home: Path, copy: Path) -> Path:
    """A home of its own with the same tables: data files are hard links, logs and the catalog are copies."""
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(home, copy, copy_function=_link_or_copy))


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith(".parquet") and "_delta_log" not in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run_dbt(home: Path, out: Path, environment: Path, *, log: Path) -> dict[str, Any]:
    """The models under dbt-duckdb, which the first run installs into an environment of its own."""
    python = environment / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(environment)], what="making dbt's environment", log=log)
        try:
            _run([str(python), "-m", "pip", "install", "--quiet", *DBT], what="installing dbt", log=log)
        except NightlightError:
            shutil.rmtree(environment)
            raise
    views = out / "views.sql"
    views.write_text(_run([sys.executable, "-m", "benchmarks.bronze", str(home)], what="reading bronze", log=log))
    return run_arm("peer_dbt", out / "harbour.duckdb", views, log=log, python=python)
