"""For trainers: the built-in study, its report, and the blind rating of transcripts."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.practice import ratings, study
from nightlight.web.access import NotThere, PersonOf
from nightlight.web.practice.cards import cards_of
from nightlight.web.practice.own import TEACHES
from nightlight.web.practice.progress import number
from nightlight.web.practice.training import training
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/practice/training/studies")
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@router.get("", dependencies=[TEACHES])
def studies_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _studies(request, site)


@router.post("", dependencies=[TEACHES])
def begin_study(
    request: Request, site: SiteOf, person: PersonOf, name: Text = "", before: Text = "", after: Text = ""
) -> Response:
    try:
        study.begin_study(site.home, name, before=before, after=after, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _studies(request, site, error)
    return RedirectResponse("/practice/training/studies", 303)


@router.get("/{name}", dependencies=[TEACHES])
def study_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    try:
        report = ratings.report(site.home, name, by=person.name)
    except NightlightError:
        raise NotThere from None
    found = next(each for each in study.list_studies(site.home) if each.name == name)
    return training(request, "study.html", "studies", report=report, study=found, titles=_titles(site))


@router.post("/{name}/end", dependencies=[TEACHES])
def end_study(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    try:
        study.end_study(site.home, name, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _studies(request, site, error)
    return RedirectResponse(f"/practice/training/studies/{quote(name, safe='')}", 303)


@router.get("/{name}/rating", dependencies=[TEACHES])
def rating_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return _rating(request, site, person.name, name)


@router.post("/{name}/rating", dependencies=[TEACHES])
def rate(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    transcript: Text = "",
    item: Texts = None,
    score: Texts = None,
) -> Response:
    """Keep a rating; the next transcript follows."""
    scores = {each: number(text) for each, text in zip(item or (), score or (), strict=False)}
    try:
        ratings.rate(site.home, transcript, scores, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _rating(request, site, person.name, name, error)
    return RedirectResponse(f"/practice/training/studies/{quote(name, safe='')}/rating", 303)


def _studies(request: Request, site: Site, error: NightlightError | None = None) -> HTMLResponse:
    found = study.list_studies(site.home)
    return training(request, "studies.html", "studies", error, studies=found, cards=cards_of(site))


def _rating(request: Request, site: Site, rater: str, name: str, error: NightlightError | None = None) -> HTMLResponse:
    try:
        transcript = ratings.to_rate(site.home, name, by=rater)
    except NightlightError:
        raise NotThere from None
    values = {"transcript": transcript, "form": ratings.FORM, "most": ratings.MOST, "name": name}
    return training(request, "rating.html", "studies", error, **values)


def _titles(site: Site) -> dict[str, str]:
    return {each.card.id: each.card.title for each in cards_of(site)}
