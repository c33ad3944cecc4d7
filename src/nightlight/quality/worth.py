"""What random samples say about the queue: how many problems it finds, and what an hour at it is worth.

The bar is ten readings on either side; below it nothing is compared."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightlight.catalog.access import check_privilege
from nightlight.db import transaction
from nightlight.quality.access import Clock, Reach
from nightlight.quality.flags.rules import RULE
from nightlight.quality.intervals import FEWEST, Share, bounds, per_hour, share
from nightlight.quality.measures import WEEKS, Looked, looked_at
from nightlight.quality.samples import NOTHING, PROBLEM, UNCLEAR, Sampled, answered
from nightlight.quality.store import SECURABLE, State, select_flags
from nightlight.settings import Home


@dataclass(frozen=True)
class Arm:
    """Conversations read in one way: how many, with a problem, in how many hours; problems in an hour of reading with
    their interval, None where there are too few. `untimed`: left out, as nobody knows how long they took."""

    read: int
    problems: int
    hours: float
    untimed: int
    per_hour: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Worth:
    """The queue against chance. `difference`: problems an hour more at the queue, None below the bar; `recall`: of
    problems found at random, those that a rule had flagged; `kinds`: the same by rule; `common`: of conversations read
    at random, those with a problem; `unclear`: read at random, and nobody could tell."""

    queue: Arm
    sample: Arm
    difference: float | None
    low: float | None
    high: float | None
    recall: Share
    kinds: tuple[tuple[str, Share], ...]
    common: Share
    unclear: int

    @property
    def is_told(self) -> bool:
        return self.difference is not None

    @property
    def is_shown(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def compare(home: Home, *, by: Reach, clock: Clock, weeks: int = WEEKS) -> Worth:
    """The samples read in the last weeks against as many conversations that were looked at last in the queue."""
    since = clock() - timedelta(weeks=weeks)
    with transaction(home.database_url) as connection:
        check_privilege(connection, by.person, "EXECUTE", SECURABLE)
        read = answered(connection, by, since)
        looked = looked_at(connection, by, since)
        flags = select_flags(connection, "conversation IN (SELECT conversation FROM quality_sampled)")
    flagged: dict[str, set[str]] = defaultdict(set)
    for flag in flags:
        flagged[flag.conversation].add(flag.rule)
    timed = [each for each in read if each.seconds is not None]
    queue, untimed = _reviewed(looked, len(timed) or FEWEST)
    sample = [(each.answer == PROBLEM, each.seconds or 0.0) for each in timed]
    first, second, difference = _difference(queue, sample)
    return Worth(
        _arm(queue, untimed, first),
        _arm(sample, len(read) - len(timed), second),
        *difference,
        *_recall(read, flagged),
        share(sum(each.answer == PROBLEM for each in read), sum(each.answer in (PROBLEM, NOTHING) for each in read)),
        sum(each.answer == UNCLEAR for each in read),
    )


Reading = tuple[bool, float]
"""Whether a conversation had a problem, and the seconds it took to see that."""


def _reviewed(looked: Sequence[Looked], most: int) -> tuple[list[Reading], int]:
    """The conversations decided about last: one reading each, all its flags together."""
    by_case: dict[str, list[Looked]] = defaultdict(list)
    for each in looked:
        if each.is_decided:
            by_case[each.case.conversation].append(each)
    newest = sorted(by_case.values(), key=_decided_at, reverse=True)
    timed = [each for each in newest if any(flag.seconds for flag in each)][:most]
    readings = [
        (any(each.flag.state is State.CONFIRMED for each in flags), sum(sum(each.seconds) for each in flags))
        for flags in timed
    ]
    return readings, sum(not any(flag.seconds for flag in each) for each in newest)


def _decided_at(flags: Sequence[Looked]) -> datetime:
    return max(each.flag.decided_at or each.flag.raised_at for each in flags)


def _difference(
    queue: Sequence[Reading], sample: Sequence[Reading]
) -> tuple["Told | None", "Told | None", "Difference"]:
    told = [_told(arm) if len(arm) >= FEWEST else None for arm in (queue, sample)]
    one, other = told
    if one is None or other is None:
        return one, other, (None, None, None)
    drawn = [a - b for a, b in zip(one[1], other[1], strict=True)]
    return one, other, (one[0] - other[0], *bounds(drawn))


Told = tuple[float, list[float]]
Difference = tuple[float | None, float | None, float | None]


def _told(arm: Sequence[Reading]) -> Told:
    return per_hour([found for found, _ in arm], [seconds for _, seconds in arm])


def _arm(readings: Sequence[Reading], untimed: int, told: Told | None) -> Arm:
    seconds = sum(seconds for _, seconds in readings)
    counts = len(readings), sum(found for found, _ in readings), seconds / 3600, untimed
    return Arm(*counts) if told is None else Arm(*counts, told[0], *bounds(told[1]))


def _recall(read: Iterable[Sampled], flagged: dict[str, set[str]]) -> tuple[Share, tuple[tuple[str, Share], ...]]:
    problems = [each for each in read if each.answer == PROBLEM]
    kinds = []
    for rule in RULE:
        named = [each for each in problems if rule in each.kinds]
        if named:
            kinds.append((rule, share(sum(rule in flagged[each.conversation] for each in named), len(named))))
    return share(sum(bool(flagged[each.conversation]) for each in problems), len(problems)), tuple(kinds)
