"""Every function of the engine was looked at: a new engine brings no unknown one past the gate."""

import pytest

from nightlight.sql import functions
from nightlight.sql.functions import ALLOWED, ALLOWED_TABLES, REFUSED, REFUSED_FAMILIES, refusal
from nightlight.sql.pivot import read_query
from nightlight.sql.syntax import Refused

OF_THE_GRAMMAR = {"!", "<>", "==", "coalesce", "ifnull", "percentile_cont", "percentile_disc"}
"""Allowed names that the parser turns into others, or that only the binder knows."""


def of_the_engine(*kinds: str) -> set[str]:
    import duckdb

    rows = duckdb.connect().execute("SELECT DISTINCT function_name, function_type FROM duckdb_functions()").fetchall()
    return {name if name.isupper() else name.lower() for name, kind in rows if not kinds or kind in kinds}


def test_every_function_of_the_installed_engine_is_allowed_or_refused() -> None:
    unknown = {name for name in of_the_engine() if refusal(name) == "is not known"}
    assert not unknown, "review these: put each into a topic of functions.py, or into REFUSED with its reason"


def test_no_function_is_both() -> None:
    assert not ALLOWED & set(REFUSED)


def test_only_functions_that_exist_are_allowed() -> None:
    assert of_the_engine() | OF_THE_GRAMMAR >= ALLOWED


def test_refused_families_hold_nothing_that_is_allowed_by_oversight() -> None:
    inside = {name for name in ALLOWED if name.startswith(tuple(REFUSED_FAMILIES))}
    assert not inside


@pytest.mark.parametrize(
    "name",
    [
        *("like_escape", "not_like_escape", "ilike_escape", "error", "repeat", "sleep_ms", "stats", "current_setting"),
        *("current_query", "current_schema", "current_schemas", "current_database", "query", "query_table"),
        *("json_serialize_sql", "json_deserialize_sql", "json_execute_serialized_sql", "json_serialize_plan"),
        *("getvariable", "getenv", "nextval", "currval", "setval", "in_search_path", "txid_current", "version"),
        *("pg_get_viewdef", "has_table_privilege", "duckdb_views", "pragma_table_info", "read_csv", "read_duckdb"),
        *("glob", "parquet_scan", "setseed", "write_log", "assert_true", "__internal_barrier", "invoke", "finalize"),
        *("col_description", "session_user", "arrow_scan", "pandas_scan", "python_map_function", "which_secret"),
    ],
)
def test_what_reads_state_files_or_names_is_refused_with_a_reason(name: str) -> None:
    assert refusal(name) not in (None, "is not known")


@pytest.mark.parametrize("name", ["", "made_up", "json_execute", "abs ", "ABS", "readparquet", "x" * 500])
def test_what_nobody_reviewed_is_refused(name: str) -> None:
    assert refusal(name) == "is not known"


def test_only_three_functions_make_tables() -> None:
    assert {"generate_series", "range", "unnest"} == ALLOWED_TABLES
    for name in of_the_engine("table", "table_macro") - ALLOWED_TABLES:
        with pytest.raises(Refused):
            read_query(f"FROM {name}(1)")
        if name not in {"histogram"}:  # an aggregate of that name is something else
            with pytest.raises(Refused):
                read_query(f"SELECT {name}(1)")


def test_names_are_compared_as_the_engine_does() -> None:
    assert read_query("SELECT SUM(x), Date_Trunc('day', y), formatReadableSize(3) FROM t").functions >= {"sum"}
    for text in ("SELECT VERSION()", 'SELECT "Version"()', "SELECT vErSiOn()", "SELECT ｖersion()"):
        with pytest.raises(Refused):
            read_query(text)


def test_every_allowed_name_passes_the_gate_as_a_call() -> None:
    """Except operators and keywords, which have no such form."""
    words = {name for name in ALLOWED if name.isidentifier()}
    words -= {"coalesce", "if", "ifnull", "nullif", "position", "overlay", "map", "row"}
    for name in sorted(words):
        assert name in read_query(f'SELECT "{name}"(x) FROM t').functions


def test_clock_and_chance_are_for_everybody() -> None:
    text = "SELECT now(), today(), current_date, current_timestamp, localtime, random(), uuid(), age(day) FROM s.t"
    assert not read_query(text).every_column


def test_the_topics_do_not_overlap_by_mistake() -> None:
    topics = [value for name, value in vars(functions).items() if name.isupper() and isinstance(value, frozenset)]
    topics = [topic for topic in topics if topic not in (ALLOWED, ALLOWED_TABLES, functions.CHANGING)]
    assert functions.CHANGING - {"current_time", "current_timestamp", "localtime", "localtimestamp"} <= ALLOWED
    assert sum(map(len, topics)) == len(ALLOWED)
