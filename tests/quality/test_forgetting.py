"""What is kept of a live conversation, and for how long."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.quality.conftest import HARD, SAM, TESS, Clock, Talk, flag_of

from nightlight.catalog.audit import tail
from nightlight.conversations.labels import Author
from nightlight.db import rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.quality.corrections import correct
from nightlight.quality.forgetting import erase_conversation, forget_ended
from nightlight.quality.live import end_conversation
from nightlight.quality.openings import ask_opening
from nightlight.quality.reviews import confirm
from nightlight.quality.store import ConflictError
from nightlight.settings import Home

TABLES = ("cases", "messages", "flags", "flag_events", "corrections", "openings")


@pytest.fixture
def ended(talk: Talk) -> Talk:
    talk.say("T: hi", f"T: {HARD}", "C: That sounds heavy.")
    end_conversation(talk.home, "live-1", at=talk.clock.now, ended_by=Author.TEXTER, clock=talk.clock)
    return talk


def texts(home: Home) -> list[str | None]:
    with transaction(home.database_url) as connection:
        return [row["text"] for row in rows_of(connection, "quality_messages", "sent_at")]


def count(home: Home) -> dict[str, int]:
    with transaction(home.database_url) as connection:
        return {table: len(rows_of(connection, f"quality_{table}", "1")) for table in TABLES}


def test_text_goes_some_hours_after_the_end_and_labels_and_flags_stay(ended: Talk) -> None:
    before = count(ended.home)
    ended.clock.pass_by(hours=23, minutes=59)
    assert forget_ended(ended.home, clock=ended.clock) == 0
    assert HARD in texts(ended.home)
    ended.clock.pass_by(minutes=2)
    assert forget_ended(ended.home, clock=ended.clock) == 1
    assert texts(ended.home) == [None, None, None]
    assert count(ended.home) == before
    assert forget_ended(ended.home, clock=ended.clock) == 0


def test_the_home_says_how_many_hours(ended: Talk) -> None:
    short = replace(ended.home, settings=replace(ended.home.settings, quality_live_hours=1))
    ended.clock.pass_by(hours=1)
    assert forget_ended(short, clock=ended.clock) == 1


def test_a_running_conversation_is_kept_and_one_that_went_quiet_is_not_kept_for_ever(talk: Talk) -> None:
    talk.say("T: hi")
    talk.clock.pass_by(hours=47)
    assert forget_ended(talk.home, clock=talk.clock) == 0
    talk.clock.pass_by(hours=2)
    assert forget_ended(talk.home, clock=talk.clock) == 1
    assert texts(talk.home) == [None]


def test_once_the_text_is_gone_a_message_sent_again_is_known_and_a_new_one_refused(ended: Talk) -> None:
    ended.clock.pass_by(hours=25)
    forget_ended(ended.home, clock=ended.clock)
    assert ended.send("m2", f"T: {HARD}").duplicate
    with pytest.raises(ConflictError, match="kept no longer"):
        ended.send("m9", "T: one more thing")
    assert texts(ended.home) == [None, None, None]


def test_what_was_forgotten_is_not_read_again(ended: Talk) -> None:
    flag = flag_of(ended.home, "live-1", "no_closing")
    ended.clock.pass_by(hours=25)
    forget_ended(ended.home, clock=ended.clock)
    ended.send("m2", f"T: {HARD}")
    assert flag_of(ended.home, "live-1", "no_closing") == flag


def test_an_erased_conversation_leaves_no_row_and_the_audit_says_so(ended: Talk, clock: Clock) -> None:
    other = replace(ended, conversation="live-2", number=0)
    other.say("T: hello")
    confirm(ended.home, flag_of(ended.home, "live-1", "no_closing").id, "a note", 5, by=SAM, clock=clock)
    correct(ended.home, "live-1", "m2", "risk", 2, "It is active risk.", by=SAM, clock=clock)
    clock.pass_by(hours=1)
    ask_opening(ended.home, "live-1", "To look at it once more.", by=TESS, clock=clock)
    assert all(count(ended.home).values())
    assert erase_conversation(ended.home, "live-1", by="ada")
    assert count(ended.home) == {**dict.fromkeys(TABLES, 0), "cases": 1, "messages": 1}
    assert tail(ended.home, 1)[0]["action"] == "erase quality"
    assert not erase_conversation(ended.home, "live-1", by="ada")
    with pytest.raises(NightlightError):
        correct(ended.home, "live-1", "m2", "risk", 2, "It is active risk.", by=SAM, clock=clock)


def test_no_word_lies_anywhere_but_in_its_message(ended: Talk) -> None:
    """The audit, flags, labels and the caches hold none of it."""
    marked = "zuckerwatte"
    talk = replace(ended, conversation="live-3", number=0)
    talk.say(f"T: {marked} i want to die", f"C: {marked}")
    with transaction(talk.home.database_url) as connection:
        for table in ("quality_flags", "quality_flag_events", "quality_cases", "audit"):
            assert marked not in str(rows_of(connection, table, "1"))
        assert marked not in str([row["labels"] for row in rows_of(connection, "quality_messages", "1")])
    files = [Path(folder) / name for folder, _, names in os.walk(talk.home.root) for name in names]
    found = [file.name for file in files if marked.encode() in file.read_bytes()]
    assert all(name.startswith("catalog.db") for name in found)
