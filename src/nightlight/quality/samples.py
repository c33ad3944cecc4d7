"""Random samples: ended conversations drawn without regard to flags and read without seeing them.

They tell what the queue misses, and whether an hour at the queue finds more than an hour at chance. Drawing and
reading are two people: whoever draws lets others open these conversations, and reads none of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry
from nightlight.conversations.conversation import Conversation
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError, suggest
from nightlight.lakehouse.tables import Lake
from nightlight.quality.access import Clock, Reach, find_seen, quality_changes
from nightlight.quality.flags.rules import RULE
from nightlight.quality.openings import ASKED, VALID, Ground, may_open
from nightlight.quality.reviews import LONGEST_NOTE, LONGEST_REVIEW
from nightlight.quality.store import SECURABLE, Case, find_case, insert_case, select_cases
from nightlight.quality.texts import read_text
from nightlight.quality.told import case_told, ended_conversations
from nightlight.settings import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nightlight.sql.broker import Broker

ANSWERS = PROBLEM, NOTHING, UNCLEAR = ("problem", "nothing", "unclear")
LARGEST, WITHIN_DAYS = 200, 28
OPEN_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Sample:
    """`since`: it was drawn from conversations that ended from then on; `open_until`: it may be read until then."""

    id: int
    drawn_by: str
    drawn_at: datetime
    since: datetime
    open_until: datetime

    def is_open(self, now: datetime) -> bool:
        return now < self.open_until


@dataclass(frozen=True)
class Sampled:
    """A conversation of a sample. `answer`: problem, nothing or unclear, None while nobody has answered; `kinds`: the
    rules that a reader named."""

    id: int
    sample: int
    conversation: str
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    kinds: tuple[str, ...]
    note: str | None
    seconds: float | None


def draw(home: Home, size: int, *, by: Reach, clock: Clock, chance: Random | None = None) -> Sample:
    """Draw from all conversations that ended in the last four weeks and that a counselor answered, flagged or not,
    looked at or not; needs MANAGE. Raises NightlightError where there are none."""
    if not 1 <= size <= LARGEST:
        raise NightlightError(f"a sample has 1 to {LARGEST} conversations", remedy="choose its size anew")
    now = clock()
    since = now - timedelta(days=WITHIN_DAYS)
    entry = Entry("draw sample", by.person, None, "done", detail=f"{size} conversations; others may open them")
    with quality_changes(home, entry, privilege="MANAGE") as connection:
        cases = ended_cases(connection, Lake(home.lake), since, now)
        if not cases:
            raise NightlightError(f"no conversation has ended in the last {WITHIN_DAYS} days", remedy="draw one later")
        chosen = (chance or SystemRandom()).sample(sorted(cases), min(size, len(cases)))
        values = {"drawn_by": by.person, "drawn_at": now, "since": since, "open_until": now + OPEN_FOR}
        insert_row(connection, "quality_samples", values)
        sample = _samples(connection)[0]
        for conversation in chosen:
            if find_case(connection, conversation) is None:
                insert_case(connection, cases[conversation])
            insert_row(
                connection, "quality_sampled", {"sample": sample.id, "conversation": conversation, "kinds": "[]"}
            )
    return sample


def ended_cases(connection: "Connection", lake: Lake, since: datetime, now: datetime) -> dict[str, Case]:
    """All that may be drawn: conversations of the tables, and live ones whose text is still kept."""
    told = (case_told(row) for batch in ended_conversations(lake, since, now) for row in batch.to_pylist())
    live = "source = 'live' AND text_gone_at IS NULL AND ended_at >= :since AND ended_at < :now"
    with_counselor = (
        f"{live} AND EXISTS (SELECT 1 FROM quality_messages m WHERE m.conversation = quality_cases.conversation "
        "AND m.author = 'counselor')"
    )
    found = select_cases(connection, with_counselor, since=since, now=now)
    return {case.conversation: case for case in (*told, *found)}


def samples(home: Home, *, by: Reach) -> list[tuple[Sample, list[Sampled]]]:
    """The samples with those of their conversations that somebody sees; the newest first."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by.person, "EXECUTE", SECURABLE)
        seen = _seen(connection, by)
        return [
            (sample, [each for each in _sampled(connection, sample=sample.id) if each.conversation in seen])
            for sample in _samples(connection)
        ]


def find_sampled(home: Home, sampled: int, *, by: Reach) -> tuple[Sample, Sampled, Case]:
    """A conversation of a sample that somebody sees; any other is not there."""
    with transaction(home.database_url) as connection:
        return _find(connection, sampled, by)


def read_sampled(
    home: Home, broker: "Broker", sampled: int, *, by: Reach, purpose: str | None, clock: Clock
) -> Conversation:
    """What was written in it. The first time it opens the conversation to this person for a day; the second person
    behind that is whoever drew the sample."""
    _, each, _ = find_sampled(home, sampled, by=by)
    if may_open(home, each.conversation, by=by, now=clock()) is Ground.NEEDS_SECOND:
        _open(home, sampled, by, clock())
    return read_text(home, broker, each.conversation, by=by, purpose=purpose, clock=clock)


