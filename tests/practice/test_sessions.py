"""Promises of kept sessions: nothing is lost, nothing is counted twice, nobody reads another's."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.practice.conftest import CARD, KIND, SECRET, Clock, Play

from nightlight.catalog.audit import tail
from nightlight.db import rows_of, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.practice import sessions, store
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.playing import playing
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said, Waited


def test_a_session_is_resumed_as_it_was_left(anywhere: Home, clock: Clock) -> None:
    practice = sessions.begin(anywhere, "ana", CARD, mode=Mode.NUDGE, seed=3, clock=clock)
    sessions.record(anywhere, practice, Said(20.0, SECRET), key="a", clock=clock)
    turn = sessions.record(anywhere, practice, Waited(200.0), key="b", clock=clock)
    playing.found.clear()  # another process, or this one begun again
    session = sessions.resume(anywhere, practice)
    assert session.turns[-1] == turn
    assert session.turns[1].counselor == SECRET


def test_a_message_sent_twice_counts_once(anywhere: Home, clock: Clock) -> None:
    practice = sessions.begin(anywhere, "ana", CARD, mode=Mode.NUDGE, seed=3, clock=clock)
    first = sessions.record(anywhere, practice, Said(20.0, SECRET), key="a", clock=clock)
    playing.found.clear()
    again = sessions.record(anywhere, practice, Said(25.0, SECRET), key="a", clock=clock)
    assert again == first
    assert len(sessions.resume(anywhere, practice).turns) == 2


def test_a_last_message_sent_twice_gives_the_same_end(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    end = sessions.record(people, practice, Closed(20.0), key="end", clock=clock)
    assert sessions.record(people, practice, Closed(21.0), key="end", clock=clock) == end


def test_two_tabs_give_one_order_and_lose_nothing(anywhere: Home, clock: Clock) -> None:
    practice = sessions.begin(anywhere, "ana", CARD, mode=Mode.NUDGE, seed=3, clock=clock)

    def send(number: int) -> None:
        sessions.record(anywhere, practice, Said(60.0 * number, KIND[number]), key=f"k{number}", clock=clock)

    with ThreadPoolExecutor(4) as tabs:
        list(tabs.map(send, range(1, 5)))
    with transaction(anywhere.database_url) as connection:
        events = store.events_of(connection, practice.id)
    assert [each.number for each in events] == [1, 2, 3, 4]
    assert {each.key for each in events} == {"k1", "k2", "k3", "k4"}
    assert [each.event.at for each in events] == sorted(each.event.at for each in events)


OTHER_PROCESS = """
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from nightlight.practice import sessions
from nightlight.settings import Home
from nightlight.simulator.session import Said
root, database, practice_id, name, *texts = sys.argv[1:]
home = Home.open(Path(root))
home = replace(home, settings=replace(home.settings, database=database))
practice = sessions.find_practice(home, practice_id)
for number, text in enumerate(texts):
    event = Said(60.0 * number, text)
    sessions.record(home, practice, event, key=f"{name}{number}", clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))
