"""Decisions about flags and corrections of labels, by those who see the conversation."""

import pytest
from tests.web.quality.conftest import As, Clock, flag_id

from nightlight.db import transaction
from nightlight.quality.corrections import accepted_corrections
from nightlight.quality.store import Happened, State, flags_of, select_flag_events
from nightlight.settings import Home

LIVE, TABLES = "/quality/conversations/live-1", "/quality/conversations/c1"


def state_of(home: Home, conversation: str, rule: str) -> tuple[State, str | None, str | None]:
    with transaction(home.database_url) as connection:
        found = next(flag for flag in flags_of(connection, conversation) if flag.rule == rule)
    return found.state, found.decided_by, found.reason


def seconds_taken(home: Home) -> list[float | None]:
    """What each review took, in the order of the reviews."""
    with transaction(home.database_url) as connection:
        events = select_flag_events(connection)
    return [each.seconds for each in events if each.event in (Happened.CONFIRMED, Happened.DISMISSED)]


def test_a_confirmed_flag_leaves_the_queue_and_says_who_and_why(sign_in: As, line: Home) -> None:
    browser, number = sign_in("sam"), flag_id(line, "live-1", "imminent_risk")
    done = browser.post(f"{LIVE}/flags/{number}/confirm", data={"note": "the shift lead knows"})
    assert (done.status_code, done.headers["location"]) == (303, f"{LIVE}#flag-{number}")
    assert state_of(line, "live-1", "imminent_risk") == (State.CONFIRMED, "sam", "")
    assert "Imminent risk" not in browser.get("/quality").text
    page = " ".join(browser.get(LIVE).text.split())
    assert "Confirmed by sam" in page
    assert "the shift lead knows" in page


def test_a_dismissal_needs_one_of_the_reasons(sign_in: As, line: Home) -> None:
    browser, number = sign_in("sam"), flag_id(line, "live-1", "risk_not_assessed")
    for reason in ("", "because"):
        assert browser.post(f"{LIVE}/flags/{number}/dismiss", data={"reason": reason}).status_code == 400
    assert state_of(line, "live-1", "risk_not_assessed")[0] is State.OPEN
    assert browser.post(f"{LIVE}/flags/{number}/dismiss", data={"reason": "assessed_elsewhere"}).status_code == 303
    assert state_of(line, "live-1", "risk_not_assessed") == (State.DISMISSED, "sam", "assessed_elsewhere")
    assert "It was done elsewhere" in browser.get(LIVE).text


def test_a_second_decision_is_refused_and_a_decision_can_be_taken_back(sign_in: As, line: Home) -> None:
    number = flag_id(line, "live-1", "imminent_risk")
    sign_in("sam").post(f"{LIVE}/flags/{number}/confirm")
    tess = sign_in("tess")
    refused = tess.post(f"{LIVE}/flags/{number}/dismiss", data={"reason": "test"})
    assert refused.status_code == 400
    assert "sam has confirmed this already" in refused.text
    assert tess.post(f"{LIVE}/flags/{number}/reopen").status_code == 303
    assert state_of(line, "live-1", "imminent_risk")[0] is State.OPEN
    assert tess.post(f"{LIVE}/flags/{number}/reopen").status_code == 400


@pytest.mark.parametrize("way", ["confirm", "dismiss", "reopen"])
def test_a_flag_is_decided_about_at_its_own_conversation(sign_in: As, line: Home, way: str) -> None:
    number = flag_id(line, "live-2", "imminent_risk")
    assert sign_in("sam").post(f"{LIVE}/flags/{number}/{way}", data={"reason": "test"}).status_code == 404
    assert state_of(line, "live-2", "imminent_risk")[0] is State.OPEN


def test_a_review_takes_as_long_as_the_page_was_looked_at(sign_in: As, line: Home, clock: Clock) -> None:
    browser = sign_in("sam")
    browser.get(LIVE)
    clock.pass_by(seconds=90)
    browser.get(LIVE)
    browser.post(f"{LIVE}/flags/{flag_id(line, 'live-1', 'imminent_risk')}/confirm")
    clock.pass_by(seconds=20)
    browser.post(f"{LIVE}/flags/{flag_id(line, 'live-1', 'risk_not_assessed')}/confirm")
    assert seconds_taken(line) == [90, 20]


