"""Progress: one's own, skill by skill; certificates with what they ask for."""

from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, begin, played, words

from nightlight.practice.certificates import set_rule
from nightlight.practice.efficacy import TASKS
from nightlight.settings import Home


def test_progress_is_told_skill_by_skill(vera: TestClient, clock: Clock) -> None:
    for _ in range(2):
        played(vera, begin(vera), clock)
    page = vera.get("/practice/progress")
    assert "<svg" in page.text
    assert "Asking about suicide in plain words" in words(page.text)


def test_what_was_stopped_is_not_among_it(vera: TestClient, chat: str) -> None:
    vera.post(f"{chat}/stop")
    assert "There is nothing yet" in words(vera.get("/practice/progress").text)


def test_it_is_ones_own(browse: As, vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    assert "First winter without Mum" in words(vera.get("/practice/progress").text)
    assert "There is nothing yet" in words(browse("sam").get("/practice/progress").text)
    assert browse("otto").get("/practice/progress").status_code == 404


def test_certificates_say_what_they_ask_for(line: Home, vera: TestClient, clock: Clock) -> None:
    set_rule(line, "Ready", passes=2, difficulty=2, within_days=60, items=["goal"], by="sam", clock=clock)
    page = words(vera.get("/practice/progress").text)
    assert "Ready : 2 passed assessments, of level 2 or harder" in page
    assert "What would help, in the texter's own words" in page


def test_how_sure_somebody_feels_is_kept(vera: TestClient) -> None:
    answers = {"moment": "before", "task": list(TASKS), "value": ["5"] * len(TASKS)}
    answer = vera.post("/practice/progress/sureness", data=answers)
    assert answer.status_code == 303
    assert "on average 5 of 10" in words(vera.get("/practice/progress").text)


def test_an_answer_that_is_no_number_is_told(vera: TestClient) -> None:
    answers = {"moment": "before", "task": list(TASKS), "value": ["eleven"] * len(TASKS)}
    answer = vera.post("/practice/progress/sureness", data=answers)
    assert answer.status_code == 400
    assert "an answer is missing" in words(answer.text)
