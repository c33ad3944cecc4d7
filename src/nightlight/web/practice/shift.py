"""A shift: two or three texters at once, who waits how long, and what the shift was like when it is over."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.practice import sessions
from nightlight.simulator.feedback import Mode
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice import words
from nightlight.web.practice.own import PRACTISES, is_open
from nightlight.web.practice.shifts import begin_shift, let_silences_pass, own_shifts, shift_now
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]
SHOWN = 5


@router.get("/practice/shift", dependencies=[PRACTISES])
def shift_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _page(request, site, person)


@router.post("/practice/shift", dependencies=[PRACTISES])
def begin(
    request: Request, site: SiteOf, person: PersonOf, texters: Text = "2", level: Text = "2", mode: Text = "off"
) -> Response:
    try:
        shift = begin_shift(
            site,
            person,
            texters=3 if texters == "3" else 2,
            level=int(level) if level in ("1", "2", "3") else 2,
            mode=Mode(mode) if mode in set(Mode) else Mode.OFF,
        )
    except NightlightError as error:
        return _page(request, site, person, error)
    return RedirectResponse(f"/practice/shift/{shift}", 303)


@router.get("/practice/shift/{shift}", dependencies=[PRACTISES])
def one_shift(request: Request, site: SiteOf, person: PersonOf, shift: str) -> HTMLResponse:
    now = shift_now(site, person, shift)
    return render(
        request,
        "practice/shift.html",
        shift=now,
        here="",
        summary=now.shift.summary() if now.is_over else None,
        titles={each.practice.id: each.title for each in now.texters},
        words=words,
    )


@router.post("/practice/shift/{shift}/clock", dependencies=[PRACTISES])
def clock(request: Request, site: SiteOf, person: PersonOf, shift: str, here: Text = "") -> Response:
    """Who waits how long by now; texters whose patience with a silence is over say so."""
    let_silences_pass(site, shift_now(site, person, shift))
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/practice/shift/{shift}", 303)
    return render(request, "practice/_shift.html", shift=shift_now(site, person, shift), here=here)


@router.post("/practice/shift/{shift}/stop", dependencies=[PRACTISES])
def stop(site: SiteOf, person: PersonOf, shift: str) -> Response:
    """Leave all its chats at once; it counts for nothing."""
    for each in shift_now(site, person, shift).texters:
        if is_open(each.practice):
            sessions.stop(site.home, each.practice, clock=site.clock)
    return RedirectResponse("/practice/shift", 303)


def _page(request: Request, site: Site, person: Person, error: NightlightError | None = None) -> HTMLResponse:
    mine = own_shifts(site, person)
    return render(
        request,
        "practice/shifts.html",
        status=400 if error else 200,
        running=[shift for shift, practices in mine.items() if any(map(is_open, practices))],
        over=[shift for shift, practices in mine.items() if not any(map(is_open, practices))][:SHOWN],
        mine=mine,
        words=words,
        error=error,
        teaches=site.may(person.name, "MANAGE", "app practice", at=person.revision),
    )
