"""Annotation in a browser: sam and tess label each alone, mia decides, olga labels nothing, otto is a stranger."""

import json
import re
from datetime import UTC, datetime
from html import unescape

import pytest
from fastapi.testclient import TestClient
from tests.quality.annotation.conftest import first, label_all
from tests.web.conftest import NOW
from tests.web.quality.conftest import As

from nightlight.catalog.audit import tail
from nightlight.catalog.history import changing
from nightlight.conversations.corpus import script_files, shipped_corpus
from nightlight.conversations.labels import Author, CounselorAct
from nightlight.conversations.scripts import Script, read_script
from nightlight.quality.annotation.labelling import open_conversation
from nightlight.quality.annotation.sets import make_invented_set
from nightlight.settings import Home
from nightlight.studio.versions import Kind, State, Version, insert_version
from nightlight.web.quality.annotation_form import GROUPS

PILOT = "/quality/annotation/pilot"


@pytest.fixture(scope="module")
def scripts() -> list[Script]:
    return [read_script(file) for file in script_files(shipped_corpus())[:3]]


@pytest.fixture
def pilot(line: Home, scripts: list[Script]) -> Home:
    """A set of one script that sam and tess label."""
    make_invented_set(line, "pilot", scripts[:1], annotators=["sam", "tess"], by="mia", clock=lambda: NOW)
    return line


@pytest.fixture
def at(scripts: list[Script]) -> int:
    """The first message of the texter."""
    return first(scripts[0], Author.TEXTER)


@pytest.fixture
def done(pilot: Home, at: int) -> Home:
    """Both are done, and differ on one message."""
    label_all(pilot, "sam")
    label_all(pilot, "tess", change={(1, at): {"risk": "2", "attributes": ["past"]}})
    return pilot


