"""A shift: several texters at once, who waits how long, and a summary when it is over."""

import pytest
from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, say, words

from nightlight.practice.sessions import find_practice, list_practices, resume
from nightlight.settings import Home


@pytest.fixture
def shift(vera: TestClient) -> str:
    return str(vera.post("/practice/shift", data={"texters": "2", "level": "2"}).headers["location"])


def chats(line: Home) -> list[str]:
    """The chats of vera's shift, the first to come first."""
    return [
        f"/practice/sessions/{each.id}" for each in sorted(list_practices(line, "vera"), key=lambda each: each.began_at)
    ]


def test_the_texters_come_one_after_another(line: Home, vera: TestClient, shift: str, clock: Clock) -> None:
    page = words(vera.get(shift).text)
    assert "Practice: the texters are played." in page
    assert page.count("not here yet") == 1
    second = chats(line)[1]
    assert "This texter is not here yet." in words(vera.get(second).text)
    clock.pass_by(seconds=61)
    assert "not here yet" not in words(vera.get(shift).text)


def test_who_waits_for_more_than_three_minutes_is_shown_as_late(vera: TestClient, shift: str, clock: Clock) -> None:
    clock.pass_by(seconds=120)
    assert "late" not in words(vera.get(shift).text)
    clock.pass_by(seconds=120)
    assert "late" in words(vera.get(shift).text)


def test_the_list_stays_above_every_chat(line: Home, vera: TestClient, shift: str, clock: Clock) -> None:
    clock.pass_by(seconds=70)
    first, second = chats(line)
    page = vera.get(first).text
    assert f'href="{second}"' in page
    assert 'aria-current="page"' in page


def test_a_texter_nobody_looks_at_wonders_about_the_silence_too(
    line: Home, vera: TestClient, shift: str, clock: Clock
) -> None:
    clock.pass_by(seconds=400)
    vera.post(f"{shift}/clock", headers={"hx-request": "true"})
    turns = [resume(line, find_practice(line, chat.rpartition("/")[2])).turns for chat in chats(line)]
    assert all(len(each) == 2 for each in turns)


def test_a_shift_that_is_over_says_how_long_people_waited(
    line: Home, vera: TestClient, shift: str, clock: Clock
) -> None:
    clock.pass_by(seconds=100)
    for chat in chats(line):
        say(vera, chat, "Hi, I'm Sam. I'm glad you wrote.")
        clock.pass_by(seconds=30)
        vera.post(f"{chat}/end", data={"key": "end"})
    page = words(vera.get(shift).text)
    assert "Longest wait" in page
    assert "It ended without a close" in page


def test_stopping_a_shift_leaves_all_its_chats(line: Home, vera: TestClient, shift: str) -> None:
    vera.post(f"{shift}/stop")
    assert all(each.stopped for each in list_practices(line, "vera"))
    assert vera.get(shift).status_code == 404


def test_a_shift_is_for_the_one_who_began_it(browse: As, vera: TestClient, shift: str) -> None:
    assert vera.get(shift).status_code == 200
    for name in ("sam", "otto"):
        assert browse(name).get(shift).status_code == 404
        assert browse(name).post(f"{shift}/stop").status_code == 404
