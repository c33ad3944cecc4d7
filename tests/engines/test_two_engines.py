"""The same project on both engines: what embedded Sail and Apache Spark make of the example line is the same."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.ingestion.ingest import run as ingest
from nightlight.lakehouse.tables import SENSITIVITY, Lake
from nightlight.operations.example import create_home, write_exports
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.project import find_projects, read_project
from nightlight.pipelines.update import run_update
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa

REMOTE = os.environ.get("NIGHTLIGHT_SPARK_REMOTE")
PER_UPDATE = {"_update", "_rejected_at", "newest_refusal"}  # when, and by which update, a row was refused


@pytest.fixture
def line(tmp_path: Path) -> Home:
    """A home of the example line whose last months wait in `later`."""
    home = create_home(tmp_path / "home")
    write_exports(home, 200)
    for folder in (home.root / "exports").glob("*/"):
        for file in sorted(folder.glob("*.jsonl.gz"))[9:]:
            waiting = home.root / "later" / folder.name / file.name
            waiting.parent.mkdir(parents=True, exist_ok=True)
            file.rename(waiting)
    return home


@pytest.mark.spark
@pytest.mark.skipif(not REMOTE, reason="NIGHTLIGHT_SPARK_REMOTE names no Spark Connect server")
def test_every_table_is_the_same_on_both_engines_after_a_full_and_an_incremental_update(line: Home) -> None:
    homes = {engine: line.root.with_name(engine) for engine in ("sail", "spark")}
    take_in(line)
    for engine, root in homes.items():
        shutil.copytree(line.root, root)
        update(Home.open(root), engine)
    shutil.copytree(line.root / "later", line.root / "exports", dirs_exist_ok=True)
    take_in(line)
    for engine, root in homes.items():
        for delivered in [*line.lake.glob("bronze/*"), *line.lake.glob("quarantine/bronze_*")]:
            shutil.copytree(delivered, root / "lake" / delivered.relative_to(line.lake), dirs_exist_ok=True)
        update(Home.open(root), engine)
    sail, spark = (Lake(root / "lake") for root in homes.values())
    made = [name for name in sail.tables() if name.schema in ("silver", "gold", "quarantine")]
    assert sail.tables() == spark.tables()
    assert len(made) > 20
    for name in made:
        assert described(sail.table(name).schema) == described(spark.table(name).schema), name
        assert rows(sail.table(name).read()) == rows(spark.table(name).read()), name


def take_in(home: Home) -> None:
    assert not [source.error for source in ingest(home) if source.error]


def update(home: Home, engine: str) -> None:
    session = open_session(engine, settings=home.settings, remote=REMOTE)
    (root,) = find_projects(home.pipelines)
    result = run_update(read_project(root, session), home, session)
    assert not result.failed, [event.error for event in result.failed]
    assert result.changed


def described(schema: "pa.Schema") -> list[tuple[str, str, str]]:
    return [(field.name, str(field.type), str((field.metadata or {}).get(SENSITIVITY))) for field in schema]


def rows(table: "pa.Table") -> list[str]:
    """Rows as text in one order; floats to twelve digits, since sums may be added up in another order."""
    names = [name for name in table.column_names if name not in PER_UPDATE]
    return sorted(repr([plain(value) for value in row.values()]) for row in table.select(names).to_pylist())


def plain(value: Any) -> Any:
    return float(f"{value:.12g}") if isinstance(value, float) else value
