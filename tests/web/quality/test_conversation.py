"""A flagged conversation: its flags and course for those who see it, its words for those who may open it."""

import re
import shutil
from pathlib import Path

import pytest
from tests.labelling.registered import let_people_decide, looked_up_at_once, to_production, write_other
from tests.web.quality.conftest import WORDS, As, Clock, flag_id

from nightlight.catalog.audit import tail
from nightlight.db import transaction, update_rows
from nightlight.labelling.serving import labeller_in_use
from nightlight.settings import Home

LIVE, TABLES = "/quality/conversations/live-1", "/quality/conversations/c1"
OPEN = {"purpose": "quality_review"}
NONCE = re.compile(r'nonce="[^"]+"')


def openings_recorded(home: Home) -> list[tuple[str, str, str]]:
    """Who opened what and how it ended, from the audit."""
    return [
        (each["principal"], each["statement"], each["outcome"])
        for each in tail(home, 100)
        if each["action"] == "open conversation"
    ]


@pytest.mark.parametrize("person", ["olga", "otto"])
def test_another_teams_conversation_is_not_there(sign_in: As, line: Home, person: str) -> None:
    browser, number = sign_in(person), flag_id(line, "live-1", "imminent_risk")
    assert sign_in("sam").get(LIVE).status_code == 200
    hidden, nowhere = browser.get(LIVE), browser.get("/quality/conversations/no-such-one")
    assert (hidden.status_code, nowhere.status_code) == (404, 404)
    assert NONCE.sub("", hidden.text) == NONCE.sub("", nowhere.text)
    for way in (
        "open",
        "close",
        "ask",
        "emergency",
        "corrections",
        f"flags/{number}/confirm",
        f"flags/{number}/dismiss",
        f"flags/{number}/reopen",
    ):
        assert browser.post(f"{LIVE}/{way}", data={"reason": "because I want to", **OPEN}).status_code == 404


def test_looking_shows_flags_and_course_and_no_word_of_it(sign_in: As, line: Home) -> None:
    page = sign_in("sam").get(LIVE).text
    for words in ("Imminent risk", "Why of imminent_risk.", "very likely (90%)", "labels-1", "getting in touch"):
        assert words in page
    assert WORDS not in page
    assert "glad that you wrote" not in page
    assert openings_recorded(line) == []


def test_it_is_opened_on_a_shift_and_the_record_comes_first(sign_in: As, line: Home) -> None:
    browser = sign_in("sam")
    browser.post("/quality/shift/begin")
    opened = browser.post(f"{LIVE}/open", data=OPEN)
    assert (opened.status_code, opened.headers["location"]) == (303, f"{LIVE}#messages")
    assert openings_recorded(line) == [("sam", "live-1", "done")]
    assert WORDS in browser.get(LIVE).text


def test_without_a_ground_it_stays_closed_and_the_try_is_recorded(sign_in: As, line: Home) -> None:
    browser = sign_in("sam")
    refused = browser.post(f"{LIVE}/open", data=OPEN)
    assert refused.status_code == 400
    assert "did not run during a shift of yours" in refused.text
    assert WORDS not in refused.text
    assert WORDS not in browser.get(LIVE).text
    assert openings_recorded(line) == [("sam", "live-1", "refused")]


def test_it_is_opened_for_a_purpose_of_ones_own(sign_in: As) -> None:
    browser = sign_in("sam")
    browser.post("/quality/shift/begin")
    for purpose in ("", "volunteer_training", "no_such_purpose"):
        refused = browser.post(f"{LIVE}/open", data={"purpose": purpose})
        assert refused.status_code == 400
        assert WORDS not in refused.text


def test_evidence_is_marked_and_linked_both_ways(sign_in: As, line: Home) -> None:
    page, number = opened(sign_in), flag_id(line, "live-1", "imminent_risk")
    message = page[page.index('id="message-3"') :].split("</li>\n<li", 1)[0]
    assert 'class="texter evidence" id="message-3"' in page
    assert f'href="#flag-{number}"' in message
    assert '<a href="#message-3">3</a>' in page
    assert 'class="texter" id="message-1"' in page


def test_acts_risk_and_what_was_not_assessed_stand_at_the_messages(sign_in: As) -> None:
    page = opened(sign_in)
    assert '<li class="chip good">names a feeling</li>' in page
    assert '<li class="chip other-way">advice</li>' in page
    assert "risk 2 of 4: active thoughts" in page
    assert "something that holds" in page
    assert "Not assessed: no words to read" in page


def test_what_the_counselor_did_well_is_said_with_the_messages(sign_in: As) -> None:
    page = opened(sign_in)
    good = page[page.index("What the counselor did that helps") :].split("</ul>", 1)[0]
    assert "values the texter" in good
    assert '<a href="#message-2">2</a>' in good


def test_the_picture_has_a_table_of_the_same(sign_in: As) -> None:
    page = " ".join(sign_in("sam").get(LIVE).text.split())
    assert '<svg class="risk" viewBox="0 0 5 5"' in page
    assert "<td>1 passive</td><td>1 passive</td>" in page
    assert "<td>2 active thoughts</td><td>2 active thoughts</td>" in page
    assert "<td>not assessed</td><td>2 active thoughts</td>" in page


def test_another_sign_in_of_the_same_person_has_not_opened_it(sign_in: As) -> None:
    assert WORDS in opened(sign_in)
    assert WORDS not in sign_in("sam").get(LIVE).text


