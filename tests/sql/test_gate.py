"""What passes the gate, what it sees in a query, and what it refuses."""

import contextlib
import copy
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nightlight.sql import nodes
from nightlight.sql.commands import read_command
from nightlight.sql.gate import Reading, TableReference
from nightlight.sql.pivot import read_query
from nightlight.sql.syntax import MAX_CHARACTERS, NotSelect, Refused, parse, shown

ANALYST_QUERIES = Path(__file__).with_name("analyst_queries.sql")


def tables(text: str) -> set[str]:
    return {str(table) for table in read_query(text).tables}


def refusal(text: str) -> str:
    with pytest.raises(Refused) as caught:
        read_query(text)
    return str(caught.value)


# -- what it sees


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", set()),
        ("SELECT * FROM silver.conversations", {"silver.conversations"}),
        ("FROM Silver.CONVERSATIONS", {"silver.conversations"}),
        ('SELECT * FROM "silver"."conversations" AS c', {"silver.conversations"}),
        ("TABLE gold.volume_daily", {"gold.volume_daily"}),
        ("FROM a, b NATURAL JOIN c POSITIONAL JOIN d", {"a", "b", "c", "d"}),
        ("FROM a SEMI JOIN b USING (x) ASOF JOIN c ON a.x >= c.x", {"a", "b", "c"}),
        ("SELECT (SELECT max(x) FROM s.b) FROM s.a WHERE x IN (FROM s.c) AND EXISTS (FROM s.d)",
         {"s.a", "s.b", "s.c", "s.d"}),
        ("FROM a, LATERAL (SELECT * FROM b WHERE b.x = a.x)", {"a", "b"}),
        ("FROM a UNION (FROM b EXCEPT FROM c) INTERSECT FROM d", {"a", "b", "c", "d"}),
        ("SELECT 1 ORDER BY (SELECT max(x) FROM a) LIMIT (SELECT 1 FROM b)", {"a", "b"}),
        ("PIVOT a ON x IN (1, 2) USING count(*)", {"a"}),
        ("UNPIVOT a ON x, y INTO NAME n VALUE v", {"a"}),
        ("SELECT sum(x) OVER (ORDER BY (SELECT max(y) FROM b)) FROM a", {"a", "b"}),
        ("SELECT list_transform([1], lambda x: (SELECT max(y) + x FROM b)) FROM a", {"a", "b"}),
        ("SELECT count(*) FILTER (x IN (FROM b)) FROM a", {"a", "b"}),
        ("FROM (DESCRIBE a), (SUMMARIZE b)", {"a", "b"}),
        ("VALUES ((SELECT max(x) FROM a))", {"a"}),
    ],
)  # fmt: skip
def test_it_lists_every_table_of_a_query(text: str, expected: set[str]) -> None:
    assert tables(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WITH t AS (SELECT 1) FROM t", set()),
        ("WITH t AS (FROM t) FROM t", {"t"}),  # inside itself, t is the table
        ("WITH T AS (SELECT 1) FROM t", set()),
        ("WITH t AS (SELECT 1) FROM s.t", {"s.t"}),  # a WITH part hides no qualified name
        ("WITH a AS (SELECT 1), b AS (FROM a) FROM b", set()),
        ("WITH a AS (FROM b), b AS (SELECT 1) FROM a", {"b"}),  # b comes only later
        ("WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r WHERE x < 9) FROM r", set()),
        ("WITH RECURSIVE t AS (FROM t) FROM t", {"t"}),  # not recursive in truth
        ("WITH t AS (SELECT 1) FROM (FROM (FROM t))", set()),
        ("WITH t AS (SELECT 1) SELECT (SELECT max(1) FROM t)", set()),
        ("FROM (WITH t AS (SELECT 1) FROM t), t", {"t"}),  # the outer t is outside of the WITH
        ("(WITH t AS (SELECT 1) FROM t) UNION ALL FROM t", {"t"}),
    ],
)
def test_a_with_part_hides_a_table_only_where_the_engine_lets_it(text: str, expected: set[str]) -> None:
    assert tables(text) == expected


