"""Promises of cohorts: a trainer teaches their own people, and every change is in the audit."""

import pytest
from tests.practice.conftest import Clock

from nightlight.catalog.audit import tail
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.practice import cohorts
from nightlight.settings import Home


def test_a_trainer_makes_a_cohort_and_changes_who_is_in_it(anywhere: Home, clock: Clock) -> None:
    cohorts.make_cohort(anywhere, " Autumn  A ", ["ana", "ben", "ana"], by="sam", clock=clock)
    assert cohorts.find_cohort(anywhere, "Autumn A", by="sam").people == ("ana", "ben")
    cohorts.add_to_cohort(anywhere, "Autumn A", "cleo", by="sam", clock=clock)
    cohorts.add_to_cohort(anywhere, "Autumn A", "cleo", by="sam", clock=clock)
    found = cohorts.remove_from_cohort(anywhere, "Autumn A", "ana", by="sam", clock=clock)
    assert found.people == ("ben", "cleo")
    with transaction(anywhere.database_url) as connection:
        assert cohorts.cohorts_of(connection, "ben") == ["Autumn A"]
        assert cohorts.cohorts_of(connection, "ana") == []


def test_another_trainer_a_volunteer_and_a_stranger_find_no_cohort(people: Home, clock: Clock) -> None:
    cohorts.make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    for other in ("tess", "ana", "otto"):
        with pytest.raises(NightlightError):
            cohorts.add_to_cohort(people, "A", "ben", by=other, clock=clock)
        with pytest.raises(NightlightError):
            cohorts.find_cohort(people, "A", by=other)
    assert [each.name for each in cohorts.list_cohorts(people, by="sam")] == ["A"]
    assert not cohorts.list_cohorts(people, by="tess")
    for other in ("ana", "otto"):
        with pytest.raises(NightlightError, match="MANAGE"):
            cohorts.list_cohorts(people, by=other)


def test_who_is_no_trainer_makes_none_and_the_refusal_is_in_the_audit(people: Home, clock: Clock) -> None:
    for other in ("ana", "otto"):
        with pytest.raises(NightlightError, match="MANAGE"):
            cohorts.make_cohort(people, "A", ["ben"], by=other, clock=clock)
    assert [record["outcome"] for record in tail(people, 2)] == ["refused", "refused"]


def test_unknown_people_and_taken_names_are_refused_as_a_whole(people: Home, clock: Clock) -> None:
    with pytest.raises(NightlightError):
        cohorts.make_cohort(people, "A", ["ana", "nobody"], by="sam", clock=clock)
    cohorts.make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    with pytest.raises(NightlightError, match="already"):
        cohorts.make_cohort(people, "A", ["ben"], by="tess", clock=clock)


def test_an_ended_cohort_is_there_no_more(people: Home, clock: Clock) -> None:
    cohorts.make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    cohorts.end_cohort(people, "A", by="sam", clock=clock)
    assert not cohorts.list_cohorts(people, by="sam")
    with transaction(people.database_url) as connection:
        assert cohorts.cohorts_of(connection, "ana") == []
