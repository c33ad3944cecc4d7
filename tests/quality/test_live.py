"""A conversation told message by message, as chat software sends it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from tests.quality.conftest import ASKED, HARD, Clock, Talk

from nightlight.conversations.labels import Author
from nightlight.db import insert_row, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.quality import live, reading
from nightlight.quality.events import Event, EventError
from nightlight.quality.flags.declared import Severity
from nightlight.quality.live import LiveAnswer, end_conversation, look_again, take_event
from nightlight.quality.store import Case, ConflictError, QueuedFlag, State, find_case, flags_of, history_of
from nightlight.settings import Home

NOT_ASSESSED = "risk_not_assessed"


def rules(answer: LiveAnswer) -> list[str]:
    return [flag.rule for flag in answer.flags]


def queued(home: Home, conversation: str = "live-1") -> dict[str, QueuedFlag]:
    with transaction(home.database_url) as connection:
        return {flag.rule: flag for flag in flags_of(connection, conversation)}


def case(home: Home, conversation: str = "live-1") -> Case:
    with transaction(home.database_url) as connection:
        found = find_case(connection, conversation)
    assert found is not None
    return found


def test_risk_that_nobody_asks_about_raises_a_flag_within_three_messages_and_clears_when_asked(talk: Talk) -> None:
    assert rules(talk.say("T: hi", "C: Hi, I'm Sam. What is going on?", f"T: {HARD}")) == []
    assert rules(talk.say("C: That sounds heavy.", "C: What was work like today?")) == []
    third = talk.say("C: Tell me about your day.")
    assert [flag.rule for flag in third.raised] == [NOT_ASSESSED]
    assert queued(talk.home)[NOT_ASSESSED].state is State.OPEN
    assert "m3" in queued(talk.home)[NOT_ASSESSED].message_ids
    asked = talk.say(f"C: {ASKED}")
    assert asked.cleared == (NOT_ASSESSED,)
    assert rules(asked) == []
    assert queued(talk.home)[NOT_ASSESSED].state is State.CLEARED


def test_asked_in_time_no_flag_is_ever_raised(talk: Talk) -> None:
    talk.say("T: hi", f"T: {HARD}", "C: That sounds heavy.", f"C: {ASKED}", "T: yes", "C: Thank you for telling me.")
    assert NOT_ASSESSED not in queued(talk.home)


def test_an_answer_has_the_labels_of_its_message_and_the_risk_so_far(talk: Talk) -> None:
    told = talk.say("T: hi", f"T: {HARD}")
    assert told.labels is not None
    assert told.labels.risk is not None
    assert told.labels.risk.level == told.risk > 0
    asked = talk.say(f"C: {ASKED}")
    assert asked.labels is not None
    assert asked.labels.acts is not None
    assert asked.labels.acts[0].act == "risk_thoughts"
    assert asked.risk == told.risk


def test_a_message_sent_twice_counts_once(talk: Talk) -> None:
    talk.say("T: hi", f"T: {HARD}")
    again = talk.send("m2", f"T: {HARD}")
    assert again.duplicate
    assert again.labels is not None
    assert case(talk.home).messages == 2
    assert not talk.say("C: I am here.").duplicate


def test_another_text_under_a_known_id_is_refused_and_nothing_is_stored(talk: Talk) -> None:
    talk.say("T: hi")
    before = case(talk.home)
    with pytest.raises(ConflictError, match="another message") as refusal:
        talk.send("m1", f"T: {HARD}")
    assert HARD not in str(refusal.value)
    assert case(talk.home) == before


def test_the_same_text_of_the_other_one_is_another_message(talk: Talk) -> None:
    talk.say("T: hi")
    with pytest.raises(ConflictError):
        talk.send("m1", "C: hi")


def test_a_message_that_comes_late_takes_its_place_and_what_follows_is_read_again(talk: Talk) -> None:
    talk.say("T: hi", f"T: {HARD}", "C: That sounds heavy.")
    late = talk.clock.now - timedelta(seconds=10)
    talk.say("C: What was work like today?", "C: Tell me about your day.")
    assert queued(talk.home)[NOT_ASSESSED].state is State.OPEN
    answer = talk.send("late", f"C: {ASKED}", sent_at=late.isoformat())
    assert answer.cleared == (NOT_ASSESSED,)
    with transaction(talk.home.database_url) as connection:
        rows = rows_of(connection, "quality_messages", "sent_at, arrived", conversation="live-1")
    assert [row["message_id"] for row in rows] == ["m1", "m2", "late", "m3", "m4", "m5"]
    assert all(row["labels"] for row in rows)


def test_in_any_order_the_labels_are_those_of_the_right_order(people: Home, clock: Clock) -> None:
    lines = ["T: hi", "C: Hi, I'm Sam. What is going on?", f"T: {HARD}", f"C: {ASKED}", "T: yes", "C: Thank you."]
    times = [clock.now + timedelta(seconds=30 * number) for number in range(len(lines))]
    clock.pass_by(minutes=5)
    found = []
    for name, order in (("right", range(6)), ("wrong", (3, 0, 5, 1, 4, 2))):
        talk = Talk(people, clock, conversation=name)
        for number in order:
            talk.send(f"m{number}", lines[number], sent_at=times[number].isoformat())
        with transaction(people.database_url) as connection:
            rows = rows_of(connection, "quality_messages", "sent_at", conversation=name)
        found.append([(row["message_id"], row["labels"]) for row in rows])
    assert found[0] == found[1]


def test_texts_that_cannot_be_read_are_stored_and_say_why_they_have_no_labels(talk: Talk) -> None:
    for line in ("T: 😭😭😭", "T: ", "C: 🙏"):
        answer = talk.say(line)
        assert answer.labels is not None
        assert answer.labels.abstained
        assert answer.labels.acts is None
        assert answer.labels.risk is None
    assert case(talk.home).messages == 3
    assert case(talk.home).risk == 0


def test_another_language_raises_no_flag_about_words(talk: Talk) -> None:
    answer = talk.say(*[f"{'C' if number % 2 else 'T'}: ich weiß nicht mehr weiter, {number}" for number in range(8)])
    assert not {"imminent_risk", NOT_ASSESSED, "harmful_message"} & set(rules(answer))


def test_texts_with_halves_of_characters_and_zeros_are_stored(talk: Talk) -> None:
    talk.say("T: a\ud800b\0c")
    assert talk.send("m1", "T: a\ud800b\0c").duplicate


def test_a_long_conversation_costs_less_than_half_a_second_an_event(talk: Talk) -> None:
    talk.say("T: hi")
    with transaction(talk.home.database_url) as connection:
        for number in range(10_000):
            values = {
                "conversation": "live-1",
                "message_id": f"old{number}",
                "arrived": 1,
                "author": "counselor" if number % 2 else "texter",
                "sent_at": talk.clock.now + timedelta(seconds=number),
                "text": "and then i went home",
                "labels": '{"phase": "exploration", "coarse": "assessment", "phase_p": 0.9, "acts": null, "risk": null,'
                ' "abstained": null}',
            }
            insert_row(connection, "quality_messages", values)
    talk.clock.pass_by(seconds=10_000)
    talk.say("T: hm")
    begun = process_time()
    answer = talk.say(f"T: {HARD}")
    seconds = process_time() - begun
    assert seconds < 1.5  # it is a third of that; the machine does other things as well
    assert answer.risk > 0
    assert case(talk.home).messages == 10_003


def test_the_end_raises_flags_of_the_end(talk: Talk) -> None:
    talk.say("T: hi", f"T: {HARD}", "C: That sounds heavy.")
    answer = end_conversation(talk.home, "live-1", at=talk.clock.now, ended_by=Author.COUNSELOR, clock=talk.clock)
    assert "no_closing" in rules(answer)
    assert case(talk.home).ended_by == "counselor"
    assert case(talk.home).ended_at == talk.clock.now


def test_an_end_sent_twice_counts_once_and_never_lies_before_the_last_message(talk: Talk) -> None:
    talk.say("T: hi", "C: hello")
    early = talk.clock.now - timedelta(minutes=5)
    first = end_conversation(talk.home, "live-1", at=early, ended_by=Author.TEXTER, clock=talk.clock)
    assert not first.duplicate
    assert case(talk.home).ended_at == talk.clock.now
    talk.clock.pass_by(minutes=3)
    again = end_conversation(talk.home, "live-1", at=talk.clock.now, ended_by=Author.TEXTER, clock=talk.clock)
    assert again.duplicate
    assert case(talk.home).ended_at == talk.clock.now - timedelta(minutes=3)


def test_after_the_end_a_late_message_has_its_place_and_a_new_one_is_refused(talk: Talk) -> None:
    talk.say("T: hi", "C: hello")
    between = talk.clock.now - timedelta(seconds=10)
    end_conversation(talk.home, "live-1", at=talk.clock.now, ended_by=Author.TEXTER, clock=talk.clock)
    assert talk.send("late", "T: are you there", sent_at=between.isoformat()).labels is not None
    with pytest.raises(ConflictError, match="has ended"):
        talk.say("T: one more thing")
    assert case(talk.home).messages == 3


def test_the_end_of_what_never_began_is_refused(people: Home, clock: Clock) -> None:
    with pytest.raises(ConflictError, match="no message"):
        end_conversation(people, "nothing", at=clock.now, clock=clock)


def test_a_message_from_the_future_is_refused(talk: Talk) -> None:
    with pytest.raises(EventError, match="future"):
        talk.send("m1", "T: hi", sent_at=(talk.clock.now + timedelta(hours=2)).isoformat())


def test_silence_raises_a_flag_when_somebody_looks_and_a_message_clears_it(talk: Talk) -> None:
    talk.say("T: hi", f"T: {HARD}", f"C: {ASKED}", "T: yes, i have a plan", "C: Thank you for telling me.")
    with transaction(talk.home.database_url) as connection:  # whatever the labeller says of it today
        rows = {"labels": LEVEL_TWO, "conversation": "live-1", "message_id": "m4"}
        connection.exec_driver_sql(
            "UPDATE quality_messages SET labels = ? WHERE conversation = ? AND message_id = ?", tuple(rows.values())
        )
    talk.clock.pass_by(minutes=11)
    assert look_again(talk.home, clock=talk.clock) == 1
    assert queued(talk.home)["texter_silence_after_risk"].state is State.OPEN
    assert "texter_silence_after_risk" in talk.say("T: sorry, i am here").cleared


LEVEL_TWO = (
    '{"phase": "risk_assessment", "coarse": "assessment", "phase_p": 0.9, "acts": null, '
    '"risk": [2, [0.05, 0.05, 0.8, 0.05, 0.05], []], "abstained": null}'
)


def test_looking_again_at_what_has_not_changed_writes_nothing(talk: Talk) -> None:
    talk.say("T: hi", "C: Hi, I'm Sam.")
    before = case(talk.home)
    assert look_again(talk.home, clock=talk.clock) == 1
    assert case(talk.home) == before
    end_conversation(talk.home, "live-1", at=talk.clock.now, ended_by=Author.TEXTER, clock=talk.clock)
    assert look_again(talk.home, clock=talk.clock) == 0


def test_what_stopped_between_a_message_and_its_flags_is_made_good_at_the_next_look(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say("T: hi", f"T: {HARD}", "C: That sounds heavy.", "C: What was work like today?")
    with monkeypatch.context() as broken:
        broken.setattr(reading, "keep_flags", stop)
        with pytest.raises(KeyboardInterrupt):
            talk.say("C: Tell me about your day.")
    assert not case(talk.home).is_read
    assert NOT_ASSESSED not in queued(talk.home)
    look_again(talk.home, clock=talk.clock)
    assert case(talk.home).is_read
    assert queued(talk.home)[NOT_ASSESSED].state is State.OPEN


def test_sent_again_after_such_a_stop_a_message_is_read(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(reading, "keep_flags", stop)
        with pytest.raises(KeyboardInterrupt):
            talk.say(f"T: {HARD}")
    again = talk.send("m1", f"T: {HARD}")
    assert again.duplicate
    assert again.labels is not None
    assert again.risk > 0


def test_a_message_that_cannot_be_read_now_is_stored_and_read_later(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    talk.say("T: hi", f"T: {HARD}", "C: Hm.", "C: What was work like today?", "C: Tell me about your day.")

    def missing(home: Home) -> None:
        raise NightlightError("'models/labeller' is missing from this installation")

    with monkeypatch.context() as broken:
        broken.setattr(reading, "labeller_in_use", missing)
        answer = talk.say(f"C: {ASKED}")
    assert not answer.is_read
    assert answer.labels is None
    assert rules(answer) == [NOT_ASSESSED]  # what stood before it
    assert "missing" in caplog.text
    assert ASKED not in caplog.text
    look_again(talk.home, clock=talk.clock)
    assert queued(talk.home)[NOT_ASSESSED].state is State.CLEARED


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_quiet_conversation_without_an_end_is_over_after_a_day_and_goes_on_with_a_message(talk: Talk) -> None:
    talk.say("T: hi", "C: hello")
    last = talk.clock.now
    talk.clock.pass_by(hours=25)
    look_again(talk.home, clock=talk.clock)
    assert case(talk.home).ended_at == last
    assert case(talk.home).ended_by == ""
    talk.say("T: i am back")
    assert case(talk.home).ended_at is None


def test_one_conversation_that_cannot_be_looked_at_leaves_the_others_looked_at(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = talk, replace(talk, conversation="live-2", number=0)
    first.say("T: hi")
    second.say("T: hi")
    looked: list[str] = []

    def look(home: Home, conversation: str, *, at: datetime, now: datetime | None) -> None:
        looked.append(conversation)
        raise NightlightError("the labeller is missing")

    monkeypatch.setattr(live, "read_again", look)
    with pytest.raises(NightlightError, match="labeller"):
        look_again(talk.home, clock=talk.clock)
    assert sorted(looked) == ["live-1", "live-2"]


def test_history_sent_afterwards_is_not_waited_in(people: Home, clock: Clock) -> None:
    """A conversation of last week raises no silence because it is a week ago."""
    old = Talk(people, clock, conversation="old")
    for number, line in enumerate(("T: hi", f"T: {HARD}", f"C: {ASKED}", "T: yes")):
        sent_at = clock.now - timedelta(days=7) + timedelta(seconds=20 * number)
        answer = old.send(f"m{number}", line, sent_at=sent_at.isoformat())
    assert not {"counselor_silence", "texter_silence_after_risk"} & set(rules(answer))


def test_a_running_conversation_is_read_again_by_a_newer_labeller(talk: Talk) -> None:
    talk.say("T: hi", f"T: {HARD}")
    with transaction(talk.home.database_url) as connection:
        before = rows_of(connection, "quality_messages", "sent_at")
        connection.exec_driver_sql("UPDATE quality_messages SET labels = ?", (LEVEL_TWO,))
        connection.exec_driver_sql("UPDATE quality_cases SET labeller = 'an older one'")
    talk.say("T: hm")
    with transaction(talk.home.database_url) as connection:
        after = rows_of(connection, "quality_messages", "sent_at")
    assert [row["labels"] for row in after[:2]] == [row["labels"] for row in before]
    assert case(talk.home).labeller != "an older one"


def test_who_counsels_is_the_last_one_named(talk: Talk) -> None:
    talk.counselor = None
    talk.say("T: hi")
    assert case(talk.home).counselor is None
    talk.counselor = "v1"
    talk.say("C: hello")
    talk.counselor = None
    talk.say("T: hi")
    assert case(talk.home).counselor == "v1"


def test_events_of_one_conversation_at_once_are_all_counted(anywhere: Home, clock: Clock) -> None:
    events = [
        Event("live-1", f"m{number}", Author.TEXTER, f"message {number}", clock.now + timedelta(seconds=number), "v1")
        for number in range(12)
    ]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda event: take_event(anywhere, event, clock=clock), [*events, *events]))
    assert sum(not answer.duplicate for answer in answers) == 12
    found = case(anywhere)
    assert (found.messages, found.changes, found.is_read) == (12, 12, True)
    with transaction(anywhere.database_url) as connection:
        assert all(row["labels"] for row in rows_of(connection, "quality_messages", "sent_at"))


def test_looking_from_many_places_at_once_raises_a_flag_once(anywhere: Home, clock: Clock) -> None:
    talk = Talk(anywhere, clock)
    talk.say("T: hi", f"T: {HARD}", "C: That sounds heavy.")
    clock.pass_by(minutes=20)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: look_again(anywhere, clock=clock), range(8)))
    flags = queued(anywhere)
    assert flags
    with transaction(anywhere.database_url) as connection:
        history = history_of(connection, list(flags.values()))
    assert all([event.event for event in events] == ["raised"] for events in history.values())


def test_the_same_conversation_ends_the_same_everywhere(anywhere: Home, clock: Clock) -> None:
    talk = Talk(anywhere, clock)
    talk.say("T: hi", f"T: {HARD}", "C: Hm.", "C: What was work like today?", "C: Tell me about your day.")
    flag = queued(anywhere)[NOT_ASSESSED]
    assert flag.severity is Severity.HIGH
    assert flag.raised_at == clock.now
    assert flag.raised_at.tzinfo is UTC
    assert talk.say(f"C: {ASKED}").cleared == (NOT_ASSESSED,)
    answer = end_conversation(anywhere, "live-1", at=clock.now, ended_by=Author.COUNSELOR, clock=clock)
    assert "no_closing" in rules(answer)
