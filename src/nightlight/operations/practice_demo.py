"""The demo's practice: two cohorts of trainees with invented sessions over eight weeks, marked as invented."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from nightlight.catalog.audit import Entry, append, os_user
from nightlight.catalog.principals import add_member, add_principal, list_principals
from nightlight.lakehouse.tables import Lake
from nightlight.practice.assignments import assign, choose_cards
from nightlight.practice.cards import PlayedCard, list_played_cards
from nightlight.practice.certificates import issue_due, set_rule
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.efficacy import AFTER, BEFORE, TASKS, record_efficacy
from nightlight.practice.invented import has_invented, invent
from nightlight.practice.store import ASSESSMENT, PRACTICE
from nightlight.settings import Home

TRAINER, OWN_TRAINEE = "sam", "vera"
EACH, SESSIONS = 8, 4  # people in a cohort, sessions of a person
ASSESSED = (1, 2, 3)  # which of somebody's sessions are assessments
WEEKS = 8
RULE = "Ready for supervised shifts"


@dataclass(frozen=True)
class Plan:
    """A cohort and how many weeks ago it began."""

    cohort: str
    weeks_ago: int


SUMMER, AUTUMN = Plan("Summer", 18), Plan("Autumn", WEEKS)


@dataclass(frozen=True)
class Seeded:
    people: int
    sessions: int
    certificates: int


def seed_practice(home: Home, *, clock: Callable[[], datetime]) -> Seeded | None:
    """Invent trainees' practice up to now; None where it is there already, or there is no roster."""
    people = _trainees(home)
    if has_invented(home) or not people:
        return None
    append(home, Entry("seed demo practice", os_user(), None, "done", detail="invented sessions, marked as such"))
    now, random = clock(), Random(7)  # noqa: S311  # for variety, not for secrets
    begun = now - timedelta(weeks=SUMMER.weeks_ago)
    set_rule(home, RULE, passes=2, difficulty=2, within_days=90, by=TRAINER, clock=lambda: begun)
    certificates = 0
    for plan, members in ((AUTUMN, people[: EACH + 1]), (SUMMER, people[EACH + 1 :])):
        begun = now - timedelta(weeks=plan.weeks_ago)
        make_cohort(home, plan.cohort, members, by=TRAINER, clock=partial(_same, begun))
        for person in members:
            certificates += _train(home, person, people.index(person), begun, now, random)
    _assign(home, AUTUMN.cohort, now)
    return Seeded(len(people), len(people) * SESSIONS, certificates)


def _same(moment: datetime) -> datetime:
    return moment


def _train(home: Home, person: str, number: int, begun: datetime, now: datetime, random: Random) -> int:
    """Eight weeks of one trainee; how many certificates came of them."""
    cards, ended = list_played_cards(home), min(begun + timedelta(weeks=WEEKS), now)
    record_efficacy(home, person, BEFORE, _sure(random, 3.5), clock=partial(_same, begun))
    for place in range(SESSIONS):
        at = begun + timedelta(days=place * WEEKS * 7 / SESSIONS + random.random() * 4, hours=number % 5)
        _invent(home, person, number, place, cards, min(at, now - timedelta(hours=2)))
    record_efficacy(home, person, AFTER, _sure(random, 6.5), clock=partial(_same, ended))
    return len(issue_due(home, person, clock=partial(_same, ended)))


def _trainees(home: Home) -> list[str]:
    """The demo's own trainee, and the newest active volunteers of the roster as users named by their address."""
    table = Lake(home.lake).table("bronze.volunteers")
    if not table.exists:
        return []
    rows = table.read(["volunteer_id", "email", "joined_on", "left_on", "updated_at"]).to_pylist()
    newest = {row["volunteer_id"]: row for row in sorted(rows, key=lambda row: row["updated_at"])}
    active = [row for row in newest.values() if row["left_on"] is None and row["joined_on"] and row["email"]]
    # Those who joined some time ago have conversations after their practice.
    active.sort(key=lambda row: (row["joined_on"], row["volunteer_id"]), reverse=True)
    names = [row["email"].lower() for row in active[: 2 * EACH]]
    known, by = {principal["name"] for principal in list_principals(home.database_url)}, os_user()
    if TRAINER not in known:
        return []
    for name in names:
        if name not in known:
            add_principal(home.database_url, name, "user", by=by)
            add_member(home.database_url, name, "volunteers", by=by)
    own = [OWN_TRAINEE] if OWN_TRAINEE in known else []
    return [*own, *(name for name in names if name != OWN_TRAINEE)]


def _assign(home: Home, cohort: str, now: datetime) -> None:
    assign(
        home,
        "Three conversations of medium difficulty",
        cohort,
        choose_cards(home, difficulty=2, count=3),
        by=TRAINER,
        due_at=now + timedelta(days=14),
        clock=partial(_same, now),
    )


def _invent(home: Home, person: str, number: int, place: int, cards: list[PlayedCard], at: datetime) -> None:
    """People begin at different levels, and most get better; a few do not pass yet."""
    difficulty = 1 if place < min(ASSESSED) else 2
    fitting = [each for each in cards if each.card.difficulty == difficulty]
    invent(
        home,
        person,
        fitting[(number * 3 + place) % len(fitting)],
        kind=ASSESSMENT if place in ASSESSED else PRACTICE,
        harm=max(0.0, 0.35 + 0.1 * (number % 6) - 0.11 * place),
        seed=1000 * number + place,
        began_at=at,
        assignment="",
    )


def _sure(random: Random, mean: float) -> dict[str, int]:
    return {task: min(10, max(0, round(random.gauss(mean, 1.5)))) for task in TASKS}
