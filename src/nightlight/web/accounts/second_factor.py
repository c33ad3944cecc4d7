"""One's own second factor: set an authenticator app up, recovery codes, turn it off."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from nightlight.accounts.attempts import begin_attempt, succeed
from nightlight.accounts.credentials import read_credentials
from nightlight.accounts.second_factor import (
    begin_enrollment,
    check_code,
    confirm_enrollment,
    new_recovery_codes,
    pending_enrollment,
    turn_off,
)
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.accounts.account import prove_password
from nightlight.web.accounts.cookie import go
from nightlight.web.accounts.session import Field, address_of, record
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()

WRONG_CODE = N_("This code is not right, or was used already.")
NOT_ON = N_("You have no second factor that is on.")


@router.get("/account/second-factor", dependencies=[SIGNED_IN])
def second_factor_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _show(request, site, person)


@router.post("/account/second-factor/begin", dependencies=[SIGNED_IN])
def begin(request: Request, site: SiteOf, person: PersonOf, proof: Field = "") -> Response:
    """Show what the app needs to know. Whoever took a session over could else shut its owner out."""
    try:
        _prove(request, site, person, proof)
        begin_enrollment(site.home, person.name)
    except NightlightError as error:
        return _refuse(request, site, person, "second factor on", error)
    record(site, "second factor begin", person.name, "done")
    return go("/account/second-factor", request)


@router.post("/account/second-factor/confirm", dependencies=[SIGNED_IN])
def confirm(request: Request, site: SiteOf, person: PersonOf, code: Field = "") -> Response:
    try:
        attempt = begin_attempt(site.url, "code", person.name, address_of(request), now=site.clock())
        codes = confirm_enrollment(site.home, person.name, code, clock=site.clock)
    except NightlightError as error:
        return _refuse(request, site, person, "second factor on", error)
    succeed(site.url, attempt)
    return _show(request, site, person, codes=codes)


@router.post("/account/second-factor/recovery-codes", dependencies=[SIGNED_IN])
def make_recovery_codes(request: Request, site: SiteOf, person: PersonOf, proof: Field = "") -> Response:
    try:
        _check_on(site, person)
        _prove(request, site, person, proof)
        codes = new_recovery_codes(site.home, person.name)
    except NightlightError as error:
        return _refuse(request, site, person, "recovery codes", error)
    return _show(request, site, person, codes=codes)


@router.post("/account/second-factor/off", dependencies=[SIGNED_IN])
def turn_second_factor_off(request: Request, site: SiteOf, person: PersonOf, proof: Field = "") -> Response:
    try:
        _check_on(site, person)
        _prove(request, site, person, proof)
        turn_off(site.home, person.name)
    except NightlightError as error:
        return _refuse(request, site, person, "second factor off", error)
    return go("/account?done=second-factor-off", request)


def _check_on(site: Site, person: Person) -> None:
    if not read_credentials(site.url, person.name).totp_secret:
        raise NightlightError(NOT_ON)


def _prove(request: Request, site: Site, person: Person, proof: str) -> None:
    """That it is the person: by their password, or, for those who have none, by a code if they can have one."""
    known = read_credentials(site.url, person.name)
    if known.password_hash:
        prove_password(request, site, person, proof)
    elif known.totp_secret:
        attempt = begin_attempt(site.url, "code", person.name, address_of(request), now=site.clock())
        if not check_code(site.url, person.name, proof, now=site.clock()):
            raise NightlightError(WRONG_CODE)
        succeed(site.url, attempt)


def _refuse(request: Request, site: Site, person: Person, action: str, error: NightlightError) -> HTMLResponse:
    record(site, action, person.name, "refused", error.what)
    return _show(request, site, person, problem=error, status=400)


def _show(
    request: Request,
    site: Site,
    person: Person,
    *,
    codes: list[str] | None = None,
    problem: NightlightError | None = None,
    status: int = 200,
) -> HTMLResponse:
    known = read_credentials(site.url, person.name)
    values: dict[str, Any] = {
        "is_on": bool(known.totp_secret),
        "has_password": bool(known.password_hash),
        "pending": pending_enrollment(site.url, person.name),
        "codes": codes or [],
        "problem": problem,
    }
    return render(request, "account/second_factor.html", status=status, **values)
