"""Expectations: WARN counts, DROP sends to the quarantine under the same tags, FAIL stops before any write."""

from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.events import Outcome
from nightlight.pipelines.expectations import parse_expectation

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

STREAM = "CREATE STREAMING TABLE silver.m TBLPROPERTIES ({}) AS SELECT * FROM STREAM bronze.messages;"
VIEW = "CREATE MATERIALIZED VIEW silver.m TBLPROPERTIES ({}) AS SELECT * FROM bronze.messages;"
KEYED = VIEW.replace("{}", "'refresh.key' = 'message_id', {}")
every_kind = pytest.mark.parametrize("statement", [STREAM, VIEW, KEYED], ids=["streaming table", "view", "keyed view"])

ROWS: list[dict[str, Any]] = [
    {"message_id": 1, "author": "texter", "text": "x"},
    {"message_id": 2, "author": "nobody", "text": "x"},
    {"message_id": 3, "author": None, "text": "x"},
    {"message_id": 4, "author": "nobody", "text": None},
    {"message_id": 5, "author": "texter", "text": None},
]


@every_kind
def test_warn_counts_and_keeps(pipeline: "Pipeline", statement: str) -> None:
    pipeline.define(statement.format("""'expect.known' = "WARN author = 'texter'" """))
    pipeline.deliver("bronze.messages", ROWS)
    (event,) = pipeline.update_well().events
    assert (event.rows_out, event.dropped, event.broken) == (5, 0, {"known": 3})
    assert not pipeline.table("quarantine.silver_m").exists


@every_kind
def test_drop_sends_to_the_quarantine_with_the_rules_and_the_tags(pipeline: "Pipeline", statement: str) -> None:
    rules = """'expect.known' = "DROP author = 'texter'", 'expect.has_text' = 'drop text IS NOT NULL'"""
    pipeline.define(statement.format(rules))
    pipeline.deliver("bronze.messages", ROWS)
    update = pipeline.update_well()
    (event,) = update.events
    assert (event.rows_in, event.rows_out, event.dropped) == (5, 1, 4)
    assert event.broken == {"known": 3, "has_text": 2}
    assert pipeline.values("silver.m", "message_id") == [1]
    assert pipeline.rows("quarantine.silver_m", "message_id", "author", "_rule", "_update") == [
        (2, "nobody", "known", update.id),
        (3, None, "known", update.id),
        (4, "nobody", "known, has_text", update.id),
        (5, "texter", "has_text", update.id),
    ]
    assert pipeline.tags("quarantine.silver_m") == pipeline.tags("silver.m") == {"author": "identity", "text": "text"}


@every_kind
def test_a_quarantine_is_there_before_its_first_row(pipeline: "Pipeline", statement: str) -> None:
    pipeline.define(statement.format("'expect.known' = 'DROP author IS NOT NULL'"))
    pipeline.deliver("bronze.messages", ROWS[:1])
    pipeline.update_well()
    assert pipeline.rows("quarantine.silver_m") == []


@every_kind
def test_fail_stops_before_any_write_and_names_rule_and_rows(pipeline: "Pipeline", statement: str) -> None:
    rules = """'expect.known' = "FAIL author = 'texter'", 'expect.has_text' = 'DROP text IS NOT NULL'"""
    path = pipeline.define(statement.format(rules))
    pipeline.deliver("bronze.messages", ROWS[:1])
    pipeline.update_well()
    before = pipeline.versions()
    files = sorted(pipeline.home.lake.rglob("*.parquet"))
    pipeline.deliver("bronze.messages", ROWS[1:])
    (event,) = pipeline.update().events
    assert event.outcome is Outcome.FAILED
    assert event.error == (
        f"{path}:1: silver.m broke 'known' (3 rows); nothing of this batch was written; "
        "mend the source or the expectation, then run again"
    )
    after = pipeline.versions()
    assert {name: after[name] for name in ("silver.m", "quarantine.silver_m")} == {
        name: before[name] for name in ("silver.m", "quarantine.silver_m")
    }
    written = {file.parent.name for file in pipeline.home.lake.rglob("*.parquet") if file not in files}
    assert written == {"messages", "pipeline_events"}
    pipeline.define(statement.format(rules.replace("FAIL", "WARN")))
    pipeline.update_well()
    assert pipeline.values("silver.m", "message_id") == [1, 2, 3]


