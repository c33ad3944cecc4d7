"""What may follow a password: the code of the second factor, and an own password in place of a one-time one."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from nightlight.accounts.attempts import TooManyAttempts, begin_attempt, succeed
from nightlight.accounts.passwords import set_password
from nightlight.accounts.second_factor import check_code
from nightlight.accounts.sessions import CHANGE_PASSWORD, OPEN, SECOND_FACTOR, Session
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.web.access import PUBLIC
from nightlight.web.accounts.cookie import own_path
from nightlight.web.accounts.session import (
    Field,
    Next,
    NextField,
    address_of,
    go_on,
    open_session,
    record,
    waiting_session,
)
from nightlight.web.pages import render
from nightlight.web.site import SiteOf

router = APIRouter()

WRONG_CODE = N_("This code is not right, or was used already. Wait for the next one and try again.")
DIFFERENT = N_("The two passwords differ. Type the same one twice.")


@router.get("/sign-in/second-factor", dependencies=[PUBLIC])
def second_factor_page(request: Request, site: SiteOf, then: Next = "/") -> HTMLResponse:
    waiting_session(request, site, SECOND_FACTOR)
    return _show_second_factor(request, then)


@router.post("/sign-in/second-factor", dependencies=[PUBLIC])
def second_factor(request: Request, site: SiteOf, code: Field = "", then: NextField = "/") -> Response:
    session = waiting_session(request, site, SECOND_FACTOR)
    try:
        attempt = begin_attempt(site.url, "code", session.principal, address_of(request), now=site.clock())
    except TooManyAttempts as error:
        return _show_second_factor(request, then, wait=error.wait, status=429)
    how = check_code(site.url, session.principal, code, now=site.clock())
    if not how:
        record(site, "sign in", session.principal, "refused", "wrong code")
        return _show_second_factor(request, then, problem=WRONG_CODE, status=400)
    succeed(site.url, attempt)
    return go_on(request, site, session, how, then)


@router.get("/sign-in/new-password", dependencies=[PUBLIC])
def new_password_page(request: Request, site: SiteOf, then: Next = "/") -> HTMLResponse:
    return _show_new_password(request, waiting_session(request, site, CHANGE_PASSWORD), then)


@router.post("/sign-in/new-password", dependencies=[PUBLIC])
def new_password(
    request: Request, site: SiteOf, password: Field = "", again: Field = "", then: NextField = "/"
) -> Response:
    session = waiting_session(request, site, CHANGE_PASSWORD)
    if password != again:
        return _show_new_password(request, session, then, problem=DIFFERENT, status=400)
    try:
        set_password(site.home, session.principal, password, clock=site.clock)
    except NightlightError as error:
        record(site, "password change", session.principal, "refused", error.what)
        words = {"problem": error.what, "remedy": error.remedy or ""}
        return _show_new_password(request, session, then, **words, status=400)
    return open_session(request, site, session.principal, OPEN, then)


def _show_second_factor(request: Request, then: str, *, status: int = 200, **said: Any) -> HTMLResponse:
    values = {"problem": "", "remedy": "", "wait": None, **said}
    return render(request, "sign_in_second_factor.html", status=status, next=own_path(then), **values)


def _show_new_password(
    request: Request, session: Session, then: str, *, status: int = 200, **said: Any
) -> HTMLResponse:
    values = {"problem": "", "remedy": "", "wait": None, **said}
    page = "sign_in_new_password.html"
    return render(request, page, status=status, next=own_path(then), name=session.principal, **values)