def answer(
    home: Home,
    sampled: int,
    said: str,
    *,
    kinds: Sequence[str] = (),
    note: str = "",
    seconds: float | None,
    by: Reach,
    clock: Clock,
) -> Sampled:
    """Say whether there is something in it that a supervisor has to know or act on: once, by one person."""
    words, now = " ".join(note.split()), clock()
    _check_answer(said, kinds, words)
    entry = Entry("answer sample", by.person, None, "done", statement=str(sampled), detail=said)
    with quality_changes(home, entry) as connection:
        sample, each, _ = _find(connection, sampled, by)
        _check_reader(sample, by, now)
        if each.answered_at is not None:
            raise NightlightError(f"{each.answered_by} has answered this already", remedy="choose another one")
        took = None if seconds is None else min(max(seconds, 0.0), LONGEST_REVIEW)
        values = {
            "answered_by": by.person,
            "answered_at": now,
            "answer": said,
            "kinds": json.dumps(sorted(set(kinds)) if said == PROBLEM else []),
            "note": words,
            "seconds": took,
        }
        update_rows(connection, "quality_sampled", {"id": sampled}, values)
        return _sampled(connection, id=sampled)[0]


def answered(connection: "Connection", by: Reach, since: datetime) -> list[Sampled]:
    """The answers given since then about conversations that somebody sees; of one that was drawn twice the first."""
    seen = _seen(connection, by)
    found: dict[str, Sampled] = {}
    for each in _sampled(connection):
        if each.answered_at and each.answered_at >= since and each.conversation in seen:
            found.setdefault(each.conversation, each)
    return list(found.values())


def published_rows(connection: "Connection", now: datetime) -> list[dict[str, Any]]:
    """Rows of the table `quality.samples`; notes are not among them."""
    drawn = {sample.id: sample for sample in _samples(connection)}
    counselors = {case.conversation: case.counselor for case in _cases(connection)}
    return [
        {
            "sample": each.sample,
            "conversation": each.conversation,
            "counselor": counselors.get(each.conversation),
            "drawn_by": drawn[each.sample].drawn_by,
            "drawn_at": drawn[each.sample].drawn_at,
            "open_until": drawn[each.sample].open_until,
            "is_open": each.answered_at is None and drawn[each.sample].is_open(now),
            "answered_by": each.answered_by,
            "answered_at": each.answered_at,
            "is_problem": None if each.answer in (None, UNCLEAR) else each.answer == PROBLEM,
            "kinds": list(each.kinds),
            "seconds": each.seconds,
        }
        for each in _sampled(connection)
    ]


def _open(home: Home, sampled: int, by: Reach, now: datetime) -> None:
    """An opening as if this person had asked and whoever drew had approved, which drawing says."""
    with quality_changes(home, Entry("open sampled", by.person, None, "done", statement=str(sampled))) as connection:
        sample, each, _ = _find(connection, sampled, by)
        _check_reader(sample, by, now)
        values = {
            "conversation": each.conversation,
            "person": by.person,
            "kind": ASKED,
            "reason": f"random sample {sample.id}",
            "asked_at": now,
            "seconded_by": sample.drawn_by,
            "seconded_at": now,
            "valid_until": now + VALID,
        }
        insert_row(connection, "quality_openings", values)


def _check_reader(sample: Sample, by: Reach, now: datetime) -> None:
    if by.person == sample.drawn_by:
        raise NightlightError("you drew this sample: somebody else reads it", remedy="ask a colleague")
    if not sample.is_open(now):
        raise NightlightError("the time to read this sample is over", remedy="have a new one drawn")


def _check_answer(said: str, kinds: Sequence[str], words: str) -> None:
    if said not in ANSWERS:
        raise NightlightError("an answer is missing", remedy="say whether there is something, or that you cannot tell")
    for kind in kinds:
        if kind not in RULE:
            raise NightlightError("there is no such kind", remedy=suggest(kind, list(RULE)))
    if len(words) > LONGEST_NOTE:
        raise NightlightError("the note is too long", remedy=f"write at most {LONGEST_NOTE} characters")


def _find(connection: "Connection", sampled: int, by: Reach) -> tuple[Sample, Sampled, Case]:
    found = _sampled(connection, id=sampled)
    case = find_case(connection, found[0].conversation) if found else None
    check_privilege(connection, by.person, "EXECUTE", SECURABLE)
    if case is None or not by.sees(case):
        raise NightlightError("there is no such conversation in a sample", remedy="choose one from the list")
    find_seen(connection, by, case.conversation)
    return next(each for each in _samples(connection) if each.id == found[0].sample), found[0], case


def _seen(connection: "Connection", by: Reach) -> set[str]:
    return {case.conversation for case in _cases(connection) if by.sees(case)}


def _cases(connection: "Connection") -> list[Case]:
    return select_cases(connection, "conversation IN (SELECT conversation FROM quality_sampled)")


def _samples(connection: "Connection") -> list[Sample]:
    times = ("drawn_at", "since", "open_until")
    rows = rows_of(connection, "quality_samples", "id DESC")
    return [Sample(**{**row, **{name: moment(row[name]) for name in times}}) for row in rows]


def _sampled(connection: "Connection", **match: Any) -> list[Sampled]:
    return [
        Sampled(
            **{
                **row,
                "answered_at": moment(row["answered_at"]) if row["answered_at"] else None,
                "kinds": tuple(json.loads(row["kinds"])),
            }
        )
        for row in rows_of(connection, "quality_sampled", "id", **match)
    ]
