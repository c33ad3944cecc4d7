"""The texting platform's exports: JSON Lines built a whole file at a time, with the damage that real files have."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .defects import ID_MISSING, TIME_IMPOSSIBLE, TIME_UNREADABLE
from .dialogues import ACCEPTED, EVENTS, OUTCOMES, QUEUED, RATED
from .line import Ints, Rows, take
from .people import texter_keys
from .tables import Delivery, channels, codes, texts
from .texts import AUTHORS, pool

IMPOSSIBLE_TIME = "31/02/2026 25:61"
UNREADABLE_DATE = np.frombuffer(b"xxxx", np.uint8)


def message_lines(part: Delivery) -> bytes:
    rows = part.messages
    # Wordings are escaped already, and identifying phrases hold nothing that JSON escapes.
    pieces = [*_head("message_id", "sent_at", rows), '","author":"', codes(AUTHORS, rows["author"])]
    pieces += ['","text":"', texts(rows, pool().escaped)]
    pieces += ['","channel":"', channels(rows["conversation"])] if part.has_channel else []
    return _bytes([*pieces, '"}\n'])


def event_lines(part: Delivery) -> bytes:
    rows = part.events
    tails = pa.concat_arrays([_tail(kind, take(rows, rows["event"] == kind)) for kind in range(len(EVENTS))])
    by_kind = np.argsort(rows["event"], kind="stable")
    place = np.empty_like(by_kind)
    place[by_kind] = np.arange(len(by_kind))
    name = codes(EVENTS, rows["event"])
    return _bytes([*_head("event_id", "at", rows), '","event":"', name, tails.take(pa.array(place))])


def _tail(kind: int, rows: Rows) -> pa.Array:
    """The end of an event's line: what only this kind of event says; the kind is closed where no other is."""
    if kind == QUEUED:
        return _join(['","texter_key":"', texter_keys(rows["texter"]), '"}\n'])
    if kind == ACCEPTED:
        return _join(['","counselor_id":', _digits(rows["counselor"]), "}\n"])
    if kind == RATED:
        return _join(['","rating":', _digits(rows["rating"]), "}\n"])
    none = pa.array(rows["risk"] < 0)  # an abandoned conversation was never assessed
    assessed = _join([',"risk_level":', _digits(rows["risk"]), ',"topics":["', _topics(rows["topics"]), '"]}\n'])
    return _join(['","outcome":"', codes(OUTCOMES, rows["outcome"]), '"', pc.if_else(none, "}\n", assessed)])


def _topics(topics: Ints) -> pa.Array:
    lists = pc.binary_join(pool().profile_topics, '","')
    return lists.take(pa.array(np.maximum(topics, 0)))


def _head(id_name: str, time_name: str, rows: Rows) -> list[pa.Array | str]:
    identifier = pc.if_else(pa.array(rows["damage"] == ID_MISSING), "null", _digits(rows["id"]))
    time = _times(rows["at"], rows["damage"])
    conversation = _digits(rows["conversation"])
    return [f'{{"{id_name}":', identifier, ',"conversation_id":', conversation, f',"{time_name}":"', time]


def _digits(numbers: Ints) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _times(times: Ints, damage: Ints) -> pa.Array:
    """ISO 8601 with milliseconds and Z, but for the damaged ones."""
    count, width = len(times), len("2026-01-01T00:00:00.000Z")
    text = pa.array(times.astype("datetime64[ms]")).cast(pa.string())  # with a zone the cast is five times slower
    letters = np.empty((count, width), np.uint8)
    letters[:, :-1] = np.frombuffer(text.buffers()[2], np.uint8)[: count * (width - 1)].reshape(count, width - 1)
    letters[:, 10], letters[:, -1] = ord("T"), ord("Z")
    letters[damage == TIME_UNREADABLE, :4] = UNREADABLE_DATE
    ends = np.arange(count + 1, dtype=np.int32) * width
    written = pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(letters))
    return pc.if_else(pa.array(damage == TIME_IMPOSSIBLE), IMPOSSIBLE_TIME, written)


def _join(pieces: list[pa.Array | str]) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, "")


def _bytes(pieces: list[pa.Array | str]) -> bytes:
    lines = _join(pieces)
    if not len(lines):
        return b""
    end = np.frombuffer(lines.buffers()[1], np.int32)[len(lines)]
    return bytes(lines.buffers()[2].slice(0, int(end)))
