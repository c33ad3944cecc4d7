"""The debrief: what somebody wrote, what it moved, and how they are; theirs to see, and one teacher's."""

from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, played, say, words

from nightlight.practice.cohorts import make_cohort
from nightlight.settings import Home


def test_the_debrief_quotes_what_the_trainee_wrote(vera: TestClient, chat: str, clock: Clock) -> None:
    page = words(vera.get(played(vera, chat, clock)).text)
    assert "Are you having thoughts of suicide?" in page
    assert "What you did well" in page
    assert page.index("What you did well") < page.index("What to try differently")


def test_it_shows_the_course_as_a_picture_and_as_a_table(vera: TestClient, chat: str, clock: Clock) -> None:
    page = vera.get(played(vera, chat, clock)).text
    assert "<svg" in page
    assert "How it went, message by message" in words(page)
    assert '<th scope="col">Trust</th>' in page


def test_every_skill_has_its_messages_or_is_not_assessed(vera: TestClient, chat: str, clock: Clock) -> None:
    page = vera.get(played(vera, chat, clock)).text
    assert "Asking about suicide in plain words" in words(page)
    assert 'href="#message-4"' in page
    assert 'id="message-4"' in page


def test_a_session_that_goes_on_has_no_debrief_yet(vera: TestClient, chat: str) -> None:
    assert vera.get(f"{chat}/debrief").headers["location"] == chat


def test_three_messages_are_too_few_to_judge(vera: TestClient, chat: str, clock: Clock) -> None:
    say(vera, chat, "Hi, I'm Sam.")
    clock.pass_by(seconds=60)
    vera.post(f"{chat}/end", data={"key": "end"})
    assert "too short to say anything fair" in words(vera.get(f"{chat}/debrief").text)


def test_the_answer_to_how_somebody_is_stays_theirs(
    line: Home, browse: As, vera: TestClient, chat: str, clock: Clock
) -> None:
    make_cohort(line, "March", ["vera"], by="sam", clock=clock)
    played(vera, chat, clock)
    vera.post(f"{chat}/feeling", data={"feeling": "heavy", "note": "my own note"})
    assert "my own note" not in browse("sam").get("/practice/training/cohorts/March").text
    vera.post(f"{chat}/feeling", data={"feeling": "heavy", "note": "my own note", "shared": "yes"})
    assert "my own note" in browse("sam").get("/practice/training/cohorts/March").text


def test_whoever_is_tired_is_shown_whom_to_talk_to(vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    answer = vera.post(f"{chat}/feeling", data={"feeling": "talk"})
    assert answer.headers["location"] == "/practice/wellbeing"


def test_nobody_else_opens_it_as_their_own(browse: As, vera: TestClient, chat: str, clock: Clock) -> None:
    url = played(vera, chat, clock)
    assert vera.get(url).status_code == 200
    assert browse("sam").get(url).status_code == 404
    assert browse("otto").get(url).status_code == 404
