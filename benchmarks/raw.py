"""The raw arm: the example line's refresh written by hand for DuckDB, as fast as we can make it.

It is the practical limit that a platform is measured against: no Delta commit, no checks of warnings, no lineage, no
event log. It reads bronze in parts of bounded size, looks for duplicates among ids alone, runs regular expressions
only where a cheap search finds a hint, and takes the small tables' SQL from the dbt models beside it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import deltalake  # noqa: F401 - loaded before the clock starts
import duckdb
import pyarrow.parquet as pq

from benchmarks.bronze import attach, read_parquet
from benchmarks.measure import measured, report
from nightlight.lakehouse.tables import DataFile, Lake

PART_ROWS = 1_000_000
PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2"
MODELS = Path(__file__).parent / "dbt" / "models"
SMALL = ["silver_partner_conversations", "silver_volunteers", "silver_shifts"]
KNOWN_AUTHOR = "author IN ('texter', 'counselor', 'system')"
NEEDED = {  # without one of these substrings a rule cannot match; `said` is the text as read, still a dictionary
    "[EMAIL]": "contains(said, '@')",
    "[URL]": "contains(said, 'www.') OR contains(said, '://')",
    "[PHONE]": " OR ".join(f"contains(said, '{digit}')" for digit in "0123456789"),
    "[NAME]": "contains(said, 'y name') OR contains(said, 'all me') OR contains(said, 'his is ') "
    "OR contains(said, 'm ') AND contains(said, 'I') AND regexp_matches(said, 'I( a|.)m [A-Z]')",
}
TWICE = ("silver_messages", "silver_conversation_events")
WANTED = "_position NOT IN (SELECT position FROM unwanted)"


def refresh(lake: Lake, out: Path) -> tuple[dict[str, float], dict[str, int]]:
    """Write every silver and gold table as Parquet under `out`; CPU-seconds by stage, duplicates by table."""
    connection = open_connection(out)
    attach(connection, lake)
    seconds = {}
    for stage in (messages, events, conversations, small_tables, gold):
        with measured() as used:
            stage(connection, lake, out)
        seconds[stage.__name__] = used.cpu_seconds
    return seconds, duplicates(lake, out)


def duplicates(lake: Lake, out: Path) -> dict[str, int]:
    """Deliveries that are in no table, from the row counts in the files' footers."""
    kept = {name: sum(pq.read_metadata(file).num_rows for file in (out / name).iterdir()) for name in TWICE}
    refused = pq.read_metadata(out / "quarantine_silver_messages" / "0000.parquet").num_rows
    found = {
        "silver.messages": lake.table("bronze.messages").rows - refused - kept["silver_messages"],
        "silver.conversation_events": lake.table("bronze.conversation_events").rows
        - kept["silver_conversation_events"],
    }
    return {name: rows for name, rows in found.items() if rows}


