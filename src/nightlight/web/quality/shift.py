"""Going on duty and off: whoever is on duty opens the conversations that run meanwhile without asking anybody."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality import shifts
from nightlight.web.access import Person, PersonOf
from nightlight.web.quality.frame import EXECUTES, quality_page, reach_of
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality/shift")
LENGTHS, USUAL = (4, 6, 8, 10, 12), 8  # hours
EARLIER_SHOWN = 10


@router.get("", dependencies=[EXECUTES])
def shift_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _shift_page(request, site, person)


@router.post("/begin", dependencies=[EXECUTES])
def begin(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    hours: Annotated[float, Form()] = USUAL,
    mail: Annotated[str | None, Form()] = None,
) -> Response:
    """The queue's own button says no address: the last one holds."""
    try:
        shifts.begin_shift(site.home, hours=hours, mail=mail, by=reach_of(site, person), clock=site.clock)
    except NightlightError as error:
        return _shift_page(request, site, person, error)
    return RedirectResponse("/quality", 303)


@router.post("/mail", dependencies=[EXECUTES])
def change_mail(request: Request, site: SiteOf, person: PersonOf, mail: Annotated[str, Form()] = "") -> Response:
    try:
        shifts.call_at(site.home, mail, by=reach_of(site, person), clock=site.clock)
    except NightlightError as error:
        return _shift_page(request, site, person, error)
    return RedirectResponse("/quality/shift", 303)


@router.post("/end", dependencies=[EXECUTES])
def end(request: Request, site: SiteOf, person: PersonOf) -> Response:
    shifts.end_shift(site.home, by=reach_of(site, person), clock=site.clock)
    return RedirectResponse("/quality/shift", 303)


def _shift_page(request: Request, site: Site, person: Person, error: NightlightError | None = None) -> HTMLResponse:
    now = site.clock()
    with transaction(site.url) as connection:
        mine = shifts.shifts_of(connection, person.name)
    return quality_page(
        request,
        "shift.html",
        "/quality/shift",
        error=error,
        shift=next((each for each in mine if each.runs(now)), None),
        mail=shifts.address_before(mine, person.name),
        earlier=[each for each in mine if not each.runs(now)][:EARLIER_SHOWN],
        on_duty=shifts.on_duty(site.home, now),
        lengths=LENGTHS,
        usual=USUAL,
    )
