"""What a definition may be: the statements both engines take, and the streaming queries that need no state."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nightlight.pipelines.portable.findings import Rule, phrase
from nightlight.pipelines.portable.queries import is_aggregate
from nightlight.pipelines.portable.statements import Statement, offset_of, word

if TYPE_CHECKING:
    from sqlglot import exp

RAW_READERS = ("read_files", "cloud_files")
RAW_FORMATS = {"json", "csv", "parquet", "text", "avro", "orc", "delta"}


def is_auto_cdc(statement: Statement) -> bool:
    return any(True for words in (("AUTO", "CDC"), ("APPLY", "CHANGES")) for _ in statement.phrases(*words))


def other_statements(statement: Statement) -> Iterator[int]:
    words = [word(token) for token in statement.tokens[:4]]
    known = words[:3] == ["CREATE", "OR", "REFRESH"] or words[:2] == ["CREATE", "PRIVATE"] or is_auto_cdc(statement)
    if statement.kind == "other" and not known:
        yield statement.start


def in_header(statement: Statement, *words: str) -> Iterator[int]:
    """These words in a row before the query begins."""
    end = statement.body[0].start if statement.body else statement.tokens[-1].end + 1
    return (at for at in statement.phrases(*words) if at < end)


def streams(node: "exp.Expr", named: frozenset[str]) -> list["exp.Expr"]:
    """The streams a FROM or a JOIN reads, itself or through WITH queries that do."""
    return [
        each
        for each in node.walk()
        if each.key == "stream" or (each.key == "table" and each.name.lower() in named and not each.args.get("db"))
    ]


def streaming_names(statement: Statement) -> frozenset[str]:
    named: frozenset[str] = frozenset()
    for cte in statement.of("cte"):
        if streams(cte.this, named):
            named |= {cte.alias.lower()}
    return named


def sources(select: "exp.Expr") -> list["exp.Expr"]:
    return [each for each in (select.args.get("from_"), *(select.args.get("joins") or [])) if each]


def stateful(statement: Statement) -> Iterator[int]:
    """Aggregates, DISTINCT, window functions, ORDER BY and LIMIT over a stream."""
    named = streaming_names(statement)
    for select in statement.of("select"):
        if not any(streams(source, named) for source in sources(select)):
            continue
        items = [node for item in select.expressions for node in item.walk() if node.parent_select is select]
        for clause in ("group", "distinct", "order", "limit", "having"):
            if node := select.args.get(clause):
                yield offset_of(node) or offset_of(select)
        yield from (offset_of(node) for node in items if is_aggregate(node) or node.key == "window")


def joined_streams(statement: Statement) -> Iterator[int]:
    named = streaming_names(statement)
    for select in statement.of("select"):
        reading = [found[0] for source in sources(select) if (found := streams(source, named))]
        yield from (offset_of(stream) for stream in reading[1:])
    for union in statement.of("union"):
        if union.args.get("distinct") and streams(union, named):
            yield offset_of(union)


def stream_in_view(statement: Statement) -> Iterator[int]:
    if statement.kind == "materialized view":
        yield from (offset_of(node) for node in statement.of("stream"))


def batch_in_stream(statement: Statement) -> Iterator[int]:
    if statement.kind in {"streaming table", "flow"} and statement.tree and not list(statement.of("stream")):
        yield statement.body[0].start


def raw_files(statement: Statement) -> Iterator[int]:
    yield from (call.offset for call in statement.calls(*RAW_READERS))
    for node in statement.of("table"):
        if node.text("db").lower() in RAW_FORMATS and node.this.args.get("quoted"):
            yield offset_of(node)


def unnamed_columns(statement: Statement) -> Iterator[int]:
    if statement.kind == "flow" and not is_auto_cdc(statement) and not list(in_header(statement, "BY", "NAME")):
        yield from in_header(statement, "INSERT")


DATASET_RULES: tuple[Rule, ...] = (
    Rule(
        name="statement",
        unportable="any other statement (CREATE TABLE, INSERT, CREATE SINK, CREATE LIVE TABLE, ..)",
        instead="CREATE MATERIALIZED VIEW, STREAMING TABLE, TEMPORARY VIEW, FLOW, SET or USE",
        because="a pipeline's SQL file holds definitions only",
        find=other_statements,
    ),
    Rule(
        name="create-or-refresh",
        unportable="CREATE OR REFRESH, CREATE OR REPLACE, CREATE PRIVATE",
        instead="CREATE MATERIALIZED VIEW, CREATE STREAMING TABLE, CREATE TEMPORARY VIEW",
        because="Spark refuses it; an update refreshes what exists",
        find=lambda s: (
            at
            for words in (("CREATE", "OR", "REFRESH"), ("CREATE", "OR", "REPLACE"), ("CREATE", "PRIVATE"))
            for at in in_header(s, *words)
        ),
    ),
    Rule(
        name="stored-view",
        unportable="CREATE VIEW",
        instead="CREATE TEMPORARY VIEW, or CREATE MATERIALIZED VIEW",
        because="views are not stored beside the tables",
        find=lambda s: in_header(s, "CREATE", "VIEW"),
    ),
    Rule(
        name="expect-constraint",
        unportable="CONSTRAINT c EXPECT (..) ON VIOLATION DROP ROW",
        instead="TBLPROPERTIES ('expect.c' = 'DROP x IS NOT NULL')",
        because="Spark refuses it; properties pass on every engine",
        find=lambda s: in_header(s, "CONSTRAINT"),
    ),
    Rule(
        name="key-constraint",
        unportable="PRIMARY KEY, FOREIGN KEY, CHECK in a column list",
        instead="TBLPROPERTIES ('expect.id_given' = 'FAIL id IS NOT NULL')",
        because="Spark refuses it",
        find=lambda s: (
            at for words in (("PRIMARY KEY",), ("FOREIGN KEY",), ("CHECK",)) for at in in_header(s, *words)
        ),
    ),
    Rule(
        name="schedule",
        unportable="SCHEDULE EVERY .., SCHEDULE CRON ..",
        instead="the update's own schedule: nightlight pipeline run --every 5m",
        because="Spark refuses it",
        find=lambda s: (at for how in ("EVERY", "CRON", "REFRESH") for at in in_header(s, "SCHEDULE", how)),
    ),
    Rule(
        name="auto-cdc",
        unportable="AUTO CDC, APPLY CHANGES INTO",
        instead="a materialized view that keeps the newest row of each key by row_number()",
        because="not on Sail, and Spark needs a table format with MERGE",
        find=lambda s: (at for words in (("AUTO", "CDC"), ("APPLY", "CHANGES")) for at in s.phrases(*words)),
        functions=("create_auto_cdc_flow", "create_auto_cdc_from_snapshot_flow", "apply_changes"),
    ),
    Rule(
        name="once",
        unportable="INSERT INTO ONCE t",
        instead="a materialized view over the old rows, joined to the stream's by UNION ALL",
        because="Spark refuses it",
        find=lambda s: in_header(s, "INTO", "ONCE"),
    ),
    Rule(
        name="by-name",
        unportable="INSERT INTO t SELECT ..",
        instead="INSERT INTO t BY NAME SELECT ..",
        because="columns would be matched by their order",
        find=unnamed_columns,
    ),
    Rule(
        name="stream-in-view",
        unportable="STREAM in a materialized view",
        instead="FROM source, or CREATE STREAMING TABLE",
        because="a materialized view reads whole tables",
        find=stream_in_view,
    ),
    Rule(
        name="batch-in-stream",
        unportable="a streaming table or flow without STREAM",
        instead="FROM STREAM source, or CREATE MATERIALIZED VIEW",
        because="a streaming table reads new rows only",
        find=batch_in_stream,
    ),
    Rule(
        name="stateful-stream",
        unportable="GROUP BY, DISTINCT, OVER, ORDER BY or LIMIT over a stream",
        instead="a materialized view over the streaming table",
        because="it would have to remember rows of earlier updates, which Sail cannot",
        find=stateful,
    ),
    Rule(
        name="joined-streams",
        unportable="a join of two streams",
        instead="one stream and one table, or a materialized view over both",
        because="matches in other updates would be missed",
        find=joined_streams,
    ),
    Rule(
        name="watermark",
        unportable="WATERMARK ts DELAY OF INTERVAL ..",
        instead="a materialized view; late rows are part of its next refresh",
        because="it only serves stateful streams",
        find=phrase("WATERMARK"),
    ),
    Rule(
        name="raw-files",
        unportable="read_files(..), json.`/path`",
        instead="FROM STREAM the table its source is ingested into",
        because="files enter by ingestion, which checks each row",
        find=raw_files,
    ),
)
