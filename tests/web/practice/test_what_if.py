"""What if: another message in the place of one's own, both outcomes side by side, and the way on from there."""

from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, played, words

from nightlight.practice.sessions import find_practice, list_practices, resume
from nightlight.settings import Home

WARMER = "That sounds so heavy to carry. What is it like for you at night?"


def test_both_messages_stand_side_by_side(vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    page = words(vera.post(f"{chat}/what-if/5", data={"text": WARMER}).text)
    assert page.index("What you wrote") < page.index("You should just get more sleep.")
    assert page.index("What you try now") < page.rindex(WARMER)
    assert "trust fell" in page
    assert "trust grew" in page


def test_a_try_is_not_kept(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    before = list_practices(line, "vera")
    vera.post(f"{chat}/what-if/5", data={"text": WARMER})
    assert list_practices(line, "vera") == before
    assert WARMER not in vera.get(f"{chat}/debrief").text


def test_going_on_from_there_is_a_practice_of_its_own(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    answer = vera.post(f"{chat}/what-if/5/go-on", data={"text": WARMER})
    new = answer.headers["location"].partition("#")[0]
    assert new != chat
    turns = resume(line, find_practice(line, new.rpartition("/")[2])).turns
    assert [turn.counselor for turn in turns[1:5]][-1] == "Are you having thoughts of suicide?"
    assert turns[5].counselor == WARMER
    assert vera.get(new).status_code == 200


def test_what_was_no_message_of_ones_own_cannot_be_tried_again(vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    assert vera.get(f"{chat}/what-if/0").status_code == 404
    assert vera.get(f"{chat}/what-if/99").status_code == 404


def test_an_empty_message_is_told_and_both_stay(vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    answer = vera.post(f"{chat}/what-if/5", data={"text": "  "})
    assert answer.status_code == 400
    assert "Write something first." in words(answer.text)


def test_it_is_for_the_one_who_wrote_it(browse: As, vera: TestClient, chat: str, clock: Clock) -> None:
    played(vera, chat, clock)
    assert vera.get(f"{chat}/what-if/5").status_code == 200
    for name in ("sam", "otto"):
        assert browse(name).get(f"{chat}/what-if/5").status_code == 404
        assert browse(name).post(f"{chat}/what-if/5", data={"text": WARMER}).status_code == 404
