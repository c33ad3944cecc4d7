"""What waits for a second person: openings that somebody asked for, emergencies to look at, labels to agree with."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.quality import openings
from nightlight.quality.corrections import proposed_corrections, review_correction
from nightlight.quality.openings import EMERGENCY, Opening
from nightlight.web.access import Person, PersonOf
from nightlight.web.quality import words
from nightlight.web.quality.frame import EXECUTES, quality_page, reach_of, url_of
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality")
OWN_SHOWN = 20


@router.get("/openings", dependencies=[EXECUTES])
def openings_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _page(request, site, person)


@router.post("/openings/{opening}/approve", dependencies=[EXECUTES])
def approve(request: Request, site: SiteOf, person: PersonOf, opening: int) -> Response:
    return _decide(request, site, person, openings.approve_opening, opening)


@router.post("/openings/{opening}/decline", dependencies=[EXECUTES])
def decline(request: Request, site: SiteOf, person: PersonOf, opening: int) -> Response:
    return _decide(request, site, person, openings.decline_opening, opening)


@router.post("/openings/{opening}/looked", dependencies=[EXECUTES])
def looked(request: Request, site: SiteOf, person: PersonOf, opening: int) -> Response:
    return _decide(request, site, person, openings.look_at_emergency, opening)


@router.post("/corrections/{correction}", dependencies=[EXECUTES])
def review(
    request: Request, site: SiteOf, person: PersonOf, correction: int, accepted: Annotated[str, Form()] = ""
) -> Response:
    """Agree with what a colleague corrected, or not."""
    by = reach_of(site, person)
    try:
        review_correction(site.home, correction, accepted=accepted == "yes", by=by, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, error)
    return RedirectResponse("/quality/openings", 303)


def _decide(
    request: Request, site: Site, person: Person, decide: Callable[..., Opening], opening: int
) -> HTMLResponse | RedirectResponse:
    try:
        decide(site.home, opening, by=reach_of(site, person), clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, error)
    return RedirectResponse("/quality/openings", 303)


def _page(request: Request, site: Site, person: Person, error: NightlightError | None = None) -> HTMLResponse:
    by, now = reach_of(site, person), site.clock()
    waiting = openings.waiting_openings(site.home, by=by)
    return quality_page(
        request,
        "openings.html",
        "/quality/openings",
        error=error,
        asked=[each for each in waiting if each.kind != EMERGENCY and each.person != person.name],
        emergencies=[each for each in waiting if each.kind == EMERGENCY and each.person != person.name],
        corrections=proposed_corrections(site.home, by=by),
        mine=openings.own_openings(site.home, by=by)[:OWN_SHOWN],
        now=now,
        url_of=url_of,
        words=words,
        say_label=label_words,
    )


def label_words(axis: str, value: Any) -> list[str]:
    """A label of a correction in words (each translated when shown): one for a phase or a risk, some for acts."""
    if value is None:
        return []
    if axis == "phase":
        return [words.PHASES[value]]
    return [words.RISKS[value]] if axis == "risk" else [words.ACTS[act] for act in value]