def test_hidden_names_are_hidden_for_the_engine_as_well() -> None:
    """The cases above, asked of the engine: what the gate lists is read, what it does not list is not missed."""
    import duckdb

    connection = duckdb.connect()
    for text in ("WITH T AS (SELECT 1) FROM t", "WITH t AS (SELECT 1) FROM (FROM (FROM t))"):
        assert connection.execute(text).fetchall() == [(1,)]
    connection.execute("CREATE TABLE t AS SELECT 'table t'; CREATE TABLE b AS SELECT 'table b'")
    for text, table in (
        ("WITH t AS (FROM t) FROM t", "table t"),
        ("WITH a AS (FROM b), b AS (SELECT 1) FROM a", "table b"),
        ("WITH RECURSIVE t AS (FROM t) FROM t", "table t"),
        ("WITH t AS (SELECT 1) FROM main.t", "table t"),
    ):
        assert connection.execute(text).fetchall() == [(table,)]


def test_it_lists_the_columns_that_a_query_names() -> None:
    query = read_query(
        "SELECT c.Day, sum(x) FILTER (y) OVER (PARTITION BY z) FROM s.t c JOIN u USING (k)"
        " WHERE w.upper() = 'A' ORDER BY o"
    )
    assert query.columns >= {"day", "x", "y", "z", "k", "w", "o"}
    assert not query.every_column


@pytest.mark.parametrize(
    "text",
    [
        "FROM s.t",
        "SELECT t FROM s.t",
        "SELECT c FROM s.t AS c",
        "SELECT s.t FROM s.t",
        "SELECT to_json(q) FROM (FROM s.t) AS q",
        "SELECT j FROM (s.t JOIN s.u USING (a)) AS j",
        "SELECT COLUMNS('a.*') FROM s.t",
        "SELECT min(COLUMNS(*)) FROM s.t",
        "SELECT a FROM s.t NATURAL JOIN s.u",
        "SELECT #2 FROM s.t",
        "SELECT x FROM s.t AS t(x, y)",
        "SELECT 1 FROM s.t WHERE COLUMNS(*) > 1",
        "SELECT x IN (FROM s.t)",
        "PIVOT s.t ON a IN (1) USING count(*)",
        "UNPIVOT s.t ON a, b INTO NAME n VALUE v",
        "FROM (SUMMARIZE s.t)",
    ],
)
def test_it_says_when_names_do_not_tell_which_columns_are_read(text: str) -> None:
    assert read_query(text).every_column


def test_counting_rows_reads_no_column() -> None:
    query = read_query("SELECT count(*) FROM s.t")
    assert not query.columns
    assert not query.every_column


def test_the_text_stays_as_it_was_written() -> None:
    text = "-- mine\nSELECT  1 ;\n"
    assert read_query(text).text == text


# -- analysts


def analyst_queries() -> list[str]:
    return [each.strip() for each in ANALYST_QUERIES.read_text().split(";\n") if each.strip()]


def test_what_analysts_write_passes() -> None:
    refused = []
    for text in analyst_queries():
        try:
            read_command(text)
        except Refused as error:
            refused.append((text.splitlines()[0], str(error)))
    assert len(analyst_queries()) == 100
    assert [comment for comment, _ in refused] == ["-- Texts with a percent sign in them"]  # LIKE .. ESCAPE


LINE = {
    "silver.conversations": """conversation_id VARCHAR, day DATE, month DATE, hour INT, queued_at TIMESTAMPTZ,
        accepted_at TIMESTAMPTZ, closed_at TIMESTAMPTZ, last_message_at TIMESTAMPTZ, texter_key VARCHAR,
        counselor_id VARCHAR, channel VARCHAR, outcome VARCHAR, wait_seconds DOUBLE, duration_seconds DOUBLE,
        messages BIGINT, texter_messages BIGINT, counselor_messages BIGINT, responses BIGINT, response_seconds DOUBLE,
        longest_response_seconds DOUBLE, risk_level INT, topics VARCHAR[], rating INT""",
    "silver.messages": """message_id VARCHAR, conversation_id VARCHAR, sent_at TIMESTAMPTZ, author VARCHAR,
        channel VARCHAR, text VARCHAR, characters INT, position BIGINT, ingested_at TIMESTAMPTZ""",
    "silver.partner_conversations": """case_number BIGINT, partner VARCHAR, day DATE, month DATE, hour INT,
        queued_at TIMESTAMPTZ, counselor_id VARCHAR, outcome VARCHAR, wait_seconds DOUBLE, duration_seconds DOUBLE,
        messages BIGINT, topic VARCHAR, risk_level INT, rating INT, position BIGINT""",
    "silver.volunteers": "volunteer_id VARCHAR, team VARCHAR, joined_on DATE, left_on DATE, cohort DATE",
    "silver.shifts": """shift_id VARCHAR, volunteer_id VARCHAR, starts_at TIMESTAMPTZ, ends_at TIMESTAMPTZ, month DATE,
        hours DOUBLE""",
    "gold.volume_daily": """day DATE, partner VARCHAR, conversations BIGINT, answered BIGINT, abandoned BIGINT,
        texters BIGINT, messages BIGINT""",
    "gold.queue_wait": """day DATE, partner VARCHAR, answered BIGINT, wait_p50 DOUBLE, wait_p90 DOUBLE,
        within_5_minutes DOUBLE, abandonment DOUBLE""",
    "gold.counselor_activity": """month DATE, counselor_id VARCHAR, conversations BIGINT, days BIGINT, hours DOUBLE,
        rating DOUBLE""",
    "gold.retention": "cohort DATE, months_since INT, active BIGINT, cohort_size BIGINT",
    "gold.response_latency": "day DATE, conversations BIGINT, latency_p50 DOUBLE, latency_p90 DOUBLE, longest DOUBLE",
    "gold.rejected": "dataset VARCHAR, rule VARCHAR, rejected BIGINT, newest_refusal TIMESTAMPTZ",
    "gold.deliveries": """_ingested_at TIMESTAMPTZ, _file VARCHAR, period DATE, delivered BIGINT, late BIGINT,
        oldest TIMESTAMPTZ, newest TIMESTAMPTZ""",
    "gold.ratings_monthly": "month DATE, partner VARCHAR, ratings BIGINT, rating DOUBLE, share_good DOUBLE",
}