def test_closing_it_closes_it(sign_in: As) -> None:
    browser = sign_in("sam")
    browser.post("/quality/shift/begin")
    browser.post(f"{LIVE}/open", data=OPEN)
    assert browser.post(f"{LIVE}/close").status_code == 303
    assert WORDS not in browser.get(LIVE).text


def test_a_second_person_lets_one_in_for_a_day(sign_in: As, line: Home, clock: Clock) -> None:
    sam, tess = sign_in("sam"), sign_in("tess")
    assert "second person has to agree" in sam.get(TABLES).text
    assert sam.post(f"{TABLES}/ask", data={"reason": "the plan to stay safe is missing"}).status_code == 303
    assert "You asked" in sam.get(TABLES).text
    assert sam.post("/quality/openings/1/approve").status_code == 400
    assert sam.post(f"{TABLES}/open", data=OPEN).status_code == 400
    assert tess.post("/quality/openings/1/approve").status_code == 303
    assert sam.post(f"{TABLES}/open", data=OPEN).status_code == 303
    assert "exams, mostly" in sam.get(TABLES).text
    assert tess.post(f"{TABLES}/open", data=OPEN).status_code == 400
    clock.pass_by(hours=25)
    later = sign_in("sam")
    assert later.post(f"{TABLES}/open", data=OPEN).status_code == 400
    assert "exams, mostly" not in later.get(TABLES).text


def test_a_ground_that_ends_closes_what_it_opened(sign_in: As, line: Home, clock: Clock) -> None:
    sam = sign_in("sam")
    sam.post(f"{TABLES}/ask", data={"reason": "the plan to stay safe is missing"})
    sign_in("tess").post("/quality/openings/1/approve")
    clock.pass_by(hours=23)
    evening = sign_in("sam")
    assert evening.post(f"{TABLES}/open", data=OPEN).status_code == 303
    assert "exams, mostly" in evening.get(TABLES).text
    clock.pass_by(hours=1.5)
    refused = evening.get(TABLES)
    assert refused.status_code == 400
    assert "exams, mostly" not in refused.text


def test_a_reason_is_needed_to_ask(sign_in: As) -> None:
    refused = sign_in("sam").post(f"{TABLES}/ask", data={"reason": "  "})
    assert refused.status_code == 400
    assert "a reason is needed" in refused.text


def test_in_an_emergency_one_is_let_in_at_once_and_others_are_told(sign_in: As) -> None:
    sam = sign_in("sam")
    assert "Open at once" in sam.get(LIVE).text
    let_in = sam.post(f"{LIVE}/emergency", data={"reason": "somebody is in danger now", **OPEN})
    assert let_in.status_code == 303
    assert WORDS in sam.get(LIVE).text
    assert "somebody is in danger now" in sign_in("mia").get("/quality/openings").text


def test_what_calls_nobody_is_no_emergency(sign_in: As) -> None:
    sam = sign_in("sam")
    assert "Open at once" not in sam.get(TABLES).text
    refused = sam.post(f"{TABLES}/emergency", data={"reason": "I would like to read it", **OPEN})
    assert refused.status_code == 400
    assert "exams, mostly" not in refused.text


def test_who_reads_no_text_sees_flags_alone(sign_in: As) -> None:
    mia = sign_in("mia")
    mia.post("/quality/shift/begin")
    page = mia.get(LIVE).text
    assert "Imminent risk" in page
    assert "not yours to read" in page
    assert mia.post(f"{LIVE}/open", data=OPEN).status_code == 400


def test_labels_of_a_conversation_of_the_tables_come_as_the_person_may_read_them(sign_in: As) -> None:
    page = sign_in("sam").get(TABLES).text
    assert "asks openly" in page
    assert "closing" in page
    assert "no labels of this conversation for you" in sign_in("mia").get(TABLES).text


def test_a_message_that_is_not_there_is_corrected_by_nobody(sign_in: As) -> None:
    browser = sign_in("sam")
    browser.post("/quality/shift/begin")
    browser.post(f"{LIVE}/open", data=OPEN)
    page = browser.get(f"{LIVE}?correct=99&page=7")
    assert page.status_code == 200
    assert "Correct the" not in page.text
    assert "Correct the acts" in browser.get(f"{LIVE}?correct=2").text
    assert "Correct the risk" in browser.get(f"{LIVE}?correct=3").text


def opened(sign_in: As) -> str:
    """The page of live-1 once sam has opened it on a shift."""
    browser = sign_in("sam")
    browser.post("/quality/shift/begin")
    browser.post(f"{LIVE}/open", data=OPEN)
    page: str = browser.get(LIVE).text
    assert WORDS in page
    return page


def test_the_labeller_that_read_it_is_named_with_since_when_it_works(
    sign_in: As, line: Home, empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Read by labeller labels-1." in sign_in("sam").get(LIVE).text
    looked_up_at_once(monkeypatch)
    shutil.copytree(empty_registry, line.registry)
    let_people_decide(line)
    to_production(line, write_other(tmp_path / "other"))
    version = labeller_in_use(line).version
    with transaction(line.database_url) as connection:
        update_rows(connection, "quality_cases", {"conversation": "live-1"}, {"labeller": version})
    page = sign_in("sam").get(LIVE).text
    assert f"Read by labeller {version}, in production since Nov 2, 2026, let in by clara." in page
    for person in ("olga", "otto"):
        assert version not in sign_in(person).get(LIVE).text
