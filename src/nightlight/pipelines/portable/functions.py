"""Functions that fail or answer differently on the two engines, found by name and by the shape of their arguments."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from nightlight.pipelines.portable.findings import Rule, Severity, calls
from nightlight.pipelines.portable.statements import Call, Statement

FIELDS = {"DOW", "DAYOFWEEK", "DOW_ISO", "DAYOFWEEK_ISO", "YEAROFWEEK", "EPOCH"}
DIFFERENCES = ("timestampdiff", "datediff", "date_diff")
PATTERNS = (
    *("rlike", "regexp", "regexp_like", "regexp_replace", "regexp_extract", "regexp_extract_all"),
    *("regexp_count", "regexp_instr", "regexp_substr", "split"),
)
MAPS = ("map", "str_to_map", "map_filter", "map_concat", "map_from_arrays", "map_from_entries")
AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]")
CASELESS = re.compile(r"\(\?i\).*[^\x00-\x7f]")


def banned(*names: str, instead: str, because: str, severity: Severity = "error") -> Rule:
    """A function that is to be left out whatever its arguments."""
    written = ", ".join(f"{name}()" for name in names)
    return Rule(
        name=names[0].replace("_", "-"),
        unportable=written,
        instead=instead,
        because=because,
        severity=severity,
        find=calls(*names),
        functions=names,
    )


def when(names: tuple[str, ...], holds: Callable[[Call], bool]) -> Callable[[Statement], Iterator[int]]:
    return lambda statement: (call.offset for call in statement.calls(*names) if holds(call))


def words_of(call: Call) -> list[str]:
    return call.argument(0).lower().split()


def has_fraction(call: Call) -> bool:
    """Whether the argument is a decimal literal or a bare division."""
    words = words_of(call)
    return any("." in word[:-1] and word[0].isdigit() for word in words) or ("/" in words and "(" not in words)


def unit_of(call: Call) -> str:
    return call.argument(0) if len(call.arguments) == 3 else ""


def literal(call: Call, position: int) -> str | None:
    """The text of an argument that is one string literal, else None."""
    tokens = call.tokens(position)
    single = len(tokens) == 1 and tokens[0].token_type.name in {"STRING", "RAW_STRING"}
    return tokens[0].text if single else None


def patterns(statement: Statement) -> Iterator[tuple[int, str]]:
    """Every regular expression written as a literal, with its place: after RLIKE, or a function's second argument."""
    for word, pattern in pairwise(statement.body):
        if word.text.upper() in {"RLIKE", "REGEXP"} and pattern.token_type.name in {"STRING", "RAW_STRING"}:
            yield pattern.start, pattern.text
    for call in statement.calls(*PATTERNS):
        if (text := literal(call, 1)) is not None:
            yield call.tokens(1)[0].start, text


def matching(wrong: Callable[[str], bool]) -> Callable[[Statement], Iterator[int]]:
    return lambda statement: (offset for offset, pattern in patterns(statement) if wrong(pattern))


def matches_nothing(pattern: str) -> bool:
    """Whether a pattern also matches the empty string, as far as Python reads it."""
    try:
        return re.compile(pattern).match("") is not None
    except re.error:
        return False


