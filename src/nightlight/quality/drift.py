"""Whether labels, or how sure the labeller is of them, move away from a reference window, week by week.

A move is told by the population stability index (PSI), and only where it is larger than chance would make it: then a
person looks whether texters changed, or the labeller no longer understands them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import log
from typing import Any

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry
from nightlight.db import insert_row, rows_of, transaction
from nightlight.errors import NightlightError
from nightlight.quality.access import Clock, Reach, quality_changes
from nightlight.quality.label_weeks import AXES, CONVERSATIONS, Count, as_day, label_counts, sources_of
from nightlight.quality.measures import week_of
from nightlight.quality.store import SECURABLE
from nightlight.settings import Home

WATCH, ALERT = 0.1, 0.25
FEWEST_CONVERSATIONS = 30
"""In a week: with fewer, nothing is told about it."""
REFERENCE_WEEKS, FEWEST_REFERENCE = 8, 2
NAMES = {
    "phase": "phases",
    "acts": "counselors' acts",
    "risk": "risk levels",
    "confidence": "how sure the labeller is",
    "read": "how much could be read",
}


class Level(StrEnum):
    STEADY = "steady"
    WATCH = "watch"
    ALERT = "alert"
    FEW = "few"
    """Too few conversations to say."""
    NONE = "none"
    """It belongs to the reference, is not over, or has no reference."""


@dataclass(frozen=True)
class Moved:
    """How far an axis moved in a week: the index, and what it stays under by chance in 99 of 100 weeks (judged by how
    far the weeks of the reference are from one another)."""

    axis: str
    psi: float | None
    chance: float | None
    level: Level


@dataclass(frozen=True)
class Week:
    """`shares`: of each axis, the share of each label; `sure`: the mean probability of the labels of an axis."""

    week: date
    labellers: tuple[str, ...]
    conversations: int
    messages: int
    is_over: bool
    is_reference: bool
    shares: Mapping[str, Mapping[str, float]]
    sure: Mapping[str, float]
    moved: Mapping[str, Moved]


@dataclass(frozen=True)
class Reference:
    """The weeks that others are compared with: chosen by a person, or the first of the labeller that works now."""

    first: date
    last: date
    chosen_by: str = ""


@dataclass(frozen=True)
class Drift:
    """`sources`: where labels were counted; `weeks`: of one of them, the newest first."""

    source: str
    sources: tuple[str, ...]
    reference: Reference | None
    weeks: tuple[Week, ...]


def drift(home: Home, *, by: Reach, clock: Clock, source: str = "", weeks: int = 26) -> Drift:
    """How labels moved; needs MANAGE."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by.person, "MANAGE", SECURABLE)
    return _drift(home, clock=clock, source=source, weeks=weeks)


def choose_reference(home: Home, source: str, first: date, last: date, *, by: Reach, clock: Clock) -> None:
    """Compare with these weeks from now on; needs MANAGE."""
    first, last = (day - timedelta(days=day.weekday()) for day in (first, last))
    entry = Entry("choose drift reference", by.person, None, "done", detail=f"{source}: {first} to {last}")
    with quality_changes(home, entry, privilege="MANAGE") as connection:
        if last < first:
            raise NightlightError("the reference ends before it begins", remedy="give its first week, then its last")
        if last >= week_of(clock()):
            raise NightlightError("the reference holds a week that is not over", remedy="choose earlier weeks")
        if not any(first <= each.week <= last and each.source == source for each in label_counts(home)):
            raise NightlightError("no labels were counted in these weeks", remedy="choose weeks of the table below")
        values = {"source": source, "first": first, "last": last, "chosen_by": by.person, "chosen_at": clock()}
        insert_row(connection, "quality_references", values)


def drift_alert(home: Home, *, clock: Clock) -> str:
    """What to announce about the last whole week, "" for nothing."""
    last = week_of(clock()) - timedelta(weeks=1)
    lines = []
    for source in sources_of(label_counts(home)):
        found = _drift(home, clock=clock, source=source, weeks=2)
        week = next((each for each in found.weeks if each.week == last), None)
        moved = [each for each in week.moved.values() if each.level is Level.ALERT] if week else []
        if moved:
            told = ", ".join(f"{NAMES[each.axis]} (PSI {each.psi:.2f})" for each in moved)
            lines.append(f"in the week of {last} {told} moved away from the reference")
    return f"{'; '.join(lines)}; look at Quality, Drift" if lines else ""


def psi(found: Mapping[str, float], reference: Mapping[str, float]) -> float:
    """The population stability index of two sets of counts; half a message is added to each label of both.

    >>> round(psi({"a": 50, "b": 50}, {"a": 500, "b": 500}), 3), round(psi({"a": 80, "b": 20}, {"a": 50, "b": 50}), 2)
    (0.0, 0.41)
    """
    labels = found.keys() | reference.keys()
    one, other = (
        {label: (counts.get(label, 0) + 0.5) / (sum(counts.values()) + 0.5 * len(labels)) for label in labels}
        for counts in (found, reference)
    )
    return sum((one[label] - other[label]) * log(one[label] / other[label]) for label in labels)


def chance(labels: int, conversations: int, reference: int, *, alike: float = 1.0) -> float:
    """What the index stays under in 99 of 100 weeks where nothing moved. `alike`: how much the labels of one
    conversation are alike, 1 where it counts as a single draw.

    >>> round(chance(8, 500, 4000), 3), round(chance(8, 500, 4000, alike=0.1), 4)
    (0.042, 0.0042)
    """
    from scipy.stats import chi2

    return alike * float(chi2.ppf(0.99, max(labels - 1, 1)) * (1 / max(conversations, 1) + 1 / max(reference, 1)))


