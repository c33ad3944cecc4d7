"""The home of the dash benchmark: pipelines run once, policies in force, people who ask; and its tables as raw files.

`python -m benchmarks.dash_home HOME ENGINE FILE`: what dashboards read is copied to the DuckDB database FILE."""

import sys
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.bronze import read_parquet
from benchmarks.measure import measured, report
from benchmarks.policies import BY
from benchmarks.questions import TABLES
from benchmarks.subject import Platform
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.commit import write
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

# An analyst and a supervisor of the example; a reader of everything, whom the example does not have.
PEOPLE = """
ADD USER ana TO GROUP analysts;
ADD USER sam TO GROUP supervisors;
ADD USER sam TO GROUP team_mooring;
CREATE GROUP text_readers;
ADD USER rita TO GROUP text_readers;
ALLOW PURPOSE quality_review TO text_readers;
GRANT USE SCHEMA ON SCHEMA silver TO text_readers;
GRANT SELECT ON TABLE silver.messages TO text_readers;
GRANT SELECT (text) ON TABLE silver.messages TO text_readers;
"""


def write_raw(lake: Lake, file: Path) -> None:
    """The tables whole, in DuckDB's own format."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        for schema in ("gold", "silver"):
            connection.execute(f"CREATE SCHEMA {schema}")
        for name in TABLES:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {read_parquet(lake.table(name).files())}")


def make_flags(lake: Lake) -> None:
    """No conversation is flagged: which ones are is asked by a row filter all the same."""
    schema = pa.schema([("conversation_id", pa.int64())])
    write(lake.table("gold.conversation_flags"), [], schema=schema, transactions={})


if __name__ == "__main__":
    home = Home.open(Path(sys.argv[1]))
    with measured() as used:
        Platform.start(home, sys.argv[2]).refresh(full=True)
    make_flags(Lake(home.lake))
    apply_policies(home, read_statements(PEOPLE, "benchmarks/dash_home.py"), by=BY)
    write_raw(Lake(home.lake), Path(sys.argv[3]))
    report(work_seconds=used.cpu_seconds)