def test_what_analysts_write_runs_where_only_the_listed_tables_and_columns_exist() -> None:
    """The promise of `tables` and `columns`: a worker that holds no more than those answers the query."""
    import duckdb

    ran = 0
    for text in analyst_queries():
        if "ESCAPE" in text:
            continue
        command = read_command(text)
        query = command.query
        if query is None:
            continue
        connection = duckdb.connect()
        connection.execute("CREATE SCHEMA silver; CREATE SCHEMA gold")
        for table in map(str, query.tables):
            fields = [field.strip() for field in " ".join(LINE[table].split()).split(",")]
            named = [field for field in fields if query.every_column or field.split()[0] in query.columns]
            connection.execute(f"CREATE TABLE {table} ({', '.join(named or fields[:1])})")
        connection.execute(query.pivot.values_query.text if query.pivot else command.text)
        connection.close()
        ran += 1
    assert ran == 98


# -- what it refuses

FILES = [
    "SELECT * FROM read_parquet('/lake/a.parquet')",
    "SELECT * FROM parquet_scan('a')",
    "SELECT * FROM parquet_metadata('a')",
    "SELECT * FROM parquet_bloom_probe('a', 'b', 1)",
    "SELECT * FROM read_csv_auto('/etc/hostname')",
    "SELECT * FROM read_json_objects('_delta_log/0.json')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('x')",
    "SELECT * FROM read_duckdb('x')",
    "SELECT * FROM sniff_csv('x')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM 'a.parquet'",
    'SELECT * FROM "/lake/a.parquet"',
    'SELECT * FROM "https://example.org/a.csv"',
    "DESCRIBE 'a.parquet'",
    "SELECT x FROM unnest((SELECT list(file) FROM glob('*'))) t(x)",
]
STATE = [
    "SELECT current_setting('memory_limit')",
    "SELECT current_query()",
    "SELECT system.main.current_query()",
    "SELECT current_user",
    "SELECT user",
    "SELECT session_user",
    "SELECT current_schema()",
    "SELECT current_schemas(true)",
    "SELECT current_database()",
    "SELECT current_catalog",
    "SELECT getvariable('x')",
    "SELECT getenv('HOME')",
    "SELECT nextval('s')",
    "SELECT currval('s')",
    "SELECT version()",
    "SELECT txid_current()",
    "SELECT setseed(0.5)",
    "SELECT stats(x) FROM t",
    "SELECT write_log('x')",
    "SELECT in_search_path('a', 'b')",
    "SELECT inet_client_addr()",
]
HIDDEN = [
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM pragma_table_info('t')",
    "SELECT * FROM pragma_storage_info('t')",
    "SELECT * FROM pragma_version()",
    "SELECT pg_get_viewdef(1)",
    "SELECT has_table_privilege('t', 'x')",
    "SELECT obj_description(1, 'x')",
    "SELECT * FROM histogram_values(t, x)",
    "SELECT * FROM summary(t)",
    "SHOW DATABASES",
    "SHOW SCHEMAS",
    "SHOW VARIABLES",
    "SHOW TABLES FROM silver",
    "FROM (SHOW TABLES)",
    "FROM (SHOW ALL TABLES)",
    "SHOW silver.conversations",
]
DYNAMIC = [
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('t')",
    "SELECT * FROM system.main.query('SELECT 1')",
    "SELECT * FROM query('SEL' || 'ECT 1')",
    "WITH q AS (FROM query('SELECT 1')) FROM q",
    "FROM t, LATERAL (FROM query('SELECT 1'))",
    "SELECT json_execute_serialized_sql('x')",
    "FROM json_execute_serialized_sql('x')",
    "SELECT json_serialize_sql('SELECT 1')",
    "SELECT json_deserialize_sql('x')",
    "SELECT json_serialize_plan('SELECT 1')",
]
NAMES = [
    "SELECT * FROM a.b.c",
    "SELECT * FROM memory.main.t",
    "SELECT * FROM t AT (VERSION => 3)",
    "SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '2026-01-01')",
    'SELECT * FROM "a b"',
    'SELECT * FROM "a.b"',
    'SELECT * FROM "täglich"',
    "SELECT * FROM ｓｉｌｖｅｒ.conversations",
    f"SELECT * FROM {'t' * 64}",
    "SELECT main.abs(1)",
    "SELECT pg_catalog.format_type(1, 2)",
    "SELECT x::my_type",
    "SELECT x::silver.my_type",
    "SELECT 't'::regclass",
    "FROM t PIVOT (sum(x) FOR y IN my_enum)",
]
CHANGES = [
    "WITH x AS (DELETE FROM t RETURNING *) FROM x",
    "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) FROM x",
    "WITH x AS (UPDATE t SET a = 1 RETURNING *) FROM x",
    "INSERT INTO t VALUES (1)",
    "DELETE FROM t",
    "UPDATE t SET a = 1",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP VIEW t AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "DROP TABLE t",
    "ALTER TABLE t ADD COLUMN x INT",
    "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
    "TRUNCATE t",
    "COPY (SELECT 1) TO 'x'",
    "COPY t FROM 'x'",
    "EXPORT DATABASE 'x'",
    "ATTACH 'x.db'",
    "DETACH x",
    "USE x",
    "SET threads = 1",
    "RESET threads",
    "PRAGMA version",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "BEGIN",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "COMMENT ON TABLE t IS 'x'",
    "CREATE SECRET s (TYPE s3)",
]
SPEAKS = [
    "SELECT error('x')",
    "SELECT CASE WHEN a > 1 THEN error(text) END FROM t",
    "SELECT assert_true(a > 1) FROM t",
    "SELECT a LIKE b ESCAPE c FROM t",
    "SELECT a NOT ILIKE 'x' ESCAPE '!' FROM t",
    "SELECT like_escape('a', 'b', 'c')",
]
SPENDS = [
    "SELECT repeat('x', 1000000000)",
    "SELECT 'x'.repeat(10)",
    "FROM repeat(1, 10)",
    "SELECT sleep_ms(1000)",
    "SELECT list_resize([1], 1000000000)",
    "FROM test_all_types()",
    f"SELECT {'1,' * MAX_CHARACTERS}1",
    f"SELECT {'(' * 101}1{')' * 101}",
    f"SELECT {'(' * 19_000}",
    f"SELECT {'- ' * 9_000}",
    f"SELECT {'[1]' * 1_001}",
    f"SELECT {'1,' * 5_001}1",
    f"SELECT {'+'.join(['a'] * 300)}",
    f"SELECT {'NOT ' * 600}true",
]
FORMS = [
    "SELECT $1",
    "SELECT ?",
    "SELECT $name",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE t",
    "SELECT DEFAULT",
    "SELECT 1 \0",
    "SELECT '\x1b[2J'",
    "SELECT unknown_function(1)",
    "SELECT __internal_barrier(1)",
    "SELECT variant_keys(x)",
    "SELECT st_astext(x)",
    "SELECT collate_de(x)",
    "FROM json_each('{}')",
    "FROM upper('x')",
    "FROM arrow_scan(1, 2, 3)",
    "",
    ";",
    "-- nothing",
    "SELECT",
    "nonsense",
]


