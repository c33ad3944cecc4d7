"""The linter of the portable subset: what it refuses, where it points, and that each rule's own advice passes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.portable import RULES, Finding, lint_python, lint_sql
from nightlight.pipelines.portable.__main__ import markdown
from nightlight.pipelines.portable.python_files import PYTHON_RULES

IMPORTS = "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\n\n"
PAGE = Path(__file__).parents[2] / "docs" / "portable-sql.md"

# rule, an expression it refuses, an expression to write instead
EXPRESSIONS = [
    ("percentile-approx", "percentile_approx(waited, 0.5)", "percentile(waited, 0.5)"),
    ("percentile-cont", "percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)", "percentile(waited, 0.9)"),
    ("percentile-frequency", "percentile(waited, 0.9, n)", "percentile(waited, 0.9)"),
    ("approx-count-distinct", "approx_count_distinct(texter)", "count(DISTINCT texter)"),
    ("window", "window(sent_at, '1 hour')", "date_trunc('HOUR', sent_at)"),
    ("weekday", "weekday(sent_at)", "(dayofweek(sent_at) + 5) % 7"),
    ("extract-field", "extract(DOW FROM sent_at)", "dayofweek(sent_at)"),
    ("extract-field", "date_part('dow', sent_at)", "date_part('HOUR', sent_at)"),
    ("day-difference", "timestampdiff(DAY, a, b)", "(unix_seconds(b) - unix_seconds(a)) div 86400"),
    ("fine-difference", "timestampdiff(MILLISECOND, a, b)", "unix_micros(b) - unix_micros(a)"),
    ("difference-type", "datediff(b, a)", "CAST(datediff(b, a) AS INT)"),
    ("regexp-count", "regexp_count(body, '[?]')", "CAST(regexp_count(body, '[?]') AS INT)"),
    ("quoted-date-pattern", "date_format(a, 'yyyy''T''HH')", "concat(date_format(a, 'yyyy'), 'T')"),
    ("try-to-date", "try_to_date(x, 'dd.MM.yyyy')", "CAST(try_to_timestamp(x, 'dd.MM.yyyy') AS DATE)"),
    ("fraction-of-seconds", "timestamp_seconds(1.5)", "timestamp_seconds(unix_seconds(a) div 900 * 900)"),
    ("bround", "bround(x)", "round(x)"),
    ("rint", "rint(x)", "round(x)"),
    ("nvl2", "nvl2(x, 1, 2)", "if(x IS NOT NULL, 1, 2)"),
    ("try-subtract", "try_subtract(a, b)", "CAST(a AS BIGINT) - b"),
    ("initcap", "initcap(topic)", "upper(left(topic, 1)) || lower(substring(topic, 2))"),
    ("zip-with", "zip_with(a, b, (x, y) -> x + y)", "transform(a, (x, i) -> x + get(b, i))"),
    ("input-file-name", "input_file_name()", "source"),
    (
        "transform-keys",
        "transform_values(m, (k, v) -> v + 1)",
        "map_from_entries(transform(map_entries(m), e -> struct(e.key, e.value + 1)))",
    ),
    ("try-divide", "try_divide(a, b)", "a / nullif(b, 0)"),
    ("isnan", "isnan(x)", "coalesce(isnan(x), false)"),
    ("logarithm", "log(x)", "ln(x)"),
    ("decode-cases", "decode(x, 'a', 1, 'b', 2)", "CASE x WHEN 'a' THEN 1 WHEN 'b' THEN 2 END"),
    ("negative-left", "left(x, -1)", "left(x, 0)"),
    ("split-characters", "split(x, '')", "filter(split(x, ''), c -> c <> '')"),
    ("replace-from", "regexp_replace(x, 'a', 'b', 2)", "regexp_replace(substring(x, 2), 'a', 'b')"),
    ("named-replacement", "regexp_replace(x, '(?<n>a)', '${n}')", "regexp_replace(x, '(a)', '$1')"),
    ("look-around", "x RLIKE 'foo(?!bar)'", "x RLIKE 'foo'"),
    ("look-around", "regexp_replace(x, r'(a)\\1', 'b')", "regexp_replace(x, 'aa', 'b')"),
    ("word-class", r"x RLIKE r'^\w+$'", "x RLIKE '^[A-Za-z0-9_]+$'"),
    ("caseless-accents", "x RLIKE '(?i)é'", "lower(x) RLIKE 'é'"),
    ("empty-match", "regexp_replace(x, 'a*', 'b')", "regexp_replace(x, 'a+', 'b')"),
    ("array-contains", "array_contains(tags, 'school')", "exists(tags, t -> t = 'school')"),
    ("array-except", "array_except(a, b)", "filter(a, e -> NOT coalesce(exists(b, o -> o = e), false))"),
    ("overlap-with-null", "arrays_overlap(a, array('x', NULL))", "size(array_intersect(a, array('x'))) > 0"),
    ("explode-map", "explode(map('a', n))", "explode(map_entries(map('a', n)))"),
    ("json-path", "get_json_object(x, '$.waits[*]')", "from_json(x, 'waits ARRAY<INT>').waits"),
    ("json-spelling", "get_json_object(x, '$.who')", "from_json(x, 'who STRING').who"),
    ("json-timestamp", "from_json(x, 't TIMESTAMP')", "to_timestamp(from_json(x, 't STRING').t)"),
    ("to-json", "to_json(x)", "concat_ws(',', tags)"),
    ("extreme-struct", "max(struct(sent_at, author))", "max_by(author, sent_at)"),
    ("hash", "hash(texter)", "xxhash64(texter)"),
    ("hasty-text", "try_cast(x AS DATE)", "CAST(try_to_timestamp(x) AS DATE)"),
    ("text-to-boolean", "CAST(x AS BOOLEAN)", "lower(trim(x)) IN ('true', 't', 'yes', 'y', '1')"),
    ("round-half", "round(x, 2)", "CAST(round(CAST(x AS DECIMAL(18, 6)), 2) AS DOUBLE)"),
    ("floor-digits", "floor(x, 1)", "floor(x * 10) / 10"),
    ("product", "product(x)", "exp(sum(ln(x)))"),
    ("now", "sent_at > current_timestamp()", "sent_at > closed_at"),
    ("rand", "uuid()", "xxhash64(message_id)"),
    ("like-any", "x LIKE ANY ('a%', 'b%')", "x LIKE 'a%' OR x LIKE 'b%'"),
    ("first-branch", "CASE WHEN a THEN 1 ELSE 2.5D END", "CASE WHEN a THEN 1.0D ELSE 2.5D END"),
    ("first-branch", "if(a, 0, score)", "if(a, 0.0D, score)"),
    ("decimal-division", "100.0 * a / b", "100.0D * a / b"),
    ("decimal-division", "avg(CASE WHEN a THEN 1.0 ELSE 0.0 END)", "avg(CASE WHEN a THEN 1 ELSE 0 END)"),
    ("decimal-literal", "waited * 1.5", "waited * 1.5D"),
    ("decimal-cast", "CAST(a / b AS DECIMAL(9, 2))", "round(CAST(a / b AS DECIMAL(18, 6)), 2)"),
    ("truncated-date", "date_trunc('MONTH', date(a))", "trunc(date(a), 'MONTH')"),
    ("truncated-date", "date_trunc('WEEK', day)", "date_trunc('WEEK', sent_at)"),
    ("truncated-date", "date_trunc('MONTH', joined_on)", "CAST(date_trunc('MONTH', joined_on) AS DATE)"),
    ("date-arithmetic", "date(a) - date(b)", "datediff(date(a), date(b))"),
    ("date-arithmetic", "date(a) - INTERVAL 1 HOUR", "CAST(date(a) AS TIMESTAMP) - INTERVAL 1 HOUR"),
    (
        "date-frame",
        "sum(n) OVER (ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW)",
        "sum(n) OVER (ORDER BY unix_date(day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)",
    ),
    (
        "date-frame",
        "sum(n) OVER (ORDER BY date(a) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)",
        "sum(n) OVER (ORDER BY sent_at RANGE BETWEEN INTERVAL 6 HOURS PRECEDING AND CURRENT ROW)",
    ),
    (
        "filter-over",
        "sum(x) FILTER (WHERE a) OVER (PARTITION BY b)",
        "sum(CASE WHEN a THEN x END) OVER (PARTITION BY b)",
    ),
    ("distinct-over", "count(DISTINCT a) OVER (PARTITION BY b)", "size(collect_set(a) OVER (PARTITION BY b))"),
    ("computed-index", "tags[i]", "get(tags, i)"),
    ("lateral-alias", "1 AS n, n + 1", "1 AS n, 1 + 1"),
    ("star-except", "*, m.* EXCEPT (body)", "author, sent_at"),
]

# rule, a query it refuses, a query to write instead
QUERIES = [
    (
        "group-by-all",
        "SELECT author, count(*) AS n FROM m GROUP BY ALL",
        "SELECT author, count(*) AS n FROM m GROUP BY 1",
    ),
    (
        "qualify",
        "SELECT id FROM m QUALIFY row_number() OVER (PARTITION BY c ORDER BY id) = 1",
        "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY c ORDER BY id) AS n FROM m) WHERE n = 1",
    ),
    (
        "pivot",
        "SELECT c FROM m PIVOT (count(id) FOR author IN ('texter', 'counselor'))",
        "SELECT count_if(author = 'texter') AS texter, count_if(author = 'counselor') AS counselor FROM m",
    ),
    ("pipe", "FROM m |> SELECT id", "SELECT id FROM m"),
    ("pipe", "FROM m SELECT id", "SELECT id FROM m"),
    (
        "intersect-all",
        "SELECT id FROM m INTERSECT ALL SELECT id FROM o",
        "SELECT id FROM m LEFT SEMI JOIN o USING (id)",
    ),
    (
        "recursive",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t",
        "SELECT explode(sequence(1, 3)) AS n",
    ),
    (
        "lateral-join",
        "SELECT id, tag FROM m, LATERAL explode(tags) AS t(tag)",
        "SELECT id, tag FROM m LATERAL VIEW explode(tags) t AS tag",
    ),
    ("sample", "SELECT id FROM m TABLESAMPLE (5 PERCENT)", "SELECT id FROM m WHERE pmod(xxhash64(id), 100) < 5"),
    ("distribute-by", "SELECT id FROM m DISTRIBUTE BY id", "SELECT id FROM m"),
    (
        "first-branch",
        "SELECT NULL AS a FROM m UNION ALL SELECT author FROM m",
        "SELECT CAST(NULL AS STRING) AS a FROM m UNION ALL SELECT author FROM m",
    ),
    (
        "aggregate-in-order",
        "SELECT author, count(*) AS n FROM m GROUP BY author HAVING count(*) > 3 ORDER BY count(*)",
        "SELECT author, count(*) AS n FROM m GROUP BY author HAVING count(*) > 3 ORDER BY n",
    ),
    ("qualified-using", "SELECT m.id FROM m JOIN o USING (id)", "SELECT id FROM m JOIN o USING (id)"),
    ("table-case", "SELECT id FROM Messages", "SELECT id FROM messages"),
    ("unnamed-column", "SELECT count(*) FROM m", "SELECT count(*) AS messages FROM m"),
    ("star", "SELECT * FROM m", "SELECT id FROM m"),
    ("unreadable", "SELECT id FROM m WHERE (author = 'texter'", "SELECT id FROM m WHERE author = 'texter'"),
]

# rule, a statement it refuses, a statement to write instead
STATEMENTS = [
    ("stored-view", "CREATE VIEW v AS SELECT 1 AS x", "CREATE TEMPORARY VIEW v AS SELECT 1 AS x"),
    ("statement", "CREATE TABLE t AS SELECT 1 AS x", "CREATE MATERIALIZED VIEW t AS SELECT 1 AS x"),
    ("statement", "INSERT INTO t SELECT 1", "CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM s"),
    (
        "create-or-refresh",
        "CREATE OR REFRESH MATERIALIZED VIEW t AS SELECT 1 AS x",
        "CREATE MATERIALIZED VIEW t AS SELECT 1 AS x",
    ),
    (
        "expect-constraint",
        "CREATE MATERIALIZED VIEW t (CONSTRAINT c EXPECT (x > 0) ON VIOLATION DROP ROW) AS SELECT 1 AS x",
        "CREATE MATERIALIZED VIEW t TBLPROPERTIES ('expect.c' = 'DROP x > 0') AS SELECT 1 AS x",
    ),
    (
        "key-constraint",
        "CREATE MATERIALIZED VIEW t (x INT, PRIMARY KEY (x)) AS SELECT 1 AS x",
        "CREATE MATERIALIZED VIEW t (x INT COMMENT 'the one') AS SELECT 1 AS x",
    ),
    (
        "schedule",
        "CREATE MATERIALIZED VIEW t SCHEDULE EVERY 1 HOUR AS SELECT 1 AS x",
        "CREATE MATERIALIZED VIEW t COMMENT 'hourly' AS SELECT 1 AS x",
    ),
    (
        "auto-cdc",
        "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM s KEYS (id) SEQUENCE BY ts STORED AS SCD TYPE 1",
        "CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM s",
    ),
    ("auto-cdc", "APPLY CHANGES INTO t FROM STREAM s KEYS (id) SEQUENCE BY ts", "USE SCHEMA gold"),
    (
        "once",
        "CREATE FLOW f AS INSERT INTO ONCE t BY NAME SELECT id FROM STREAM s",
        "CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM s",
    ),
    (
        "by-name",
        "CREATE FLOW f AS INSERT INTO t SELECT id FROM STREAM s",
        "CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM s",
    ),
    (
        "stream-in-view",
        "CREATE MATERIALIZED VIEW t AS SELECT id FROM STREAM s",
        "CREATE MATERIALIZED VIEW t AS SELECT id FROM s",
    ),
    (
        "batch-in-stream",
        "CREATE STREAMING TABLE t AS SELECT id FROM s",
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM(s)",
    ),
    (
        "stateful-stream",
        "CREATE STREAMING TABLE t AS SELECT day, count(*) AS n FROM STREAM s GROUP BY day",
        "CREATE STREAMING TABLE t AS SELECT day, o.n FROM STREAM s "
        "JOIN (SELECT day, count(*) AS n FROM old GROUP BY day) o USING (day)",
    ),
    (
        "stateful-stream",
        "CREATE STREAMING TABLE t AS WITH w AS (SELECT id FROM STREAM s) SELECT DISTINCT id FROM w",
        "CREATE STREAMING TABLE t AS WITH w AS (SELECT id FROM STREAM s) SELECT id FROM w",
    ),
    (
        "stateful-stream",
        "CREATE STREAMING TABLE t AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM STREAM s",
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM s",
    ),
    (
        "joined-streams",
        "CREATE STREAMING TABLE t AS SELECT a.id AS id FROM STREAM s AS a JOIN STREAM o AS b ON a.id = b.id",
        "CREATE STREAMING TABLE t AS SELECT a.id AS id FROM STREAM s AS a JOIN o AS b ON a.id = b.id",
    ),
    (
        "watermark",
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM s WATERMARK ts DELAY OF INTERVAL 10 MINUTES",
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM s",
    ),
    (
        "raw-files",
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM read_files('exports')",
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM bronze_messages",
    ),
    (
        "raw-files",
        "CREATE MATERIALIZED VIEW t AS SELECT id FROM json.`exports`",
        "CREATE MATERIALIZED VIEW t AS SELECT id FROM bronze.messages",
    ),
]

# rule, the body of a definition function it refuses, a body to write instead
PYTHON = [
    ("result-in-definition", "return spark.createDataFrame(spark.table('m').collect())", "return spark.table('m')"),
    ("result-in-definition", "n = spark.table('m').count()", "return spark.table('m').groupBy('author').count()"),
    ("result-in-definition", "x = spark.table('m').toPandas()", "return spark.table('m').agg(F.first('author'))"),
    ("write-in-definition", "spark.table('m').write.saveAsTable('o')", "return spark.table('m')"),
    ("write-in-definition", "return stream.foreachBatch(keep)", "return stream"),
    ("session-change", "spark.conf.set('spark.sql.ansi.enabled', 'false')", "return spark.table('m')"),
    ("session-change", "spark.table('m').createOrReplaceTempView('v')", "return spark.table('v')"),
    ("session-change", "spark.udf.register('f', len)", "f = F.udf(len)"),
    ("pandas", "import pandas as pd", "import json"),
    ("pandas", "from pyspark import pandas", "from pyspark import pipelines"),
    ("rdd", "return spark.table('m').rdd", "return spark.table('m')"),
    ("dataframe-pivot", "return t.groupBy('c').pivot('author').sum('n')", "return t.groupBy('c').sum('n')"),
    ("stateful-dataframe", "return spark.readStream.table('m').dropDuplicates()", "return t.dropDuplicates()"),
    (
        "stateful-dataframe",
        "new = spark.readStream.table('m')\n    return new.groupBy('author').count()",
        "new = spark.readStream.table('m')\n    return new.join(t.groupBy('author').agg(F.max('n')), 'author')",
    ),
    (
        "stream-join",
        "return spark.readStream.table('m').join(spark.readStream.table('o'), 'id')",
        "return spark.readStream.table('m').join(spark.read.table('o'), 'id')",
    ),
    ("auto-cdc", "dp.create_auto_cdc_flow(target='t', source='s', keys=['id'])", "dp.create_streaming_table('t')"),
    ("percentile-approx", "return t.agg(F.percentile_approx('n', 0.5))", "return t.agg(F.percentile('n', 0.5))"),
    ("weekday", "return t.select(F.weekday('day'))", "return t.select(F.dayofweek('day'))"),
    ("qualify", "return spark.sql('SELECT id FROM m QUALIFY n = 1')", "return spark.sql('SELECT id FROM m')"),
    ("initcap", "return t.selectExpr('initcap(topic) AS topic')", "return t.selectExpr('lower(topic) AS topic')"),
    ("isnan", "return t.filter('NOT isnan(score)')", "return t.filter('score > 1')"),
]


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def lint_view(query: str) -> list[Finding]:
    return lint_sql(f"CREATE MATERIALIZED VIEW t AS {query}", file="gold.sql")


def lint_function(body: str, folder: Path, decorator: str = "dp.table") -> list[Finding]:
    path = folder / "gold.py"
    path.write_text(f"{IMPORTS}@{decorator}\ndef t():\n    {body}\n", encoding="utf-8")
    return lint_python(path)


@pytest.mark.parametrize(("rule", "refused", "instead"), EXPRESSIONS)
def test_an_expression_that_differs_is_found_and_its_substitute_passes(rule: str, refused: str, instead: str) -> None:
    assert rule in rules(lint_view(f"SELECT {refused} AS x FROM m"))
    assert rule not in rules(lint_view(f"SELECT {instead} AS x FROM m"))


@pytest.mark.parametrize(("rule", "refused", "instead"), QUERIES)
def test_a_query_that_differs_is_found_and_its_substitute_passes(rule: str, refused: str, instead: str) -> None:
    assert rule in rules(lint_view(refused))
    assert rules(lint_view(instead)) == set()


@pytest.mark.parametrize(("rule", "refused", "instead"), STATEMENTS)
def test_a_statement_that_differs_is_found_and_its_substitute_passes(rule: str, refused: str, instead: str) -> None:
    assert rule in rules(lint_sql(refused, file="gold.sql"))
    assert rules(lint_sql(instead, file="gold.sql")) == set()


@pytest.mark.parametrize(("rule", "refused", "instead"), PYTHON)
def test_python_that_differs_is_found_and_its_substitute_passes(
    rule: str, refused: str, instead: str, tmp_path: Path
) -> None:
    assert rules(lint_function(refused, tmp_path)) == {rule}
    assert rules(lint_function(instead, tmp_path)) == set()


def test_python_reads_streams_only_under_tables(tmp_path: Path) -> None:
    body = "return spark.readStream.table('m')"
    assert rules(lint_function(body, tmp_path, "dp.materialized_view(name='t')")) == {"read-stream-in-view"}
    assert rules(lint_function(body, tmp_path, "dp.table")) == set()


def test_python_declares_expectations_as_properties(tmp_path: Path) -> None:
    assert rules(lint_function("return t", tmp_path, "dp.expect_or_drop('given', 'id > 0')")) == {"expect-decorator"}


def test_every_rule_has_an_example() -> None:
    shown = {rule for rule, _, _ in (*EXPRESSIONS, *QUERIES, *STATEMENTS, *PYTHON)}
    assert {rule.name for rule in RULES} - shown == {"read-stream-in-view", "expect-decorator"}


def test_rule_names_are_unique_and_messages_are_one_line() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert "\n" not in rule.unportable + rule.because + rule.instead


def test_a_finding_points_at_the_analysts_own_line_and_column() -> None:
    text = """-- waits by day; "ça va" before it