FUNCTION_RULES: tuple[Rule, ...] = (
    banned(
        *("percentile_approx", "approx_percentile"),
        instead="percentile(x, 0.5)",
        because="Sail interpolates where Spark picks a row's value, and it refuses an array of fractions",
    ),
    Rule(
        name="percentile-cont",
        unportable="percentile_cont(..) WITHIN GROUP",
        instead="percentile(x, 0.9)",
        because="Sail's answer is off in the sixth digit",
        find=calls("percentile_cont"),
    ),
    Rule(
        name="percentile-frequency",
        unportable="percentile(x, p, frequency)",
        instead="one row per counted thing, then percentile(x, p)",
        because="Sail ignores the frequency",
        find=when(("percentile",), lambda call: len(call.arguments) > 2),
    ),
    banned(
        *("approx_count_distinct", "approx_top_k", "histogram_numeric"),
        instead="count(DISTINCT x), or count(*) with GROUP BY",
        because="the engines approximate differently",
        severity="warning",
    ),
    banned(
        *("window", "session_window"),
        instead="date_trunc('HOUR', ts), or timestamp_seconds(unix_seconds(ts) div 900 * 900) for 15 minutes",
        because="not on Sail",
    ),
    banned("weekday", instead="(dayofweek(d) + 5) % 7", because="Sail answers -1 on Sundays, Spark 6"),
    Rule(
        name="extract-field",
        unportable="extract(DOW FROM d), date_part('dow', d), extract(EPOCH FROM ts)",
        instead="dayofweek(d), 1 on Sundays; unix_seconds(ts)",
        because="Sail counts days from 0 and lacks the longer names, Spark lacks EPOCH",
        find=when(
            ("extract", "date_part", "datepart"),
            lambda call: (call.argument(0).strip("'").upper().split() or [""])[0] in FIELDS,
        ),
    ),
    Rule(
        name="day-difference",
        unportable="timestampdiff(DAY, a, b), datediff(DAY, a, b)",
        instead="(unix_seconds(b) - unix_seconds(a)) div 86400 for whole days, or datediff(b, a) for calendar days",
        because="Sail counts midnights, Spark whole days",
        find=when(DIFFERENCES, lambda call: unit_of(call) == "DAY"),
    ),
    Rule(
        name="fine-difference",
        unportable="timestampdiff(MILLISECOND | MICROSECOND, a, b)",
        instead="unix_micros(b) - unix_micros(a)",
        because="not on Sail",
        find=when(DIFFERENCES, lambda call: unit_of(call) in {"MILLISECOND", "MICROSECOND"}),
    ),
    Rule(
        name="difference-type",
        unportable="datediff(b, a)",
        instead="CAST(datediff(b, a) AS INT)",
        because="int on Spark, bigint on Sail, so the table's column changes type with the engine",
        severity="warning",
        find=when(("datediff", "date_diff"), lambda call: len(call.arguments) == 2 and call.outer != "cast"),
        functions=("datediff", "date_diff"),
    ),
    Rule(
        name="regexp-count",
        unportable="regexp_count(text, pattern)",
        instead="CAST(regexp_count(text, pattern) AS INT)",
        because="int on Spark, bigint on Sail, so the table's column changes type with the engine",
        severity="warning",
        find=when(("regexp_count",), lambda call: call.outer != "cast"),
        functions=("regexp_count",),
    ),
    Rule(
        name="quoted-date-pattern",
        unportable="date_format(ts, 'yyyy-MM-dd''T''HH:mm')",
        instead="concat(date_format(ts, 'yyyy-MM-dd'), 'T', ..), and to_timestamp(text) without a pattern for ISO text",
        because="quoted letters in a date pattern fail on Sail",
        find=when(
            ("date_format", "to_timestamp", "try_to_timestamp", "to_date", "unix_timestamp", "from_unixtime"),
            lambda call: len(call.tokens(1)) > 1 or "'" in (literal(call, 1) or ""),
        ),
    ),
    banned("try_to_date", instead="CAST(try_to_timestamp(text, 'dd.MM.yyyy') AS DATE)", because="not on Sail"),
    Rule(
        name="fraction-of-seconds",
        unportable="timestamp_seconds(1.5)",
        instead="timestamp_micros(CAST(seconds * 1000000 AS BIGINT))",
        because="Sail drops the fraction",
        find=when(("timestamp_seconds",), has_fraction),
    ),
    *(
        banned(name, instead=instead, because=because)
        for name, instead, because in (
            ("bround", "round(x)", "Sail rounds halves up, Spark to the even neighbor"),
            ("rint", "round(x)", "Sail rounds halves up, Spark to the even neighbor"),
            ("nvl2", "if(x IS NOT NULL, a, b)", "Sail answers a double for integers"),
            ("try_subtract", "a - b after CAST(.. AS BIGINT)", "Sail widens the type instead of answering NULL"),
            ("initcap", "upper(left(x, 1)) || lower(substring(x, 2))", "the engines split words differently at ' - _"),
            ("zip_with", "transform(a, (x, i) -> f(x, get(b, i)))", "not on Sail"),
            ("input_file_name", "the source's own column, kept by ingestion", "not on Sail"),
        )
    ),
    banned(
        *("transform_keys", "transform_values", "map_zip_with"),
        instead="map_from_entries(transform(map_entries(m), e -> struct(e.key, f(e.value))))",
        because="not on Sail",
    ),
    banned(
        "try_divide",
        instead="a / nullif(b, 0)",
        because="Sail refuses doubles",
        severity="warning",
    ),
    Rule(
        name="isnan",
        unportable="isnan(x)",
        instead="coalesce(isnan(x), false)",
        because="NULL on Sail where x is NULL, false on Spark; NOT isnan(x) then loses rows",
        find=when(("isnan",), lambda call: "coalesce" not in {call.outer, *words_of(call)[:1]}),
        functions=("isnan",),
    ),
    Rule(
        name="logarithm",
        unportable="log(x)",
        instead="ln(x)",
        because="Sail asks for a base",
        find=when(("log",), lambda call: len(call.arguments) == 1),
    ),
    Rule(
        name="decode-cases",
        unportable="decode(x, 'a', 1, 'b', 2)",
        instead="CASE x WHEN 'a' THEN 1 WHEN 'b' THEN 2 END",
        because="Sail only decodes bytes",
        find=when(("decode",), lambda call: len(call.arguments) > 2),
    ),
    Rule(
        name="negative-left",
        unportable="left(x, -1)",
        instead="left(x, 0)",
        because="Sail cuts from the end, Spark answers ''",
        find=when(("left",), lambda call: call.argument(1).startswith("-")),
    ),
    Rule(
        name="split-characters",
        unportable="split(x, '')",
        instead="filter(split(x, ''), c -> c <> '')",
        because="Sail adds an empty text at both ends",
        find=when(("split",), lambda call: literal(call, 1) == "" and call.outer != "filter"),
    ),
    Rule(
        name="replace-from",
        unportable="regexp_replace(x, pattern, new, position)",
        instead="concat(substring(x, 1, position - 1), regexp_replace(substring(x, position), pattern, new))",
        because="Sail takes three arguments",
        find=when(("regexp_replace",), lambda call: len(call.arguments) > 3),
    ),
    Rule(
        name="named-replacement",
        unportable="regexp_replace(x, '(?<name>..)', '${name}')",
        instead="'$1'",
        because="Sail writes nothing for a named group",
        find=when(("regexp_replace",), lambda call: "${" in (literal(call, 2) or "")),
    ),
    Rule(
        name="look-around",
        unportable=r"(?=..), (?!..), (?<=..), (?<!..), \1 in a pattern",
        instead="a group for the text around it: regexp_extract(x, 'before(wanted)after', 1)",
        because="Sail's patterns have no look-around and no back-reference",
        find=matching(lambda pattern: AROUND.search(pattern) is not None),
    ),
    Rule(
        name="word-class",
        unportable=r"\w, \d, \s, \b in a pattern",
        instead="[A-Za-z0-9_], [0-9], [ \\t\\n]",
        because="Sail counts accented letters and other scripts' digits, Spark does not",
        severity="warning",
        find=matching(lambda pattern: re.search(r"\\[wWdDsSbB]", pattern) is not None),
    ),
    Rule(
        name="caseless-accents",
        unportable="'(?i)é' as a pattern",
        instead="lower(x) RLIKE 'é'",
        because="Spark ignores case only from a to z",
        find=matching(lambda pattern: CASELESS.search(pattern) is not None),
    ),
    Rule(
        name="empty-match",
        unportable="regexp_replace(x, 'a*', 'b')",
        instead="'a+'",
        because="the engines place empty matches differently",
        find=when(("regexp_replace",), lambda call: matches_nothing(literal(call, 1) or "a")),
    ),
    Rule(
        name="array-contains",
        unportable="array_contains(a, x)",
        instead="exists(a, e -> e = x)",
        because="false on Sail, NULL on Spark where the array holds a NULL; NOT array_contains then differs",
        severity="warning",
        find=calls("array_contains"),
        functions=("array_contains",),
    ),
    banned(
        "array_except",
        instead="filter(a, e -> NOT coalesce(exists(b, o -> o = e), false))",
        because="Sail fails on literals",
        severity="warning",
    ),
    Rule(
        name="overlap-with-null",
        unportable="arrays_overlap(a, array('x', NULL))",
        instead="size(array_intersect(a, array('x'))) > 0",
        because="the engines disagree about the NULL",
        find=when(("arrays_overlap",), lambda call: "NULL" in f"{call.argument(0)} {call.argument(1)}"),
    ),
    Rule(
        name="explode-map",
        unportable="explode(map)",
        instead="explode(map_entries(m)) AS e, then e.key, e.value",
        because="Sail stops",
        find=when(("explode", "explode_outer"), lambda call: (words_of(call) or [""])[0] in MAPS),
    ),
    Rule(
        name="json-path",
        unportable="get_json_object(x, '$.a[*]'), '$[''a b'']'",
        instead="from_json(x, 'a ARRAY<INT>').a",
        because="NULL on Sail",
        find=when(("get_json_object",), lambda call: bool(re.search(r"\[[*']", literal(call, 1) or ""))),
    ),
    Rule(
        name="json-spelling",
        unportable="get_json_object(x, path)",
        instead="from_json(x, 'a STRUCT<b: INT>').a.b",
        because="objects, arrays and numbers keep the source's spelling on Sail; texts and whole numbers agree",
        severity="warning",
        find=calls("get_json_object"),
        functions=("get_json_object",),
    ),
    Rule(
        name="json-timestamp",
        unportable="from_json(x, 't TIMESTAMP')",
        instead="to_timestamp(from_json(x, 't STRING').t)",
        because="Sail refuses ISO timestamps inside JSON",
        find=when(("from_json",), lambda call: "TIMESTAMP" in (literal(call, 1) or "").upper()),
    ),
    Rule(
        name="to-json",
        unportable="to_json(x) with timestamps or decimals",
        instead="to_json(struct(CAST(ts AS STRING) AS ts, CAST(n AS DOUBLE) AS n))",
        because="the engines write them with different digits",
        severity="warning",
        find=calls("to_json"),
        functions=("to_json",),
    ),
    Rule(
        name="extreme-struct",
        unportable="max(struct(a, b)), min(struct(a, b))",
        instead="max_by(b, a), min_by(b, a)",
        because="Sail sorts a NULL inside a struct last, Spark first",
        find=when(("max", "min"), lambda call: call.argument(0).startswith(("STRUCT (", "NAMED_STRUCT ("))),
    ),
    banned(
        "hash",
        instead="xxhash64(x)",
        because="Sail refuses arrays and structs",
        severity="warning",
    ),
    Rule(
        name="hasty-text",
        unportable="try_cast(text AS DATE)",
        instead="CAST(try_to_timestamp(text) AS DATE)",
        because="NULL on Sail where a time follows the date",
        severity="warning",
        find=when(("try_cast",), lambda call: call.argument(0).endswith(" AS DATE")),
    ),
    Rule(
        name="text-to-boolean",
        unportable="CAST(text AS BOOLEAN)",
        instead="lower(trim(text)) IN ('true', 't', 'yes', 'y', '1')",
        because="Sail also takes 'on' and 'off'",
        severity="warning",
        find=when(("cast", "try_cast"), lambda call: call.argument(0).endswith(" AS BOOLEAN")),
    ),
    Rule(
        name="round-half",
        unportable="round(x, 2) of a double",
        instead="CAST(round(CAST(x AS DECIMAL(18, 6)), 2) AS DOUBLE)",
        because="1.005 becomes 1.01 on Spark, 1.0 on Sail; other numbers agree",
        severity="warning",
        find=when(("round",), lambda call: len(call.arguments) > 1 and "AS DECIMAL" not in call.argument(0)),
    ),
    Rule(
        name="floor-digits",
        unportable="floor(x, 1), ceil(x, 1)",
        instead="floor(x * 10) / 10",
        because="2.15 becomes 2.1 on Spark, 2.2 on Sail",
        find=when(("floor", "ceil", "ceiling"), lambda call: len(call.arguments) > 1),
    ),
    banned("product", instead="exp(sum(ln(x)))", because="not in Spark's SQL"),
    banned(
        *("now", "current_timestamp", "current_date", "localtimestamp", "curdate"),
        instead="a column of the data, or a filter where the table is read",
        because="the dataset's rows change with the hour of the update",
        severity="warning",
    ),
    banned(
        *("rand", "random", "randn", "uuid", "shuffle", "monotonically_increasing_id", "spark_partition_id"),
        instead="a key of the data, or xxhash64(key)",
        because="every update answers differently",
        severity="warning",
    ),
)