@pytest.mark.parametrize("text", [*FILES, *STATE, *HIDDEN, *DYNAMIC, *NAMES, *CHANGES, *SPEAKS, *SPENDS, *FORMS])
def test_it_refuses(text: str) -> None:
    line = refusal(text)
    assert "\n" not in line
    assert len(line) < 250


def test_it_refuses_such_things_wherever_they_stand() -> None:
    places = (
        "SELECT {}", "SELECT 1 WHERE {} = 1", "SELECT (SELECT {})", "WITH q AS (SELECT {}) FROM q",
        "FROM a JOIN b ON {}",
        "SELECT sum({}) OVER ()", "SELECT count(*) FILTER ({}) FROM t", "SELECT 1 GROUP BY {}", "SELECT 1 ORDER BY {}",
        "SELECT 1 LIMIT {}", "SELECT 1 LIMIT 1 OFFSET {}", "SELECT DISTINCT ON ({}) 1", "SELECT 1 HAVING {}",
        "SELECT 1 QUALIFY {}", "SELECT CASE WHEN {} THEN 1 END", "SELECT CASE WHEN a THEN 1 ELSE {} END",
        "SELECT [{}]", "SELECT {{'a': {}}}", "SELECT a[{}]", "SELECT a BETWEEN 1 AND {}", "SELECT a IN (1, {})",
        "SELECT {}::INT", "SELECT list_transform(l, lambda x: {})", "VALUES (1, {})", "FROM range({})",
        "FROM t, LATERAL (SELECT {})", "SELECT * REPLACE ({} AS a) FROM t", "SELECT COLUMNS(c -> {}) FROM t",
        "SELECT sum(a ORDER BY {}) FROM t", "SELECT sum(a) OVER (PARTITION BY {}) FROM t",
        "SELECT sum(a) OVER (ORDER BY a RANGE BETWEEN {} PRECEDING AND CURRENT ROW) FROM t",
        "SELECT lag(a, 1, {}) OVER () FROM t", "SELECT a COLLATE nocase = {} FROM t",
        "PIVOT t ON x IN (1) USING sum({})",
        "UNPIVOT t ON {} AS q INTO NAME n VALUE v", "SELECT {} UNION SELECT 1", "FROM (SUMMARIZE SELECT {})",
        "SELECT EXISTS (SELECT {})", "SELECT 1 IN (SELECT {})", "SELECT try({})", "SELECT coalesce(NULL, {})",
    )  # fmt: skip
    for place in places:
        read_query(place.format("abs(1)"))
        assert "version()" in refusal(place.format("version()"))