def alikeness(weeks: Sequence[tuple[Mapping[str, float], int]]) -> float:
    """How much labels of one conversation are alike, from how far the weeks of the reference (labels, conversations)
    are from one another: the upper bound of what they allow with 90 % confidence."""
    from scipy.stats import chi2

    labels = len({label for totals, _ in weeks for label in totals})
    if len(weeks) < FEWEST_REFERENCE or labels < 2:
        return 1.0
    moved = 0.0
    for number, (totals, conversations) in enumerate(weeks):
        others = [each for place, each in enumerate(weeks) if place != number]
        rest = _added(totals for totals, _ in others)
        moved += psi(totals, rest) / (1 / max(conversations, 1) + 1 / max(sum(n for _, n in others), 1))
    return moved / float(chi2.ppf(0.1, len(weeks) * (labels - 1)))


def _drift(home: Home, *, clock: Clock, source: str, weeks: int) -> Drift:
    counts = label_counts(home)
    sources = sources_of(counts)
    source = source if source in sources else next(iter(sources), "")
    by_week = _by_week([count for count in counts if count.source == source])
    running = week_of(clock())
    reference = _chosen(home, source) or _usual(by_week, running)
    shown = sorted((week for week in by_week if week <= running), reverse=True)[:weeks]
    return Drift(source, sources, reference, tuple(_week(week, by_week, reference, running) for week in shown))


Counts = Mapping[date, Sequence[Count]]


def _by_week(counts: Sequence[Count]) -> dict[date, list[Count]]:
    found: dict[date, list[Count]] = defaultdict(list)
    for count in counts:
        found[count.week].append(count)
    return found


def _chosen(home: Home, source: str) -> Reference | None:
    with transaction(home.database_url) as connection:
        rows = rows_of(connection, "quality_references", "id DESC", source=source)
    row: dict[str, Any] | None = rows[0] if rows else None
    return Reference(as_day(row["first"]), as_day(row["last"]), row["chosen_by"]) if row else None


def _usual(by_week: Counts, running: date) -> Reference | None:
    """The first weeks of the labeller that labelled last, of which something can be told."""
    over = sorted(week for week in by_week if week < running and _conversations(by_week[week]) >= FEWEST_CONVERSATIONS)
    if not over:
        return None
    newest = _labellers(by_week[over[-1]])
    same = [week for week in over if _labellers(by_week[week]) == newest][:REFERENCE_WEEKS]
    return Reference(same[0], same[-1]) if len(same) >= FEWEST_REFERENCE else None


def _week(week: date, by_week: Counts, reference: Reference | None, running: date) -> Week:
    counts = by_week[week]
    totals = {axis: _totals(counts, axis) for axis in AXES}
    is_reference = reference is not None and reference.first <= week <= reference.last
    is_over = week < running
    moved = {}
    if reference and is_over and not is_reference:
        within = [found for day, found in sorted(by_week.items()) if reference.first <= day <= reference.last]
        moved = {axis: _moved(axis, counts, within) for axis in AXES}
    return Week(
        week,
        _labellers(counts),
        _conversations(counts),
        int(sum(totals["read"].values())),
        is_over,
        is_reference,
        {axis: _shares(each) for axis, each in totals.items()},
        {axis: sure for axis in ("phase", "acts", "risk") if (sure := _sure(counts, axis)) is not None},
        {axis: moved.get(axis, Moved(axis, None, None, Level.NONE)) for axis in AXES},
    )


def _moved(axis: str, counts: Sequence[Count], reference: Sequence[Sequence[Count]]) -> Moved:
    weeks = [(_totals(week, axis), _conversations(week)) for week in reference]
    one, other = _totals(counts, axis), _added(totals for totals, _ in weeks)
    if not one or not other:
        return Moved(axis, None, None, Level.NONE)
    conversations = _conversations(counts)
    found, labels = psi(one, other), len(one.keys() | other.keys())
    usual = chance(labels, conversations, sum(number for _, number in weeks), alike=alikeness(weeks))
    if conversations < FEWEST_CONVERSATIONS:
        return Moved(axis, found, usual, Level.FEW)
    beyond = found > usual
    level = Level.ALERT if beyond and found >= ALERT else Level.WATCH if beyond and found >= WATCH else Level.STEADY
    return Moved(axis, found, usual, level)


def _totals(counts: Sequence[Count], axis: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for count in counts:
        if count.axis == axis:
            found[count.label] += count.number
    return dict(found)


def _added(several: Iterable[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for totals in several:
        for label, number in totals.items():
            found[label] += number
    return dict(found)


def _shares(totals: Mapping[str, float]) -> dict[str, float]:
    whole = sum(totals.values())
    return {label: number / whole for label, number in sorted(totals.items())}


def _sure(counts: Sequence[Count], axis: str) -> float | None:
    told = [each for each in counts if each.axis == axis and each.probability is not None]
    number = sum(each.number for each in told)
    return sum(each.probability or 0.0 for each in told) / number if number else None


def _conversations(counts: Sequence[Count]) -> int:
    return sum(each.number for each in counts if each.axis == CONVERSATIONS)


def _labellers(counts: Sequence[Count]) -> tuple[str, ...]:
    return tuple(sorted({each.labeller for each in counts}))
