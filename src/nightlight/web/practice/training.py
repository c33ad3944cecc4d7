"""For trainers: their cohorts, the people in them, and how each gets on. Another trainer's people are not there."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.practice import certificates, cohorts
from nightlight.practice.progress import progress_for_trainer
from nightlight.practice.wishes import shared_feelings
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice.debrief import FEELINGS
from nightlight.web.practice.own import TEACHES
from nightlight.web.practice.progress import SKILLS, progress_values
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/practice/training")
Text = Annotated[str, Form()]


@router.get("", dependencies=[TEACHES])
def training_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _overview(request, site, person)


@router.post("/cohorts", dependencies=[TEACHES])
def make_cohort(
    request: Request, site: SiteOf, person: PersonOf, name: Text = "", people: Text = "", pilot: Text = ""
) -> Response:
    named = people.replace(",", " ").split()
    try:
        cohorts.make_cohort(site.home, name, named, by=person.name, is_pilot=bool(pilot), clock=site.clock)
    except NightlightError as error:
        return _overview(request, site, person, error=error, name=name, people=people)
    return RedirectResponse("/practice/training", 303)


@router.get("/cohorts/{name}", dependencies=[TEACHES])
def cohort_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return _cohort(request, site, person, name)


@router.post("/cohorts/{name}/people", dependencies=[TEACHES])
def add_person(request: Request, site: SiteOf, person: PersonOf, name: str, who: Text = "") -> Response:
    try:
        cohorts.add_to_cohort(site.home, name, who.strip(), by=person.name, clock=site.clock)
    except NightlightError as error:
        return _cohort(request, site, person, name, error)
    return RedirectResponse(_url(name), 303)


@router.post("/cohorts/{name}/people/remove", dependencies=[TEACHES])
def remove_person(request: Request, site: SiteOf, person: PersonOf, name: str, who: Text = "") -> Response:
    try:
        cohorts.remove_from_cohort(site.home, name, who, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _cohort(request, site, person, name, error)
    return RedirectResponse(_url(name), 303)


@router.post("/cohorts/{name}/end", dependencies=[TEACHES])
def end_cohort(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    try:
        cohorts.end_cohort(site.home, name, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _cohort(request, site, person, name, error)
    return RedirectResponse("/practice/training", 303)


@router.get("/people/{who}", dependencies=[TEACHES])
def person_page(request: Request, site: SiteOf, person: PersonOf, who: str) -> HTMLResponse:
    return _person(request, site, person, who)


@router.post("/people/{who}/certificates/{certificate}/revoke", dependencies=[TEACHES])
def revoke(request: Request, site: SiteOf, person: PersonOf, who: str, certificate: str, reason: Text = "") -> Response:
    try:
        certificates.revoke(site.home, certificate, reason, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _person(request, site, person, who, error)
    return RedirectResponse(f"/practice/training/people/{quote(who, safe='')}", 303)


def _overview(
    request: Request, site: Site, person: Person, *, error: NightlightError | None = None, **typed: str
) -> HTMLResponse:
    mine = cohorts.list_cohorts(site.home, by=person.name)
    return training(request, "training.html", "cohorts", error, cohorts=mine, typed=typed)


def _cohort(
    request: Request, site: Site, person: Person, name: str, error: NightlightError | None = None
) -> HTMLResponse:
    try:
        cohort = cohorts.find_cohort(site.home, name, by=person.name)
    except NightlightError:
        raise NotThere from None
    progress = {each: progress_for_trainer(site.home, each, by=person.name) for each in cohort.people}
    return training(
        request,
        "cohort.html",
        "cohorts",
        error,
        cohort=cohort,
        progress=progress,
        feelings=shared_feelings(site.home, cohort.name, by=person.name),
        words_of_feelings=FEELINGS,
    )


def _person(
    request: Request, site: Site, person: Person, who: str, error: NightlightError | None = None
) -> HTMLResponse:
    try:
        progress = progress_for_trainer(site.home, who, by=person.name)
        held = certificates.certificates_for_trainer(site.home, who, by=person.name)
    except NightlightError:
        raise NotThere from None
    values = progress_values(request, site, person, progress)
    return training(
        request, "person.html", "cohorts", error, who=who, certificates=held, skills_by_item=SKILLS, **values
    )


def training(
    request: Request, template: str, here: str, error: NightlightError | None = None, **values: Any
) -> HTMLResponse:
    """A trainer's page, under the menu of training."""
    return render(request, f"training/{template}", status=400 if error else 200, here=here, error=error, **values)


def _url(name: str) -> str:
    return f"/practice/training/cohorts/{quote(name, safe='')}"
