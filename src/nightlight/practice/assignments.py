"""Assignments: which cards a cohort is to play, by when, and how often with a pass.

A card about something a person does not want is replaced by an equal one. Anybody may also take another card, without
a reason, so that a replacement tells nobody of a wish."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightlight.catalog.access import check_privilege
from nightlight.catalog.audit import Entry, append
from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Topic
from nightlight.db import insert_row, moment, rows_of, transaction, update_rows
from nightlight.errors import NightlightError
from nightlight.practice import store
from nightlight.practice.cards import equal_card, find_played_card, list_played_cards
from nightlight.practice.cohorts import SECURABLE, Clock, check_name, cohorts_of, find, find_own, trainer_changes
from nightlight.practice.store import ASSESSMENT, PRACTICE
from nightlight.practice.wishes import unwanted_topics
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode

if TYPE_CHECKING:
    from sqlalchemy import Connection

PILOT_SHARE = 0.8  # of a pilot cohort that must have done an assignment before it goes to others


@dataclass(frozen=True)
class Assignment:
    """`cards` to be played; `skill`: the rubric item it is for ("" = none); `needed`: how many of them must be done,
    which in an assessment means passed; `pilot`: the cohort that must do it first ("" = none)."""

    id: str
    title: str
    cohort: str
    cards: tuple[str, ...]
    skill: str
    kind: str
    mode: Mode
    needed: int
    due_at: datetime | None
    pilot: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class Place:
    """One card of an assignment as one person gets it, and whether they have done it."""

    card: str
    is_done: bool


@dataclass(frozen=True)
class Offered:
    """An assignment as one person sees it."""

    assignment: Assignment
    places: tuple[Place, ...]

    @property
    def done(self) -> int:
        return sum(place.is_done for place in self.places)

    @property
    def is_done(self) -> bool:
        return self.done >= self.assignment.needed


def choose_cards(home: Home, *, difficulty: int, count: int) -> tuple[str, ...]:
    """Cards of a difficulty for an assignment that names none, those with different topics first."""
    found: list[Card] = []
    cards = [each.card for each in list_played_cards(home) if each.card.difficulty == difficulty]
    while cards and len(found) < count:
        seen = {topic for card in found for topic in card.topics}
        found.append(min(cards, key=lambda card: (len(seen & set(card.topics)), card.id)))
        cards.remove(found[-1])
    if len(found) < count:
        raise NightlightError(f"there are only {len(found)} cards of difficulty {difficulty}", remedy="ask for fewer")
    return tuple(card.id for card in found)


def assign(
    home: Home,
    title: str,
    cohort: str,
    cards: Sequence[str],
    *,
    by: str,
    kind: str = PRACTICE,
    mode: Mode = Mode.NUDGE,
    skill: str = "",
    needed: int | None = None,
    due_at: datetime | None = None,
    pilot: str = "",
    clock: Clock,
) -> Assignment:
    """Give a cohort cards to play; raises NightlightError where a pilot cohort has not done the same cards yet."""
    cards = tuple(dict.fromkeys(cards))
    wanted = len(cards) if needed is None else needed
    if kind not in (PRACTICE, ASSESSMENT):
        raise NightlightError(f"'{kind}' is no kind of assignment", remedy=f"choose {PRACTICE} or {ASSESSMENT}")
    if not cards or not 1 <= wanted <= len(cards):
        raise NightlightError("an assignment needs cards", remedy="choose at least one, and as many as are needed")
    for card in cards:
        find_played_card(home, card)
    entry = Entry("assign practice", by, None, "done", statement=cohort)
    with trainer_changes(home, entry) as connection:
        find_own(connection, cohort, by)
        if pilot:
            _check_pilot(connection, pilot, cards, by)
        values = {
            "id": secrets.token_urlsafe(9),
            "title": check_name(title, "an assignment"),
            "cohort": cohort,
            "cards": json.dumps(cards),
            "skill": skill,
            "kind": kind,
            "mode": (Mode.OFF if kind == ASSESSMENT else mode).value,
            "needed": wanted,
            "due_at": due_at,
            "pilot": pilot,
            "made_by": by,
            "made_at": clock(),
        }
        insert_row(connection, "practice_assignments", values)
        return find_assignment(connection, str(values["id"]))


def end_assignment(home: Home, assignment: str, *, by: str, clock: Clock) -> None:
    """Nobody is offered it any more; what was done stays."""
    with trainer_changes(home, Entry("end assignment", by, None, "done", statement=assignment)) as connection:
        _own(find_assignment(connection, assignment), by)
        update_rows(connection, "practice_assignments", {"id": assignment}, {"ended_at": clock()})


def list_assignments(home: Home, *, by: str) -> list[Assignment]:
    """A trainer's own that run, the newest first."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        rows = rows_of(connection, "practice_assignments", "made_at DESC", made_by=by)
        return [_assignment(row) for row in rows if row["ended_at"] is None]


