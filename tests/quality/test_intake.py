"""Flags of the pipeline's tables enter the queue once, for those who see the conversation, and people's word stands."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import Deliver
from tests.quality.conftest import MIA, OLGA, OTTO, SAM, Clock, Talk

from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.intake import TAKEN_IN, TakenIn, take_in
from nightlight.quality.queue import QueueRow, queue
from nightlight.quality.reviews import confirm, dismiss
from nightlight.quality.store import find_case, flags_of
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa

HOUR = timedelta(hours=1)


def flag_columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            ("conversation_id", pa.int64()),
            ("rule", pa.string()),
            ("rule_version", pa.int32()),
            ("severity", pa.string()),
            ("message_ids", pa.list_(pa.int64())),
            ("why", pa.string()),
            ("probability", pa.float64()),
            ("risk", pa.int32()),
            ("labeller", pa.string()),
            ("ended_at", pa.timestamp("us", "UTC")),
        ]
    )


def conversation_columns() -> "pa.Schema":
    import pyarrow as pa

    at = pa.timestamp("us", "UTC")
    return pa.schema(
        [
            ("conversation_id", pa.int64()),
            ("counselor_id", pa.string()),
            ("queued_at", at),
            ("last_message_at", at),
            ("closed_at", at),
            ("texter_messages", pa.int64()),
            ("counselor_messages", pa.int64()),
        ]
    )


class Line:
    """Conversations and their flags as the pipeline leaves them: each call writes the tables anew."""

    def __init__(self, home: Home, deliver: Deliver, clock: Clock) -> None:
        self.home, self.deliver, self.clock = home, deliver, clock
        self.conversations: dict[int, dict[str, Any]] = {}
        self.flags: dict[tuple[int, str], dict[str, Any]] = {}

    def has(self, conversation: int, *, counselor: str | None = "v1", ended: datetime | None = None) -> None:
        self.conversations[conversation] = {
            "conversation_id": conversation,
            "counselor_id": counselor,
            "queued_at": (ended or self.clock()) - HOUR,
            "last_message_at": ended or self.clock(),
            "closed_at": ended,
            "texter_messages": 20,
            "counselor_messages": 18,
        }

    def flag(self, conversation: int, rule: str, severity: str = "medium", **values: Any) -> None:
        self.flags[conversation, rule] = {
            "conversation_id": conversation,
            "rule": rule,
            "rule_version": 1,
            "severity": severity,
            "message_ids": [7, 9],
            "why": "The end came without a goodbye.",
            "probability": 0.8,
            "risk": 2,
            "labeller": "labeller-1",
            "ended_at": self.conversations.get(conversation, {}).get("closed_at"),
        } | values

    def taken_in(self) -> TakenIn:
        self.deliver(
            self.home, "silver.conversations", list(self.conversations.values()), conversation_columns(), overwrite=True
        )
        self.deliver(self.home, "gold.conversation_flags", list(self.flags.values()), flag_columns(), overwrite=True)
        return take_in(self.home, clock=self.clock)

    def rules(self, conversation: int) -> dict[str, str]:
        """The state of each of a conversation's flags."""
        with transaction(self.home.database_url) as connection:
            return {flag.rule: flag.state.value for flag in flags_of(connection, str(conversation))}

    def number(self, conversation: int, rule: str) -> int:
        with transaction(self.home.database_url) as connection:
            return next(flag.id for flag in flags_of(connection, str(conversation)) if flag.rule == rule)


@pytest.fixture
def line(people: Home, deliver: Deliver, clock: Clock) -> Line:
    return Line(people, deliver, clock)


def waiting(line: Line, seen_by: Any) -> list[QueueRow]:
    return queue(line.home, seen_by, clock=line.clock)


def test_flags_of_an_ended_conversation_wait_for_those_who_see_it(line: Line) -> None:
    line.has(41, ended=line.clock() - HOUR)
    line.flag(41, "no_closing", "low")
    line.flag(41, "abrupt_end", "high")
    assert line.taken_in() == TakenIn(conversations=1, raised=2)
    (row,) = waiting(line, SAM)
    assert (row.case.conversation, row.case.counselor, row.case.risk, row.case.messages) == ("41", "v1", 2, 38)
    assert (row.case.source, row.case.ended_at, row.case.is_read) == ("line", line.clock() - HOUR, True)
    assert [(flag.rule, flag.message_ids) for flag in row.flags] == [
        ("abrupt_end", ("7", "9")),
        ("no_closing", ("7", "9")),
    ]
    assert [len(waiting(line, reach)) for reach in (SAM, OLGA, MIA)] == [1, 0, 1]
    with pytest.raises(NightlightError):
        waiting(line, OTTO)


