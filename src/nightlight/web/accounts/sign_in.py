"""Signing in by name and password, and out again. What is wrong is said in a line that tells nobody who exists."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from nightlight.accounts.attempts import TooManyAttempts, begin_attempt, succeed, take_back
from nightlight.accounts.credentials import is_user
from nightlight.accounts.oidc import is_configured
from nightlight.accounts.passwords import check_password
from nightlight.accounts.sessions import end_session
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.operations.example import DEMO_USERS
from nightlight.web.access import PUBLIC, NotThere, SignInNeeded, identify
from nightlight.web.accounts.cookie import check_encryption, drop_cookie, go, own_path
from nightlight.web.accounts.session import Field, Next, NextField, address_of, enter, record, session_of
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()

WRONG = N_("This name and password do not go together. Try again, or ask an administrator for a new password.")
TASKS = {  # of the demo's people, by their first group
    "analysts": N_("analyst"),
    "supervisors": N_("supervisor"),
    "volunteers": N_("volunteer"),
    "clinicians": N_("clinician"),
    "data_scientists": N_("data scientist"),
    "admins": N_("administrator"),
    "partner_lindenruf": N_("partner organization"),
    "": N_("nothing granted yet"),
}


@router.get("/sign-in", dependencies=[PUBLIC])
def sign_in_page(request: Request, site: SiteOf, then: Next = "/") -> Response:
    try:
        identify(request, site)
    except SignInNeeded:
        return show_sign_in(request, site, then)
    return go(own_path(then), request)


@router.post("/sign-in", dependencies=[PUBLIC])
def sign_in(request: Request, site: SiteOf, name: Field = "", password: Field = "", then: NextField = "/") -> Response:
    check_encryption(request, site)
    name = name.strip().casefold()
    try:
        attempt = begin_attempt(site.url, "password", name, address_of(request), now=site.clock())
    except TooManyAttempts as error:
        return show_sign_in(request, site, then, name=name, wait=error.wait, status=429)
    try:
        is_right = check_password(site.url, name, password, now=site.clock())
    except NightlightError as error:
        take_back(site.url, attempt)
        return show_sign_in(request, site, then, name=name, problem=error.what, remedy=error.remedy or "", status=503)
    if not is_right:
        record(site, "sign in", name, "refused", "wrong name or password")
        return show_sign_in(request, site, then, name=name, problem=WRONG, status=400)
    succeed(site.url, attempt)
    return enter(request, site, name, "password", then)


@router.post("/sign-in/demo", dependencies=[PUBLIC])
def sign_in_to_demo(request: Request, site: SiteOf, name: Field = "", then: NextField = "/") -> Response:
    """One button for each person of the demo, whose data is invented; elsewhere this is not there."""
    if not site.demo or name not in _demo_people(site):
        raise NotThere
    return enter(request, site, name, "demo", then)


@router.post("/sign-out", dependencies=[PUBLIC])
def sign_out(request: Request, site: SiteOf) -> Response:
    session = session_of(request, site)
    if session is not None:
        record(site, "sign out", session.principal, "done")
        end_session(site.url, session.id, principal=session.principal, now=site.clock())
    answer = go("/sign-in", request)
    drop_cookie(answer, request)
    return answer


def show_sign_in(
    request: Request,
    site: Site,
    then: str,
    *,
    name: str = "",
    problem: str = "",
    remedy: str = "",
    wait: timedelta | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page with the ways in there are."""
    return render(
        request,
        "sign_in.html",
        status=status,
        next=own_path(then),
        name=name,
        problem=problem,
        remedy=remedy,
        wait=wait,
        by_provider=is_configured(site.home.settings),
        people=_demo_people(site) if site.demo else {},
    )


def _demo_people(site: Site) -> dict[str, str]:
    """The demo's people who are users here, with what they do."""
    with transaction(site.url) as connection:
        return {
            name: TASKS.get(groups[0] if groups else "", "")
            for name, groups in DEMO_USERS.items()
            if is_user(connection, name)
        }
