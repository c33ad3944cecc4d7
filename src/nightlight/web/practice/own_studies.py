"""Taking part in a study of the training: by one's own choice, and left again without a reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.practice import arms, study
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice.own import PRACTISES
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/practice/studies")
Text = Annotated[str, Form()]
DOES = {
    arms.WITH_FEEDBACK: N_("Practise with feedback: choose coach or nudge."),
    arms.WITHOUT: N_("Practise without feedback: choose off."),
    arms.READING: N_("Read the training material, and do not practise here until the second assessment."),
}


@router.get("", dependencies=[PRACTISES])
def studies_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _page(request, site, person)


@router.post("/{name}/join", dependencies=[PRACTISES])
def join(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    try:
        study.join(site.home, name, person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, error)
    return RedirectResponse("/practice/studies", 303)


@router.post("/{name}/leave", dependencies=[PRACTISES])
def leave(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    study.leave(site.home, name, person.name, clock=site.clock)
    return RedirectResponse("/practice/studies", 303)


@router.post("/{name}/assessment", dependencies=[PRACTISES])
def assess(request: Request, site: SiteOf, person: PersonOf, name: str, when: Text = "") -> Response:
    """Begin the assessment before or after the training."""
    try:
        practice = study.begin_assessment(site.home, name, when, person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, error)
    return RedirectResponse(f"/practice/sessions/{practice.id}", 303)


def _page(request: Request, site: Site, person: Person, error: NightlightError | None = None) -> HTMLResponse:
    running = [each for each in study.list_studies(site.home) if each.ended_at is None]
    return render(
        request,
        "practice/studies.html",
        status=400 if error else 200,
        studies=[(each.name, study.taking_part(site.home, each.name, person.name)) for each in running],
        does=DOES,
        moments=(arms.BEFORE, arms.AFTER),
        error=error,
        teaches=site.may(person.name, "MANAGE", "app practice", at=person.revision),
    )