def read(page: TestClient, url: str) -> str:
    answer = page.get(url)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def said(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def send(page: TestClient, at: int, **sent: object) -> str:
    """Label a message of the first conversation; the place that follows, or what the page says."""
    answer = page.post(f"{PILOT}/conversations/1/messages/{at}", data=sent)
    return answer.headers["location"] if answer.status_code == 303 else said(unescape(answer.text))


def acts_in_audit(home: Home) -> list[tuple[str, str, str]]:
    return [(str(each["action"]), str(each["principal"]), str(each["outcome"])) for each in tail(home, 50)]


def test_a_set_is_there_for_its_annotators_and_who_manages(pilot: Home, sign_in: As) -> None:
    for who in ("sam", "tess", "mia"):
        assert f'href="{PILOT}"' in read(sign_in(who), "/quality/annotation")
        assert sign_in(who).get(PILOT).status_code == 200
    assert "No set is yours to label" in read(sign_in("olga"), "/quality/annotation")
    assert sign_in("olga").get(PILOT).status_code == 404
    assert sign_in("otto").get("/quality/annotation").status_code == 404


def test_only_annotators_open_what_there_is_to_label(pilot: Home, sign_in: As) -> None:
    opened = {
        who: sign_in(who).get(f"{PILOT}/conversations/1").status_code for who in ("sam", "tess", "mia", "olga", "otto")
    }
    assert opened == {"sam": 200, "tess": 200, "mia": 404, "olga": 404, "otto": 404}


def test_a_label_is_kept_and_the_next_message_follows(pilot: Home, sign_in: As, at: int) -> None:
    page = sign_in("sam")
    place = send(page, at, changes="0", phase="engagement", risk="1", attribute=["protective"], unsure="yes")
    assert place.startswith(f"{PILOT}/conversations/1?at=")
    label = open_conversation(pilot, "pilot", 1, by="sam").messages[at - 1].label
    assert label is not None
    assert (label.risk, label.attributes, label.is_unsure) == (1, ("protective",), True)
    shown = said(read(page, f"{PILOT}/conversations/1"))
    assert "something that holds unsure" in shown
    assert "1 of" in shown
    assert ("label message", "sam", "done") in acts_in_audit(pilot)


def test_the_phase_of_the_message_before_stands_chosen(pilot: Home, sign_in: As, at: int) -> None:
    page = sign_in("sam")
    assert re.search(r'value="engagement" checked', read(page, f"{PILOT}/conversations/1"))
    send(page, at, changes="0", phase="planning", risk="0")
    assert re.search(r'value="planning" checked', read(page, f"{PILOT}/conversations/1?at={at + 1}"))


def test_what_is_missing_is_said_and_what_was_chosen_stays(pilot: Home, sign_in: As, at: int) -> None:
    page = sign_in("sam")
    answer = page.post(
        f"{PILOT}/conversations/1/messages/{at}", data={"changes": "0", "phase": "closing", "attribute": "past"}
    )
    assert answer.status_code == 400
    assert "a texter&#39;s message needs a risk level" in answer.text
    assert re.search(r'value="closing" checked', answer.text)
    assert re.search(r'value="past" checked', answer.text)


def test_a_second_window_shows_what_is_kept_and_takes_nothing_back(pilot: Home, sign_in: As, at: int) -> None:
    page = sign_in("sam")
    send(page, at, changes="0", phase="engagement", risk="0")
    send(page, at, changes="1", phase="engagement", risk="2")
    assert send(page, at, changes="1", phase="engagement", risk="2").startswith(PILOT)  # the same again
    assert "in another window of yours" in send(page, at, changes="1", phase="engagement", risk="0")
    label = open_conversation(pilot, "pilot", 1, by="sam").messages[at - 1].label
    assert label is not None
    assert label.risk == 2


def test_numbers_that_nobody_has_are_not_there(pilot: Home, sign_in: As, at: int) -> None:
    page, huge = sign_in("sam"), 10**30
    assert page.get(f"{PILOT}/conversations/{huge}").status_code == 404
    label = {"changes": str(huge), "phase": "engagement", "risk": "0"}
    assert page.post(f"{PILOT}/conversations/{huge}/messages/1", data=label).status_code == 404
    assert page.post(f"{PILOT}/conversations/1/messages/{huge}", data=label).status_code == 404
    assert send(page, at, **label).startswith(PILOT)


def test_nothing_of_the_other_is_on_any_page_before_both_are_done(pilot: Home, sign_in: As) -> None:
    label_all(pilot, "tess")
    page = sign_in("sam")
    assert "0 of" in said(read(page, PILOT))
    assert "tess" not in read(page, PILOT)
    assert 'class="chips labels"' not in read(page, f"{PILOT}/conversations/1")
    for url in (f"{PILOT}/agreement", f"{PILOT}/adjudication", f"{PILOT}/adjudication/1/1"):
        for who in ("sam", "mia"):
            answer = sign_in(who).get(url)
            assert answer.status_code == 400
            assert "when both annotators are done" in answer.text
        assert sign_in("olga").get(url).status_code == 404


def test_being_done_needs_every_label_and_is_final(pilot: Home, sign_in: As, at: int) -> None:
    page = sign_in("sam")
    answer = page.post(f"{PILOT}/done")
    assert answer.status_code == 400
    assert "have no label of yours yet" in answer.text
    label_all(pilot, "sam")
    assert "You are done" in read(page, PILOT)
    assert "its labels stay as they are" in send(page, at, changes="1", phase="closing", risk="4")
    assert sign_in("olga").post(f"{PILOT}/done").status_code == 404


def test_agreement_is_shown_with_its_lines_and_leads_to_the_messages(done: Home, sign_in: As, at: int) -> None:
    for who in ("sam", "tess", "mia"):
        page = read(sign_in(who), f"{PILOT}/agreement")
        assert f'href="{PILOT}/adjudication/1/{at}">1.{at}</a>' in page
        assert "0 none" in page
        assert "2 active thoughts" in page
        assert re.search(r"Risk level\s+ordinal.+?0\.80.+?not yet", said(page))
    assert sign_in("olga").get(f"{PILOT}/agreement").status_code == 404


def test_a_third_person_decides_and_annotators_only_read(done: Home, sign_in: As, at: int) -> None:
    url = f"{PILOT}/adjudication/1/{at}"
    assert "A is right" in read(sign_in("mia"), url)
    assert "A is right" not in read(sign_in("sam"), url)
    taken = {"take": "other"}
    assert [sign_in(who).post(url, data=taken).status_code for who in ("sam", "olga", "otto")] == [404, 404, 404]
    answer = sign_in("mia").post(url, data=taken)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PILOT}/adjudication")
    assert "1 of 1 decided" in said(read(sign_in("mia"), f"{PILOT}/adjudication"))
    assert "Decided: 2 active thoughts; in the past" in said(read(sign_in("sam"), url))
    assert ("adjudicate", "mia", "done") in acts_in_audit(done)


