"""What flags are worth, from what people decided about them: each number with its interval and what stands behind it.

Flags raised in the last weeks, of conversations that whoever asks may see. docs/measures.md says how each is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.db import transaction
from nightlight.lakehouse.tables import Lake
from nightlight.quality.access import Clock, Reach
from nightlight.quality.flags.declared import When
from nightlight.quality.flags.rules import RULE
from nightlight.quality.intervals import Rate, Share, Spread, rate, share, spread
from nightlight.quality.store import (
    SECURABLE,
    Case,
    FlagEvent,
    Happened,
    QueuedFlag,
    State,
    select_cases,
    select_flag_events,
    select_flags,
)
from nightlight.quality.told import ended_conversations
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

WEEKS = 12
FALSE_ALARMS = ("not_so", "assessed_elsewhere", "label_wrong")
"""Reasons to dismiss that say a person was called for nothing."""
NOT_COUNTED = ("test",)
"""Somebody was testing the line: neither right nor wrong."""
DECIDED = (Happened.CONFIRMED, Happened.DISMISSED)


@dataclass(frozen=True)
class Measured:
    """Flags of one rule, of one week, or all. `precision`: confirmed among those decided; `false_alarms` per 100
    chat-hours; `lead`: from raised to the end of the conversation, `answer`: from raised to the decision, both of
    confirmed ones; `recovery`: those that went away before anybody looked, among those that can."""

    name: str
    raised: int
    waiting: int
    precision: Share
    false_alarms: Rate
    lead: Spread
    answer: Spread
    recovery: Share


@dataclass(frozen=True)
class Load:
    """How much was looked at: conversations with a decision among all that ended, and the hours it took."""

    reviewed: Share
    hours: float
    untimed: int
    chat_hours: float


@dataclass(frozen=True)
class Measures:
    since: datetime
    all: Measured
    rules: tuple[Measured, ...]
    weeks: tuple[Measured, ...]
    load: Load


@dataclass(frozen=True)
class Looked:
    """A flag with its conversation and what happened to it."""

    flag: QueuedFlag
    case: Case
    events: tuple[FlagEvent, ...]

    @property
    def is_decided(self) -> bool:
        return self.flag.state in (State.CONFIRMED, State.DISMISSED) and self.flag.reason not in NOT_COUNTED

    @property
    def first_raised_at(self) -> datetime:
        return min((event.at for event in self.events if event.event is Happened.RAISED), default=self.flag.raised_at)

    @property
    def lead_seconds(self) -> float | None:
        """Of a flag that was raised while its conversation ran."""
        end = self.case.ended_at
        if end is None or self.first_raised_at >= end:
            return None
        return (end - self.first_raised_at).total_seconds()

    @property
    def recovered(self) -> bool | None:
        """Whether it went away before a person decided; None where it cannot, or where it is still open whether it
        will."""
        rule = RULE.get(self.flag.rule)
        if rule is None or not rule.clears or rule.when is When.END or self.case.ended_at is None:
            return None
        first = next((event.event for event in self.events if event.event is not Happened.RAISED), None)
        return first is Happened.CLEARED

    @property
    def seconds(self) -> list[float]:
        return [event.seconds for event in self.events if event.event in DECIDED and event.seconds is not None]


def measure(home: Home, *, by: Reach, clock: Clock, weeks: int = WEEKS) -> Measures:
    """The measures of the last whole weeks and the running one; raises NightlightError for those without quality."""
    now = clock()
    since = datetime.combine(week_of(now) - timedelta(weeks=weeks - 1), datetime.min.time(), UTC)
    with transaction(home.database_url) as connection:
        check_privilege(connection, by.person, "EXECUTE", SECURABLE)
        looked = looked_at(connection, by, since)
        live = select_cases(
            connection, "source = 'live' AND ended_at >= :since AND ended_at < :now", since=since, now=now
        )
    ended = _live_hours(live, by)
    for week, (conversations, hours) in _told_hours(Lake(home.lake), by, since, now).items():
        ended[week] = ended[week][0] + conversations, ended[week][1] + hours
    conversations, chat_hours = (sum(each[n] for each in ended.values()) for n in (0, 1))
    all_weeks = [since.date() + timedelta(weeks=n) for n in range(weeks)]
    return Measures(
        since,
        _measured("", looked, chat_hours),
        tuple(_by_rule(looked, chat_hours)),
        tuple(_by_week(looked, all_weeks, {week: hours for week, (_, hours) in ended.items()})),
        _load(looked, int(conversations), chat_hours),
    )


def week_of(at: datetime) -> date:
    """The Monday of its week, in UTC."""
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def looked_at(connection: "Connection", by: Reach, since: datetime) -> list[Looked]:
    """The flags raised since then, as far as somebody sees."""
    recent = "SELECT {} FROM quality_flags WHERE raised_at >= :since"
    flags = select_flags(connection, "raised_at >= :since", since=since)
    cases = select_cases(connection, f"conversation IN ({recent.format('conversation')})", since=since)
    seen = {case.conversation: case for case in cases if by.sees(case)}
    events: dict[int, list[FlagEvent]] = defaultdict(list)
    for event in select_flag_events(connection, f"flag IN ({recent.format('id')})", since=since):
        events[event.flag].append(event)
    return [
        Looked(flag, seen[flag.conversation], tuple(events[flag.id])) for flag in flags if flag.conversation in seen
    ]


def _by_rule(looked: Sequence[Looked], hours: float) -> Iterable[Measured]:
    found = _grouped(looked, lambda each: each.flag.rule)
    order = [*RULE, *sorted(found.keys() - RULE.keys())]
    return (_measured(rule, found[rule], hours) for rule in order if rule in found)


def _by_week(looked: Sequence[Looked], weeks: Sequence[date], hours: Mapping[date, float]) -> Iterable[Measured]:
    found = _grouped(looked, lambda each: week_of(each.flag.raised_at).isoformat())
    return (_measured(str(week), found.get(str(week), []), hours.get(week, 0.0)) for week in weeks)


def _grouped(looked: Sequence[Looked], key: Callable[[Looked], str]) -> dict[str, list[Looked]]:
    found: dict[str, list[Looked]] = {}
    for each in looked:
        found.setdefault(key(each), []).append(each)
    return found


def _measured(name: str, looked: Sequence[Looked], hours: float) -> Measured:
    decided = [each for each in looked if each.is_decided]
    confirmed = [each for each in decided if each.flag.state is State.CONFIRMED]
    recovered = [each.recovered for each in looked if each.recovered is not None]
    false = sum(each.flag.reason in FALSE_ALARMS for each in decided)
    return Measured(
        name,
        len(looked),
        sum(each.flag.state is State.OPEN for each in looked),
        share(len(confirmed), len(decided)),
        rate(false, hours, behind=len(decided)),
        spread([each.lead_seconds for each in confirmed if each.lead_seconds is not None]),
        spread([seconds for each in confirmed if (seconds := _answer_seconds(each)) is not None]),
        share(sum(recovered), len(recovered)),
    )


def _answer_seconds(each: Looked) -> float | None:
    """From the last time it was raised: one that was decided and came back waited anew."""
    at = each.flag.decided_at
    return None if at is None else max((at - each.flag.raised_at).total_seconds(), 0.0)


def _load(looked: Sequence[Looked], conversations: int, chat_hours: float) -> Load:
    decided = {each.case.conversation for each in looked if each.is_decided}
    events = [event for each in looked for event in each.events if event.event in DECIDED]
    timed = [event.seconds for event in events if event.seconds is not None]
    reviewed = share(len(decided), max(conversations, len(decided)))
    return Load(reviewed, sum(timed) / 3600, len(events) - len(timed), chat_hours)


Hours = dict[date, tuple[float, float]]
"""Of each week: how many conversations ended, and how many hours they lasted."""


def _live_hours(cases: Sequence[Case], by: Reach) -> Hours:
    found: Hours = defaultdict(lambda: (0.0, 0.0))
    for case in cases:
        if case.ended_at is not None and by.sees(case):
            number, hours = found[week_of(case.ended_at)]
            found[week_of(case.ended_at)] = number + 1, hours + (case.ended_at - case.began_at).total_seconds() / 3600
    return found


def _told_hours(lake: Lake, by: Reach, since: datetime, now: datetime) -> Hours:
    """The same of the line's tables, from when a counselor could first write; only sums leave them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: Hours = defaultdict(lambda: (0.0, 0.0))
    for batch in ended_conversations(lake, since, now):
        rows = pa.table({name: batch.column(name) for name in ("counselor_id", "queued_at", "closed_at")})
        if not by.all:
            theirs = pa.array(sorted(by.counselors), pa.string())
            rows = rows.filter(pc.is_in(pc.cast(rows["counselor_id"], pa.string()), value_set=theirs))
        week = pc.cast(pc.floor_temporal(rows["closed_at"], unit="week"), pa.date32())
        lasted = pc.cast(pc.subtract(rows["closed_at"], rows["queued_at"]), pa.int64())
        table = pa.table({"week": week, "lasted": lasted}).group_by("week")
        for row in table.aggregate([("lasted", "sum"), ("lasted", "count")]).to_pylist():
            number, hours = found[row["week"]]
            found[row["week"]] = number + row["lasted_count"], hours + row["lasted_sum"] / 3.6e9
    return found
