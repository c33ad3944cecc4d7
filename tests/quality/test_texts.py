"""Reading what was written: sam of the team, tess beside them, olga of another team, mia without a grant, otto."""

import pytest
from tests.quality.conftest import HARD, MIA, OLGA, OTTO, SAM, TESS, Clock, Talk, take_in

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.quality import texts
from nightlight.quality.access import Reach
from nightlight.quality.openings import approve_opening, ask_opening
from nightlight.quality.shifts import begin_shift
from nightlight.quality.texts import read_case, read_labels, read_text
from nightlight.settings import Home
from nightlight.sql.broker import Broker

PURPOSE = "quality_review"


@pytest.fixture
def running(lines: Home, clock: Clock) -> Talk:
    """A conversation on sam's shift."""
    begin_shift(lines, by=SAM, clock=clock)
    talk = Talk(lines, clock)
    talk.say("T: hi", f"T: {HARD}", "C: Thank you for telling me.")
    return talk


def read(home: Home, broker: Broker, conversation: str, who: Reach, clock: Clock, purpose: str | None = PURPOSE) -> str:
    found = read_text(home, broker, conversation, by=who, purpose=purpose, clock=clock)
    return " / ".join(message.text for message in found.messages)


def test_on_ones_shift_a_live_conversation_is_read_and_the_audit_has_it_first(
    running: Talk, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert HARD in read(running.home, broker, "live-1", SAM, running.clock)
    record = tail(running.home, 1)[0]
    assert (record["action"], record["principal"], record["outcome"]) == ("open conversation", "sam", "done")
    assert (record["statement"], record["detail"], record["purpose"]) == ("live-1", "shift", PURPOSE)

    def broken(*_: object) -> None:
        raise NightlightError("the audit cannot be written")

    monkeypatch.setattr(texts, "append", broken)
    monkeypatch.setattr(texts, "kept_messages", pytest.fail)
    with pytest.raises(NightlightError, match="audit"):
        read(running.home, broker, "live-1", SAM, running.clock)


def test_without_a_ground_a_second_person_is_needed(running: Talk, broker: Broker) -> None:
    with pytest.raises(NightlightError, match="shift of yours"):
        read(running.home, broker, "live-1", TESS, running.clock)
    record = tail(running.home, 1)[0]
    assert (record["action"], record["principal"], record["outcome"]) == ("open conversation", "tess", "refused")
    opening = ask_opening(running.home, "live-1", "To help my colleague with it.", by=TESS, clock=running.clock)
    approve_opening(running.home, opening.id, by=SAM, clock=running.clock)
    assert HARD in read(running.home, broker, "live-1", TESS, running.clock)
    assert tail(running.home, 1)[0]["detail"] == "approved"


@pytest.mark.parametrize("who", [OLGA, OTTO])
def test_another_team_and_a_stranger_read_nothing(running: Talk, broker: Broker, who: Reach) -> None:
    purpose = PURPOSE if who is OLGA else None
    with pytest.raises(NightlightError):
        read(running.home, broker, "live-1", who, running.clock, purpose)
    with pytest.raises(NightlightError):
        read_case(running.home, "live-1", by=who)
    with pytest.raises(NightlightError):
        read_labels(running.home, "live-1", by=who)


def test_whoever_may_not_read_text_of_messages_reads_none_here(running: Talk, broker: Broker) -> None:
    begin_shift(running.home, by=MIA, clock=running.clock)
    with pytest.raises(NightlightError, match="SELECT"):
        read(running.home, broker, "live-1", MIA, running.clock)
    assert tail(running.home, 1)[0]["outcome"] == "refused"


def test_a_purpose_is_needed(running: Talk, broker: Broker) -> None:
    for purpose in (None, "curiosity"):
        with pytest.raises(NightlightError, match="purpose"):
            read(running.home, broker, "live-1", SAM, running.clock, purpose)


def test_a_conversation_of_the_tables_is_read_as_the_person_may_read_it(
    lines: Home, broker: Broker, clock: Clock
) -> None:
    begin_shift(lines, by=SAM, clock=clock)
    begin_shift(lines, by=MIA, clock=clock)
    take_in(lines, "1001", "v1", clock.now)
    take_in(lines, "1002", None, clock.now)  # the queue does not know its counselor; the tables do
    assert read(lines, broker, "1001", SAM, clock) == "hi, i cant sleep / What keeps you awake?"
    assert [record["action"] for record in tail(lines, 2)] == ["open conversation"] * 2
    with pytest.raises(NightlightError, match="no text of this conversation for you"):
        read(lines, broker, "1002", SAM, clock)


def test_ids_of_messages_are_those_of_the_tables(lines: Home, broker: Broker, clock: Clock) -> None:
    begin_shift(lines, by=SAM, clock=clock)
    take_in(lines, "1001", "v1", clock.now)
    found = read_text(lines, broker, "1001", by=SAM, purpose=PURPOSE, clock=clock)
    assert [message.id for message in found.messages] == ["10010", "10012"]


def test_labels_are_there_without_a_word_of_the_conversation(running: Talk) -> None:
    labels = read_labels(running.home, "live-1", by=TESS)
    assert labels is not None
    assert [message.id for message in labels.messages] == ["m1", "m2", "m3"]
    case, _ = read_case(running.home, "live-1", by=TESS)
    assert HARD not in repr((labels, case))
    take_in(running.home, "1001", "v1", running.clock.now)
    assert read_labels(running.home, "1001", by=TESS) is None