def open_connection(out: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    settings = ["threads = 2", "memory_limit = '1GB'", "preserve_insertion_order = false", "TimeZone = 'UTC'"]
    for setting in [*settings, f"temp_directory = '{out}/spilled'", "enable_progress_bar = false"]:
        connection.execute(f"SET {setting}")
    return connection


def messages(connection: duckdb.DuckDBPyConnection, lake: Lake, out: Path) -> None:
    """Refused rows and positions of second deliveries are found first, so that the long pass is one anti-join."""
    files = lake.table("bronze.messages").files()
    find_again(connection, files, "message_id", KNOWN_AUTHOR)
    rule = "'known_author' AS _rule, current_timestamp AS _rejected_at"
    copy(connection, cleaned("refused", rule), out, "quarantine_silver_messages")
    for number, part in enumerate(parts(files)):
        copy(connection, cleaned(f"{read_parquet(part)} WHERE {WANTED}"), out, "silver_messages", number)
    view(connection, out, "silver_messages", "quarantine_silver_messages")


def cleaned(rows: str, *more: str) -> str:
    """The columns of silver.messages, read from `rows`."""
    columns = [
        "message_id",
        "conversation_id",
        "sent_at",
        "author",
        "channel",
        "text",
        "text AS said",
        "length(text) AS characters",
    ]
    columns += ["_position AS position", "_ingested_at AS ingested_at", *more]
    query = f"SELECT {', '.join(columns)} FROM {rows}"
    for replaced in replacements():
        query = f"SELECT * REPLACE ({replaced} AS text) FROM ({query})"
    return f"SELECT * EXCLUDE (said) FROM ({query})"


def replacements() -> Iterator[str]:
    """The rules of de-identification, each run only on messages that hold a substring it cannot match without."""
    rules = re.findall(r"'([^']*)', '([^']*\[[A-Z]+\])', 'g'\)", model("checked_messages"))
    for pattern, replacement in rules:
        needed = NEEDED[replacement.split(" ")[-1]]
        yield f"CASE WHEN {needed} THEN regexp_replace(text, '{pattern}', '{replacement}', 'g') ELSE text END"


def events(connection: duckdb.DuckDBPyConnection, lake: Lake, out: Path) -> None:
    rows, kept = sql("silver_conversation_events").split("QUALIFY")[0].split("WHERE")
    find_again(connection, lake.table("bronze.conversation_events").files(), "event_id", kept)
    copy(connection, f"{rows} WHERE {WANTED}", out, "silver_conversation_events")
    view(connection, out, "silver_conversation_events")


def conversations(connection: duckdb.DuckDBPyConnection, lake: Lake, out: Path) -> None:
    """In ranges of conversations, so that sorting their messages never spills."""
    query = sql("silver_conversations")
    for number, (low, high) in enumerate(ranges(lake.table("bronze.messages").files(), "conversation_id")):
        among = f"conversation_id >= {low} AND conversation_id < {high}"
        for name in ("silver_messages", "silver_conversation_events"):
            connection.execute(f"CREATE OR REPLACE TEMP VIEW part_{name} AS SELECT * FROM {name} WHERE {among}")
        part = re.sub(r"\b(silver_messages|silver_conversation_events)\b", r"part_\1", query)
        copy(connection, part, out, "silver_conversations", number)
    view(connection, out, "silver_conversations")


def small_tables(connection: duckdb.DuckDBPyConnection, lake: Lake, out: Path) -> None:
    for name in SMALL:
        copy(connection, sql(name), out, name)
    view(connection, out, *SMALL)


def gold(connection: duckdb.DuckDBPyConnection, lake: Lake, out: Path) -> None:
    connection.execute(f"CREATE TEMP TABLE all_conversations AS {sql('all_conversations')}")
    copy(connection, deliveries(connection, lake.table("bronze.messages").files()), out, "gold_deliveries")
    names = sorted(model.stem for model in MODELS.glob("gold_*.sql") if model.stem != "gold_deliveries")
    for name in sorted(names, key=lambda name: "ref('gold_" in (MODELS / f"{name}.sql").read_text()):
        copy(connection, sql(name), out, name)
        view(connection, out, name)


def deliveries(connection: duckdb.DuckDBPyConnection, files: list[DataFile]) -> str:
    """gold.deliveries file by file: within one, the period is a constant, and no row is looked up or parsed."""
    counts = []
    for file in files:
        rows = read_parquet([file])
        for (name,) in connection.execute(f"SELECT DISTINCT _file FROM {rows}").fetchall():
            begins = f"strptime(regexp_extract('{name}', '([0-9]{{8}})T[0-9]{{6}}Z', 1), '%Y%m%d')"
            is_late = f"sent_at < timezone('UTC', {begins}) - INTERVAL 1 DAY"
            counts.append(
                f"SELECT _ingested_at, '{name}' AS _file, {begins}::DATE AS period, count(*) AS delivered, "
                f"min(sent_at) AS oldest, max(sent_at) AS newest, count(CASE WHEN {is_late} THEN 1 END) AS late "
                f"FROM {rows} WHERE _file = '{name}' GROUP BY _ingested_at"
            )
    return (
        "SELECT _ingested_at, _file, min(period) AS period, sum(delivered)::BIGINT AS delivered, "
        "sum(late)::BIGINT AS late, min(oldest) AS oldest, max(newest) AS newest "
        f"FROM ({' UNION ALL '.join(counts)}) GROUP BY _ingested_at, _file"
    )


def find_again(connection: duckdb.DuckDBPyConnection, files: list[DataFile], key: str, kept: str) -> None:
    """Tables `refused`: rows that are not kept; `unwanted`: positions of those and of all but the first delivery.

    Ids arrive nearly in order, which makes sorting them two to three times cheaper than grouping by them."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE refused AS FROM {read_parquet(files)} WHERE ({kept}) IS NOT TRUE")
    connection.execute("CREATE OR REPLACE TEMP TABLE doubled (id BIGINT, position BIGINT)")
    for low, high in ranges(files, key, rows=8 * PART_ROWS):
        connection.execute(
            f"INSERT INTO doubled SELECT unnest([id, id]), unnest([position, before]) FROM ("
            f"  SELECT {key} AS id, _position AS position, "
            f"    lag({key}) OVER by_id AS same, lag(_position) OVER by_id AS before"
            f"  FROM {read_parquet(files)} WHERE {key} >= {low} AND {key} < {high}"
            f"  WINDOW by_id AS (ORDER BY {key})) WHERE id = same"
        )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE unwanted AS SELECT _position AS position FROM refused UNION "
        "SELECT position FROM (FROM (SELECT DISTINCT id, position FROM doubled)"
        "  ANTI JOIN (SELECT _position AS position FROM refused) USING (position)"
        "  QUALIFY row_number() OVER (PARTITION BY id ORDER BY position) > 1)"
    )


def parts(files: list[DataFile]) -> Iterator[list[DataFile]]:
    """The files in order, as many together as hold about PART_ROWS rows."""
    part: list[DataFile] = []
    for file in files:
        if part and sum(f.rows for f in part) + file.rows > PART_ROWS:
            yield part
            part = []
        part.append(file)
    yield part


def ranges(files: list[DataFile], key: str, *, rows: int = PART_ROWS) -> Iterator[tuple[int, int]]:
    """Ranges [low, high) of an evenly used whole-number key that hold about `rows` rows each."""
    low = min(file.minimum[key] for file in files)
    high = max(file.maximum[key] for file in files) + 1
    count = max(1, round(sum(file.rows for file in files) / rows))
    edges = [low + (high - low) * edge // count for edge in range(count)]
    return zip(edges, [*edges[1:], high], strict=True)


def model(name: str) -> str:
    return (MODELS / f"{name}.sql").read_text()


def sql(name: str) -> str:
    """A dbt model's query over the views of this connection."""
    text = model(name)
    text = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", text)
    text = re.sub(r"\{\{ source\('(\w+)', '(\w+)'\) \}\}", r"\1.\2", text)
    return re.sub(r"\{\{ config\(.*?\) \}\}", "", text)


def copy(connection: duckdb.DuckDBPyConnection, query: str, out: Path, table: str, number: int = 0) -> None:
    (out / table).mkdir(parents=True, exist_ok=True)
    connection.execute(f"COPY ({query}) TO '{out}/{table}/{number:04}.parquet' ({PARQUET})").fetchall()


def view(connection: duckdb.DuckDBPyConnection, out: Path, *tables: str) -> None:
    for table in tables:
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM read_parquet('{out}/{table}/*.parquet')")


if __name__ == "__main__":
    with measured() as work:
        stages, doubled = refresh(Lake(Path(sys.argv[1]) / "lake"), Path(sys.argv[2]))
    report(work_seconds=work.cpu_seconds, datasets=stages, duplicates=doubled)
