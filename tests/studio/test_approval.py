"""Promises of review: nobody approves alone what needs two pairs of eyes, and what is approved has passed its tests."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pytest
from tests.studio.conftest import CALM, NOW, RISKY, text_of

from nightlight.catalog.audit import tail, verify
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.studio.approval import approve, retire, send_back, submit, withdraw
from nightlight.studio.card_tests import CardTest, CardTestReport
from nightlight.studio.documents import find_card, get_version, list_cards, versions_of
from nightlight.studio.versions import State, Version
from nightlight.studio.writing import draft, import_corpus, record_tests, renew, save

WHY = "Read in full; it rings true."


def clock() -> datetime:
    return NOW


def run_as_passed(home: Home, version: Version, *, passed: bool = True) -> None:
    """As if the card tests had been run for this text: running them takes seconds and is tested elsewhere."""
    result = CardTest("gates", "no fact before its gate", "0 of 9", "at most 0", passed)
    report = CardTestReport(version.name, "rules-1", "1", (result,))
    record_tests(home, version, json.dumps(asdict(report)))


def in_review(home: Home, name: str, by: str = "clara") -> Version:
    version = draft(home, name, text_of(name), by=by, clock=clock)
    run_as_passed(home, version)
    return submit(home, name, by=by, clock=clock)


def test_a_calm_card_needs_one_colleague(studio: Home) -> None:
    assert in_review(studio, CALM).state is State.IN_REVIEW
    approved = approve(studio, CALM, by="cleo", reason=WHY, clock=clock)
    assert (approved.state, approved.approvers) == (State.APPROVED, ("cleo",))
    assert approved.expires_at == NOW + timedelta(days=365)
    assert find_card(studio, CALM, clock=clock).state is State.APPROVED


def test_a_card_with_risk_needs_two_different_colleagues(studio: Home) -> None:
    in_review(studio, RISKY)
    assert approve(studio, RISKY, by="cleo", reason=WHY, clock=clock).state is State.IN_REVIEW
    with pytest.raises(NightlightError, match="you have approved this already"):
        approve(studio, RISKY, by="cleo", reason=WHY, clock=clock)
    with pytest.raises(NightlightError, match="in review: it is not for practice"):
        find_card(studio, RISKY, clock=clock)
    assert approve(studio, RISKY, by="chen", reason=WHY, clock=clock).state is State.APPROVED


def test_an_author_never_reviews_their_own(studio: Home) -> None:
    in_review(studio, CALM)
    for decide in (approve, send_back):
        with pytest.raises(NightlightError, match="nobody reviews what they wrote themselves"):
            decide(studio, CALM, by="clara", reason=WHY, clock=clock)
    assert get_version(studio, CALM).state is State.IN_REVIEW


def test_whoever_changed_a_word_is_an_author_too(studio: Home) -> None:
    draft(studio, CALM, text_of(CALM), by="clara", clock=clock)
    changed = save(studio, CALM, a_word_changed, by="cleo", clock=clock)
    run_as_passed(studio, changed)
    submit(studio, CALM, by="clara", clock=clock)
    with pytest.raises(NightlightError, match="nobody reviews what they wrote themselves"):
        approve(studio, CALM, by="cleo", reason=WHY, clock=clock)
    assert approve(studio, CALM, by="chen", reason=WHY, clock=clock).authors == ("clara", "cleo")


@pytest.mark.parametrize("stranger", ["vera", "ron", "nobody"])
def test_a_stranger_and_a_reader_decide_nothing(studio: Home, stranger: str) -> None:
    in_review(studio, CALM)
    with pytest.raises(NightlightError, match=r"does not have (EXECUTE|MANAGE) on APP studio"):
        approve(studio, CALM, by=stranger, reason=WHY, clock=clock)
    with pytest.raises(NightlightError, match="does not have MODIFY"):
        draft(studio, "other", "id: other", by=stranger, clock=clock)


def test_an_approval_of_somebody_who_may_not_approve_any_more_does_not_count(studio: Home) -> None:
    from nightlight.catalog.statements import read_statements
    from nightlight.sql.policies import apply_policies

    in_review(studio, RISKY)
    approve(studio, RISKY, by="cleo", reason=WHY, clock=clock)
    gone = "DENY MANAGE ON APP studio TO cleo;"
    apply_policies(studio, list(read_statements(gone, "p.sql")), by="root", text=gone)
    assert approve(studio, RISKY, by="chen", reason=WHY, clock=clock).state is State.IN_REVIEW


def test_what_was_sent_back_needs_every_approval_anew_once_it_is_changed(studio: Home) -> None:
    in_review(studio, RISKY)
    approve(studio, RISKY, by="cleo", reason=WHY, clock=clock)
    returned = send_back(studio, RISKY, by="chen", reason="The second fact gives too much away.", clock=clock)
    assert returned.state is State.DRAFT
    changed = save(studio, RISKY, a_word_changed, by="clara", clock=clock)
    assert (changed.number, changed.approvers, changed.tests) == (1, (), "")
    run_as_passed(studio, changed)
    submit(studio, RISKY, by="clara", clock=clock)
    assert approve(studio, RISKY, by="chen", reason=WHY, clock=clock).state is State.IN_REVIEW


def test_a_draft_with_a_problem_is_not_submitted(studio: Home) -> None:
    draft(studio, CALM, text_of(CALM).replace("difficulty: 1", "difficulty: 9"), by="clara", clock=clock)
    with pytest.raises(NightlightError, match="difficulty must be a whole number from 1 to 3"):
        submit(studio, CALM, by="clara", clock=clock)


def test_a_draft_whose_tests_fail_is_not_submitted(studio: Home) -> None:
    run_as_passed(studio, draft(studio, CALM, text_of(CALM), by="clara", clock=clock), passed=False)
    with pytest.raises(NightlightError, match="1 of 1 card tests failed"):
        submit(studio, CALM, by="clara", clock=clock)
    assert get_version(studio, CALM).state is State.DRAFT


def test_a_change_of_what_is_approved_is_a_new_draft_and_the_old_stays_in_use(studio: Home) -> None:
    in_review(studio, CALM)
    approve(studio, CALM, by="cleo", reason=WHY, clock=clock)
    changed = save(studio, CALM, a_word_changed, by="cleo", clock=clock)
    assert (changed.number, changed.state, changed.authors) == (2, State.DRAFT, ("cleo",))
    assert find_card(studio, CALM, clock=clock).version == 1
    run_as_passed(studio, changed)
    submit(studio, CALM, by="cleo", clock=clock)
    approve(studio, CALM, by="clara", reason=WHY, clock=clock)
    assert [version.state for version in versions_of(studio, CALM)] == [State.RETIRED, State.APPROVED]
    assert find_card(studio, CALM, clock=clock).version == 2
    assert find_card(studio, CALM, 1, clock=clock).state is State.RETIRED  # a session that began with it goes on


def test_nothing_is_changed_while_it_is_in_review(studio: Home) -> None:
    in_review(studio, CALM)
    with pytest.raises(NightlightError, match="in review"):
        save(studio, CALM, a_word_changed, by="clara", clock=clock)
    assert withdraw(studio, CALM, by="clara", clock=clock).state is State.DRAFT


def test_an_expired_card_is_not_played_and_can_be_renewed(studio: Home) -> None:
    in_review(studio, CALM)
    approve(studio, CALM, by="cleo", reason=WHY, expires_at=NOW + timedelta(days=30), clock=clock)
    later = NOW + timedelta(days=31)
    assert [card.card.id for card in list_cards(studio, clock=clock)] == [CALM]
    assert list_cards(studio, clock=lambda: later) == []
    with pytest.raises(NightlightError, match="was approved until 2026-03-31; choose another card"):
        find_card(studio, CALM, clock=lambda: later)
    again = renew(studio, CALM, by="clara", clock=clock)
    assert (again.number, again.state, again.approvers) == (2, State.DRAFT, ())
    submit(studio, CALM, by="clara", clock=clock)
    with pytest.raises(NightlightError, match="has passed"):
        approve(studio, CALM, by="chen", reason=WHY, expires_at=NOW, clock=clock)


def test_a_retired_card_is_not_played(studio: Home) -> None:
    import_corpus(studio, by="root", clock=clock)
    assert find_card(studio, RISKY, clock=clock).state is State.STARTER
    retire(studio, RISKY, by="clara", clock=clock)
    with pytest.raises(NightlightError, match="is retired"):
        find_card(studio, RISKY, clock=clock)
    assert RISKY not in import_corpus(studio, by="root", clock=clock)  # taking the corpus in again changes nothing
    with pytest.raises(NightlightError, match="not in use"):
        retire(studio, RISKY, by="clara", clock=clock)


def test_every_step_is_in_the_audit_without_a_word_of_the_text(studio: Home) -> None:
    in_review(studio, CALM)
    with pytest.raises(NightlightError):
        approve(studio, CALM, by="clara", reason=WHY, clock=clock)
    approve(studio, CALM, by="cleo", reason=WHY, clock=clock)
    retire(studio, CALM, by="cleo", clock=clock)
    found = [(each["action"], each["principal"], each["outcome"]) for each in tail(studio, 5)]
    assert found == [
        ("draft role-play", "clara", "done"),
        ("submit role-play", "clara", "done"),
        ("approve role-play", "clara", "refused"),
        ("approve role-play", "cleo", "done"),
        ("retire role-play", "cleo", "done"),
    ]
    assert "fridge" not in str(tail(studio, 50))


def test_what_was_refused_is_in_the_audit_as_refused_and_never_as_done(studio: Home) -> None:
    run_as_passed(studio, draft(studio, CALM, text_of(CALM), by="clara", clock=clock), passed=False)
    before = verify(studio).records
    refused: dict[str, Callable[[], object]] = {
        "submit role-play": lambda: submit(studio, CALM, by="clara", clock=clock),
        "approve role-play": lambda: approve(studio, CALM, by="cleo", reason=WHY, clock=clock),
        "return role-play": lambda: send_back(studio, CALM, by="cleo", reason=WHY, clock=clock),
        "withdraw role-play": lambda: withdraw(studio, CALM, by="clara", clock=clock),
        "retire role-play": lambda: retire(studio, CALM, by="cleo", clock=clock),
        "save role-play": lambda: renew(studio, CALM, by="clara", clock=clock),
        "draft role-play": lambda: draft(studio, CALM, text_of(CALM), by="cleo", clock=clock),
    }
    for act in refused.values():
        with pytest.raises(NightlightError):
            act()
    found = tail(studio, verify(studio).records - before)
    assert [(each["action"], each["outcome"]) for each in found] == [(action, "refused") for action in refused]
    assert found[0]["detail"] == f"{CALM} version 1: 1 of 1 card tests failed"


def test_without_the_audit_nothing_is_changed(studio: Home) -> None:
    run_as_passed(studio, draft(studio, CALM, text_of(CALM), by="clara", clock=clock))
    (studio.root / "keys" / "audit").unlink()
    with pytest.raises(NightlightError, match="the audit cannot be written"):
        submit(studio, CALM, by="clara", clock=clock)
    assert get_version(studio, CALM).state is State.DRAFT


def a_word_changed(version: Version) -> Version:
    return replace(version, source=version.source.replace("difficulty:", "difficulty: ", 1))