"""


def test_two_processes_give_one_order_and_lose_nothing(anywhere: Home, clock: Clock) -> None:
    practice = sessions.begin(anywhere, "ana", CARD, mode=Mode.NUDGE, seed=3, clock=clock)
    where = (str(anywhere.root), anywhere.settings.database, practice.id)
    others = [
        subprocess.Popen([sys.executable, "-c", OTHER_PROCESS, *where, name, *texts])
        for name, texts in (("x", KIND[:3]), ("y", KIND[3:]))
    ]
    assert [other.wait(60) for other in others] == [0, 0]
    with transaction(anywhere.database_url) as connection:
        events = store.events_of(connection, practice.id)
    assert [each.number for each in events] == [1, 2, 3, 4, 5, 6]
    assert {each.key for each in events} == {"x0", "x1", "x2", "y0", "y1", "y2"}
    assert len(sessions.resume(anywhere, practice).turns) == 7


def test_events_keep_the_labels_they_had(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    sessions.record(people, practice, Said(20.0, SECRET), key="a", clock=clock)
    with transaction(people.database_url) as connection:
        labels = json.dumps([["advice", 0.9]])
        update_rows(connection, "practice_events", {"session": practice.id}, {"labels": labels})
    playing.found.clear()
    assert [each.act for each in sessions.resume(people, practice).turns[1].acts] == ["advice"]


def test_what_the_texter_said_stays_said_whatever_the_engine_says_today(anywhere: Home, clock: Clock) -> None:
    practice = sessions.begin(anywhere, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    for number, text in enumerate(KIND[:2]):
        sessions.record(anywhere, practice, Said(60.0 * (number + 1), text), key=str(number), clock=clock)
    with transaction(anywhere.database_url) as connection:
        for event in store.events_of(connection, practice.id):
            match, replies = {"session": practice.id, "number": event.number}, json.dumps([["as it was said", 2.5]])
            update_rows(connection, "practice_events", match, {"replies": replies})
    playing.found.clear()
    turns = sessions.resume(anywhere, practice).turns[1:]
    assert [[(reply.text, reply.after) for reply in turn.replies] for turn in turns] == [[("as it was said", 2.5)]] * 2


def test_a_session_that_ended_otherwise_than_today_can_still_be_read(people: Home, clock: Clock, play: Play) -> None:
    practice = play(people, "ana")
    with transaction(people.database_url) as connection:
        match = {"session": practice.id, "number": 2}
        update_rows(connection, "practice_events", match, {"outcome": "left"})
    playing.found.clear()
    assert sessions.resume(people, practice).outcome == "left"


def test_only_the_owner_finds_a_session(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    assert sessions.find_own(people, "ana", practice.id).id == practice.id
    for other in ("ben", "sam", "otto"):
        with pytest.raises(NightlightError) as somebody:
            sessions.find_own(people, other, practice.id)
        with pytest.raises(NightlightError) as nothing:
            sessions.find_own(people, other, "no-such-session")
        assert str(somebody.value) == str(nothing.value)
    assert [each.id for each in sessions.list_practices(people, "ana")] == [practice.id]
    assert not sessions.list_practices(people, "ben")


def test_a_trainer_opens_ended_sessions_of_their_own_people_and_the_audit_has_it(
    people: Home, clock: Clock, play: Play
) -> None:
    make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    practice = play(people, "ana")
    assert sessions.open_ended(people, practice.id, by="sam").id == practice.id
    assert tail(people, 1)[0]["action"] == "practice open"
    for other in ("tess", "ben", "otto"):  # a trainer of others, a colleague, a stranger
        with pytest.raises(NightlightError):
            sessions.open_ended(people, practice.id, by=other)


def test_a_trainer_opens_neither_a_running_nor_a_stopped_session(people: Home, clock: Clock) -> None:
    make_cohort(people, "A", ["ana"], by="sam", clock=clock)
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    with pytest.raises(NightlightError, match="no such practice"):
        sessions.open_ended(people, practice.id, by="sam")
    assert sessions.stop(people, practice, clock=clock).stopped
    with pytest.raises(NightlightError, match="no such practice"):
        sessions.open_ended(people, practice.id, by="sam")


def test_nothing_that_was_written_is_in_the_audit(people: Home, clock: Clock, play: Play) -> None:
    practice = play(people, "ana")
    sessions.branch(people, practice, 1, "Thank you for telling me that.", clock=clock)
    records = str(tail(people, 50))
    assert "practice record" in records
    assert SECRET not in records
    assert "Thank you" not in records


def test_no_audit_no_practice(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    (people.root / "keys" / "audit").unlink()
    with pytest.raises(NightlightError, match="audit"):
        sessions.record(people, practice, Said(20.0, SECRET), key="a", clock=clock)
    with transaction(people.database_url) as connection:
        assert not store.events_of(connection, practice.id)


def test_no_time_passes_for_the_texter_in_a_pause(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    clock.pass_by(seconds=40)
    practice = sessions.pause(people, practice, clock=clock)
    clock.pass_by(hours=3)
    assert sessions.seconds_into(practice, clock()) == 40
    with pytest.raises(NightlightError, match="paused"):
        sessions.record(people, practice, Said(41.0, SECRET), key="a", clock=clock)
    practice = sessions.go_on(people, practice, clock=clock)
    clock.pass_by(seconds=5)
    assert sessions.seconds_into(practice, clock()) == 45
    assert sessions.record(people, practice, Said(45.0, SECRET), key="a", clock=clock).number == 1


def test_what_has_ended_takes_nothing_more(people: Home, clock: Clock, play: Play) -> None:
    practice = play(people, "ana")
    with pytest.raises(NightlightError, match="has ended"):
        sessions.record(people, practice, Said(100.0, SECRET), key="late", clock=clock)
    assert not sessions.stop(people, practice, clock=clock).stopped, "an ended session is not stopped afterwards"


def test_a_stopped_session_has_no_score(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.OFF, kind="assessment", clock=clock)
    stopped = sessions.stop(people, practice, clock=clock)
    with transaction(people.database_url) as connection:
        assert not rows_of(connection, "practice_items", "item", session=practice.id)
    assert (stopped.stopped, stopped.passed, stopped.outcome) == (True, None, None)


def test_an_assessment_gives_no_feedback_and_closing_at_once_is_no_pass(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.COACH, kind="assessment", clock=clock)
    assert practice.mode is Mode.OFF
    sessions.record(people, practice, Closed(5.0), key="end", clock=clock)
    assert sessions.find_practice(people, practice.id).passed is False


def test_another_course_shares_the_beginning_and_leaves_the_first_alone(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, seed=5, clock=clock)
    for number, text in enumerate(["Hi, I'm Kai. What's on your mind?", "So it built up.", "You should rest."]):
        sessions.record(people, practice, Said(60.0 * (number + 1), text), key=str(number), clock=clock)
    clock.pass_by(minutes=30)
    other = sessions.branch(people, practice, 3, "That sounds tiring.", clock=clock)
    one, two = sessions.resume(people, practice), sessions.resume(people, other)
    assert [turn.counselor for turn in two.turns] == [
        *(turn.counselor for turn in one.turns[:3]),
        "That sounds tiring.",
    ]
    assert two.turns[:3] == one.turns[:3]
    assert one.turns[3].counselor == "You should rest."
    clock.pass_by(seconds=10)
    assert sessions.seconds_into(other, clock()) == 190, "its clock goes on from the message it replaces"
    with pytest.raises(NightlightError, match="no message 9"):
        sessions.branch(people, practice, 9, "hello", clock=clock)


def test_a_retired_card_is_not_begun_again_by_another_course(people: Home, clock: Clock, play: Play) -> None:
    practice = play(people, "ana")
    with transaction(people.database_url) as connection:
        update_rows(connection, "roleplay_versions", {"name": CARD}, {"state": "retired"})
    assert len(sessions.resume(people, practice).turns) == 3, "what was played is still to be read"
    with pytest.raises(NightlightError, match="not for practice"):
        sessions.branch(people, practice, 1, "hello", clock=clock)


@pytest.mark.parametrize("card", ["no-such-card", ""])
def test_an_unknown_card_is_refused_in_one_line(people: Home, clock: Clock, card: str) -> None:
    with pytest.raises(NightlightError, match="there is no card"):
        sessions.begin(people, "ana", card, mode=Mode.NUDGE, clock=clock)


def test_a_copy_that_is_played_on_stores_nothing(people: Home, clock: Clock) -> None:
    practice = sessions.begin(people, "ana", CARD, mode=Mode.NUDGE, clock=clock)
    sessions.resume(people, practice).handle(Said(10.0, SECRET))
    assert len(sessions.resume(people, practice).turns) == 1