CREATE MATERIALIZED VIEW daily
  COMMENT 'waits; per day' AS
SELECT date_trunc('DAY', accepted_at) AS day,
       percentile_approx(waited, 0.5) AS median
FROM conversations
GROUP BY ALL;

CREATE STREAMING TABLE late AS
SELECT id FROM Messages;
"""
    found = [(each.rule, each.line, each.column) for each in lint_sql(text, file="gold.sql")]
    assert found == [
        ("percentile-approx", 5, 8),
        ("group-by-all", 7, 1),
        ("batch-in-stream", 10, 1),
        ("table-case", 10, 16),
    ]


def test_the_first_line_of_a_fragment_can_stand_anywhere() -> None:
    (finding,) = lint_sql(
        "SET x = 1;\nCREATE MATERIALIZED VIEW t AS SELECT bround(x) AS x", file="a.sql", first_line=40
    )
    assert (finding.line, finding.column) == (41, 38)


def test_a_finding_says_what_why_and_what_to_write() -> None:
    (finding,) = lint_view("SELECT weekday(day) AS d FROM m")
    assert finding.message == "weekday(): Sail answers -1 on Sundays, Spark 6"
    assert finding.instead == "(dayofweek(d) + 5) % 7"
    assert (finding.file, finding.severity) == ("gold.sql", "error")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("CREATE MATERIALIZED VIEW t AS\nSELECT id\nFROM m WHERE (a = 1", 3, 19),
        ("USE SCHEMA gold;\nCREATE MATERIALIZED VIEW t AS SELECT 'never closed FROM m", 2, 1),
        ("CREATE MATERIALIZED VIEW t AS SELECT id FROM m WHERE AND a", 1, 58),
    ],
)
def test_unreadable_sql_is_an_error_at_its_line(text: str, line: int, column: int) -> None:
    (finding,) = lint_sql(text, file="gold.sql")
    assert (finding.rule, finding.line, finding.column) == ("unreadable", line, column)


def test_names_and_texts_that_look_like_syntax_are_left_alone() -> None:
    query = "SELECT 'GROUP BY ALL' AS a, `QUALIFY` AS b, m.weekday AS c, 'percentile_approx(x)' AS d FROM m -- QUALIFY"
    assert lint_view(query) == []


def test_an_alias_may_be_used_where_both_engines_see_it() -> None:
    query = "SELECT author AS who, count(*) AS n FROM m GROUP BY who HAVING count(*) > 1 ORDER BY n"
    assert lint_view(query) == []
    assert lint_view("SELECT coalesce(day, opened) AS day, day IS NULL AS guessed FROM m") == []


def test_a_clean_project_file_has_no_findings() -> None:
    text = """