def test_it_says_what_and_where_and_what_to_write_instead() -> None:
    assert refusal("SELECT 1,\n  version()") == (
        "2:3: version() reads or changes the engine's state, so it is not possible here"
    )
    assert refusal("SELECT 'ä', a LIKE 'b' ESCAPE '!' FROM t").endswith(
        "write LIKE without ESCAPE, or regexp_matches()"
    )
    assert refusal("SELECT count(*) frm t") == "1:21: the syntax is wrong near 't'"
    assert (
        refusal("DELETE FROM t") == "only reading is possible here: SELECT, DESCRIBE, SUMMARIZE, EXPLAIN, SHOW TABLES"
    )
    assert refusal("SELECT user FROM t") == "1:8: user is not possible here; a column of that name: write table.user"
    assert read_query("SELECT t.user FROM s.t").columns == {"t", "user"}


def test_a_file_is_refused_in_the_words_for_an_unknown_table() -> None:
    assert refusal("FROM 'x.parquet'") == "there is no table 'x.parquet' that you may read"
    assert refusal("FROM a.b.c") == "there is no table 'a.b.c' that you may read"


def test_it_never_repeats_more_than_forty_characters() -> None:
    secret = "confidential" * 9
    for text in (f"FROM '{secret}'", f"SELECT {secret}()", f"SELECT x::{secret}", f'SELECT 1 "a" "{secret}"'):
        assert secret[:41] not in refusal(text)
    assert shown("a\nb" + "c" * 50) == "a b" + "c" * 36 + "…"


# -- the lists

EXAMPLES = [
    "WITH RECURSIVE r(i) AS (SELECT 1 UNION SELECT i + 1 FROM r) FROM r",
    "FROM a UNION ALL BY NAME FROM b ORDER BY 1 DESC, 2 LIMIT 10%",
    "SELECT DISTINCT ON (a) #1, *, t.a COLLATE nocase FROM t, (VALUES (1)) v, range(3) WHERE a BETWEEN 1 AND 2 OR b",
    "SELECT CASE WHEN a THEN 1 END, a::INT, list_filter(l, lambda x: x > 1), a[1], sum(a) OVER (ORDER BY b ASC)",
    "FROM (DESCRIBE a) JOIN (FROM b) q ON true, (PIVOT c ON x IN (1) USING count(*)) WHERE EXISTS (SELECT 1)",
    "FROM a TABLESAMPLE 5%",
]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from walk(each)


