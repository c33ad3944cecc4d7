"""The queue as supervisors see it: their own team's, the most pressing first, and calm where nothing waits."""

from html import unescape

import pytest
from tests.web.quality.conftest import As, Clock, flag, flag_id, put_flag

from nightlight.quality.flags.declared import Severity
from nightlight.settings import Home


def test_a_supervisor_sees_their_own_teams_conversations_the_severest_first(sign_in: As) -> None:
    page = sign_in("sam").get("/quality").text
    assert page.index("Imminent risk") < page.index("No safety plan after risk")
    assert "/quality/conversations/live-1" in page
    assert "/quality/conversations/live-2" not in page


def test_a_supervisor_of_another_team_sees_theirs_and_those_who_manage_see_all(sign_in: As) -> None:
    other, all_teams = sign_in("olga").get("/quality").text, sign_in("mia").get("/quality").text
    assert "/quality/conversations/live-2" in other
    assert "/quality/conversations/live-1" not in other
    assert "/quality/conversations/live-1" in all_teams
    assert "/quality/conversations/live-2" in all_teams


@pytest.mark.parametrize("stranger", ["otto", "vera", "ana"])
def test_it_is_not_there_for_others(sign_in: As, stranger: str) -> None:
    browser = sign_in(stranger)
    assert browser.get("/quality").status_code == 404
    assert 'href="/quality"' not in browser.get("/").text
    assert 'href="/quality"' in sign_in("sam").get("/").text


def test_a_row_says_why_since_when_who_and_what_may_be_opened(sign_in: As) -> None:
    page = " ".join(sign_in("sam").get("/quality").text.split())
    for words in ("Why of imminent_risk.", "look now", "raised 4 minutes ago", "running now", "5 messages"):
        assert words in page
    assert "risk 2 of 4: active thoughts" in page
    assert "counselor v1" in page
    assert page.count("opening needs a second person") == 2


def test_who_answered_is_shown_to_those_who_may_read_the_roster(sign_in: As) -> None:
    assert "counselor v1" not in sign_in("mia").get("/quality").text


def test_no_word_of_a_conversation_is_in_it(sign_in: As) -> None:
    page = sign_in("sam").get("/quality").text
    assert "dying" not in page
    assert "heavy" not in page


def test_choices_are_links_that_keep_one_another(sign_in: As, line: Home) -> None:
    browser = sign_in("sam")
    high = browser.get("/quality?severity=high").text
    assert "No safety plan after risk" in high
    assert "Imminent risk" not in high
    one_rule = unescape(browser.get("/quality?severity=high&rule=no_safety_plan").text)
    assert "Only: <strong>No safety plan after risk</strong>" in one_rule
    assert 'href="/quality?rule=no_safety_plan"' in one_rule
    assert 'href="/quality?severity=high"' in one_rule


def test_a_choice_that_is_none_is_as_if_it_were_not_made(sign_in: As) -> None:
    page = sign_in("sam").get("/quality?state=nonsense&severity=worst&rule=%3Cb%3E")
    assert page.status_code == 200
    assert "Imminent risk" in page.text
    assert "<b>" not in page.text


def test_htmx_gets_what_waits_and_not_the_page_around_it(sign_in: As) -> None:
    part = sign_in("sam").get("/quality?severity=page", headers={"hx-request": "true"}).text
    assert "Imminent risk" in part
    assert "<html" not in part
    assert "<h1" not in part


def test_the_page_asks_again_for_what_was_chosen(sign_in: As) -> None:
    page = unescape(sign_in("sam").get("/quality?severity=page").text)
    assert 'hx-get="/quality?severity=page" hx-trigger="every 20s"' in page


def test_nothing_waiting_is_said_calmly(sign_in: As) -> None:
    page = sign_in("sam").get("/quality?state=confirmed").text
    assert "Nothing has been confirmed yet." in page
    browser = sign_in("tess")
    for conversation, rule in (("live-1", "imminent_risk"), ("live-1", "risk_not_assessed"), ("c1", "no_safety_plan")):
        number = flag_id(browser.app.state.site.home, conversation, rule)  # type: ignore[attr-defined]
        browser.post(f"/quality/conversations/{conversation}/flags/{number}/dismiss", data={"reason": "test"})
    assert "Nothing waits." in browser.get("/quality").text
    assert "Imminent risk" in browser.get("/quality?state=dismissed").text


def test_what_was_raised_this_minute_was_raised_just_now(sign_in: As, line: Home, clock: Clock) -> None:
    put_flag(line, "c1", flag("harmful_message", Severity.PAGE, "2"), at=clock())
    assert "raised just now" in sign_in("sam").get("/quality?rule=harmful_message").text
