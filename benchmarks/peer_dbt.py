"""The peer: the models of `dbt/` run by dbt-duckdb, in dbt's own environment. Needs DATABASE and VIEWS (a SQL file)."""

import os
import sys
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

from benchmarks.measure import measured, report

if __name__ == "__main__":
    database, views = Path(sys.argv[1]), Path(sys.argv[2])
    with duckdb.connect(str(database)) as connection:
        connection.execute(views.read_text())
    os.environ["BENCH_DATABASE"] = str(database)
    project = str(Path(__file__).parent / "dbt")
    places = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(database.parent / "target")]
    with measured() as work:
        result = dbtRunner().invoke(["--quiet", "--log-path", str(database.parent), "run", *places])
    if not result.success:
        raise SystemExit(f"dbt failed: {result.exception or result.result}")
    report(work_seconds=work.cpu_seconds)