def name_of(node: dict[str, Any]) -> str:
    kind = node.get("class") or node.get("type")
    return kind if isinstance(kind, str) else " ".join(sorted(node))


def test_every_node_on_the_lists_is_one_that_the_engine_makes() -> None:
    found = {name_of(node) for text in EXAMPLES for node in walk(parse(text))}
    listed = {*nodes.QUERIES, *nodes.SOURCES, *nodes.MODIFIERS, *nodes.EXPRESSIONS}
    assert listed <= found
    assert not {name for name in found if name.isupper()} - listed


@pytest.mark.parametrize("change", ["a field", "a name", "a plain field"])
def test_a_node_that_is_not_on_the_lists_is_refused(change: str) -> None:
    """Each node of the examples in turn is given a field, or a name, as a newer engine might."""
    changed = 0
    for text in EXAMPLES:
        tree = parse(text)
        for number, node in enumerate(walk(tree)):
            if (change == "a plain field") == (name_of(node).isupper()):
                continue
            other = copy.deepcopy(tree)
            target = list(walk(other))[number]
            if change == "a name":
                target["class" if "class" in target else "type"] = "NEW_NODE"
            else:
                target["new_field"] = 1
            with pytest.raises(Refused):
                Reading(text, frozenset()).walk(other)
            changed += 1
    assert changed > 20


def test_a_word_that_is_not_on_the_lists_is_refused() -> None:
    changed = set()
    for text in EXAMPLES:
        tree = parse(text)
        for number, node in enumerate(walk(tree)):
            for word in nodes.WORDS.get(name_of(node), {}):
                other: Any = copy.deepcopy(tree)
                list(walk(other))[number][word] = "NEW_WORD"
                with pytest.raises(Refused):
                    Reading(text, frozenset()).walk(other)
                changed.add(name_of(node))
    assert changed == set(nodes.WORDS)


def test_the_types_are_those_of_the_engine() -> None:
    import duckdb

    rows = duckdb.connect().execute("SELECT DISTINCT lower(type_name) FROM duckdb_types()").fetchall()
    known = {name for (name,) in rows}
    assert nodes.TYPES - {"json", "timestamptz", "timestamp with time zone"} <= known
    assert known - nodes.TYPES == {"geometry", "oid", "tuple", "type", "variant"}


def test_names_that_are_the_engines_state_without_brackets_are_known() -> None:
    """`SELECT current_user` calls a function; a new engine may know more such names."""
    import duckdb

    connection = duckdb.connect()
    rows = connection.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
    bare = set()
    for (name,) in rows:
        with contextlib.suppress(duckdb.Error):
            connection.execute(f"SELECT {name}")
            bare.add(name)
    clock = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
    assert {"current_user", "user"} <= bare <= nodes.STATE_COLUMNS | clock


def test_whatever_is_sent_is_read_or_refused() -> None:
    """Never another error: statements of words by chance, always the same ones."""
    chance = random.Random(7)  # noqa: S311 - no secret
    words = (
        "select from where group by order having with as ( ) [ ] { } , . ; 1 'a' \"b\" t x in not and case when then"
        " end :: int interval between like union all join on using lateral pivot unpivot values * + - lambda : := over"
        " partition limit distinct filter within $1 ? -- /* */ $$ at #1 explain describe summarize show é \0 \ud800"
    )
    for length in (3, 6, 12, 40) * 100:
        text = "select " * chance.randint(0, 1) + " ".join(chance.choices(words.split(), k=length))
        with contextlib.suppress(Refused):
            read_command(text)


# -- in a server


def test_many_threads_read_at_once() -> None:
    texts = [f"SELECT {number} FROM s.t{number} WHERE x > {number}" for number in range(40)]
    wrong: list[str] = []

    def read() -> None:
        for number, text in enumerate(texts):
            read_query.cache_clear()
            if read_query(text).tables != {TableReference("s", f"t{number}")}:
                wrong.append(text)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_tree_is_the_engines_own() -> None:
    import duckdb

    text = "SELECT a FROM s.t"
    row = duckdb.connect().execute("SELECT json_serialize_sql(?)", [text]).fetchone()
    assert row is not None
    assert read_query(text).ast == json.loads(row[0])["statements"][0]["node"]


def test_what_is_no_select_is_told_apart() -> None:
    with pytest.raises(NotSelect):
        parse("SET threads = 1")
