"""Background queries: kept for those who asked, for as long as they may still read what they read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.sql.conftest import apply, conversation_rows

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.sql import background
from nightlight.sql.background import forget_results, list_queries, list_results, open_result, run_in_background
from nightlight.sql.broker import Broker, Question

COUNT = Question("SELECT count(*) AS n FROM silver.messages", "olga", "review")


def test_an_answer_is_kept_for_its_owner(broker: Broker) -> None:
    query = run_in_background(broker, COUNT)
    assert open_result(broker, query, principal="olga", purpose="review").table.to_pydict() == {"n": [50]}
    assert [(row["id"], row["state"], row["rows"]) for row in list_queries(broker.home, "olga")] == [(query, "done", 1)]


def test_a_colleague_and_a_stranger_find_nothing(broker: Broker) -> None:
    query = run_in_background(broker, COUNT)
    for principal, purpose in (("sven", "review"), ("stranger", "numbers")):
        with pytest.raises(NightlightError, match=f"there is no result '{query}' of yours"):
            open_result(broker, query, principal=principal, purpose=purpose)
        with pytest.raises(NightlightError, match="there is no result 'ffff' of yours"):
            open_result(broker, "ffff", principal=principal, purpose=purpose)
        assert list_queries(broker.home, principal) == []


def test_opening_needs_a_purpose_and_is_audited(broker: Broker, line: Home) -> None:
    query = run_in_background(broker, COUNT)
    with pytest.raises(NightlightError, match="a purpose is needed"):
        open_result(broker, query, principal="olga", purpose=None)
    open_result(broker, query, principal="olga", purpose="review")
    assert [(entry["action"], entry["outcome"]) for entry in tail(line, 2)] == [
        ("open result", "refused"),
        ("open result", "done"),
    ]


def test_an_answer_is_closed_once_its_owner_may_read_less(broker: Broker, line: Home) -> None:
    query = run_in_background(broker, COUNT)
    apply(line, "REMOVE USER olga FROM GROUP team_north;")
    with pytest.raises(NightlightError, match="has changed since"):
        open_result(broker, query, principal="olga", purpose="review")
    apply(line, "REVOKE USE SCHEMA ON SCHEMA silver FROM supervisors;")
    with pytest.raises(NightlightError, match="that you may read"):
        open_result(broker, query, principal="olga", purpose="review")


def test_an_answer_is_closed_once_the_tables_that_its_filter_asks_have_changed(
    broker: Broker, line: Home, deliver: Deliver, conversations_schema: pa.Schema
) -> None:
    query = run_in_background(broker, COUNT)
    moved = [{**row, "team": "south"} for row in conversation_rows(range(10))]
    deliver(line, "silver.conversations", moved, conversations_schema, overwrite=True)
    with pytest.raises(NightlightError, match="has changed since"):
        open_result(broker, query, principal="olga", purpose="review")


def test_an_answer_that_was_cut_still_says_so(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BACKGROUND_LIMITS", replace(background.BACKGROUND_LIMITS, rows=5))
    query = run_in_background(broker, Question("SELECT text FROM silver.messages", "olga", "review"))
    answer = open_result(broker, query, principal="olga", purpose="review")
    assert answer.truncated
    assert answer.notes == ("cut after 5 rows",)


def test_who_may_not_ask_lists_nothing_and_leaves_no_query(broker: Broker, line: Home) -> None:
    run_in_background(broker, COUNT)
    disable(line.database_url, "olga", by="admin")
    with pytest.raises(NightlightError, match="nobody who may ask"):
        list_results(broker, principal="olga", purpose="review")
    assert tail(line, 1)[-1]["outcome"] == "refused"
    with pytest.raises(NightlightError, match="nobody who may ask"):
        run_in_background(broker, Question("SELECT 1", "ghost", None))
    assert list_queries(line, "ghost") == []


def test_listing_ones_queries_is_audited(broker: Broker, line: Home) -> None:
    query = run_in_background(broker, COUNT)
    assert [row["id"] for row in list_results(broker, principal="olga", purpose="review")] == [query]
    assert tail(line, 1)[-1]["action"] == "list results"


def test_answers_are_forgotten_after_a_month(broker: Broker) -> None:
    query = run_in_background(broker, COUNT)
    forget_results(broker.home, datetime.now(UTC) + timedelta(days=29))
    assert open_result(broker, query, principal="olga", purpose="review").table.num_rows == 1
    forget_results(broker.home, datetime.now(UTC) + timedelta(days=31))
    with pytest.raises(NightlightError, match="not kept any more"):
        open_result(broker, query, principal="olga", purpose="review")


def test_a_query_that_was_refused_is_listed_as_failed(broker: Broker) -> None:
    with pytest.raises(NightlightError):
        run_in_background(broker, Question("SELECT 1 FROM silver.nothing", "olga", "review"))
    (row,) = list_queries(broker.home, "olga")
    assert row["state"] == "failed"
    with pytest.raises(NightlightError, match="has no result"):
        open_result(broker, row["id"], principal="olga", purpose="review")
