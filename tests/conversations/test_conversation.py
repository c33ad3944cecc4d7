"""JSON Lines of conversations: read as they come, refused at the line that is none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nightlight.conversations.conversation import (
    Conversation,
    Message,
    conversation_from_json,
    parse_conversation,
    read_conversations,
)
from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError


def test_conversations_come_one_by_one_with_numbered_messages(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(
        '{"id": "c1", "messages": [{"author": "texter", "text": "hi"}, {"author": "counselor", "text": ""}]}\n'
        "\n"
        '{"id": 2, "channel": "web", "messages": [{"id": "m9", "author": "texter", "text": "hey",'
        ' "sent_at": "2026-01-31T22:10:00Z", "length": 3}]}\n'
    )
    assert list(read_conversations(path)) == [
        Conversation("c1", (Message("1", Author.TEXTER, "hi"), Message("2", Author.COUNSELOR, ""))),
        Conversation("2", (Message("m9", Author.TEXTER, "hey", datetime(2026, 1, 31, 22, 10, tzinfo=UTC)),)),
    ]


def test_an_empty_conversation_is_a_conversation() -> None:
    assert conversation_from_json({"id": "c1", "messages": []}, where="a:1") == Conversation("c1", ())


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("{", "a.jsonl:1: not JSON"),
        (b'"\xff"', "a.jsonl:1: not JSON"),
        ("[" * 100_000, "a.jsonl:1: not JSON"),
        ("[]", "a.jsonl:1: not an object with keys"),
        ('{"id": "c1"}', "a.jsonl:1: 'messages' must be a list"),
        ('{"messages": []}', "a.jsonl:1: 'id' must be text or a whole number"),
        ('{"id": true, "messages": []}', "a.jsonl:1: 'id' must be text or a whole number"),
        ('{"id": "c1", "messages": ["hi"]}', "a.jsonl:1: message 1: not an object with keys"),
        ('{"id": "c1", "messages": [{"author": "bot", "text": "hi"}]}', "a.jsonl:1: message 1: 'author' must be"),
        ('{"id": "c1", "messages": [{"author": ["texter"], "text": "hi"}]}', "a.jsonl:1: message 1: 'author' must be"),
        ('{"id": "c1", "messages": [{"author": "texter"}]}', "a.jsonl:1: message 1: 'text' must be text"),
    ],
)
def test_a_line_that_is_no_conversation_is_refused_where_it_stands(line: str | bytes, refusal: str) -> None:
    with pytest.raises(NightlightError) as refused:
        parse_conversation(line, where="a.jsonl:1")
    assert str(refused.value).startswith(refusal)
    assert refused.value.remedy


@pytest.mark.parametrize("sent_at", ["2026-01-31T22:10:00", "yesterday", 1769897400])
def test_a_time_without_its_zone_is_refused(sent_at: object) -> None:
    message = {"author": "texter", "text": "hi", "sent_at": sent_at}
    with pytest.raises(NightlightError, match="message 1: 'sent_at' is not a time with its zone"):
        conversation_from_json({"id": "c1", "messages": [message]}, where="a:1")


def test_two_messages_with_one_id_are_refused() -> None:
    message = {"id": "m1", "author": "texter", "text": "hi"}
    with pytest.raises(NightlightError, match="two messages have one id"):
        conversation_from_json({"id": "c1", "messages": [message, message]}, where="a:1")


def test_a_refusal_never_holds_the_text(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"id": "c1", "messages": [{"author": "nobody", "text": "my own words"}]}))
    with pytest.raises(NightlightError) as refused:
        list(read_conversations(path))
    assert "own words" not in str(refused.value)


def test_a_file_that_is_not_there_is_a_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"gone\.jsonl: no such file or directory; check the path"):
        list(read_conversations(tmp_path / "gone.jsonl"))