def test_another_label_than_both_may_be_right(done: Home, sign_in: As, at: int) -> None:
    url = f"{PILOT}/adjudication/1/{at}"
    answer = sign_in("mia").post(url, data={"phase": "exploration"})
    assert (answer.status_code, "needs a risk level" in answer.text) == (400, True)
    assert sign_in("mia").post(url, data={"phase": "exploration", "risk": "1"}).status_code == 303
    assert "Decided: 1 passive" in said(read(sign_in("mia"), url))


def test_a_message_on_which_they_agree_is_no_difference(done: Home, sign_in: As, at: int) -> None:
    assert sign_in("mia").get(f"{PILOT}/adjudication/1/{at + 1}").status_code == 404


def test_the_file_has_no_names_unless_asked_and_is_for_who_manages(done: Home, sign_in: As) -> None:
    answer = sign_in("mia").get(f"{PILOT}/labels.jsonl")
    assert "attachment" in answer.headers["content-disposition"]
    assert [each["annotator"] for each in json.loads(answer.text)["messages"][0]["annotators"]] == ["A", "B"]
    assert '"tess"' in sign_in("mia").get(f"{PILOT}/labels.jsonl?names=true").text
    assert [sign_in(who).get(f"{PILOT}/labels.jsonl").status_code for who in ("sam", "olga", "otto")] == [404] * 3
    assert ("export annotation", "mia", "done") in acts_in_audit(done)


def test_closing_ends_the_work(pilot: Home, sign_in: As, at: int) -> None:
    assert sign_in("sam").post(f"{PILOT}/close").status_code == 404
    assert sign_in("mia").post(f"{PILOT}/close").status_code == 303
    assert "closed" in read(sign_in("sam"), "/quality/annotation")
    assert "its labels stay as they are" in send(sign_in("sam"), at, changes="0", phase="closing", risk="0")


def test_who_manages_makes_a_set_of_scripts_in_use(line: Home, sign_in: As, scripts: list[Script]) -> None:
    at_first = datetime(2026, 1, 1, tzinfo=UTC)
    with changing(line.database_url) as connection:
        for script in scripts:
            file = next(each for each in script_files(shipped_corpus()) if each.stem == script.id)
            text = file.read_text(encoding="utf-8")
            kept = Version(script.id, 1, Kind.SCRIPT, State.STARTER, text, (), (), "", "", at_first, at_first)
            insert_version(connection, kept)
    form = {"name": "april", "one": "sam", "other": "tess", "count": "2"}
    assert sign_in("sam").post("/quality/annotation", data=form).status_code == 404
    assert "New set" not in read(sign_in("sam"), "/quality/annotation")
    assert sign_in("mia").post("/quality/annotation", data=form | {"other": "sam"}).status_code == 400
    answer = sign_in("mia").post("/quality/annotation", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/quality/annotation/april")
    assert "0 of" in said(read(sign_in("sam"), "/quality/annotation/april"))
    assert "Conversation 1 of 2" in read(sign_in("tess"), "/quality/annotation/april/conversations/1")


def test_every_act_is_offered_once() -> None:
    assert sorted(act for _, acts in GROUPS for act in acts) == sorted(CounselorAct)


def test_the_codebook_is_the_documents(line: Home, sign_in: As) -> None:
    page = said(read(sign_in("olga"), "/quality/codebook"))
    assert "gathers several things that were said over the conversation" in page
    for act in CounselorAct:
        assert f" {act} " in page
    assert sign_in("otto").get("/quality/codebook").status_code == 404
