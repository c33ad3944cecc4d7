"""The line as typed tables with the columns of bronze, period by period: the same rows that `write_exports` writes.

Second deliveries, late rows and unknown authors are in; what no type can hold (an unreadable time, a missing id) is
whole here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .defects import Feed
from .dialogues import CLOSED, EVENTS, OUTCOMES, Source, draw
from .identities import KINDS, PHRASES_EACH, phrases
from .line import Flags, Ints, Line, Rows, moment
from .people import (
    FIRST_NAMES,
    KNOWN,
    LAST_NAMES,
    NEVER,
    STAFF_TEAM,
    TEAMS,
    known_volunteer,
    roster,
    texter_keys,
)
from .texts import AUTHORS, pool
from .timing import calendar

CHANNELS = ("sms", "web", "whatsapp")


@dataclass(frozen=True)
class Delivery:
    """One export file's rows of each kind as codes, in delivery order. `has_channel`: the platform's newer form.
    `in_progress`: conversations not yet closed at the end."""

    start: int
    end: int
    messages: Rows
    events: Rows
    has_channel: bool
    in_progress: int


@dataclass(frozen=True)
class Chunk:
    """One period as delivered. `identities` (message_id, kind, value): what texters of these messages let slip."""

    start: datetime
    end: datetime
    messages: pa.Table
    events: pa.Table
    identities: pa.Table


def deliveries(line: Line) -> Iterator[Delivery]:
    """The line's export files in order of time; only one of them is in memory at once."""
    source = Source(line, calendar(line), roster(line), pool())
    messages, events = Feed(), Feed()
    conversations = 1
    for number, (first, last) in enumerate(source.calendar.periods()):
        generator = line.generator(3, number)
        start, end = int(source.calendar.edges[first]), int(source.calendar.edges[last])
        new_messages, new_events = draw(source, first, last, conversations, generator)
        conversations += int(source.calendar.counts[first:last].sum())
        sent = messages.deliver(new_messages, end, generator)
        happened = events.deliver(new_events, end, generator)
        has_channel = 2 * start >= line.start + line.end
        open_now = int((events.ahead[0]["event"] == CLOSED).sum())
        yield Delivery(start, end, sent, happened, has_channel, open_now)


def chunks(line: Line) -> Iterator[Chunk]:
    """The periods of the line in order of time."""
    for part in deliveries(line):
        yield Chunk(moment(part.start), moment(part.end), _messages(part), _events(part), _identities(part.messages))


def timestamps(times: Ints) -> pa.Array:
    return pa.array(times.astype("datetime64[ms]").astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def texts(rows: Rows, wordings: pa.Array) -> pa.Array:
    """What each message says: its wording, and behind it the identifying phrase where it has one."""
    said = wordings.take(pa.array(rows["wording"]))
    slipped = rows["identity"] >= 0
    phrase = phrases().text.take(pa.array(rows["identity"][slipped]))
    longer = pc.binary_join_element_wise(said.filter(pa.array(slipped)), phrase, " ")
    return pc.replace_with_mask(said, pa.array(slipped), longer)


def channels(conversations: Ints) -> pa.Array:
    """A conversation keeps its channel: about 62 % sms, 28 % web, 10 % whatsapp."""
    place = (conversations * 2_654_435_761 >> 8) % 100
    return pa.array(CHANNELS).take(pa.array(np.searchsorted([62, 90], place, side="right")))


def codes(names: tuple[str, ...], code: Ints) -> pa.Array:
    """The names of the codes, null for none."""
    return pa.array(names).take(pa.array(code, mask=code < 0))


def _messages(part: Delivery) -> pa.Table:
    rows, known = part.messages, pool()
    count = len(rows["at"])
    return pa.table(
        {
            "message_id": rows["id"],
            "conversation_id": rows["conversation"],
            "sent_at": timestamps(rows["at"]),
            "author": codes(AUTHORS, rows["author"]),
            "text": texts(rows, known.texts),
            "channel": channels(rows["conversation"]) if part.has_channel else pa.nulls(count, pa.string()),
        }
    )


def _events(part: Delivery) -> pa.Table:
    rows, known = part.events, pool()
    return pa.table(
        {
            "event_id": rows["id"],
            "conversation_id": rows["conversation"],
            "event": codes(EVENTS, rows["event"]),
            "at": timestamps(rows["at"]),
            "texter_key": texter_keys(rows["texter"]),
            "counselor_id": pa.array(rows["counselor"], mask=rows["counselor"] < 0),
            "outcome": codes(OUTCOMES, rows["outcome"]),
            "risk_level": pa.array(rows["risk"], pa.int32(), mask=rows["risk"] < 0),
            "topics": known.profile_topics.take(pa.array(rows["topics"], mask=rows["topics"] < 0)),
            "rating": pa.array(rows["rating"], pa.int32(), mask=rows["rating"] < 0),
        }
    )


def _identities(rows: Rows) -> pa.Table:
    ids, first = np.unique(np.where(rows["identity"] >= 0, rows["id"], -1), return_index=True)
    phrase = rows["identity"][first[ids >= 0]]
    kinds = codes(KINDS, phrase // PHRASES_EACH)
    return pa.table({"message_id": ids[ids >= 0], "kind": kinds, "value": phrases().value.take(pa.array(phrase))})


def volunteers(line: Line) -> pa.Table:
    """bronze.volunteers: the roster as it stands at the line's end."""
    people = roster(line)
    count = len(people.joined)
    generator = line.generator(4)
    first = [FIRST_NAMES[at] for at in generator.integers(0, len(FIRST_NAMES), count)]
    last = [LAST_NAMES[at] for at in generator.integers(0, len(LAST_NAMES), count)]
    emails = [f"{a}.{b}{n}@example.org".lower() for n, (a, b) in enumerate(zip(first, last, strict=True), start=1)]
    known = known_volunteer(people)
    first[known], emails[known] = KNOWN.capitalize(), KNOWN
    team = [TEAMS[at] for at in generator.integers(0, len(TEAMS), count)]
    gone = people.left < NEVER
    changed = np.where(gone, people.left, people.joined)
    return pa.table(
        {
            "volunteer_id": np.arange(1, count + 1),
            "name": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
            "email": emails,
            "team": [STAFF_TEAM] * people.staff + team[people.staff :],
            "joined_on": _dates(people.joined),
            "left_on": _dates(np.where(gone, people.left, 0), none=~gone),
            "updated_at": timestamps(changed),
        }
    )


def _dates(times: Ints, none: Flags | None = None) -> pa.Array:
    return pa.array(times.astype("datetime64[ms]").astype("datetime64[D]"), pa.date32(), mask=none)


def shifts(line: Line) -> pa.Table:
    """bronze.shifts: every shift that has begun, by start; a shift under way was last changed when it began."""
    people = roster(line)
    start, end = people.shift_start, people.shift_end
    return pa.table(
        {
            "shift_id": np.arange(1, len(start) + 1),
            "volunteer_id": people.shift_volunteer + 1,
            "starts_at": timestamps(start),
            "ends_at": timestamps(end),
            "updated_at": timestamps(np.where(end <= line.end, end, start)),
        }
    )
