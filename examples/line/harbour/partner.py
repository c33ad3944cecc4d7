"""Lindenruf, the partner line whose night queue Harbour's volunteers answer: its own conversations, words and units.

Its export is a CSV a month: latin-1, `;`, decimal commas, local time of Berlin, German headers and words."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from .line import SECOND, Ints, Line, moment, pick
from .people import roster
from .tables import timestamps
from .timing import HOURS, Calendar, arrivals, calendar, lengths, waits

ZONE = ZoneInfo("Europe/Berlin")
SHARE = 0.08  # of Harbour's own conversations, on top of them
NIGHT = (22, 6)
HEADER = "Fallnummer;Eingang;Wartezeit_min;Antwort_durch;Ende;Nachrichten;Thema;Gefährdung;Zufriedenheit"
TOPICS = (
    "Ängste",
    "Einsamkeit",
    "Familie",
    "Trauer",
    "Schule",
    "Beziehung",
    "Arbeit",
    "Überforderung",
    "Suizidgedanken",
)
TOPIC_WEIGHTS = np.array([0.19, 0.16, 0.14, 0.11, 0.09, 0.1, 0.06, 0.08, 0.07])
RISKS = ("keine", "gering", "mittel", "hoch", "akut")
RISK_WEIGHTS = np.array([0.40, 0.31, 0.17, 0.09, 0.03])
SATISFACTION_WEIGHTS = np.array([1, 1, 1, 2, 3, 4, 8, 14, 12, 9])
ANSWER_SHARE = 0.35  # who says how satisfied they were


def partner_conversations(line: Line) -> pa.Table:
    """bronze.partner_conversations: finished conversations by arrival; whole seconds, waits to a hundredth minute."""
    nights = _nights(line)
    generator = line.generator(5)
    received, slot = arrivals(nights, 0, len(nights.counts), generator)
    received = received // SECOND * SECOND
    count = len(received)
    wait, abandoned = waits(nights.hours[slot], generator)
    length = lengths(abandoned, generator)
    talk = (length * generator.uniform(35, 65, count)).astype(np.int64) * SECOND
    ended = (received + wait + np.where(abandoned, 0, talk)) // SECOND * SECOND
    satisfied = pick(generator, SATISFACTION_WEIGHTS, count) + 1
    silent = abandoned | (generator.random(count) > ANSWER_SHARE)
    table = pa.table(
        {
            "case_number": _case_numbers(received),
            "received_at": timestamps(received),
            "wait_minutes": pa.array(np.round(wait / 60_000, 2), mask=abandoned),
            "volunteer_id": pa.array(roster(line).answer(received + wait, generator) + 1, mask=abandoned),
            "ended_at": timestamps(ended),
            "messages": pa.array(length, pa.int32()),
            "topic": pa.array(TOPICS).take(pa.array(pick(generator, TOPIC_WEIGHTS, count))),
            "risk": pa.array(RISKS).take(pa.array(pick(generator, RISK_WEIGHTS, count), mask=abandoned)),
            "satisfaction": pa.array(satisfied, pa.int32(), mask=silent),
        }
    )
    return table.filter(pa.array(ended < line.end))


def _nights(line: Line) -> Calendar:
    days = calendar(line, ZONE)
    night = (days.hours >= NIGHT[0]) | (days.hours < NIGHT[1])
    load = HOURS[days.hours] * night * np.diff(days.edges)  # a line of a day or more always has a night
    counts = line.generator(6).multinomial(round(SHARE * line.conversations), load / load.sum())
    return Calendar(days.edges, days.hours, days.offsets, counts)


def _case_numbers(received: Ints) -> list[str]:
    """Running numbers that begin again each year of the partner's clock."""
    years = [moment(at).astimezone(ZONE).year for at in received.tolist()]
    first: dict[int, int] = {}
    return [f"L-{year}-{at - first.setdefault(year, at) + 1:06}" for at, year in enumerate(years)]


def months(table: pa.Table) -> Iterator[tuple[str, list[list[str]]]]:
    """The export's rows as text by month of arrival ('2026-01'), as the partner's system writes them."""
    found: dict[str, list[list[str]]] = {}
    for row in table.to_pylist():
        found.setdefault(f"{row['received_at'].astimezone(ZONE):%Y-%m}", []).append(
            [_written(value) for value in row.values()]
        )
    yield from found.items()


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(ZONE):%d.%m.%Y %H:%M:%S}"
    return f"{value:.2f}".replace(".", ",") if isinstance(value, float) else str(value)
