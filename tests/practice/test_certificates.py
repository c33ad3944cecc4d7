"""Promises of certificates: earned by rule from stored rubrics, issued once, revoked with a reason."""

import pytest
from tests.practice.conftest import Clock, Play

from nightlight.catalog.audit import tail
from nightlight.db import insert_row, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.practice import certificates
from nightlight.practice.cards import list_played_cards
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.store import Practice
from nightlight.settings import Home


@pytest.fixture
def trained(people: Home, clock: Clock) -> Home:
    make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    certificates.set_rule(
        people, "Ready", passes=2, difficulty=2, within_days=30, items=["ladder"], by="sam", clock=clock
    )
    return people


def passed(home: Home, practice: Practice, *, ladder: int = 2) -> None:
    """As if this assessment had been passed."""
    with transaction(home.database_url) as connection:
        update_rows(connection, "practice_sessions", {"id": practice.id}, {"passed": 1})
        match = {"session": practice.id, "item": "ladder"}
        if not update_rows(connection, "practice_items", match, {"score": ladder}):
            insert_row(connection, "practice_items", {**match, "score": ladder, "knock_out": 0, "turns": "[]"})


def cards(home: Home, difficulty: int) -> list[str]:
    return [each.card.id for each in list_played_cards(home) if each.card.difficulty == difficulty]


def test_a_certificate_is_issued_once_and_names_its_sessions(trained: Home, clock: Clock, play: Play) -> None:
    hard = cards(trained, 2)
    done = [play(trained, "ana", card, kind="assessment") for card in hard[:2]]
    passed(trained, done[0])
    assert not certificates.issue_due(trained, "ana", clock=clock), "one pass is not two"
    passed(trained, done[1])
    (issued,) = certificates.issue_due(trained, "ana", clock=clock)
    assert set(issued.sessions) == {each.id for each in done}
    assert not certificates.issue_due(trained, "ana", clock=clock)
    assert tail(trained, 1, action="issue certificate")[0]["principal"] == "ana"


def test_what_falls_short_of_the_rule_does_not_count(trained: Home, clock: Clock, play: Play) -> None:
    easy, hard = cards(trained, 1), cards(trained, 2)
    passed(trained, play(trained, "ana", hard[0], kind="assessment"))
    passed(trained, play(trained, "ana", hard[0], kind="assessment"))  # the same card again
    passed(trained, play(trained, "ana", easy[0], kind="assessment"))  # too easy
    passed(trained, play(trained, "ana", hard[1]))  # practice
    passed(trained, play(trained, "ana", hard[2], kind="assessment"), ladder=1)  # an item not shown
    passed(trained, play(trained, "ben", hard[1], kind="assessment"))  # another person's
    assert not certificates.issue_due(trained, "ana", clock=clock)
    clock.pass_by(days=31)
    passed(trained, play(trained, "ana", hard[1], kind="assessment"))  # too late
    assert not certificates.issue_due(trained, "ana", clock=clock)


def test_a_revoked_certificate_is_not_issued_again(trained: Home, clock: Clock, play: Play) -> None:
    for card in cards(trained, 2)[:2]:
        passed(trained, play(trained, "ana", card, kind="assessment"))
    (issued,) = certificates.issue_due(trained, "ana", clock=clock)
    for other in ("tess", "ben", "otto"):
        with pytest.raises(NightlightError):
            certificates.revoke(trained, issued.id, "the sessions were not hers", by=other, clock=clock)
    with pytest.raises(NightlightError, match="reason"):
        certificates.revoke(trained, issued.id, "no", by="sam", clock=clock)
    revoked = certificates.revoke(trained, issued.id, "the sessions were not hers", by="sam", clock=clock)
    assert revoked.revoked_at is not None
    assert not certificates.issue_due(trained, "ana", clock=clock)
    with pytest.raises(NightlightError, match="already"):
        certificates.revoke(trained, issued.id, "the sessions were not hers", by="sam", clock=clock)


def test_a_trainer_sees_the_certificates_of_their_own_people(trained: Home) -> None:
    assert certificates.certificates_for_trainer(trained, "ana", by="sam") == []
    for other in ("tess", "ben", "otto"):
        with pytest.raises(NightlightError):
            certificates.certificates_for_trainer(trained, "ana", by=other)


def test_only_trainers_set_rules_and_none_is_changed(trained: Home, clock: Clock) -> None:
    for other in ("ana", "otto"):
        with pytest.raises(NightlightError, match="MANAGE"):
            certificates.set_rule(trained, "Easy", passes=1, difficulty=1, within_days=9, by=other, clock=clock)
    with pytest.raises(NightlightError, match="already"):
        certificates.set_rule(trained, "Ready", passes=1, difficulty=1, within_days=9, by="tess", clock=clock)
    with pytest.raises(NightlightError, match="impossible"):
        certificates.set_rule(trained, "Never", passes=0, difficulty=1, within_days=9, by="sam", clock=clock)
    certificates.end_rule(trained, "Ready", by="sam", clock=clock)
    assert certificates.list_rules(trained) == []
