"""The demo's queue: flags of the last weeks, the older ones decided about, a random sample that was read in part, and
a conversation that goes on.

Conversations and decisions are invented, like all of the demo; the audit says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from nightlight.catalog.audit import Entry, append, os_user
from nightlight.catalog.principals import list_principals
from nightlight.conversations.labels import Author
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.operations.annotation_demo import seed_annotation
from nightlight.quality.access import Reach
from nightlight.quality.events import Event
from nightlight.quality.flags.declared import Severity
from nightlight.quality.intake import take_in
from nightlight.quality.label_weeks import count_labels
from nightlight.quality.live import take_event
from nightlight.quality.reviews import confirm, dismiss
from nightlight.quality.samples import NOTHING, PROBLEM, UNCLEAR, answer, draw, samples
from nightlight.quality.store import QueuedFlag, select_cases, select_flags
from nightlight.quality.tables import publish
from nightlight.settings import Home

REVIEWER = "clara"  # who has decided
SUPERVISOR, TEAM = "sam", "Keepers"  # whose counselor is in the conversation that goes on
DAYS = 14
SAMPLED = 40  # of which the supervisor sees those of one team
LEFT = timedelta(days=3)  # the newest flags wait for whoever tries the demo
LIVE = "demo-live"
NOTE = "Invented for the demo."
TALK = (
    "T: hi. is anyone there",
    "C: Hi, I'm Robin, a volunteer here. I'm glad you wrote. What is going on tonight?",
    "T: had a huge fight with my mom. again",
    "C: That sounds exhausting, and it was not the first one. What was it about?",
    "T: everything. my grades, my room, how i never help. im so tired of it",
    "C: So much at once, and it feels as if nothing you do is seen.",
    "T: yeah. sometimes i think they would all be better off without me",
    "C: Those words hurt. What did she say before you went to your room?",
    "T: that im just a burden. maybe shes right. i dont want to be here anymore",
    "C: That is hard to hear from your own mother. How long has it been like this?",
    "T: since last year i guess",
    "C: And how are things at school at the moment?",
)


@dataclass(frozen=True)
class Queued:
    """How many conversations wait, how many flags were decided about, and whether one goes on live."""

    waiting: int
    decided: int
    live: bool


def seed_quality(home: Home, *, clock: Callable[[], datetime]) -> Queued:
    """Fill the queue as it would have been filled day by day until now; what is there already stays."""
    now, known = clock(), {principal["name"] for principal in list_principals(home.database_url)}
    for days in range(DAYS, -1, -1):
        take_in(home, clock=partial(_same, now - timedelta(days=days)))
    decided = _decide(home, now) if REVIEWER in known else 0
    if decided and SUPERVISOR in known:
        _read_sample(home, now - LEFT)
    live = _begin_live(home, now)
    seed_annotation(home, clock=clock)
    if decided or live:
        append(home, Entry("seed demo quality", os_user(), None, "done", detail="invented decisions and messages"))
    count_labels(home, clock=clock)
    publish(home, clock=clock)
    with transaction(home.database_url) as connection:
        waiting = {flag.conversation for flag in select_flags(connection, "state = 'open'")}
    return Queued(len(waiting), decided, live)


def _same(moment: datetime) -> datetime:
    return moment


def _decide(home: Home, now: datetime) -> int:
    """Two thirds of grave flags were right, a third of the others: about what lines report."""
    with transaction(home.database_url) as connection:
        older = select_flags(connection, "state = 'open' AND raised_at < :until", until=now - LEFT)
        if select_flags(connection, "state IN ('confirmed', 'dismissed')"):
            return 0  # somebody has begun to work in it
    by = Reach(REVIEWER, all=True)
    for flag in older:
        at = min(flag.raised_at + timedelta(hours=3 + flag.id % 40), now)
        seconds = 60.0 + 37 * (flag.id % 11)
        if _was_right(flag):
            confirm(home, flag.id, NOTE, seconds, by=by, clock=partial(_same, at))
        else:
            reason = ("not_so", "label_wrong", "known_and_handled")[flag.id % 3]
            dismiss(home, flag.id, reason, NOTE, seconds, by=by, clock=partial(_same, at))
    return len(older)


def _was_right(flag: QueuedFlag) -> bool:
    return flag.id * 7 % 9 < (6 if flag.severity.rank >= Severity.HIGH.rank else 3)


def _read_sample(home: Home, at: datetime) -> None:
    """What the reviewer drew, and the supervisor has read of their own team's but for the last two."""
    clock = partial(_same, at)
    try:
        draw(home, SAMPLED, by=Reach(REVIEWER, all=True), clock=clock, chance=Random(DAYS))  # noqa: S311
    except NightlightError:
        return  # nothing has ended lately, or the policies are older than samples
    by = Reach(SUPERVISOR, counselors=frozenset(_team(home)))
    for each in samples(home, by=by)[0][1][:-2]:
        said = PROBLEM if each.id % 6 == 0 else UNCLEAR if each.id % 11 == 0 else NOTHING
        seconds = 150.0 + 41 * (each.id % 9)
        answer(home, each.id, said, kinds=["no_safety_plan"], note=NOTE, seconds=seconds, by=by, clock=clock)


def _begin_live(home: Home, now: datetime) -> bool:
    """A conversation of the last minutes in which risk was told and not asked about; not twice at once."""
    with transaction(home.database_url) as connection:
        if select_cases(connection, "source = 'live' AND ended_at IS NULL"):
            return False
    counselor, conversation = _counselor(home), f"{LIVE}-{now:%m%d%H%M}"
    began_at = now - timedelta(seconds=60 * len(TALK))
    for number, line in enumerate(TALK):
        author = Author.TEXTER if line.startswith("T:") else Author.COUNSELOR
        at = began_at + timedelta(seconds=60 * number + 10)
        event = Event(conversation, f"m{number + 1}", author, line[3:], at, counselor=counselor)
        take_event(home, event, clock=partial(_same, at))
    return True


def _counselor(home: Home) -> str | None:
    return min(_team(home), default=None)


def _team(home: Home) -> list[str]:
    table = Lake(home.lake).table("silver.volunteers")
    rows = table.read(["volunteer_id", "team", "left_on"]).to_pylist() if table.exists else []
    return [str(row["volunteer_id"]) for row in rows if row["team"] == TEAM and row["left_on"] is None]
