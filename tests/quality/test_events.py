"""What is an event, and what is said to what is none."""

from typing import Any

import pytest

from nightlight.quality.events import LONGEST_TEXT, EventError, read_event, read_time

EVENT = {
    "conversation": "c1",
    "message_id": "1",
    "author": "texter",
    "text": "a secret word",
    "sent_at": "2026-03-01T02:10:00+01:00",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sent_at": "2026-03-01T02:10:00"}, "time with its zone"),
        ({"sent_at": "yesterday"}, "time with its zone"),
        ({"sent_at": 1_770_000_000}, "time with its zone"),
        ({"sent_at": "0001-01-01T00:00:00+14:00"}, "time with its zone"),
        ({"author": "system"}, "texter or counselor"),
        ({"author": None}, "texter or counselor"),
        ({"text": None}, "must be text"),
        ({"text": "a secret word " * LONGEST_TEXT}, "too long"),
        ({"conversation": "c\n1"}, "'conversation' is no id"),
        ({"conversation": "c\u202e1"}, "'conversation' is no id"),
        ({"conversation": " "}, "'conversation' is no id"),
        ({"conversation": True}, "'conversation' is no id"),
        ({"message_id": ""}, "'message_id' is no id"),
        ({"message_id": "x" * 201}, "'message_id' is no id"),
        ({"counselor": ["v1"]}, "'counselor' is no id"),
        ({"partner": "\0"}, "'partner' is no id"),
        ({"mood": "a secret word"}, "not known"),
    ],
)
def test_what_is_no_event_is_refused_in_one_line_without_its_text(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(EventError, match=said) as refusal:
        read_event({**EVENT, **changed}, where="event 3")
    line = str(refusal.value)
    assert line.startswith("event 3: ")
    assert "\n" not in line
    assert "secret" not in line


@pytest.mark.parametrize("value", [None, "hi", 3, [EVENT]])
def test_what_is_no_object_is_no_event(value: object) -> None:
    with pytest.raises(EventError, match="object"):
        read_event(value)


def test_numbers_are_ids_and_names_may_be_left_out() -> None:
    event = read_event({**EVENT, "message_id": 7, "counselor": "", "partner": None})
    assert (event.message_id, event.counselor, event.partner) == ("7", None, None)


def test_times_are_kept_in_utc() -> None:
    assert read_time("2026-03-01T02:10:00+01:00", "at").isoformat() == "2026-03-01T01:10:00+00:00"