def test_a_review_that_nobody_saw_begin_took_nobody_knows_how_long(sign_in: As, line: Home) -> None:
    sign_in("sam").post(f"{LIVE}/flags/{flag_id(line, 'live-1', 'imminent_risk')}/confirm")
    assert seconds_taken(line) == [None]


def test_acts_are_corrected_beside_the_label_and_a_colleague_agrees(sign_in: As, line: Home) -> None:
    sam, tess = sign_in("sam"), sign_in("tess")
    sent = {"message_id": "m4", "axis": "acts", "value": ["open_question", "advice"], "reason": "it asks as well"}
    done = sam.post(f"{LIVE}/corrections", data=sent)
    assert (done.status_code, done.headers["location"]) == (303, f"{LIVE}#message-4")
    assert accepted_corrections(line) == []
    assert "Yours: a colleague has to look at it." in sam.get("/quality/openings").text
    assert "it asks as well" in tess.get("/quality/openings").text
    assert sam.post("/quality/corrections/1", data={"accepted": "yes"}).status_code == 400
    assert tess.post("/quality/corrections/1", data={"accepted": "yes"}).status_code == 303
    (accepted,) = accepted_corrections(line)
    assert (accepted.old, accepted.new, accepted.reviewed_by) == (["advice"], ["advice", "open_question"], "tess")


def test_a_colleague_may_disagree(sign_in: As, line: Home) -> None:
    sent = {"message_id": "m3", "axis": "risk", "value": "3", "reason": "it is a plan"}
    sign_in("sam").post(f"{LIVE}/corrections", data=sent)
    sign_in("tess").post("/quality/corrections/1", data={"accepted": "no"})
    assert accepted_corrections(line) == []
    assert "it is a plan" not in sign_in("tess").get("/quality/openings").text


def test_a_supervisor_of_another_team_reviews_no_correction_of_this_one(sign_in: As, line: Home) -> None:
    sent = {"message_id": "m3", "axis": "phase", "value": "risk_assessment", "reason": "it answers a question"}
    sign_in("sam").post(f"{LIVE}/corrections", data=sent)
    olga = sign_in("olga")
    assert "it answers a question" not in olga.get("/quality/openings").text
    assert olga.post("/quality/corrections/1", data={"accepted": "yes"}).status_code == 400
    assert sign_in("otto").post("/quality/corrections/1", data={"accepted": "yes"}).status_code == 404
    assert accepted_corrections(line) == []


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"message_id": "m2", "axis": "risk", "value": "3"}, "has no risk"),
        ({"message_id": "m3", "axis": "acts", "value": "advice"}, "has no acts"),
        ({"message_id": "m3", "axis": "risk", "value": "5"}, "goes from 0 to 4"),
        ({"message_id": "m3", "axis": "risk"}, "goes from 0 to 4"),
        ({"message_id": "m2", "axis": "acts"}, "at least one act"),
        ({"message_id": "m2", "axis": "phase", "value": "chat"}, "no such phase"),
        ({"message_id": "m2", "axis": "mood", "value": "1"}, "phase, acts or risk"),
        ({"message_id": "m9", "axis": "phase", "value": "closing"}, "no such message"),
    ],
)
def test_what_is_no_label_is_refused(sign_in: As, line: Home, sent: dict[str, str], says: str) -> None:
    refused = sign_in("sam").post(f"{LIVE}/corrections", data={**sent, "reason": "it is otherwise"})
    assert refused.status_code == 400
    assert says in refused.text


def test_a_correction_of_the_tables_remembers_what_the_page_showed(sign_in: As, line: Home) -> None:
    sent = {"message_id": "2", "axis": "phase", "value": "engagement", "reason": "they still get in touch"}
    assert sign_in("sam").post(f"{TABLES}/corrections", data=sent).status_code == 303
    sign_in("tess").post("/quality/corrections/1", data={"accepted": "yes"})
    (accepted,) = accepted_corrections(line)
    assert (accepted.old, accepted.new, accepted.labeller) == ("closing", "engagement", "labels-2")
