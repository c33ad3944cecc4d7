"""Conversations as plain data, and their JSON Lines: one conversation a line,
{"id", "messages": [{"author": "texter"|"counselor", "text", "id"?, "sent_at"?}]}; other keys are left alone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError


@dataclass(frozen=True)
class Message:
    """One message; `id` is its number in the conversation (from "1") where the source gives none. `sent_at` has a
    time zone, or is None where the time is unknown."""

    id: str
    author: Author
    text: str
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Conversation:
    id: str
    messages: tuple[Message, ...]


def read_conversations(path: Path) -> Iterator[Conversation]:
    """The conversations of a JSON Lines file, one by one; blank lines are skipped.

    Raises `NightlightError` naming the line, at the first line that is no conversation.
    """
    return (conversation_from_json(value, where=where) for where, value in read_json_lines(path))


def read_json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Where each line stands (`file:line`) and what its JSON says; blank lines are skipped."""
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"{path}:{number}", _parsed(line, where=f"{path}:{number}")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise NightlightError(reason, where=str(path), remedy="check the path and its permissions") from None


def parse_conversation(line: str | bytes, *, where: str) -> Conversation:
    """The conversation in one line of JSON; raises `NightlightError` at `where`.

    >>> parse_conversation('{"id": "c1", "messages": [{"author": "texter", "text": "hi"}]}', where="a.jsonl:1")
    Conversation(id='c1', messages=(Message(id='1', author=<Author.TEXTER: 'texter'>, text='hi', sent_at=None),))
    """
    return conversation_from_json(_parsed(line, where=where), where=where)


def _parsed(line: str | bytes, *, where: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise NightlightError("not JSON", where=where, remedy="write one conversation a line, in UTF-8") from None


def conversation_from_json(value: object, *, where: str) -> Conversation:
    """The conversation that parsed JSON describes; raises `NightlightError` at `where`, naming the key.

    Without a message's `id` its number stands in.
    """
    keys = _mapping(value, where=where)
    messages = keys.get("messages")
    if not isinstance(messages, list):
        raise NightlightError("'messages' must be a list", where=where, remedy=SHAPE)
    conversation = Conversation(
        _identifier(keys.get("id"), where=where),
        tuple(
            _message(message, number, where=f"{where}: message {number}") for number, message in enumerate(messages, 1)
        ),
    )
    if len({message.id for message in conversation.messages}) < len(messages):
        raise NightlightError("two messages have one id", where=where, remedy="give every message its own id")
    return conversation


SHAPE = 'write {"id": .., "messages": [{"author": "texter" or "counselor", "text": ..}]}'


def _message(value: object, number: int, *, where: str) -> Message:
    keys = _mapping(value, where=where)
    author, text = keys.get("author"), keys.get("text")
    if not isinstance(author, str) or author not in set(Author):
        raise NightlightError("'author' must be texter or counselor", where=where, remedy=SHAPE)
    if not isinstance(text, str):
        raise NightlightError("'text' must be text", where=where, remedy=SHAPE)
    return Message(
        _identifier(keys.get("id", number), where=where),
        Author(author),
        text,
        _time(keys.get("sent_at"), where=where),
    )


def _mapping(value: object, *, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise NightlightError("not an object with keys", where=where, remedy=SHAPE)
    return value


def _identifier(value: object, *, where: str) -> str:
    """Text or a whole number, as text."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise NightlightError("'id' must be text or a whole number", where=where, remedy="give it an id of its own")
    return str(value)


def _time(value: object, *, where: str) -> datetime | None:
    if value is None:
        return None
    try:
        sent_at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        sent_at = None
    if sent_at is None or sent_at.tzinfo is None:
        remedy = "write it as 2026-01-31T22:10:00Z, with the time zone"
        raise NightlightError("'sent_at' is not a time with its zone", where=where, remedy=remedy)
    return sent_at
