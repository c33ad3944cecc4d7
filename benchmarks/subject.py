"""The platform as it is measured: started once, with what it would load later loaded before a clock starts."""

import importlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from nightlight.catalog.lineage import trace_lineage
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.engines.session import Session
from nightlight.pipelines.plan import Selection
from nightlight.pipelines.project import Project, read_project
from nightlight.pipelines.update import Update, run_update
from nightlight.practice import tables as practice_tables
from nightlight.quality import tables as quality_tables
from nightlight.settings import Home, shipped

PROJECT = "examples/line/pipelines/harbour"
LOADED_LATER = ("deltalake", "pyarrow.parquet", "pyarrow.compute", "pandas", "sqlglot", "yaml")


def _in_sql(home: Home) -> Path:
    """The project without its Python files: labels and flags are no other arm's work, and measured by themselves."""
    root = home.pipelines / Path(PROJECT).name
    shutil.copytree(shipped(PROJECT), root, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
    return root


@dataclass(frozen=True)
class Platform:
    """A home, an engine's session that has answered its first query, and the project, read."""

    home: Home
    session: Session
    project: Project

    @classmethod
    def start(cls, home: Home, engine: str) -> "Platform":
        for name in LOADED_LATER:
            importlib.import_module(name)
        trace_lineage(home.database_url, "silver.messages")  # opens the catalog's database
        practice_tables.make_tables(home)  # which a pipeline of the example reads
        quality_tables.make_tables(home)  # and a row filter
        session = open_session(engine, settings=home.settings)
        session.collect(session.frame_of_sql("SELECT 1 AS one"))
        return cls(home, session, read_project(_in_sql(home), session))

    def refresh(self, *, full: bool = False) -> Update:
        """Bring the project up to date; raises RuntimeError when a dataset fails."""
        update = run_update(self.project, self.home, self.session, Selection(full_all=full))
        if update.failed:
            raise RuntimeError("; ".join(str(event.error) for event in update.failed))
        return update
