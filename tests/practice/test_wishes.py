"""Promises about wellbeing: a wish stays with its person, a day has an end, a feeling is shared only by choice."""

from dataclasses import replace

import pytest
from tests.practice.conftest import CARD, Clock, Play

from nightlight.catalog.audit import tail
from nightlight.conversations.labels import Topic
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.practice import sessions, wishes
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.tables import publish
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Waited


def test_cards_of_unwanted_topics_are_not_offered(anywhere: Home, clock: Clock) -> None:
    wishes.set_unwanted_topics(anywhere, "ana", [Topic.SUICIDE], clock=clock)
    offered = wishes.wanted_cards(anywhere, "ana")
    assert offered
    assert not any(Topic.SUICIDE in each.card.topics for each in offered)
    assert any(Topic.SUICIDE in each.card.topics for each in wishes.wanted_cards(anywhere, "ben"))


def test_wishes_can_be_changed_and_taken_back(people: Home, clock: Clock) -> None:
    wishes.set_unwanted_topics(people, "ana", ["grief", "abuse"], clock=clock)
    wishes.set_unwanted_topics(people, "ana", [], clock=clock)
    assert wishes.unwanted_topics(people, "ana") == frozenset()
    with pytest.raises(NightlightError, match="no topic"):
        wishes.set_unwanted_topics(people, "ana", ["griev"], clock=clock)


def test_a_wish_is_in_no_log_and_in_no_table(people: Home, clock: Clock, play: Play) -> None:
    wishes.set_unwanted_topics(people, "ana", ["parenting"], clock=clock)
    play(people, "ana")
    publish(people)
    assert "parenting" not in str(tail(people, 50))
    lake = Lake(people.lake)
    tables = {name.table for name in lake.tables()}
    assert "sessions" in tables
    for name in lake.tables():
        assert "wish" not in str(name)
        assert not any(
            "wish" in field or "topic" in field for field in lake.table(name).schema.names if name.table != "roleplays"
        )


def test_the_day_has_an_end_and_a_new_one_begins(people: Home, clock: Clock) -> None:
    short = replace(people, settings=replace(people.settings, practice_daily_minutes=30, time_zone="America/New_York"))
    practice = sessions.begin(short, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    sessions.record(short, practice, Waited(31 * 60.0), key="a", clock=clock)
    with pytest.raises(NightlightError, match="enough for one day"):
        sessions.begin(short, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    sessions.record(short, practice, Waited(32 * 60.0), key="b", clock=clock)  # what was begun may be ended
    sessions.begin(short, "ben", CARD, mode=Mode.NUDGE, clock=clock)
    clock.pass_by(hours=8)  # 20:00 UTC is 15:00 there: midnight has not come by 23:00
    with pytest.raises(NightlightError, match="enough for one day"):
        sessions.begin(short, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    clock.pass_by(hours=2)
    assert sessions.begin(short, "ana", CARD, mode=Mode.NUDGE, clock=clock)


def test_stopping_does_not_give_the_minutes_back(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    sessions.record(people, practice, Waited(600.0), key="a", clock=clock)
    sessions.stop(people, practice, clock=clock)
    assert wishes.minutes_today(people, "ana", clock()) == pytest.approx(10)


def test_what_another_course_repeats_was_not_practised_again(people: Home, clock: Clock, play: Play) -> None:
    practice = play(people, "ana")
    before = wishes.minutes_today(people, "ana", clock())
    sessions.branch(people, practice, 1, "That sounds tiring.", clock=clock)
    assert wishes.minutes_today(people, "ana", clock()) == before


def test_a_feeling_is_read_by_ones_trainer_and_only_where_it_is_shared(people: Home, clock: Clock, play: Play) -> None:
    make_cohort(people, "A", ["ana", "ben"], by="sam", clock=clock)
    make_cohort(people, "B", ["cleo"], by="tess", clock=clock)
    one, two = play(people, "ana"), play(people, "ben")
    wishes.record_feeling(people, one, "heavy", "it stayed with me", False, clock=clock)
    wishes.record_feeling(people, two, "talk", "", True, clock=clock)
    assert [row["person"] for row in wishes.shared_feelings(people, "A", by="sam")] == ["ben"]
    assert not wishes.shared_feelings(people, "B", by="tess")
    for other in ("tess", "ana", "otto"):  # a trainer of others, a colleague, a stranger
        with pytest.raises(NightlightError):
            wishes.shared_feelings(people, "A", by=other)
    assert "heavy" not in str(tail(people, 20))
    wishes.record_feeling(people, two, "fine", "", False, clock=clock)
    assert not wishes.shared_feelings(people, "A", by="sam"), "sharing can be taken back"
    with pytest.raises(NightlightError):
        wishes.record_feeling(people, one, "great", "", False, clock=clock)


def test_the_contact_is_the_one_of_the_settings(people: Home) -> None:
    named = replace(people, settings=replace(people.settings, practice_contact="Noor, room 2"))
    assert (wishes.contact(named), wishes.contact(people)) == ("Noor, room 2", "")
