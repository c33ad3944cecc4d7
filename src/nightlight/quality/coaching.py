"""What was read in a counselor's own conversations, for them alone: what they do well first, then one thing to try.

Nobody is compared with anybody, nothing is a grade, and where little was read nothing is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.purposes import allowed_purposes
from nightlight.conversations.labels import Author, CounselorAct
from nightlight.db import transaction
from nightlight.lakehouse.tables import Lake
from nightlight.quality.access import Clock
from nightlight.quality.label_rows import kept_messages
from nightlight.quality.label_weeks import LABELS
from nightlight.quality.skills import SKILLS
from nightlight.quality.store import select_cases
from nightlight.quality.told import ended_conversations
from nightlight.settings import Home
from nightlight.sql.masks import literal

if TYPE_CHECKING:
    from nightlight.sql.broker import Broker

ROSTERS = ("silver.volunteers", "bronze.volunteers")  # the first that has e-mail addresses
MESSAGES = "silver.messages"
NEEDED = {"conversation_id", "message_id", "author", "acts", "risk"}
KINDS = ("training", "quality", "care", "operations", "research")
ACTION = "see own coaching"
WITHIN = timedelta(days=90)
MOST = 100  # conversations, the newest
QUOTED = 2  # messages of a skill
LONG_ENOUGH = 6  # messages of a counselor, below which what was left out says nothing
ENOUGH = 5  # such conversations
USUAL = ("reflect", "value", "ask_openly", "plan_together", "close_well")
"""Skills that most conversations have room for: one that is seldom there may be worth trying."""


@dataclass(frozen=True)
class Own:
    """A conversation of one's own: its counselor's messages with their acts, and the texter's highest risk."""

    conversation: str
    messages: tuple[tuple[str, frozenset[CounselorAct]], ...]
    risk: int

    def shows(self, skill: str) -> list[str]:
        """The messages that show a skill."""
        return [message for message, acts in self.messages if acts & SKILLS[skill]]


@dataclass(frozen=True)
class Strength:
    """A skill, how often it was shown, in how many conversations, and own words for those who may read them."""

    skill: str
    messages: int
    conversations: int
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coaching:
    """`to_try`: one skill, "" where nothing stands out or too little was read; `is_known`: whether the roster knows
    this person by their e-mail address."""

    is_known: bool
    since: datetime
    conversations: int
    strengths: tuple[Strength, ...]
    to_try: str
    is_enough: bool


def coaching(home: Home, broker: "Broker", person: str, *, clock: Clock) -> Coaching:
    """Of the person's own conversations of the last ninety days, as far as they may read their labels."""
    now = clock()
    since = now - WITHIN
    counselors = counselors_of(Lake(home.lake), person)
    if not counselors:
        return Coaching(False, since, 0, (), "", False)
    told = _told(home, broker, person, counselors, since, now)
    owns = sorted([*told, *_live(home, counselors, since, now)], key=lambda own: own.conversation)
    strengths = strengths_of(owns)
    quotes = _quotes(home, broker, person, owns, strengths)
    long = [own for own in owns if len(own.messages) >= LONG_ENOUGH]
    return Coaching(
        True,
        since,
        len(owns),
        tuple(
            Strength(each.skill, each.messages, each.conversations, quotes.get(each.skill, ())) for each in strengths
        ),
        to_try(long) if len(long) >= ENOUGH else "",
        len(long) >= ENOUGH,
    )


def strengths_of(owns: Sequence[Own]) -> list[Strength]:
    """The skills that were shown, those in most conversations first."""
    found = []
    for skill in SKILLS:
        shown = [len(own.shows(skill)) for own in owns]
        if any(shown):
            found.append(Strength(skill, sum(shown), sum(number > 0 for number in shown)))
    return sorted(found, key=lambda each: (-each.conversations, -each.messages))


def to_try(owns: Sequence[Own]) -> str:
    """One skill: to ask about risk where it was twice not asked about, else the one that most seldom was there."""
    unasked = [own for own in owns if own.risk >= 1 and not own.shows("ask_risk")]
    if len(unasked) >= 2:
        return "ask_risk"
    there = {skill: sum(bool(own.shows(skill)) for own in owns) for skill in USUAL}
    seldom = min(USUAL, key=lambda skill: there[skill])
    return seldom if there[seldom] * 2 < len(owns) else ""


def counselors_of(lake: Lake, person: str) -> tuple[str, ...]:
    """The roster's numbers of somebody, whose user has their e-mail address for its name; the last row of each counts.

    Nobody's but their own leave this function, so that it needs no grant on the roster.
    """
    for name in ROSTERS:
        table = lake.table(name)
        columns = [each for each in ("volunteer_id", "email", "updated_at") if table.exists]
        if columns and {"volunteer_id", "email"} <= set(table.schema.names):
            rows = table.read([each for each in columns if each in table.schema.names]).to_pylist()
            rows.sort(key=lambda row: str(row.get("updated_at") or ""))
            newest = {str(row["volunteer_id"]): row["email"] for row in rows}
            return tuple(key for key, email in newest.items() if email and email.lower() == person.lower())
    return ()


