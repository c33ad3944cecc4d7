"""What the arms wrote, in one form for all of them, so that equal work can be told from different work.

`python -m benchmarks.agreement lake|parquet|database PLACE` prints, per table, its rows (gold: all of them)."""

import sys
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.bronze import read_parquet
from benchmarks.measure import report
from nightlight.lakehouse.tables import Lake

GOLD = {  # columns compared: not the moment of the run
    "deliveries": "*", "rejected": "dataset, rule, rejected", "volume_daily": "*", "volume_hourly": "*",
    "queue_wait": "*", "conversation_length": "*", "counselor_activity": "*", "shifts_monthly": "*",
    "retention": "*", "response_latency": "*", "risk_daily": "*", "topics_monthly": "*", "ratings_monthly": "*",
}  # fmt: skip
MEASURES = {
    "messages": "SELECT count(*) FROM {silver_messages}",
    "contents of messages": "SELECT bit_xor(hash(message_id, text, author, channel, sent_at)) FROM {silver_messages}",
    "quarantined messages": "SELECT count(*) FROM {quarantine_silver_messages}",
    "events": "SELECT count(*) FROM {silver_conversation_events}",
    "conversations": "SELECT count(*) FROM {silver_conversations}",
    "mean response latency": "SELECT sum(response_seconds) / sum(responses) FROM {silver_conversations}",
    "mean wait": "SELECT avg(wait_seconds) FROM {silver_conversations}",
    "partner's conversations": "SELECT count(*) FROM {silver_partner_conversations}",
}
NAMES = ["silver_messages", "silver_conversation_events", "silver_conversations", "silver_partner_conversations",
         "quarantine_silver_messages", *(f"gold_{name}" for name in GOLD)]  # fmt: skip


def outcome(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> dict[str, Any]:
    """Measures and gold rows, sorted; `tables` says how each table is read."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    measures = {name: connection.execute(query.format(**tables)).fetchall()[0][0] for name, query in MEASURES.items()}
    gold = {}
    for name, columns in GOLD.items():
        result = connection.sql(f"SELECT {columns} FROM {tables['gold_' + name]} ORDER BY ALL")
        order = sorted(range(len(result.columns)), key=lambda at: result.columns[at])
        gold[name] = [[plain(row[at]) for at in order] for row in result.fetchall()]
    return {"measures": measures, "gold": gold}


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else str(value)


def open_place(kind: str, place: Path) -> tuple[duckdb.DuckDBPyConnection, dict[str, str]]:
    """A connection and how its tables are read: a lake, a folder of Parquet by table, or a DuckDB database."""
    if kind == "database":
        return duckdb.connect(str(place), read_only=True), {name: name for name in NAMES}
    if kind == "parquet":
        return duckdb.connect(), {name: f"read_parquet('{place}/{name}/*.parquet')" for name in NAMES}
    lake, schemas = Lake(place / "lake"), ("silver", "gold", "quarantine")
    dotted = {name: next(name.replace(f"{s}_", f"{s}.", 1) for s in schemas if name.startswith(s)) for name in NAMES}
    return duckdb.connect(), {name: read_parquet(lake.table(table).files()) for name, table in dotted.items()}


if __name__ == "__main__":
    report(**outcome(*open_place(sys.argv[1], Path(sys.argv[2]))))