USE SCHEMA gold;
SET spark.sql.session.timeZone = UTC;
CREATE TEMPORARY VIEW texters AS SELECT * FROM silver.messages WHERE author = 'texter';
CREATE STREAMING TABLE seen COMMENT 'messages as they come' TBLPROPERTIES ('expect.given' = 'DROP id IS NOT NULL');
CREATE FLOW day_desk AS INSERT INTO seen BY NAME SELECT id, sent_at FROM STREAM bronze.messages WHERE desk = 'day';
CREATE MATERIALIZED VIEW waits (day COMMENT 'in UTC', p90) COMMENT 'exact' CLUSTER BY (day) AS
WITH answered AS (SELECT date(accepted_at) AS day, waited FROM silver.conversations WHERE accepted_at IS NOT NULL)
SELECT day, percentile(waited, 0.9) AS p90 FROM answered GROUP BY day;
"""
    assert lint_sql(text, file="gold.sql") == []


def test_an_empty_file_has_no_findings() -> None:
    assert lint_sql("-- nothing yet\n", file="gold.sql") == []


def test_python_findings_point_into_the_sql_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "gold.py"
    path.write_text('def t():\n    return spark.sql("""\n        SELECT bround(x) AS x\n        FROM m""")\n')
    (finding,) = lint_python(path)
    assert (finding.rule, finding.line, finding.column) == ("bround", 3, 16)
    path.write_text("def t():\n    return m.selectExpr('a', 'bround(x) AS x')\n")
    (finding,) = lint_python(path)
    assert (finding.line, finding.column) == (2, 31)


def test_python_that_cannot_be_parsed_is_an_error_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gold.py"
    path.write_text("x = 1\ndef t(:\n")
    (finding,) = lint_python(path)
    assert (finding.rule, finding.line) == ("unreadable", 2)


def test_python_names_count_only_where_they_are_pysparks(tmp_path: Path) -> None:
    path = tmp_path / "gold.py"
    path.write_text("import random\n\n\ndef t(window):\n    return window(hash(random.random()))\n", encoding="utf-8")
    assert lint_python(path) == []
    path.write_text("from pyspark.sql.functions import weekday as day_of\n\nx = day_of('d')\n", encoding="utf-8")
    assert lint_python(path) == []  # renamed on import: not followed
    path.write_text("from pyspark.sql.functions import weekday\n\nx = weekday('d')\n", encoding="utf-8")
    assert rules(lint_python(path)) == {"weekday"}


def test_a_missing_python_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"gold\.py: definition file cannot be read"):
        lint_python(tmp_path / "gold.py")


def test_the_page_lists_the_rules_as_the_linter_has_them() -> None:
    assert markdown() in PAGE.read_text(encoding="utf-8"), "run: python -m nightlight.pipelines.portable"


def test_the_module_prints_the_page() -> None:
    command = [sys.executable, "-m", "nightlight.pipelines.portable"]
    printed = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert printed == markdown()
    assert len(PYTHON_RULES) == printed.split("### Python files")[1].count("| `")
