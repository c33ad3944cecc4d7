"""Writes the line's raw exports into a folder and counts them: messages/, events/, partner/ and roster.db.

One messages file is cut in the middle of its gzip stream and one CSV row has too few fields, as happens."""

import gzip
import sqlite3
import zlib
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from nightlight.errors import NightlightError

from .json_lines import event_lines, message_lines
from .line import Line, Progress, moment
from .manifest import Delivered, Manifest, Tally
from .partner import HEADER, months, partner_conversations
from .tables import deliveries, shifts, volunteers
from .timing import calendar

ROSTER = """
CREATE TABLE volunteers (volunteer_id INTEGER PRIMARY KEY, name TEXT, email TEXT, team TEXT,
                         joined_on DATE, left_on DATE, updated_at TIMESTAMP);
CREATE TABLE shifts (shift_id INTEGER PRIMARY KEY, volunteer_id INTEGER, starts_at TIMESTAMP, ends_at TIMESTAMP,
                     updated_at TIMESTAMP);
"""
INSERT_VOLUNTEER = "INSERT INTO volunteers VALUES (?, ?, ?, ?, ?, ?, ?)"
INSERT_SHIFT = "INSERT INTO shifts VALUES (?, ?, ?, ?, ?)"


def write_exports(line: Line, folder: Path, *, progress: Progress | None = None) -> Manifest:
    """What the folder, empty or not there yet, holds afterwards. Raises NightlightError when it cannot be written.

    `progress` gets what is being written and the share done."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise NightlightError("the exports' folder is not empty", where=str(folder), remedy="name a new folder")
        for name in ("messages", "events", "partner"):
            (folder / name).mkdir(parents=True)
        roster = _write_roster(line, folder / "roster.db")
        partner = _write_partner(line, folder / "partner")
        return _write_platform(line, folder, {**roster, "partner_conversations": partner}, progress)
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "free some space or name another folder"
        raise NightlightError(f"cannot write the exports: {reason}", where=str(folder), remedy=remedy) from error


def _write_platform(line: Line, folder: Path, others: dict[str, Delivered], progress: Progress | None) -> Manifest:
    messages, events, in_progress, truncated = Tally(), Tally(), 0, ""
    files = len(list(calendar(line).periods()))
    for number, part in enumerate(deliveries(line)):
        name = f"{moment(part.start):%Y%m%dT%H%M%SZ}.jsonl.gz"
        data, readable = gzip.compress(message_lines(part), 1, mtime=0), len(part.messages["id"])
        if number == files // 2:
            truncated = f"messages/messages-{name}"
            data, readable = _cut(data)
        (folder / "messages" / f"messages-{name}").write_bytes(data)
        (folder / "events" / f"events-{name}").write_bytes(gzip.compress(event_lines(part), 1, mtime=0))
        messages.add(part.messages, readable)
        events.add(part.events, len(part.events["id"]))
        in_progress = part.in_progress
        if progress:
            progress("messages and events", (number + 1) / files)
    tables = {"messages": messages.delivered(), "conversation_events": events.delivered(), **others}
    return Manifest(line.conversations, in_progress, tables, messages.identities(), truncated)


def _cut(data: bytes) -> tuple[bytes, int]:
    """The first half of a gzip stream, and how many whole lines can still be read from it."""
    half = data[: len(data) // 2]
    return half, zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(half).count(b"\n")


def _write_roster(line: Line, file: Path) -> dict[str, Delivered]:
    people, worked = volunteers(line), shifts(line)
    database = sqlite3.connect(file)
    with database:
        database.executescript(ROSTER)
        database.executemany(INSERT_VOLUNTEER, _written(people))
        database.executemany(INSERT_SHIFT, _written(worked))
    database.close()
    counts = {"volunteers": people.num_rows, "shifts": worked.num_rows}
    return {name: Delivered(files=1, rows=count, distinct=count) for name, count in counts.items()}


def _written(table: pa.Table) -> list[tuple[object, ...]]:
    """The rows with dates and times as ISO 8601 text in UTC."""
    columns = [[_iso(value) for value in column.to_pylist()] for column in table.columns]
    return list(zip(*columns, strict=True))


def _iso(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value


def _write_partner(line: Line, folder: Path) -> Delivered:
    files = list(months(partner_conversations(line)))
    for number, (month, rows) in enumerate(files):
        if number == len(files) // 2:
            rows[len(rows) // 2] = rows[len(rows) // 2][:6]  # cut short by hand, as spreadsheets are
        text = "".join(line + "\r\n" for line in [HEADER, *map(";".join, rows)])
        (folder / f"lindenruf-{month}.csv").write_bytes(text.encode("latin-1"))
    count = sum(len(rows) for _, rows in files)
    broken = min(count, 1)
    return Delivered(files=len(files), rows=count, distinct=count - broken, wrong_fields=broken)