def test_taken_in_again_nothing_changes(line: Line) -> None:
    line.has(41, ended=line.clock() - HOUR)
    line.flag(41, "no_closing")
    line.taken_in()
    before = waiting(line, SAM)
    assert line.taken_in() == TakenIn()
    assert waiting(line, SAM) == before


def test_what_people_decided_stays(line: Line) -> None:
    for number in (41, 42):
        line.has(number, ended=line.clock() - HOUR)
        line.flag(number, "no_closing")
    line.taken_in()
    confirm(line.home, line.number(41, "no_closing"), "", 30, by=SAM, clock=line.clock)
    dismiss(line.home, line.number(42, "no_closing"), "label_wrong", "", 20, by=SAM, clock=line.clock)
    for number in (41, 42):
        line.flag(number, "no_closing", probability=0.6)
    line.taken_in()
    assert (line.rules(41), line.rules(42)) == ({"no_closing": "confirmed"}, {"no_closing": "dismissed"})


def test_a_running_conversation_gets_flags_and_loses_those_whose_reason_went_away(line: Line) -> None:
    line.has(41)
    line.flag(41, "risk_not_assessed", "high")
    line.flag(41, "harmful_message", "high")
    assert line.taken_in() == TakenIn(conversations=1, raised=2)
    del line.flags[41, "risk_not_assessed"], line.flags[41, "harmful_message"]
    line.has(41, ended=line.clock() + HOUR)
    line.clock.pass_by(hours=2)
    line.flag(41, "no_closing")
    assert line.taken_in() == TakenIn(raised=1, cleared=1)
    # A message that harmed was written, whatever came after it.
    assert line.rules(41) == {"risk_not_assessed": "cleared", "harmful_message": "open", "no_closing": "open"}
    assert waiting(line, SAM)[0].case.ended_at == line.clock() - HOUR


def test_the_past_is_not_queued_but_what_waits_is_kept_up_to_date(line: Line) -> None:
    line.has(41, ended=line.clock() - TAKEN_IN - HOUR)
    line.flag(41, "no_closing")
    line.has(42, ended=line.clock() - TAKEN_IN + HOUR)
    line.flag(42, "risk_not_assessed", "high")
    assert line.taken_in().conversations == 1
    line.clock.pass_by(days=40)
    del line.flags[42, "risk_not_assessed"]
    assert line.taken_in() == TakenIn(cleared=1)
    assert (line.rules(41), line.rules(42)) == ({}, {"risk_not_assessed": "cleared"})


def test_nothing_ends_after_now(line: Line) -> None:
    line.has(41, ended=line.clock() + 2 * HOUR)
    line.flag(41, "no_closing")
    assert line.taken_in() == TakenIn()
    line.clock.pass_by(hours=3)
    assert line.taken_in() == TakenIn(conversations=1, raised=1)


def test_a_conversation_that_was_sent_live_keeps_its_own_flags(line: Line) -> None:
    talk = Talk(line.home, line.clock, conversation="41")
    talk.say("T: hello", "C: hello, what is on your mind?")
    line.has(41, ended=line.clock())
    line.flag(41, "no_closing")
    assert line.taken_in() == TakenIn()
    with transaction(line.home.database_url) as connection:
        case = find_case(connection, "41")
    assert case is not None
    assert case.source == "live"
    assert "no_closing" not in line.rules(41)


def test_flags_without_their_conversation_wait_for_it(line: Line) -> None:
    line.flag(41, "no_closing", ended_at=line.clock())
    assert line.taken_in() == TakenIn()
    line.has(41, ended=line.clock())
    assert line.taken_in().conversations == 1


def test_a_conversation_that_nobody_answered_is_seen_by_every_supervisor(line: Line) -> None:
    line.has(41, counselor=None, ended=line.clock())
    line.flag(41, "imminent_risk", "page")
    line.taken_in()
    assert [len(waiting(line, reach)) for reach in (SAM, OLGA, MIA)] == [1, 1, 1]


def test_many_conversations_are_taken_in_by_parts(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlight.quality.intake.AT_ONCE", 2)
    for number in range(5):
        line.has(number, ended=line.clock())
        line.flag(number, "no_closing")
    assert line.taken_in() == TakenIn(conversations=5, raised=5)


def test_without_the_dataset_there_is_nothing_to_take_in(people: Home, clock: Callable[[], datetime]) -> None:
    assert take_in(people, clock=clock) == TakenIn()


def test_a_dataset_without_the_queues_columns_is_told_by_name(people: Home, deliver: Deliver, clock: Clock) -> None:
    import pyarrow as pa

    deliver(people, "gold.conversation_flags", [], pa.schema([("conversation_id", pa.int64())]))
    with pytest.raises(NightlightError, match=r"gold\.conversation_flags has no column 'rule', which the queue needs"):
        take_in(people, clock=clock)
