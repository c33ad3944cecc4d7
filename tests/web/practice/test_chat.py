"""The chat: messages come and go, nothing is lost, and every way out is open at any moment."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from tests.web.practice.conftest import As, Clock, begin, browsers, say, words

from nightlight.catalog.audit import tail
from nightlight.practice.sessions import find_practice, resume
from nightlight.settings import Home, WordingSettings

HTMX = {"hx-request": "true", "hx-request-type": "partial"}
OWN_DISTRESS = "I have to stop, this is too much for me, it happened to my own brother"


def id_of(chat: str) -> str:
    return chat.rpartition("/")[2]


def test_it_is_always_said_that_the_texter_is_played(vera: TestClient, chat: str) -> None:
    page = words(vera.get(chat).text)
    assert "Practice: the texter is played." in page
    assert "Texter (played)" in page


def test_a_small_line_says_who_words_the_replies(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    assert "The words are the card’s own." in words(vera.get(chat).text)
    wording = WordingSettings("openai", "http://127.0.0.1:9", "harbour", timeout_seconds=1)
    with browsers(replace(line, settings=replace(line.settings, wording=wording)), clock) as browser:
        other = begin(browser("vera"))
        say(browser("vera"), other, "That sounds hard.", key="1")
        page = words(browser("vera").get(other).text)
    assert "Words by a language model: openai harbour." in page
    assert "The words are the card’s own." not in page


def test_a_texters_words_arrive_one_after_another(vera: TestClient, chat: str, clock: Clock) -> None:
    first = vera.get(f"{chat}/lines?seen=", headers=HTMX).text
    assert "The texter is typing" in first
    assert "Texter (played)" not in first
    clock.pass_by(seconds=120)
    assert "Texter (played)" in vera.get(f"{chat}/lines?seen=", headers=HTMX).text


def test_a_screen_that_has_it_all_gets_nothing(vera: TestClient, chat: str) -> None:
    page = vera.get(chat).text
    seen = page.partition("/lines?seen=")[2].partition('"')[0]
    assert seen
    assert vera.get(f"{chat}/lines?seen={seen}", headers=HTMX).status_code == 204


def test_without_scripts_a_message_brings_every_reply_at_once(vera: TestClient, chat: str) -> None:
    answer = vera.post(f"{chat}/messages", data={"text": "Hi, I'm Sam. What is going on?", "key": "1"})
    page = vera.get(answer.headers["location"]).text
    mine = page.index("Hi, I&#39;m Sam. What is going on?")
    assert "Texter (played)" in page[mine:]
    assert "<noscript>" not in page


def test_a_message_sent_twice_with_one_key_counts_once(line: Home, vera: TestClient, chat: str) -> None:
    for _ in range(2):
        say(vera, chat, "I'm here with you.", key="one")
    session = resume(line, find_practice(line, id_of(chat)))
    assert [turn.counselor for turn in session.turns if turn.counselor] == ["I'm here with you."]


def test_a_refused_message_stays_in_its_box(vera: TestClient, chat: str) -> None:
    answer = vera.post(f"{chat}/messages", data={"text": "x" * 1001, "key": "1"})
    assert answer.status_code == 400
    assert "too long for a text message" in words(answer.text)
    assert "x" * 1001 in answer.text


def test_htmx_is_told_a_problem_alone(vera: TestClient, chat: str) -> None:
    answer = vera.post(f"{chat}/messages", data={"text": " ", "key": "1"}, headers=HTMX)
    assert answer.status_code == 400
    assert words(answer.text) == "Write something first."


def test_a_long_silence_makes_the_texter_wonder(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    clock.pass_by(seconds=400)
    vera.post(f"{chat}/silence", headers=HTMX)
    session = resume(line, find_practice(line, id_of(chat)))
    assert len(session.turns) == 2
    assert session.turns[1].counselor == ""


def test_a_silence_that_is_not_over_is_none(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    clock.pass_by(seconds=1)
    vera.post(f"{chat}/silence", headers=HTMX)
    assert len(resume(line, find_practice(line, id_of(chat))).turns) == 1


def test_no_time_passes_while_a_practice_is_paused(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    clock.pass_by(seconds=30)
    vera.post(f"{chat}/pause")
    assert "Paused." in words(vera.get(chat).text)
    clock.pass_by(seconds=3600)
    vera.post(f"{chat}/go-on")
    say(vera, chat, "I'm back.")
    assert resume(line, find_practice(line, id_of(chat))).turns[-1].event.at == pytest.approx(30)  # type: ignore[union-attr]


def test_stopping_counts_for_nothing_and_is_kind(line: Home, vera: TestClient, chat: str) -> None:
    answer = vera.post(f"{chat}/stop")
    page = words(vera.get(answer.headers["location"]).text)
    assert "counts for nothing" in page
    assert find_practice(line, id_of(chat)).stopped
    assert vera.get(f"{chat}/debrief").headers["location"] == f"{chat}/stopped"
    assert chat not in vera.get("/practice").text


def test_the_supervisor_can_be_called_with_a_reason(line: Home, vera: TestClient, chat: str, clock: Clock) -> None:
    clock.pass_by(seconds=60)
    vera.post(f"{chat}/supervisor", data={"reason": "I am not sure about the risk", "key": "s"})
    assert "You called the supervisor." in words(vera.get(chat).text)


def test_ending_leads_to_the_debrief(vera: TestClient, chat: str, clock: Clock) -> None:
    say(vera, chat, "Hi, I'm Sam.")
    clock.pass_by(seconds=60)
    answer = vera.post(f"{chat}/end", data={"key": "e"})
    assert answer.headers["location"] == f"{chat}/debrief"
    assert vera.get(f"{chat}/debrief").status_code == 200


def test_the_trainees_own_distress_stops_the_play_and_goes_nowhere(line: Home, vera: TestClient, chat: str) -> None:
    answer = vera.post(f"{chat}/messages", data={"text": OWN_DISTRESS, "key": "1"})
    page = words(answer.text)
    assert answer.status_code == 200
    assert "Let's stop here" in page
    assert "Talk to a person" in page
    practice = find_practice(line, id_of(chat))
    assert practice.paused_at is not None
    assert len(resume(line, practice).turns) == 1


def test_what_sounds_like_distress_but_was_meant_for_the_texter_is_sent(
    line: Home, vera: TestClient, chat: str
) -> None:
    vera.post(f"{chat}/messages", data={"text": OWN_DISTRESS, "key": "1"})
    answer = vera.post(f"{chat}/messages", data={"text": OWN_DISTRESS, "key": "1", "meant": "yes"})
    assert answer.status_code == 303
    practice = find_practice(line, id_of(chat))
    assert practice.paused_at is None
    assert resume(line, practice).turns[-1].counselor == OWN_DISTRESS


def test_nobody_opens_another_persons_chat(browse: As, vera: TestClient, chat: str) -> None:
    for name in ("sam", "otto"):
        other = browse(name)
        assert other.get(chat).status_code == 404
        assert other.post(f"{chat}/messages", data={"text": "hello", "key": "1"}).status_code == 404
        assert other.post(f"{chat}/stop").status_code == 404
    assert vera.get(chat).status_code == 200


def test_the_audit_has_the_acts_and_not_a_word_of_what_was_written(line: Home, vera: TestClient, chat: str) -> None:
    say(vera, chat, "a sentence nobody else may read")
    records = tail(line, 20, principal="vera")
    assert {"practice begin", "practice record"} <= {record["action"] for record in records}
    assert "nobody else may read" not in str(records)


def test_feedback_is_off_when_it_was_chosen_off(vera: TestClient, clock: Clock) -> None:
    with_coach, without = begin(vera), begin(vera, mode="off")
    for chat in (with_coach, without):
        clock.pass_by(seconds=30)
        say(vera, chat, "You should just get more sleep and stop worrying.")
    assert 'class="coach' in vera.get(f"{with_coach}?at_once=true").text
    assert 'class="coach' not in vera.get(f"{without}?at_once=true").text
