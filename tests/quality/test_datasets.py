"""What a pipeline's dataset gets are the flags of the rules, with the home's thresholds."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.labelling.datasets import LABEL_COLUMNS, conversation_of, label_messages, labels_from, time_of
from nightlight.quality.datasets import flag_conversation, thresholds_of, written
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.thresholds import Thresholds

START = 1_767_225_600_000_000
MINUTE = 60_000_000
TALK = (
    ("texter", "i had a fight with my sister and now i sit here alone"),
    ("counselor", "That sounds lonely. What happened between you two?"),
    ("texter", "sometimes i think about killing myself"),
    ("counselor", "What did your sister say?"),
    ("texter", "that i always make it about me"),
    ("counselor", "And what do you do at school?"),
    ("texter", "not much"),
    ("counselor", "Which subject do you like?"),
    ("texter", "none. i told you what i think about"),
)


def structs(talk: tuple[tuple[str, str], ...] = TALK) -> list[dict[str, Any]]:
    authors, texts = [author for author, _ in talk], [text for _, text in talk]
    times = [START + MINUTE * number for number in range(len(talk))]
    labels = label_messages(authors, texts, times)
    return [
        {"message_id": 100 + n, "at": times[n], "author": authors[n], "text": texts[n]}
        | dict(zip(LABEL_COLUMNS, labels[n], strict=True))
        for n in range(len(talk))
    ]


def flags(messages: list[dict[str, Any]], ended_at: int | None = None, thresholds: Thresholds | None = None) -> Any:
    return flag_conversation(messages, ended_at, written(thresholds or Thresholds()))


def test_rows_hold_what_the_rules_find() -> None:
    messages = structs()
    names = ("message_id", "author", "text", "at")
    conversation = conversation_of(*([message[name] for message in messages] for name in names))
    end = START + MINUTE * len(TALK)
    seen = Seen(conversation, labels_from(conversation, messages), time_of(end), ended=True)
    found = find_flags(seen)
    assert [(row[0], row[2], tuple(row[3]), row[4]) for row in flags(messages, end)] == [
        (flag.rule, str(flag.severity), flag.message_ids, flag.why) for flag in found
    ]
    assert "risk_not_assessed" in {flag.rule for flag in found}
    assert {row[6] for row in flags(messages, end)} == {2}


def test_what_only_an_end_shows_is_not_found_before() -> None:
    running, ended = ({row[0] for row in flags(structs(), end)} for end in (None, START + MINUTE * len(TALK)))
    assert running < ended
    assert "abrupt_end" in ended - running


def test_a_conversation_that_nobody_answered_is_looked_at_for_imminent_risk_alone() -> None:
    waiting = (("texter", "hello?"), ("texter", "i cant do this anymore"), ("texter", "is anyone there"))
    assert flags(structs(waiting), START + 30 * MINUTE) == []
    pressing = (*waiting, ("texter", "im going to kill myself tonight, everything is ready"))
    assert {row[0] for row in flags(structs(pressing), START + 30 * MINUTE)} == {"imminent_risk"}


def test_the_homes_thresholds_are_those_of_its_definitions(tmp_path: Path) -> None:
    definition = tmp_path / "pipelines" / "harbour" / "transformations" / "gold_labels.py"
    assert thresholds_of(definition) == written(Thresholds())
    (tmp_path / "flags.toml").write_text('unassessed_messages = 9\nmacros = "macros.txt"\n')
    (tmp_path / "macros.txt").write_text("Thank you for waiting.\n")
    changed = Thresholds(unassessed_messages=9, macros=("Thank you for waiting.",))
    assert thresholds_of(definition) == written(changed)
    assert asdict(changed) != asdict(Thresholds())
    (tmp_path / "flags.toml").write_text("unassessed_mesages = 9\n")
    with pytest.raises(NightlightError, match=r"flags\.toml.*unassessed_mesages"):
        thresholds_of(definition)


def test_other_thresholds_find_other_flags() -> None:
    patient = Thresholds(unassessed_messages=50, unassessed_minutes=500)
    assert "risk_not_assessed" in {row[0] for row in flags(structs())}
    assert "risk_not_assessed" not in {row[0] for row in flags(structs(), thresholds=patient)}
    assert time_of(START + MINUTE) == (time_of(START) or 0) + timedelta(minutes=1)  # type: ignore[operator]
