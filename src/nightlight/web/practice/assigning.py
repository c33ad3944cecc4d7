"""For trainers: assignments (who is to play what, by when, who has) and the rules of certificates."""

from datetime import datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.practice import assignments, certificates
from nightlight.practice.cohorts import list_cohorts
from nightlight.simulator.feedback import Mode
from nightlight.web.access import Person, PersonOf
from nightlight.web.practice import words
from nightlight.web.practice.cards import cards_of
from nightlight.web.practice.own import TEACHES
from nightlight.web.practice.progress import SKILLS, number
from nightlight.web.practice.training import training
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/practice/training")
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@router.get("/assignments", dependencies=[TEACHES])
def assignments_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _assignments(request, site, person)


@router.post("/assignments", dependencies=[TEACHES])
def assign(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    title: Text = "",
    cohort: Text = "",
    card: Texts = None,
    level: Text = "",
    count: Text = "",
    kind: Text = "practice",
    mode: Text = "nudge",
    skill: Text = "",
    needed: Text = "",
    due: Text = "",
    pilot: Text = "",
) -> Response:
    """Assign the chosen texters, or as many of a level as asked for."""
    typed = {"title": title, "cohort": cohort, "count": count, "needed": needed, "due": due}
    try:
        chosen = list(card or ())
        if not chosen and level:
            chosen = list(assignments.choose_cards(site.home, difficulty=number(level), count=number(count)))
        assignments.assign(
            site.home,
            title,
            cohort,
            chosen,
            by=person.name,
            kind=kind,
            mode=Mode(mode) if mode in set(Mode) else Mode.NUDGE,
            skill=skill if skill in SKILLS else "",
            needed=number(needed) if needed else None,
            due_at=_end_of_day(site, due),
            pilot=pilot,
            clock=site.clock,
        )
    except NightlightError as error:
        return _assignments(request, site, person, error=error, typed=typed)
    return RedirectResponse("/practice/training/assignments", 303)


@router.post("/assignments/{assignment}/end", dependencies=[TEACHES])
def end_assignment(request: Request, site: SiteOf, person: PersonOf, assignment: str) -> Response:
    try:
        assignments.end_assignment(site.home, assignment, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _assignments(request, site, person, error=error)
    return RedirectResponse("/practice/training/assignments", 303)


@router.get("/certificates", dependencies=[TEACHES])
def certificates_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _certificates(request, site)


@router.post("/certificates", dependencies=[TEACHES])
def set_rule(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: Text = "",
    passes: Text = "",
    level: Text = "",
    days: Text = "",
    item: Texts = None,
) -> Response:
    try:
        certificates.set_rule(
            site.home,
            name,
            passes=number(passes),
            difficulty=number(level),
            within_days=number(days),
            items=[each for each in item or () if each in SKILLS],
            by=person.name,
            clock=site.clock,
        )
    except NightlightError as error:
        return _certificates(request, site, error)
    return RedirectResponse("/practice/training/certificates", 303)


@router.post("/certificates/end", dependencies=[TEACHES])
def end_rule(request: Request, site: SiteOf, person: PersonOf, name: Text = "") -> Response:
    try:
        certificates.end_rule(site.home, name, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _certificates(request, site, error)
    return RedirectResponse("/practice/training/certificates", 303)


def _assignments(
    request: Request,
    site: Site,
    person: Person,
    *,
    error: NightlightError | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    mine, cards = assignments.list_assignments(site.home, by=person.name), cards_of(site)
    values: dict[str, Any] = {
        "assignments": mine,
        "done": {each.id: assignments.done_by_person(site.home, each.id, by=person.name) for each in mine},
        "cohorts": list_cohorts(site.home, by=person.name),
        "cards": cards,
        "titles": {each.card.id: each.card.title for each in cards},
    }
    return training(
        request, "assignments.html", "assignments", error, typed=typed or {}, words=words, skills=SKILLS, **values
    )


def _certificates(request: Request, site: Site, error: NightlightError | None = None) -> HTMLResponse:
    rules = certificates.list_rules(site.home)
    return training(request, "certificates.html", "certificates", error, rules=rules, skills=SKILLS, words=words)


def _end_of_day(site: Site, day: str) -> datetime | None:
    """The last moment of a day in the line's time zone; None for none."""
    if not day:
        return None
    try:
        found = datetime.fromisoformat(day).date()
    except ValueError:
        raise NightlightError("this is no day", remedy="choose one from the calendar") from None
    return datetime.combine(found, time(23, 59, 59), ZoneInfo(site.home.settings.time_zone))
