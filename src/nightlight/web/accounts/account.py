"""One's own account: who one is here, language, password, sessions; second factor and tokens are beside it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from nightlight.accounts.attempts import begin_attempt, succeed, take_back
from nightlight.accounts.credentials import choose_language, read_credentials
from nightlight.accounts.passwords import check_password, set_password
from nightlight.accounts.second_factor import has_second_factor, recovery_codes_left
from nightlight.accounts.sessions import OPEN, end_all, end_session, list_sessions
from nightlight.accounts.tokens import list_tokens
from nightlight.errors import NightlightError
from nightlight.languages import LANGUAGES, N_
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.accounts.cookie import go
from nightlight.web.accounts.devices import device_name
from nightlight.web.accounts.session import Field, address_of, open_session, record
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()

DONE = {
    "language": N_("Your language is kept."),
    "password": N_("Your password is changed. Everywhere else you have to sign in again."),
    "session": N_("That session has ended."),
    "sessions": N_("You are signed out everywhere but here."),
    "token": N_("The token is revoked: whatever used it gets no answer any more."),
    "second-factor-off": N_("The second factor is off: your password alone lets you in."),
}
DIFFERENT = N_("The two new passwords differ. Type the same one twice.")
WRONG_PASSWORD = N_("This is not your password.")
# What nightlight.accounts says, here for translation.
SAID = (
    N_("a password has 12 to 200 characters"),
    N_("a sentence that only you would think of is good"),
    N_("a password is more than your name and digits"),
    N_("this password repeats a few characters"),
    N_("this is the password you have"),
    N_("choose another"),
    N_("too many sign in at this moment"),
    N_("try again in a few seconds"),
    N_("this is not the app's code"),
    N_("give the six digits it shows now; check the phone's clock"),
    N_("you have a second factor already"),
    N_("turn it off first to set up another app"),
)


@router.get("/account", dependencies=[SIGNED_IN])
def account_page(request: Request, site: SiteOf, person: PersonOf, done: str = "") -> HTMLResponse:
    return show_account(request, site, person, done=DONE.get(done, ""))


@router.post("/account/language", dependencies=[SIGNED_IN])
def set_language(site: SiteOf, person: PersonOf, request: Request, language: Field = "") -> Response:
    if language not in ("", *LANGUAGES):
        raise NightlightError("there is no such language here", remedy=f"choose {' or '.join(LANGUAGES.values())}")
    record(site, "language", person.name, "done", language or "the browser's")
    choose_language(site.url, person.name, language)
    return go("/account?done=language", request)


@router.post("/account/password", dependencies=[SIGNED_IN])
def change_password(
    request: Request, site: SiteOf, person: PersonOf, current: Field = "", password: Field = "", again: Field = ""
) -> Response:
    try:
        if password != again:
            raise NightlightError(DIFFERENT)
        prove_password(request, site, person, current)
        set_password(site.home, person.name, password, clock=site.clock)
    except NightlightError as error:
        record(site, "password change", person.name, "refused", error.what)
        return show_account(request, site, person, problem=error, status=400)
    return open_session(request, site, person.name, OPEN, "/account?done=password")


@router.post("/account/sessions/{id}/end", dependencies=[SIGNED_IN])
def end_one(request: Request, site: SiteOf, person: PersonOf, id: str) -> Response:  # noqa: A002 - the route's word
    if id not in {device.id for device in list_sessions(site.url, person.name)}:
        raise NotThere
    record(site, "session end", person.name, "done", id)
    end_session(site.url, id, principal=person.name, now=site.clock())
    return go("/account?done=session", request)


@router.post("/account/sessions/end-others", dependencies=[SIGNED_IN])
def end_others(request: Request, site: SiteOf, person: PersonOf) -> Response:
    record(site, "session end", person.name, "done", "all others")
    end_all(site.url, person.name, keep=person.session, now=site.clock())
    return go("/account?done=sessions", request)


def lacks_second_factor(site: Site, person: Person) -> bool:
    """Whether somebody who manages the catalog has no second factor yet, and should be told so."""
    manages = site.may(person.name, "MANAGE", "CATALOG")
    return manages and not site.demo and not has_second_factor(site.url, person.name)


def prove_password(request: Request, site: Site, person: Person, password: str) -> None:
    """Raise NightlightError unless it is the person's password; whoever took a session over can guess no faster."""
    attempt = begin_attempt(site.url, "password", person.name, address_of(request), now=site.clock())
    try:
        is_right = check_password(site.url, person.name, password, now=site.clock())
    except NightlightError:
        take_back(site.url, attempt)
        raise
    if not is_right:
        raise NightlightError(WRONG_PASSWORD)
    succeed(site.url, attempt)


def show_account(
    request: Request,
    site: Site,
    person: Person,
    *,
    done: str = "",
    problem: NightlightError | None = None,
    status: int = 200,
) -> HTMLResponse:
    known, hours = read_credentials(site.url, person.name), site.home.settings.session_hours
    devices = list_sessions(site.url, person.name, now=site.clock(), hours=hours)
    values: dict[str, Any] = {
        "done": done,
        "problem": problem,
        "chosen": known.language,
        "has_password": bool(known.password_hash),
        "second_factor": bool(known.totp_secret),
        "codes_left": recovery_codes_left(site.url, person.name),
        "is_advised": lacks_second_factor(site, person),
        "devices": [(device, device_name(device.client)) for device in devices],
        "tokens": list_tokens(site.url, person.name, now=site.clock()),
    }
    return render(request, "account/account.html", status=status, **values)
