"""A home's bronze tables as DuckDB views, for the arms that read them without the platform.

`python -m benchmarks.bronze HOME` prints the statements."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from nightlight.lakehouse.tables import DataFile, Lake

BRONZE = ("messages", "conversation_events", "partner_conversations", "volunteers", "shifts")
QUARANTINES = ("bronze_messages", "bronze_conversation_events", "bronze_partner_conversations")
NO_QUARANTINE = "SELECT NULL::VARCHAR AS rule, NULL::TIMESTAMPTZ AS _ingested_at WHERE false"


def attach(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Make views bronze.* and quarantine.* over the Parquet files that the tables consist of."""
    for statement in views(lake):
        connection.execute(statement)


def views(lake: Lake) -> Iterator[str]:
    for schema, names in (("bronze", BRONZE), ("quarantine", QUARANTINES)):
        yield f"CREATE SCHEMA IF NOT EXISTS {schema}"
        for name in names:
            files = lake.table(f"{schema}.{name}").files()
            rows = f"SELECT * FROM {read_parquet(files)}" if files else NO_QUARANTINE
            yield f"CREATE VIEW {schema}.{name} AS {rows}"


def read_parquet(files: Sequence[DataFile]) -> str:
    return "read_parquet([" + ", ".join(f"'{file.path}'" for file in files) + "])"


if __name__ == "__main__":
    sys.stdout.write(";\n".join(views(Lake(Path(sys.argv[1]) / "lake"))) + ";\n")
