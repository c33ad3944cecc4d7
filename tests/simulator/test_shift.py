"""A shift of several texters: who waits, who was late, what is due, on one clock."""

import pytest

from nightlight.conversations.corpus import starter_corpus
from nightlight.labelling.acts import shipped_labeller
from nightlight.simulator.session import Session, Waited
from nightlight.simulator.shift import Shift, supervisor_says

CARDS = starter_corpus().cards


def session(card: str = "exam-week-sleepless", seed: int = 1) -> Session:
    return Session(CARDS[card], seed=seed, labeller=shipped_labeller())


def two() -> Shift:
    return Shift({"ana": session(), "ben": session("night-shift-fine", 2)}, {"ben": 100.0})


def test_the_texter_who_has_waited_longest_comes_first() -> None:
    shift = two()
    assert [each.texter for each in shift.waiting(150.0)] == ["ana", "ben"]
    shift.say("ana", 160.0, "Hi, I'm Sam. What's going on?")
    assert next(each.texter for each in shift.waiting(200.0)) == "ben"


def test_a_texter_who_has_not_come_yet_does_not_wait() -> None:
    assert [each.texter for each in two().waiting(50.0)] == ["ana"]


def test_waiting_more_than_three_minutes_is_late() -> None:
    shift = two()
    came = shift.sessions["ana"].turns[0].heard_at
    assert [each.late for each in shift.waiting(came + 180.0) if each.texter == "ana"] == [False]
    assert [each.late for each in shift.waiting(came + 181.0) if each.texter == "ana"] == [True]


def test_a_silence_is_due_when_it_is_over_and_once() -> None:
    shift = two()
    turn = shift.sessions["ana"].turns[0]
    assert turn.listen is not None
    over = turn.heard_at + turn.listen
    assert shift.next(over - 1.0) == ()
    due = shift.next(over)
    assert [(each.texter, each.event) for each in due] == [("ana", Waited(over))]
    handled = shift.advance(over)
    assert [texter for texter, _ in handled] == ["ana"]
    assert not [each for each in shift.next(over) if each.texter == "ana"]


def test_events_are_in_the_sessions_own_time() -> None:
    shift = two()
    turn = shift.say("ben", 160.0, "Hi, I'm Sam. What's going on?")
    assert turn.event is not None
    assert turn.event.at == 60.0


def test_the_summary_counts_replies_waits_and_switches() -> None:
    shift = two()
    for at, texter in ((60.0, "ana"), (150.0, "ben"), (400.0, "ana"), (430.0, "ana"), (450.0, "ben")):
        if shift.sessions[texter].outcome is None:
            shift.say(texter, at, "What is that like for you?")
    found = shift.summary()
    replies = {each.texter: each.replies for each in found.texters}
    assert replies == {"ana": 3, "ben": 2}
    assert found.switches == 3
    assert found.at_once == 2
    assert found.late >= 1
    assert found.longest_wait is not None
    assert found.longest_wait > 180.0
    assert found.median_wait is not None


def test_an_untouched_shift_has_no_times() -> None:
    found = two().summary()
    assert (found.median_wait, found.longest_wait, found.late, found.switches) == (None, None, 0, 0)


def test_a_texter_whose_session_is_over_neither_waits_nor_hears_silence() -> None:
    shift = two()
    shift.close("ana", 60.0)
    assert [each.texter for each in shift.waiting(2000.0)] == ["ben"]
    assert {each.texter for each in shift.next(2000.0)} == {"ben"}


def test_the_supervisor_answers_for_each_texter() -> None:
    shift = two()
    shift.call_supervisor("ana", 60.0, "not sure")
    shift.call_supervisor("ben", 160.0, "thoughts, plan, Thursday")
    easy, danger = (supervisor_says(shift.sessions[texter]) for texter in ("ana", "ben"))
    assert easy != danger
    assert "supervisor" in easy.lower()
    assert "supervisor" in danger.lower()


def test_the_same_shift_twice_is_the_same() -> None:
    def played() -> list[str]:
        shift = two()
        shift.say("ana", 60.0, "Hi, I'm Sam. What's going on?")
        shift.advance(900.0)
        return [reply.text for each in shift.sessions.values() for turn in each.turns for reply in turn.replies]

    assert played() == played()


def test_a_shift_holds_three_texters_at_most() -> None:
    with pytest.raises(ValueError, match="1 to 3"):
        Shift({str(number): session(seed=number) for number in range(4)})