def test_a_later_batch_that_fails_leaves_the_earlier_ones_and_says_so(pipeline: "Pipeline") -> None:
    pipeline.define(STREAM.format("""'expect.known' = "FAIL author = 'texter'" """))
    pipeline.limit_batches(1)
    pipeline.deliver("bronze.messages", ROWS[:1])
    pipeline.deliver("bronze.messages", ROWS[1:2])
    (event,) = pipeline.update().events
    assert event.outcome is Outcome.FAILED
    assert pipeline.values("silver.m", "message_id") == [1]
    assert event.rows_out == 1
    pipeline.define(STREAM.format("'expect.known' = 'WARN author IS NOT NULL'"))
    pipeline.update_well()
    assert pipeline.values("silver.m", "message_id") == [1, 2]


def test_all_three_may_be_broken_by_one_row_in_one_table(pipeline: "Pipeline") -> None:
    rules = "'expect.a' = 'WARN message_id > 1', 'expect.b' = 'WARN message_id > 2', 'expect.c' = 'DROP message_id > 3'"
    pipeline.define(STREAM.format(rules))
    pipeline.deliver("bronze.messages", ROWS)
    (event,) = pipeline.update_well().events
    assert (event.rows_out, event.dropped, event.broken) == (2, 3, {"a": 1, "b": 2, "c": 3})
    assert [rule for _, rule in pipeline.rows("quarantine.silver_m", "message_id", "_rule")] == ["a, b, c", "b, c", "c"]


def test_any_name_is_as_good_as_another(pipeline: "Pipeline") -> None:
    pipeline.define(
        STREAM.format("""'expect.ok' = "DROP author = 'texter'", 'expect.text' = 'WARN text IS NOT NULL'""")
    )
    pipeline.deliver("bronze.messages", ROWS)
    (event,) = pipeline.update_well().events
    assert (event.rows_out, event.dropped) == (2, 3)
    assert pipeline.values("quarantine.silver_m", "message_id") == [2, 3, 4]


def test_a_condition_may_hold_anything_sql_can(pipeline: "Pipeline") -> None:
    rules = (
        """'expect.q' = "DROP text IS NULL OR NOT (text LIKE '%;%' OR text = 'it\\\\'s')", 'expect.r' = 'WARN true'"""
    )
    pipeline.define(STREAM.format(rules))
    rows = [{"message_id": n, "text": text} for n, text in enumerate(["a;b", "it's", None, "fine"])]
    pipeline.deliver("bronze.messages", rows)
    pipeline.update_well()
    assert pipeline.values("silver.m", "message_id") == [2, 3]


def test_a_full_refresh_empties_the_quarantine_first(pipeline: "Pipeline") -> None:
    pipeline.define(STREAM.format("'expect.known' = 'DROP author IS NOT NULL'"))
    pipeline.deliver("bronze.messages", ROWS)
    pipeline.update_well()
    pipeline.refresh_in_full()
    assert pipeline.values("quarantine.silver_m", "message_id") == [3]
    pipeline.define(STREAM.format("'expect.known' = 'DROP message_id > 0'"))
    pipeline.refresh_in_full()
    assert pipeline.rows("quarantine.silver_m") == []
    assert pipeline.table("silver.m").rows == 5


def test_a_condition_on_no_column_fails_its_dataset_in_one_line(pipeline: "Pipeline") -> None:
    path = pipeline.define(STREAM.format("'expect.known' = 'DROP autor IS NOT NULL'"))
    pipeline.deliver("bronze.messages", ROWS)
    (event,) = pipeline.update().events
    assert str(event.error).startswith(f"{path}:1: silver.m: ")
    assert "autor" in str(event.error)
    assert "\n" not in str(event.error)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "SKIP a > 1"),
        ("x", "DROP"),
        ("x", "DROP  "),
        ("x", ""),
        ("Upper", "DROP a > 1"),
        ("a+b", "DROP a > 1"),
        ("", "DROP a"),
    ],
)
def test_what_is_no_expectation_is_refused_with_the_form_it_should_have(name: str, text: str) -> None:
    with pytest.raises(NightlightError, match=r"a\.sql:3: expectation .*WARN\|DROP\|FAIL <condition>"):
        parse_expectation(name, text, where="a.sql:3")
