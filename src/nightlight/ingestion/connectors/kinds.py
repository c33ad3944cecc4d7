"""The kinds of source there are; one is added by a module with `partitions` and `blocks`, and a line here."""

from nightlight.ingestion.blocks import Connector
from nightlight.ingestion.connectors import csv, delta, esconv, jsonl, parquet, postgres, sqlite

CONNECTORS: dict[str, Connector] = {
    "jsonl": jsonl,
    "csv": csv,
    "parquet": parquet,
    "sqlite": sqlite,
    "postgres": postgres,
    "delta": delta,
    "esconv": esconv,
}