def _told(
    home: Home, broker: "Broker", person: str, counselors: tuple[str, ...], since: datetime, now: datetime
) -> list[Own]:
    """Those of the tables; their labels as the person may read them."""
    conversations = _conversations(Lake(home.lake), counselors, since, now)
    if not conversations or not _readable(broker, person, LABELS) >= NEEDED:
        return []
    statement = (
        f"SELECT {', '.join(sorted(NEEDED))} FROM {LABELS} WHERE CAST(conversation_id AS VARCHAR) IN "
        f"({_list(conversations)}) AND (acts IS NOT NULL OR risk IS NOT NULL)"
    )
    purpose = _purpose(home, person)
    rows = broker.sql(statement, principal=person, purpose=purpose, action=ACTION).table.to_pylist() if purpose else []
    by_conversation: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_conversation.setdefault(str(row["conversation_id"]), []).append(row)
    return [_own(conversation, found) for conversation, found in by_conversation.items()]


def _own(conversation: str, rows: Sequence[Mapping[str, Any]]) -> Own:
    messages = tuple(
        (str(row["message_id"]), frozenset(CounselorAct(act) for act in row["acts"]))
        for row in rows
        if row["author"] == Author.COUNSELOR and row["acts"] is not None
    )
    return Own(conversation, messages, max((row["risk"] or 0 for row in rows), default=0))


def _live(home: Home, counselors: tuple[str, ...], since: datetime, now: datetime) -> list[Own]:
    """Those that were sent live and have ended."""
    found = []
    with transaction(home.database_url) as connection:
        ended = "source = 'live' AND ended_at >= :since AND ended_at <= :now AND counselor IS NOT NULL"
        for case in select_cases(connection, ended, since=since, now=now):
            if case.counselor in counselors:
                labels = [each.labels for each in kept_messages(connection, case.conversation) if each.labels]
                messages = tuple(
                    (each.id, frozenset(done.act for done in each.acts)) for each in labels if each.acts is not None
                )
                found.append(Own(case.conversation, messages, case.risk))
    return found


def _conversations(lake: Lake, counselors: tuple[str, ...], since: datetime, now: datetime) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = []
    theirs = pa.array(counselors, pa.string())
    for batch in ended_conversations(lake, since, now):
        own = batch.filter(pc.is_in(pc.cast(batch.column("counselor_id"), pa.string()), value_set=theirs))
        found += own.select(["closed_at", "conversation_id"]).to_pylist()
    found.sort(key=lambda row: row["closed_at"], reverse=True)
    return [str(row["conversation_id"]) for row in found[:MOST]]


def _quotes(
    home: Home, broker: "Broker", person: str, owns: Sequence[Own], strengths: Sequence[Strength]
) -> dict[str, tuple[str, ...]]:
    """Words of one's own that show a skill, for those who may read what was written."""
    purpose = _purpose(home, person)
    if purpose is None or not {"conversation_id", "message_id", "text"} <= _readable(broker, person, MESSAGES):
        return {}
    wanted: dict[str, list[tuple[str, str]]] = {}
    for each in strengths:
        shown = [(own.conversation, message) for own in owns for message in own.shows(each.skill)]
        wanted[each.skill] = shown[-QUOTED:]
    pairs = [pair for each in wanted.values() for pair in each]
    if not pairs:
        return {}
    statement = (
        f"SELECT conversation_id, message_id, text FROM {MESSAGES} WHERE CAST(conversation_id AS VARCHAR) IN "
        f"({_list(conversation for conversation, _ in pairs)}) AND CAST(message_id AS VARCHAR) IN "
        f"({_list(message for _, message in pairs)}) AND author = 'counselor'"
    )
    rows = broker.sql(statement, principal=person, purpose=purpose, action=ACTION).table.to_pylist()
    texts = {(str(row["conversation_id"]), str(row["message_id"])): row["text"] for row in rows}
    return {skill: tuple(texts[pair] for pair in each if texts.get(pair)) for skill, each in wanted.items()}


def _readable(broker: "Broker", person: str, table: str) -> set[str]:
    decided = broker.decisions.look_up(person, [table]).get(table)
    return {column.name for column in decided.access.allowed if column.mask is None} if decided else set()


def _purpose(home: Home, person: str) -> str | None:
    with transaction(home.database_url) as connection:
        purposes = {each["kind"]: each["name"] for each in reversed(allowed_purposes(connection, person))}
    return next((purposes[kind] for kind in KINDS if kind in purposes), None)


def _list(values: Any) -> str:
    return ", ".join(literal(value) for value in sorted(set(values)))
