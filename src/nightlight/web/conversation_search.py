"""The questions behind the pages of conversations, as SQL of whoever asks: the broker answers them, as it answers any.

What was typed becomes SQL literals here and nowhere else. Words are looked for by `contains`, which knows no wildcards.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nightlight.catalog.access import TableAccess
from nightlight.sql import masks

MESSAGES, CONVERSATIONS, VOLUNTEERS = "silver.messages", "silver.conversations", "silver.volunteers"
FOUND_AT_MOST, MESSAGES_AT_MOST, WORDS_AT_MOST = 50, 2000, 8
SNIPPET = 160  # characters
FACTS = (
    *("partner", "channel", "queued_at", "wait_seconds", "duration_seconds", "outcome", "risk_level", "topics"),
    *("rating", "counselor_id", "texter_key", "played"),
)


@dataclass(frozen=True)
class Search:
    """What somebody looks for: a key (of a conversation, or a texter's as shown to them), or words and a range of days.

    `risk` is the lowest level wanted. A key is looked up at any time.
    """

    since: date
    until: date
    key: str = ""
    words: tuple[str, ...] = ()
    partner: str = ""
    team: str = ""
    risk: int | None = None


@dataclass(frozen=True)
class Readable:
    """The columns somebody may read; a column is only asked for, or offered as a filter, when it is among them."""

    messages: Mapping[str, str]  # name -> Arrow type
    conversations: Mapping[str, str]
    team: bool  # whether a conversation's team is known: from the volunteer who answered it
    words: bool  # whether text is shown as it was written, so that words can be found in it

    @classmethod
    def of(cls, accesses: Mapping[str, TableAccess]) -> "Readable":
        columns = {
            table: {column.name: column.type for column in accesses[table].allowed} if table in accesses else {}
            for table in (MESSAGES, CONVERSATIONS, VOLUNTEERS)
        }
        plain = {column.name for column in accesses[MESSAGES].allowed if column.mask is None}
        knows_team = "counselor_id" in columns[CONVERSATIONS] and {"volunteer_id", "team"} <= columns[VOLUNTEERS].keys()
        return cls(columns[MESSAGES], columns[CONVERSATIONS], knows_team, "text" in plain)

    @property
    def is_enough(self) -> bool:
        """Whether conversations can be told apart and put into time."""
        return {"conversation_id", "sent_at", "text"} <= self.messages.keys()

    @property
    def joins(self) -> bool:
        return "conversation_id" in self.conversations

    def knows(self, fact: str) -> bool:
        return self.joins and fact in self.conversations


def read_words(text: str) -> tuple[str, ...]:
    """The words of a search, each once.

    >>> read_words("  exams  sleep exams ")
    ('exams', 'sleep')
    """
    return tuple(dict.fromkeys(text.replace("\0", " ").split()))[:WORDS_AT_MOST]


def search_statement(search: Search, readable: Readable, zone: ZoneInfo) -> str:
    """Conversations that fit, newest first; one more than is shown, so that more can be told of.

    Words are looked for in all messages of the range, and may stand in different ones.
    """
    hits = [f"contains({_folded('text')}, {_folded(literal(word))})" for word in search.words if readable.words]
    columns = "".join(f", {hit} AS hit{number}" for number, hit in enumerate(hits))
    having = " HAVING " + " AND ".join(f"bool_or(hit{number})" for number in range(len(hits))) if hits else ""
    best = " + ".join(f"hit{number}::INTEGER" for number in range(len(hits)))
    snippet = f", arg_max(text, {best}) AS snippet" if hits else ""
    within = "" if search.key else f" WHERE {_within(search, zone)}"
    found = (
        f"SELECT conversation_id, min(sent_at) AS first_at, count(*) AS messages{snippet} "
        f"FROM (SELECT conversation_id, sent_at, text{columns} FROM {MESSAGES}{within}) AS said "
        f"GROUP BY conversation_id{having}"
    )
    where = " AND ".join(_conditions(search, readable)) or "true"
    return (
        f"SELECT found.*{''.join(_facts(readable))} FROM ({found}) AS found{''.join(_joins(readable))}"
        f" WHERE {where} ORDER BY found.first_at DESC, found.conversation_id LIMIT {FOUND_AT_MOST + 1}"
    )


def messages_statement(key: str, readable: Readable) -> str:
    """The messages of a conversation, as they followed one another."""
    names = [name for name in ("author", "sent_at", "text", "played") if name in readable.messages]
    order = [name for name in ("sent_at", "position") if name in readable.messages]
    return (
        f"SELECT {', '.join(names)} FROM {MESSAGES} WHERE {_is('conversation_id', key, readable.messages)} "
        f"ORDER BY {', '.join(order)} LIMIT {MESSAGES_AT_MOST}"
    )


def facts_statement(key: str, readable: Readable) -> str:
    """What is known of a conversation beside its messages; "" where nothing is readable."""
    names = [name for name in FACTS if readable.knows(name)]
    condition = _is("conversation_id", key, readable.conversations) if names else ""
    return f"SELECT {', '.join(names)} FROM {CONVERSATIONS} WHERE {condition} LIMIT 1" if names else ""


def snippet(text: str, words: tuple[str, ...]) -> list[tuple[str, bool]]:
    """A part of the text around the first word found, cut into pieces: (piece, whether it is a word looked for).

    >>> snippet("Mañana I sit an exam", ("manana",))
    [('Mañana', True), (' I sit an exam', False)]
    """
    folded, places = _folded_with_places(text)
    marks = sorted({span for word in words for span in _spans(folded, places, "".join(map(_fold, word)))})
    start = max(0, (marks[0][0] if marks else 0) - SNIPPET // 3)
    end = min(len(text), start + SNIPPET)
    pieces, at = [("…", False)] if start else [], start
    for first, last in marks:
        if first >= at and last <= end:
            pieces += [(text[at:first], False), (text[first:last], True)]
            at = last
    pieces += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [(piece, marked) for piece, marked in pieces if piece]


def literal(text: str) -> str:
    """Text as an SQL literal, whatever is in it; NUL, which no table holds, is left out.

    >>> literal("it's")
    "'it''s'"
    """
    return masks.literal(text.replace("\0", ""))


def _folded(expression: str) -> str:
    """Without case and accents, on both sides by the same functions."""
    return f"lower(strip_accents({expression}))"


def _within(search: Search, zone: ZoneInfo) -> str:
    """The range's days are the line's days; both count."""
    first, after = _midnight(search.since, zone), _midnight(search.until + timedelta(days=1), zone)
    return f"sent_at >= TIMESTAMPTZ {literal(first)} AND sent_at < TIMESTAMPTZ {literal(after)}"


def _midnight(day: date, zone: ZoneInfo) -> str:
    return datetime.combine(day, time(), zone).astimezone(UTC).isoformat(sep=" ")


def _conditions(search: Search, readable: Readable) -> Iterator[str]:
    if search.key:
        keys = [_is("found.conversation_id", search.key, readable.messages)]
        if readable.knows("texter_key"):
            keys.append(_is("c.texter_key", search.key, readable.conversations))
        yield f"({' OR '.join(keys)})"
    if search.partner and readable.knows("partner"):
        yield f"lower(c.partner) = lower({literal(search.partner)})"
    if search.risk is not None and readable.knows("risk_level"):
        yield f"c.risk_level >= {search.risk:d}"
    if search.team and readable.joins and readable.team:
        yield f"lower(v.team) = lower({literal(search.team)})"


def _is(column: str, value: str, types: Mapping[str, str]) -> str:
    """`column = 'value'`; a column that is no text is compared as text, so that no value is an error."""
    name = column.rpartition(".")[2]
    return f"{column if types[name] == 'string' else f'CAST({column} AS VARCHAR)'} = {literal(value)}"


def _facts(readable: Readable) -> Iterator[str]:
    for name in ("partner", "risk_level", "played"):
        if readable.knows(name):
            yield f", c.{name}"
    if readable.joins and readable.team:
        yield ", v.team"


def _joins(readable: Readable) -> Iterator[str]:
    if readable.joins:
        yield f" LEFT JOIN {CONVERSATIONS} AS c ON c.conversation_id = found.conversation_id"
        if readable.team:
            yield f" LEFT JOIN {VOLUNTEERS} AS v ON v.volunteer_id = c.counselor_id"


def _fold(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    return "".join(part for part in parts if not unicodedata.combining(part)).lower()


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The text without case and accents, and for each of its characters where it comes from."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in _fold(character):
            folded.append(part)
            places.append(place)
    return "".join(folded), places


def _spans(folded: str, places: list[int], word: str) -> Iterator[tuple[int, int]]:
    at = folded.find(word) if word else -1
    while at >= 0:
        yield places[at], places[at + len(word) - 1] + 1
        at = folded.find(word, at + len(word))
