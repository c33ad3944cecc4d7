"""Messages of live conversations as chat software sends them, checked before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from nightlight.conversations.labels import Author
from nightlight.errors import NightlightError

LONGEST_TEXT, LONGEST_ID = 20_000, 200
SHAPE = (
    'write {"conversation", "message_id", "author": "texter" or "counselor", "text", "sent_at"}, '
    'and "counselor" and "partner" where they are known'
)
KEYS = ("conversation", "message_id", "author", "text", "sent_at", "counselor", "partner")


class EventError(NightlightError):
    """What was sent is no event; it holds nothing of what was sent but the name of the key."""


@dataclass(frozen=True)
class Event:
    """A message of a running conversation. `sent_at` has a time zone; `counselor`: their number in the roster."""

    conversation: str
    message_id: str
    author: Author
    text: str
    sent_at: datetime
    counselor: str | None = None
    partner: str | None = None


def read_event(value: object, *, where: str | None = None) -> Event:
    """The event that parsed JSON describes; raises EventError at `where`, naming the key.

    >>> read_event({"conversation": "c1", "message_id": 7, "author": "texter", "text": "hi",
    ...             "sent_at": "2026-03-01T02:10:00+01:00"}).sent_at.isoformat()
    '2026-03-01T01:10:00+00:00'
    """
    if not isinstance(value, Mapping):
        raise EventError("an event is an object with keys", where=where, remedy=SHAPE)
    unknown = sorted(str(key) for key in value if key not in KEYS)
    if unknown:
        raise EventError("an event has a key that is not known", where=where, remedy=f"known keys: {', '.join(KEYS)}")
    author, text = value.get("author"), value.get("text")
    if not isinstance(author, str) or author not in set(Author):
        raise EventError("'author' must be texter or counselor", where=where, remedy=SHAPE)
    if not isinstance(text, str):
        raise EventError("'text' must be text", where=where, remedy=SHAPE)
    if len(text) > LONGEST_TEXT:
        remedy = f"send at most {LONGEST_TEXT:,} characters a message"
        raise EventError("'text' is too long", where=where, remedy=remedy)
    return Event(
        read_id(value.get("conversation"), "conversation", where=where),
        read_id(value.get("message_id"), "message_id", where=where),
        Author(author),
        _storable(text),
        read_time(value.get("sent_at"), "sent_at", where=where),
        read_name(value.get("counselor"), "counselor", where=where),
        read_name(value.get("partner"), "partner", where=where),
    )


def read_id(value: object, key: str, *, where: str | None = None) -> str:
    """Text or a whole number, as text that can stand in a line and in an address."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(found, str) or not found.strip() or len(found) > LONGEST_ID or not found.isprintable():
        remedy = f"write 1 to {LONGEST_ID} characters, none of them a control character"
        raise EventError(f"'{key}' is no id", where=where, remedy=remedy)
    return found


def read_name(value: object, key: str, *, where: str | None = None) -> str | None:
    """An id, or nothing where it is not known."""
    return None if value is None or value == "" else read_id(value, key, where=where)


def read_time(value: object, key: str, *, where: str | None = None) -> datetime:
    """A time with its zone, in UTC."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    remedy = "write it as 2026-01-31T22:10:00Z, with the time zone"
    raise EventError(f"'{key}' is not a time with its zone", where=where, remedy=remedy)


def _storable(text: str) -> str:
    """Text that every database holds: halves of characters and NUL become the sign for what cannot be shown."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
