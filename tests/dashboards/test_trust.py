"""How far numbers can be trusted is told from what the pipeline wrote about itself."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.dashboards.trust import tables_read, trust_in
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import Event, Outcome, record_events
from nightlight.settings import Home

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def lake(home: Home, deliver: Deliver) -> Lake:
    for name in ("gold.volume", "gold.waits"):
        deliver(home, name, [{"n": 1}], pa.schema([("n", pa.int64())]))
    return Lake(home.lake)


def event(dataset: str, outcome: Outcome, hours: int, **broken: int) -> Event:
    started = LATER + timedelta(hours=hours)
    return Event(f"u{hours}", "harbour", dataset, "refresh", "", outcome, started, broken=broken)


def test_a_table_that_no_pipeline_keeps_is_as_old_as_its_last_commit(lake: Lake) -> None:
    found = trust_in(lake, ["gold.volume"])
    assert found.state == "unchecked"
    assert found.as_of is not None
    assert datetime.now(UTC) - found.as_of < timedelta(minutes=5)


def test_an_update_that_found_nothing_new_brought_the_table_up_to_date(lake: Lake) -> None:
    record_events(lake, [event("gold.volume", Outcome.DONE, 0), event("gold.volume", Outcome.UNCHANGED, 1)])
    found = trust_in(lake, ["gold.volume"])
    assert (found.state, found.as_of) == ("met", LATER + timedelta(hours=1))


def test_broken_expectations_are_those_of_the_update_that_wrote(lake: Lake) -> None:
    wrote = event("gold.volume", Outcome.DONE, 0, parts_fit=14, other=0)
    record_events(lake, [wrote, event("gold.volume", Outcome.UNCHANGED, 1)])
    found = trust_in(lake, ["gold.volume"])
    assert (found.state, found.broken) == ("broken", 1)
    assert dict(found.tables[0].broken) == {"parts_fit": 14}


def test_a_failed_update_leaves_the_numbers_of_the_one_before(lake: Lake) -> None:
    record_events(lake, [event("gold.volume", Outcome.DONE, 0), event("gold.volume", Outcome.FAILED, 1)])
    found = trust_in(lake, ["gold.volume"])
    assert (found.state, found.as_of) == ("failed", LATER)


def test_an_answer_is_as_old_as_the_oldest_of_its_tables(lake: Lake) -> None:
    record_events(lake, [event("gold.volume", Outcome.DONE, 5), event("gold.waits", Outcome.DONE, 2)])
    assert trust_in(lake, ["gold.volume", "gold.waits"]).as_of == LATER + timedelta(hours=2)


def test_what_is_written_later_is_seen(lake: Lake) -> None:
    record_events(lake, [event("gold.volume", Outcome.DONE, 0)])
    assert trust_in(lake, ["gold.volume"]).state == "met"
    record_events(lake, [event("gold.volume", Outcome.FAILED, 1)])
    assert trust_in(lake, ["gold.volume"]).state == "failed"


def test_a_table_that_is_not_there_says_nothing(lake: Lake) -> None:
    assert trust_in(lake, ["gold.nothing"]).tables == ()
    assert trust_in(lake, []).as_of is None


def test_the_tables_of_a_query_are_those_it_names() -> None:
    assert tables_read("WITH a AS (SELECT * FROM gold.b) SELECT * FROM a JOIN silver.c USING (x)") == (
        "gold.b",
        "silver.c",
    )
    with pytest.raises(NightlightError):
        tables_read("DROP TABLE gold.b")
