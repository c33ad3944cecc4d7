"""Promises of blind rating: raters learn no name, no arm, no moment; the report counts who was lost."""

import pytest
from tests.practice.conftest import SECRET, Clock

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import add_principal
from nightlight.db import insert_row, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.practice import arms, ratings, sessions, study
from nightlight.practice.cards import list_played_cards
from nightlight.settings import Home
from nightlight.simulator.session import Closed, Said

SCORES = dict.fromkeys(ratings.FORM, 1)


def assess(home: Home, person: str, when: str, clock: Clock) -> None:
    practice = study.begin_assessment(home, "spring", when, person, clock=clock)
    sessions.record(home, practice, Said(9.0, SECRET), key="a", clock=clock)
    sessions.record(home, practice, Closed(60.0), key="end", clock=clock)


@pytest.fixture
def running(people: Home, clock: Clock) -> Home:
    before, after = [each.card.id for each in list_played_cards(people) if each.card.difficulty == 2][:2]
    study.begin_study(people, "spring", before=before, after=after, by="sam", clock=clock)
    for person in ("ana", "ben"):
        study.join(people, "spring", person, clock=clock)
    return people


def test_a_transcript_tells_neither_who_nor_which_arm_nor_when(running: Home, clock: Clock) -> None:
    assess(running, "ana", arms.BEFORE, clock)
    found = ratings.to_rate(running, "spring", by="sam")
    assert found is not None
    assert SECRET in [line.text for line in found.lines if not line.is_played]
    shown = str(found) + str(tail(running, 1, action="open transcript"))
    assert not any(word in shown for word in ("ana", *arms.ARMS, arms.BEFORE, "spring"))


def test_each_rater_rates_each_transcript_once_and_never_their_own(running: Home, clock: Clock) -> None:
    assess(running, "ana", arms.BEFORE, clock)
    found = ratings.to_rate(running, "spring", by="sam")
    assert found is not None
    ratings.rate(running, found.id, SCORES, by="sam", clock=clock)
    assert ratings.to_rate(running, "spring", by="sam") is None
    with pytest.raises(NightlightError, match="already"):
        ratings.rate(running, found.id, SCORES, by="sam", clock=clock)
    again = ratings.to_rate(running, "spring", by="tess")
    assert again is not None
    assert again.id == found.id
    for missing in ({}, {**SCORES, "welcome": 3}):
        with pytest.raises(NightlightError, match="item is missing"):
            ratings.rate(running, found.id, missing, by="tess", clock=clock)


def test_only_trainers_rate_and_read_the_report(running: Home, clock: Clock) -> None:
    assess(running, "ana", arms.BEFORE, clock)
    for other in ("ana", "ben", "otto"):
        with pytest.raises(NightlightError, match="MANAGE"):
            ratings.to_rate(running, "spring", by=other)
        with pytest.raises(NightlightError, match="MANAGE"):
            ratings.report(running, "spring", by=other)


def test_a_report_on_few_people_makes_no_claim_and_counts_the_lost(running: Home, clock: Clock) -> None:
    assess(running, "ana", arms.BEFORE, clock)
    assess(running, "ana", arms.AFTER, clock)
    assess(running, "ben", arms.BEFORE, clock)
    while found := ratings.to_rate(running, "spring", by="sam"):
        ratings.rate(running, found.id, SCORES, by="sam", clock=clock)
    study.leave(running, "spring", "ben", clock=clock)
    report = ratings.report(running, "spring", by="sam")
    assert (sum(arm.joined for arm in report.arms), sum(arm.rated for arm in report.arms)) == (2, 1)
    assert (report.lost, sum(arm.left for arm in report.arms)) == (1, 1)
    assert not any(effect.told for effect in report.effects)
    assert report.agreement is None


def test_the_report_finds_an_effect_that_is_there(running: Home, clock: Clock) -> None:
    """Forty-five people, rated by two; practice with feedback raises every item, the others nothing."""
    with transaction(running.database_url) as connection:
        seed = rows_of(connection, "practice_studies", "name")[0]["seed"]
    for place in range(45):
        person, arm = f"p{place}", arms.arm_at(seed, place + 2)
        add_principal(running.database_url, person, "user", by="setup")
        assert study.join(running, "spring", person, clock=clock) == arm
        for when in (arms.BEFORE, arms.AFTER):
            _rated(running, person, when, 2 if arm == arms.WITH_FEEDBACK and when == arms.AFTER else place % 2, clock)
    report = ratings.report(running, "spring", by="sam")
    found = {(effect.arm, effect.against): effect for effect in report.effects}
    shown = found[arms.WITH_FEEDBACK, arms.READING]
    assert shown.told
    assert shown.difference_low is not None
    assert shown.difference_low > 0
    assert "a difference is shown" in shown.sentence
    assert "no difference" in found[arms.WITHOUT, arms.READING].sentence
    assert report.agreement == 0
    assert report.raters == 2


def _rated(home: Home, person: str, when: str, score: int, clock: Clock) -> None:
    with transaction(home.database_url) as connection:
        transcript = f"{person} {when}"
        values = {"id": transcript, "study": "spring", "person": person, "session": transcript, "moment": when}
        insert_row(connection, "practice_transcripts", values)
    for rater in ("sam", "tess"):
        ratings.rate(home, transcript, dict.fromkeys(ratings.FORM, score), by=rater, clock=clock)
