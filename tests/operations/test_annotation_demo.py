"""Promises of the demo's annotation set: agreement is there to look at, a third person has begun to decide, and it is
the same each time."""

from datetime import UTC, datetime

import pytest

from nightlight.catalog.audit import tail
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.db import rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.operations.annotation_demo import ANNOTATORS, SET, seed_annotation
from nightlight.quality.annotation.adjudication import decide, decides, pairs
from nightlight.quality.annotation.report import report
from nightlight.quality.annotation.sets import list_sets
from nightlight.settings import Home
from nightlight.studio.writing import import_corpus

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
POLICIES = """
CREATE GROUP clinicians; CREATE GROUP supervisors; ADD USER sam TO GROUP supervisors; ADD USER sue TO GROUP supervisors;
ADD USER clara TO GROUP clinicians; ADD USER cleo TO GROUP clinicians; ADD USER chen TO GROUP clinicians;
GRANT EXECUTE ON APP quality TO clinicians; GRANT EXECUTE ON APP quality TO supervisors;
GRANT MANAGE ON APP quality TO clinicians;
"""


def clock() -> datetime:
    return NOW


@pytest.fixture
def line(home: Home) -> Home:
    apply_statements(home.database_url, list(read_statements(POLICIES, "x.sql")), by="setup")
    import_corpus(home, by="setup")
    return home


def test_agreement_is_there_to_look_at_and_neither_perfect_nor_poor(line: Home) -> None:
    messages = seed_annotation(line, clock=clock)
    found = report(line, SET, by="clara")
    assert (found.conversations, found.messages) == (12, messages)
    assert all(0.6 < (found.axes[axis].value or 0) < 0.97 for axis in ("phase", "acts", "risk"))
    assert 0.6 < (found.boundaries.f1 or 0) < 1
    assert found.unsure
    assert {each.axis for each in found.disagreements} == {"phase", "acts", "risk"}


def test_a_third_person_has_begun_to_decide_and_may_go_on(line: Home) -> None:
    seed_annotation(line, clock=clock)
    found = report(line, SET, by="chen")
    assert 0 < found.decided < found.differing
    assert [decides(line, SET, by=person) for person in ("chen", "clara", *ANNOTATORS)] == [True, True, False, False]
    left = next(pair for pair in pairs(line, SET, by="chen")[1] if pair.differing and pair.decided is None)
    decide(line, SET, *left.at, left.one, by="chen", clock=clock)
    assert report(line, SET, by="chen").decided == found.decided + 1


def test_its_annotators_and_who_manages_see_it_and_a_colleague_does_not(line: Home) -> None:
    seed_annotation(line, clock=clock)
    for person in (*ANNOTATORS, "clara", "chen"):
        assert [each.name for each in list_sets(line, by=person)] == [SET]
    assert list_sets(line, by="sue") == []
    with pytest.raises(NightlightError):
        list_sets(line, by="otto")


def test_it_is_made_once_and_the_same_each_time(line: Home) -> None:
    assert seed_annotation(line, clock=clock)
    first = kept(line)
    assert seed_annotation(line, clock=clock) == 0
    with transaction(line.database_url) as connection:
        for table in ("sets", "annotators", "conversations", "messages", "labels", "decisions"):
            connection.exec_driver_sql(f"DELETE FROM annotation_{table}")
    seed_annotation(line, clock=clock)
    assert kept(line) == first


def kept(home: Home) -> list[tuple[object, ...]]:
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "annotation_labels", "number, position, place")
    return [(row["number"], row["position"], row["place"], row["label"]) for row in rows]


def test_the_audit_says_that_the_labels_are_invented(line: Home) -> None:
    seed_annotation(line, clock=clock)
    assert "invented labels" in str(tail(line, limit=20))


def test_without_its_people_or_without_scripts_there_is_none(home: Home) -> None:
    assert seed_annotation(home, clock=clock) == 0
    apply_statements(home.database_url, list(read_statements(POLICIES, "x.sql")), by="setup")
    assert seed_annotation(home, clock=clock) == 0
