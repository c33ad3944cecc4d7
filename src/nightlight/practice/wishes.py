"""What a person wishes and feels about practice: topics they do not want, how much on one day, how they are after it.

Only the person reads it: no list, count, log or table holds a wish, and a feeling only where they chose to share it."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import database_errors
from nightlight.conversations.labels import Topic
from nightlight.db import insert_row, rows_of, transaction, update_rows
from nightlight.errors import NightlightError, suggest
from nightlight.practice import store
from nightlight.practice.cards import PlayedCard, list_played_cards
from nightlight.practice.cohorts import find_cohort
from nightlight.practice.store import Practice
from nightlight.settings import Home

FEELINGS = ("fine", "moved", "heavy", "talk")
LONGEST_NOTE = 500


def unwanted_topics(home: Home, person: str) -> frozenset[Topic]:
    """The topics a person does not want to practise; for the person's own pages and the choice of cards."""
    with database_errors(), transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_wishes", "person", person=person)
    return frozenset(Topic(each) for each in json.loads(rows[0]["topics"])) if rows else frozenset()


def set_unwanted_topics(
    home: Home, person: str, topics: Iterable[Topic | str], *, clock: Callable[[], datetime]
) -> None:
    """Keep what the person does not want; the audit has that wishes changed, not which."""
    wanted = sorted({_topic(each) for each in topics})
    append(home, Entry("practice wishes", person, None, "done"))
    values = {"topics": json.dumps(wanted), "changed_at": clock()}
    with database_errors(), transaction(home.database_url) as connection:
        if not update_rows(connection, "practice_wishes", {"person": person}, values):
            insert_row(connection, "practice_wishes", {"person": person, **values})


def _topic(word: Topic | str) -> Topic:
    if word not in set(Topic):
        raise NightlightError("this is no topic of the cards", remedy=suggest(str(word), list(Topic)))
    return Topic(word)


def wanted_cards(home: Home, person: str) -> list[PlayedCard]:
    """The cards to offer this person, the easy ones first."""
    unwanted = unwanted_topics(home, person)
    return [each for each in list_played_cards(home) if not unwanted & set(each.card.topics)]


def minutes_today(home: Home, person: str, now: datetime) -> float:
    """How long somebody practised on this day of the line's time zone, stopped sessions included."""
    with database_errors(), transaction(home.database_url) as connection:
        found = store.select(
            connection, "person = :person AND began_at >= :day", person=person, day=_midnight(home, now)
        )
    return sum(_seconds(each) for each in found) / 60


def check_cap(home: Home, person: str, now: datetime) -> None:
    """Raise NightlightError when the day's minutes are used up; what has been begun may be ended."""
    most = home.settings.practice_daily_minutes
    if most and minutes_today(home, person, now) >= most:
        raise NightlightError(
            f"you have practised {most} minutes today, which is enough for one day",
            remedy="rest, and come back tomorrow; a session you began can still be ended",
        )


def _seconds(practice: Practice) -> float:
    """A branch begins where the first course stood: what it repeats was not practised again."""
    begun_at = max(-practice.paused_seconds, 0.0) if practice.branch_of else 0.0
    return max(practice.seconds - begun_at, 0.0)


def _midnight(home: Home, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(home.settings.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def contact(home: Home) -> str:
    """The human to turn to, "" where the line has named none."""
    return home.settings.practice_contact


def record_feeling(
    home: Home, practice: Practice, answer: str, note: str, shared: bool, *, clock: Callable[[], datetime]
) -> None:
    """Keep how somebody is after a session; the last answer counts. Nobody else reads it unless they share it."""
    if answer not in FEELINGS:
        raise NightlightError("this is no answer to the question", remedy=f"choose one of: {', '.join(FEELINGS)}")
    append(home, Entry("practice feeling", practice.person, None, "done", statement=practice.id))
    values = {"answer": answer, "note": note.strip()[:LONGEST_NOTE], "shared": int(shared), "at": clock()}
    with database_errors(), transaction(home.database_url) as connection:
        if not update_rows(connection, "practice_feelings", {"session": practice.id}, values):
            insert_row(connection, "practice_feelings", {"session": practice.id, "person": practice.person, **values})


def shared_feelings(home: Home, cohort: str, *, by: str) -> list[dict[str, object]]:
    """What people of a trainer's cohort chose to share: person, session, answer, note; the audit has who looked."""
    people = find_cohort(home, cohort, by=by).people
    with database_errors(), transaction(home.database_url) as connection:
        rows = rows_of(connection, "practice_feelings", "at DESC", shared=1)
    shown = ("person", "session", "answer", "note")
    found = [{name: row[name] for name in shown} for row in rows if row["person"] in people]
    if found:
        append(home, Entry("open shared feelings", by, None, "done", statement=cohort))
    return found
