"""Promises of the studio's other pages: try a card, mark what is wrong, read its tests and versions, write a script."""

import re

import pytest
from tests.studio.conftest import CALM, RISKY
from tests.web.conftest import As
from tests.web.studio.conftest import SCRIPT, run_as_passed

from nightlight.catalog.audit import tail
from nightlight.labelling.serving import labeller_in_use
from nightlight.settings import Home
from nightlight.studio.documents import get_version, script_of
from nightlight.studio.versions import State

WHY = "Too cheerful for this moment of the night."


def texter_lines(page: str) -> list[str]:
    return re.findall(r'<li class="texter">.*?<p lang="en">(.*?)</p>', page, re.DOTALL)


def test_a_card_answers_at_once_and_nothing_of_it_is_kept(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    page = clara.get(f"/studio/{CALM}/preview").text
    assert "Practice: the texter is played" in page
    assert f"read by labeller {labeller_in_use(line).version}" in page
    first = texter_lines(page)
    said = clara.post(f"/studio/{CALM}/preview", data={"text": "Hi, I'm Sam. What's going on tonight?", "seed": "1"})
    assert said.status_code == 200
    assert texter_lines(said.text)[: len(first)] == first
    assert len(texter_lines(said.text)) > len(first)
    assert get_version(line, CALM).number == 1
    undone = clara.post(f"/studio/{CALM}/preview", data={"said": ["Hi, I'm Sam."], "then": "undo", "seed": "1"})
    assert texter_lines(undone.text) == first


def test_an_empty_card_can_be_tried_and_says_what_is_missing(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    clara.post("/studio", data={"title": "Empty still"})
    page = clara.post("/studio/empty-still/preview", data={"text": "Are you thinking of suicide?", "seed": "1"}).text
    assert "[no line yet" in page


def test_a_reply_marked_as_wrong_becomes_a_principle_that_holds(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    chat = {"text": "You should just go to bed earlier.", "seed": "1"}
    page = clara.post(f"/studio/{CALM}/preview", data=chat).text
    never = re.findall(r'name="never" value="([^"]*)"', page)[0]
    mark = {"never": never, "test": chat["text"], "why": WHY, "instead": "mm", "applies_if:1:is": "trust>=0.05"}
    assert clara.post(f"/studio/{CALM}/principles", data=mark).status_code == 303
    version = get_version(line, CALM)
    (principle,) = version.principles
    assert (version.state, principle.why, principle.never, principle.instead) == (State.DRAFT, WHY, never, "mm")
    assert WHY in clara.get(f"/studio/{CALM}/principles").text
    for seed in ("1", "2", "3"):
        again = clara.post(f"/studio/{CALM}/preview", data=chat | {"seed": seed}).text
        assert never not in re.findall(r'name="never" value="([^"]*)"', again)
    clara.post(f"/studio/{CALM}/principles", data=mark)
    assert len(get_version(line, CALM).principles) == 1  # sent twice, it counts once
    assert clara.post(f"/studio/{CALM}/principles/1/remove").status_code == 303
    assert get_version(line, CALM).principles == ()


def test_a_mark_without_a_reason_is_refused(sign_in: As, line: Home) -> None:
    answer = sign_in("clara").post(f"/studio/{CALM}/principles", data={"never": "a", "test": "b", "why": "no"})
    assert (answer.status_code, "say why the reply is wrong" in answer.text) == (400, True)


def test_the_tests_read_like_a_report(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    assert "have not been run" in clara.get(f"/studio/{CALM}/tests").text
    run_as_passed(line, CALM)
    page = clara.get(f"/studio/{CALM}/tests").text
    for words in ("All tests passed.", "no fact before its gate", "0 of 9", "at most 0"):
        assert words in page
    unfinished = clara.post("/studio", data={"title": "Empty still"}).headers["location"].removesuffix("/parts/who")
    refused = clara.post(f"{unfinished}/tests")
    assert (refused.status_code, "more problems" in refused.text) == (400, True)


def test_two_versions_are_compared_part_by_part(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    clara.post(f"/studio/{CALM}/parts/goal", data={"goal.says": "to sleep for once"})
    page = clara.get(f"/studio/{CALM}/versions").text
    assert "From version 1 to version 2" in page
    assert "What they say they want" in page
    assert "+ to sleep for once</ins>" in page
    assert page.count("<section") == 1 + 3  # the emptied fields of the part are changes too


def test_a_card_sent_back_says_why(sign_in: As, line: Home) -> None:
    clara, cleo = sign_in("clara"), sign_in("cleo")
    clara.post(f"/studio/{RISKY}/renew")
    run_as_passed(line, RISKY)
    clara.post(f"/studio/{RISKY}/submit")
    page = cleo.get(f"/studio/{RISKY}/review").text
    assert "2 different reviewers other than the authors" in page
    cleo.post(f"/studio/{RISKY}/review", data={"decision": "return", "reason": WHY})
    assert WHY in clara.get(f"/studio/{RISKY}").text
    assert get_version(line, RISKY).state is State.DRAFT


@pytest.mark.parametrize(
    ("form", "line_of_error"),
    [
        ({"decision": "approve", "reason": "ok"}, "a reason is needed"),
        ({"decision": "", "reason": WHY}, "choose to approve it or to send it back"),
        ({"decision": "approve", "reason": WHY, "until": "tomorrow"}, "that is no date"),
        ({"decision": "approve", "reason": WHY, "until": "2020-01-01"}, "has passed"),
        ({"decision": "approve", "reason": WHY, "until": "9999-12-31"}, "that is no date"),
    ],
)
def test_a_review_that_says_nothing_is_refused(
    sign_in: As, line: Home, form: dict[str, str], line_of_error: str
) -> None:
    sign_in("clara").post(f"/studio/{CALM}/renew")
    run_as_passed(line, CALM)
    sign_in("clara").post(f"/studio/{CALM}/submit")
    answer = sign_in("cleo").post(f"/studio/{CALM}/review", data=form)
    assert (answer.status_code, line_of_error in answer.text) == (400, True)
    assert get_version(line, CALM).state is State.IN_REVIEW


def test_a_script_is_written_message_by_message(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    script = {"kind": "script", "card": CALM, "quality": "skilled", "outcome": "end"}
    place = clara.post("/studio", data=script).headers["location"]
    name = place.split("/")[2]
    assert name == f"{CALM}--skilled2"
    for number in range(6):
        texter = {"author": "T", "phase": "engagement", "text": f"hi {number}", "texter_act": ["greet", ""]}
        clara.post(place, data=texter | {"told": "failed-mock"})
        counselor = {"author": "C", "phase": "exploration", "text": f"Hello # {number}", "texter_act": "joke"}
        assert clara.post(place, data=counselor | {"counselor_act": ["intro", "open_question"]}).status_code == 303
    found = script_of(get_version(line, name))
    assert (len(found.messages), found.messages[0].facts, found.messages[1].acts) == (
        12,
        ("failed-mock",),
        ("intro", "open_question"),
    )
    change = {"at": "2", "author": "C", "phase": "exploration", "text": "Hello there.", "counselor_act": "intro"}
    clara.post(place, data=change)
    assert script_of(get_version(line, name)).messages[1].text == "Hello there."
    clara.post(place, data={"at": "1", "then": "delete"})
    assert "11 of at least 12 messages" in clara.get(place).text
    refused = clara.post(place, data={"author": "T", "phase": "engagement", "text": "no label"})
    assert (refused.status_code, "a message needs a label" in refused.text) == (400, True)


def test_every_page_of_a_script_and_a_card_can_be_read_by_a_reader(sign_in: As, line: Home) -> None:
    ron = sign_in("ron")
    for name, pages in ((CALM, ("", "/preview", "/tests", "/principles")), (SCRIPT, ("",))):
        for page in (*pages, "/review", "/versions", "/source"):
            assert ron.get(f"/studio/{name}{page}").status_code == 200, (name, page)
    assert ron.get("/studio?kind=script&q=exam").text.count("skilled1") >= 1
    assert ron.get("/studio/none").status_code == 404
    assert ron.post(f"/studio/{CALM}/retire").status_code == 404


def test_what_people_do_is_in_the_audit_without_their_words(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    clara.post(f"/studio/{CALM}/parts/goal", data={"goal.says": "a sentence of a clinician"})
    clara.post(f"/studio/{CALM}/retire")
    found = [(each["action"], each["outcome"]) for each in tail(line, 2)]
    assert found == [("save role-play", "done"), ("retire role-play", "done")]
    assert "a sentence of a clinician" not in str(tail(line, 20))
