"""How a sign-in goes on: each step that proves something ends the session before it and begins a new one.

A secret that somebody may have known before must not become worth more."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Query, Request, Response

from nightlight.accounts.credentials import read_credentials
from nightlight.accounts.sessions import (
    CHANGE_PASSWORD,
    OPEN,
    SECOND_FACTOR,
    Session,
    end_session,
    find_session,
    start_session,
)
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import in_force
from nightlight.db import transaction
from nightlight.web.access import SignInNeeded, session_secret
from nightlight.web.accounts.cookie import go, own_path
from nightlight.web.site import Site

UNKNOWN = "unknown user"  # what was typed may be a password, and goes nowhere
WAYS = {SECOND_FACTOR: "/sign-in/second-factor", CHANGE_PASSWORD: "/sign-in/new-password"}

Field = Annotated[str, Form()]
Next = Annotated[str, Query(alias="next")]  # where to go after signing in
NextField = Annotated[str, Form(alias="next")]


def enter(request: Request, site: Site, name: str, how: str, then: str) -> Response:
    """Begin the session of a user who has proven who they are by a password or the provider."""
    known = read_credentials(site.url, name)
    state = SECOND_FACTOR if known.totp_secret else OPEN
    if state == OPEN and known.must_change and how == "password":
        state = CHANGE_PASSWORD
    record(site, "sign in", name, "done", _told(how, state))
    old = session_of(request, site)
    if old is not None:
        end_session(site.url, old.id, principal=old.principal, now=site.clock())
    return open_session(request, site, name, state, then)


def go_on(request: Request, site: Site, session: Session, how: str, then: str) -> Response:
    """The step after a right code: a session that is open, or that waits for an own password."""
    must_change = read_credentials(site.url, session.principal).must_change
    state = CHANGE_PASSWORD if must_change else OPEN
    record(site, "sign in", session.principal, "done", _told(how, state))
    if not end_session(site.url, session.id, principal=session.principal, now=site.clock()):
        raise SignInNeeded
    return open_session(request, site, session.principal, state, then)


def open_session(request: Request, site: Site, name: str, state: str, then: str) -> Response:
    """Begin a session and send the browser, with its cookie, to what comes next."""
    client = request.headers.get("user-agent", "")
    secret = start_session(site.url, name, now=site.clock(), client=client, state=state)
    path = own_path(then)
    return go(path if state == OPEN else f"{WAYS[state]}?next={quote(path, safe='/')}", request, secret)


def session_of(request: Request, site: Site) -> Session | None:
    """The browser's session, whatever it still lacks."""
    secret, hours = session_secret(request), site.home.settings.session_hours
    return find_session(site.url, secret, now=site.clock(), hours=hours) if secret else None


def waiting_session(request: Request, site: Site, state: str) -> Session:
    """The session that waits for this step; whoever is elsewhere on the way is sent there."""
    session = session_of(request, site)
    if session is None or session.state != state:
        raise SignInNeeded(session.state if session and session.state in WAYS else "")
    return session


def record(site: Site, action: str, name: str, outcome: str, detail: str = "") -> None:
    """Write into the audit who tried what; a name that is no user's is not repeated."""
    with transaction(site.url) as connection:
        principal = name if in_force(connection, "principals", name=name, kind="user") else UNKNOWN
    entry = Entry(action=action, principal=principal, purpose=None, outcome=outcome, detail=detail)
    append(site.home, entry, clock=site.clock)


def address_of(request: Request) -> str:
    """The browser's address, by which guessing is slowed down; no record holds it."""
    return request.client.host if request.client else ""


def _told(how: str, state: str) -> str:
    return how if state == OPEN else f"{how}; then {state}"
