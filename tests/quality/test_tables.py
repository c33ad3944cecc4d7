"""Quality work in tables of the lake: what is known now, no text, no notes, nothing of what was erased."""

import pyarrow as pa
import pytest
from tests.quality.conftest import SAM, TESS, Clock, a_flag, flag_of, take_in
from tests.quality.test_samples import drawn, sample_of

from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.tables import Lake
from nightlight.quality.corrections import correct, review_correction
from nightlight.quality.forgetting import erase_conversation
from nightlight.quality.reviews import dismiss, reopen
from nightlight.quality.samples import answer
from nightlight.quality.tables import is_used, make_tables, publish, publish_erased
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

NOTE = "she told me on the phone"


@pytest.fixture
def worked(people: Home, clock: Clock) -> Home:
    """A flag that was dismissed and taken up again, a correction that was accepted."""
    take_in(people, "c1", "v1", clock.now, a_flag())
    flag = flag_of(people, "c1").id
    dismiss(people, flag, "label_wrong", NOTE, 40, by=SAM, clock=clock)
    reopen(people, flag, "", by=TESS, clock=clock)
    found = correct(people, "c1", "m1", "risk", 2, "She says so herself.", by=SAM, clock=clock)
    review_correction(people, found.id, accepted=True, by=TESS, clock=clock)
    return people


def asked(broker: Broker, statement: str, who: str) -> pa.Table:
    return broker.sql(statement, principal=who, purpose="quality_review").table


def rows(home: Home, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = Lake(home.lake).table(f"quality.{name}").read().to_pylist()
    return found


def test_flags_reviews_and_corrections_are_there_as_they_are_now(worked: Home, clock: Clock) -> None:
    assert set(publish(worked, clock=clock)) == {"flags", "reviews", "corrections", "samples"}
    (flag,) = rows(worked, "flags")
    assert (flag["conversation"], flag["rule"], flag["state"], flag["severity"]) == (
        "c1",
        "no_safety_plan",
        "open",
        "high",
    )
    assert (flag["counselor"], flag["risk"], flag["raised_at"]) == ("v1", 2, clock.now)
    told = [(each["event"], each["reviewer"], each["reason"], each["seconds"]) for each in rows(worked, "reviews")]
    assert told == [("dismissed", "sam", "label_wrong", 40.0), ("reopened", "tess", "", None)]
    (correction,) = rows(worked, "corrections")
    assert (correction["after"], correction["state"], correction["reviewed_by"]) == ("2", "accepted", "tess")


def test_no_note_and_no_reason_in_words_leaves_the_database(worked: Home, clock: Clock) -> None:
    publish(worked, clock=clock)
    everything = str([rows(worked, name) for name in ("flags", "reviews", "corrections", "samples")])
    assert NOTE not in everything
    assert "She says so" not in everything


def test_what_has_not_changed_is_not_written_again(worked: Home, clock: Clock) -> None:
    publish(worked, clock=clock)
    versions = [Lake(worked.lake).table(f"quality.{name}").version for name in ("flags", "reviews")]
    assert publish(worked, clock=clock) == ()
    dismiss(worked, flag_of(worked, "c1").id, "not_so", "", 5, by=SAM, clock=clock)
    assert set(publish(worked, clock=clock)) == {"flags", "reviews"}
    assert [Lake(worked.lake).table(f"quality.{name}").version for name in ("flags", "reviews")] == [
        version + 1 for version in versions
    ]


def test_a_sample_is_open_until_somebody_answered(people: Home, clock: Clock) -> None:
    take_in(people, "c1", "v1", clock.now, a_flag())
    sample_of(people, clock, "c1")
    publish(people, clock=clock)
    assert [(each["conversation"], each["is_open"], each["is_problem"]) for each in rows(people, "samples")] == [
        ("c1", True, None)
    ]
    answer(people, drawn(people)[0].id, "problem", kinds=["no_closing"], note=NOTE, seconds=9, by=SAM, clock=clock)
    publish(people, clock=clock)
    (row,) = rows(people, "samples")
    assert (row["is_open"], row["is_problem"], row["kinds"], row["seconds"]) == (False, True, ["no_closing"], 9.0)


def test_an_erased_conversation_is_in_no_version_of_a_table(worked: Home, clock: Clock) -> None:
    publish(worked, clock=clock)
    erase_conversation(worked, "c1", by="ada")
    publish_erased(worked, clock=clock)
    assert rows(worked, "flags") == rows(worked, "reviews") == rows(worked, "corrections") == []
    left = [file for file in (worked.lake / "quality").rglob("*.parquet") if b"c1" in file.read_bytes()]
    assert left == []


def test_a_home_without_quality_gets_no_tables_until_it_is_used(people: Home, clock: Clock) -> None:
    assert not is_used(people)
    take_in(people, "c1", "v1", clock.now)
    assert is_used(people)
    make_tables(people)
    assert rows(people, "flags") == []


def test_who_is_named_is_identity_and_not_granted_by_a_table(lines: Home, clock: Clock, broker: Broker) -> None:
    take_in(lines, "1001", "v1", clock.now, a_flag())
    publish(lines, clock=clock)
    grants = """
    GRANT USE SCHEMA ON SCHEMA quality TO supervisors; GRANT SELECT ON TABLE quality.flags TO supervisors;
    """
    apply_policies(lines, list(read_statements(grants, "more.sql")), by="setup", text=grants)
    found = asked(broker, "SELECT * FROM quality.flags", "sam")
    assert {"conversation", "rule", "state"} <= set(found.column_names)
    assert not {"counselor", "decided_by"} & set(found.column_names)


def test_a_row_filter_lets_those_read_who_read_a_sample(lines: Home, clock: Clock, broker: Broker) -> None:
    """What the example line's policies do: text of sampled conversations, as long as the sample is open."""
    take_in(lines, "1001", "v1", clock.now)
    make_tables(lines)
    grants = """
    GRANT SELECT (text) ON TABLE silver.messages TO clinicians; GRANT SELECT ON TABLE silver.messages TO clinicians;
    GRANT USE SCHEMA ON SCHEMA silver TO clinicians;
    SET ROW FILTER ON TABLE silver.messages (
      conversation_id IN (SELECT TRY_CAST(s.conversation AS BIGINT) FROM quality.samples s WHERE s.is_open)
    ) TO clinicians;
    """
    apply_policies(lines, list(read_statements(grants, "more.sql")), by="setup", text=grants)
    count = "SELECT count(*) AS n FROM silver.messages"
    assert asked(broker, count, "mia").to_pylist() == [{"n": 0}]
    sample_of(lines, clock, "1001")
    publish(lines, clock=clock)
    assert asked(broker, count, "mia").to_pylist() == [{"n": 3}]
    answer(lines, drawn(lines)[0].id, "nothing", seconds=9, by=SAM, clock=clock)
    publish(lines, clock=clock)
    assert asked(broker, count, "mia").to_pylist() == [{"n": 0}]
