"""Refusals in kinds: each that the door gives has one, with words that say what it means."""

import pytest
from tests.web.conftest import As

from nightlight.catalog.statements import read_statements
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql.broker import Broker, NotPreparedError, Question
from nightlight.sql.failures import QueryFailed
from nightlight.sql.policies import apply_policies
from nightlight.sql.syntax import Refused
from nightlight.sql.workers import Limits
from nightlight.web.console.questions import Busy
from nightlight.web.console.refusals import EXPLANATIONS, PurposeRefused, explain_refusal, kind_of


@pytest.mark.parametrize(
    ("sql", "purpose", "kind"),
    [
        ("SELECT * FROM silver.nothing", "improve_service", "table"),
        ("SELECT * FROM nothing", "improve_service", "table"),
        ("SELECT text FROM silver.messages", "improve_service", "column"),
        ("DROP TABLE silver.messages", "improve_service", "statement"),
        ("SELECT read_text('x')", "improve_service", "statement"),
        ("SELECT 1 +", "improve_service", "statement"),
        ("SELECT 'a'::INT", "improve_service", "query"),
        ("SELECT 1", "quality_review", "purpose"),
        ("SELECT 1", "sell_it", "purpose"),
        ("SELECT 1", None, "purpose"),
    ],
)
def test_what_the_door_says_has_a_kind(line: Home, sql: str, purpose: str | None, kind: str) -> None:
    with Broker(line) as broker, pytest.raises(NightlightError) as refused:
        broker.sql(sql, principal="ana", purpose=purpose)
    assert kind_of(refused.value) == kind


def test_bounds_that_more_time_would_help_lead_to_the_background(line: Home) -> None:
    none_left = Limits(seconds=0, memory_mb=256, rows=1, bytes=1_000_000)
    with Broker(line) as broker, pytest.raises(QueryFailed) as stopped:
        broker.sql("SELECT 1", principal="ana", purpose="improve_service", limits=none_left)
    assert explain_refusal(stopped.value).in_background
    assert not explain_refusal(QueryFailed("one row is too large", kind="size")).in_background


def test_what_was_granted_when_it_was_answered_and_is_not_now_has_a_kind(line: Home) -> None:
    with Broker(line) as broker:
        question = Question("SELECT text FROM silver.messages", "sam", "quality_review")
        result = broker.sql(question.text, principal="sam", purpose="quality_review")
        change = "DROP ROW FILTER ON TABLE silver.messages;"
        apply_policies(line, list(read_statements(change, "test")), by="ada", text=change)
        with pytest.raises(NightlightError) as refused:
            broker.open(question, lambda: (result.table, ()), result.standing)
    assert kind_of(refused.value) == "changed"


def test_only_a_name_that_a_table_could_have_leads_to_a_request() -> None:
    def table(name: str) -> str:
        return explain_refusal(Refused(f"there is no table '{name}' that you may read")).table

    assert table("silver.nothing") == "silver.nothing"
    assert table("nothing") == ""
    assert table("a.b?x=<script>") == ""


def test_every_kind_is_explained() -> None:
    errors = [Busy("x"), PurposeRefused("x"), NotPreparedError("s.t", "why"), NightlightError("x")]
    assert [kind_of(error) for error in errors] == ["busy", "purpose", "preparation", "other"]
    assert explain_refusal(QueryFailed("the query was cancelled"), cancelled=True).kind == "cancelled"
    assert all(means for kind, (means, _) in EXPLANATIONS.items() if kind != "other")


def test_the_reason_why_something_cannot_be_prepared_is_for_administrators_alone() -> None:
    refusal = explain_refusal(NotPreparedError("silver.messages", "/home/line/lake is gone"))
    assert "/home/line" not in f"{refusal.what} {refusal.remedy}"


def test_a_refusal_quotes_what_was_written_and_runs_nothing(sign_in: As) -> None:
    browser = sign_in("ana")
    page = browser.post("/console/run", data={"sql": "<script>alert(1)</script>", "purpose": "improve_service"})
    shown = browser.get(page.headers["location"]).text
    assert "<script>alert" not in shown