def offered_to(home: Home, person: str) -> list[Offered]:
    """What somebody is to practise, what is due first at the top."""
    with transaction(home.database_url) as connection:
        cohorts = set(cohorts_of(connection, person))
        rows = rows_of(connection, "practice_assignments", "due_at IS NULL, due_at, made_at")
        found = [_assignment(row) for row in rows if row["ended_at"] is None and row["cohort"] in cohorts]
        if not found:
            return []
        unwanted = unwanted_topics(home, person)
        cards = {each.card.id: each.card for each in list_played_cards(home)}
        return [_offered(connection, each, person, unwanted, cards) for each in found]


def take_another_card(home: Home, assignment: str, card: str, *, person: str) -> str:
    """Another card of equal difficulty in this one's place, without a reason; its name.

    Raises NightlightError where there is no other.
    """
    offer = next((each for each in offered_to(home, person) if each.assignment.id == assignment), None)
    if offer is None or card not in {place.card for place in offer.places}:
        raise NightlightError("this is no card of your assignments", remedy="choose one from the list")
    other = equal_card(
        [each.card for each in list_played_cards(home)],
        find_played_card(home, card).card,
        unwanted=unwanted_topics(home, person),
        taken=[place.card for place in offer.places],
    )
    if other is None:
        raise NightlightError("there is no other card of this difficulty", remedy="ask your trainer for another one")
    append(home, Entry("take another card", person, None, "done", statement=assignment))
    with transaction(home.database_url) as connection:
        match = {"assignment": assignment, "person": person, "card": card}
        if not update_rows(connection, "practice_swaps", match, {"instead": other.id}):
            insert_row(connection, "practice_swaps", {**match, "instead": other.id})
    return other.id


def done_by_person(home: Home, assignment: str, *, by: str) -> dict[str, int]:
    """How many cards of an assignment each of the cohort has done; which ones is theirs."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by, "MANAGE", SECURABLE)
        found = _own(find_assignment(connection, assignment), by)
        people = find(connection, found.cohort).people
        return {person: min(len(_done(connection, found, person)), len(found.cards)) for person in people}


def find_assignment(connection: "Connection", assignment: str) -> Assignment:
    rows = rows_of(connection, "practice_assignments", "id", id=assignment)
    if not rows:
        raise no_assignment()
    return _assignment(rows[0])


def no_assignment() -> NightlightError:
    return NightlightError("there is no such assignment", remedy="choose one from your list")


def _assignment(row: Mapping[str, Any]) -> Assignment:
    return Assignment(
        id=row["id"],
        title=row["title"],
        cohort=row["cohort"],
        cards=tuple(json.loads(row["cards"])),
        skill=row["skill"],
        kind=row["kind"],
        mode=Mode(row["mode"]),
        needed=row["needed"],
        due_at=moment(row["due_at"]) if row["due_at"] else None,
        pilot=row["pilot"],
        made_by=row["made_by"],
        made_at=moment(row["made_at"]),
    )


def _offered(
    connection: "Connection",
    assignment: Assignment,
    person: str,
    unwanted: frozenset[Topic],
    cards: Mapping[str, Card],
) -> Offered:
    rows = rows_of(connection, "practice_swaps", "card", assignment=assignment.id, person=person)
    swaps = {row["card"]: row["instead"] for row in rows}
    done, places = _done(connection, assignment, person), list[Place]()
    for name in assignment.cards:
        taken = [*assignment.cards, *(place.card for place in places)]
        chosen = _chosen(name, swaps)
        if chosen not in done and chosen in cards and unwanted & set(cards[chosen].topics):
            other = equal_card(cards.values(), cards[chosen], unwanted=unwanted, taken=taken)
            chosen = other.id if other else ""
        if chosen in cards or chosen in done:
            places.append(Place(chosen, chosen in done))
    return Offered(assignment, tuple(places))


def _chosen(card: str, swaps: Mapping[str, str]) -> str:
    seen = {card}
    while card in swaps and swaps[card] not in seen:
        card = swaps[card]
        seen.add(card)
    return card


def _done(connection: "Connection", assignment: Assignment, person: str) -> set[str]:
    query = "person = :person AND assignment = :id AND ended_at IS NOT NULL AND stopped = 0"
    found = store.select(connection, query, person=person, id=assignment.id)
    return {each.card for each in found if each.passed or assignment.kind == PRACTICE}


def _check_pilot(connection: "Connection", pilot: str, cards: Sequence[str], by: str) -> None:
    people = find_own(connection, pilot, by).people
    rows = rows_of(connection, "practice_assignments", "made_at", cohort=pilot)
    tried = [each for each in map(_assignment, rows) if set(cards) <= set(each.cards)]
    done = {person for each in tried for person in people if len(_done(connection, each, person)) >= each.needed}
    if not people or len(done) < PILOT_SHARE * len(people):
        raise NightlightError(
            f"{len(done)} of {len(people)} people of the pilot cohort '{pilot}' have done these cards",
            remedy=f"assign them to '{pilot}' first, and wait until {PILOT_SHARE:.0%} have done them",
        )


def _own(assignment: Assignment, by: str) -> Assignment:
    if assignment.made_by != by:
        raise no_assignment()
    return assignment
