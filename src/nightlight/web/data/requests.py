"""Requests for access: asking, with a reason; deciding, with what the grant would do before one's eyes."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.catalog.approvals import decided_for, foresee, grant_text, may_decide, open_for, standing_approvals
from nightlight.catalog.requests import AccessRequest, find_request, list_requests
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.operations.access_requests import ask_for_access, decide_access_request, withdraw_access_request
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.data.shown_tables import shown_tables
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]
LAST_NUMBER = 2**31


@router.get("/requests", dependencies=[SIGNED_IN])
def requests_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    with transaction(site.url) as connection:
        return render(
            request,
            "requests/requests.html",
            waiting=open_for(connection, person.name),
            mine=list_requests(connection, person.name),
            decided=decided_for(connection, person.name),
        )


@router.get("/requests/new", dependencies=[SIGNED_IN])
def new_request_page(
    request: Request, site: SiteOf, person: PersonOf, table: str = "", columns: str = ""
) -> HTMLResponse:
    return _form(request, site, person, table=table, columns=columns)


@router.post("/requests", dependencies=[SIGNED_IN])
def ask(
    request: Request, site: SiteOf, person: PersonOf, table: Text = "", columns: Text = "", reason: Text = ""
) -> Response:
    try:
        made = ask_for_access(site.home, person.name, table, _names(columns), reason, clock=site.clock)
    except NightlightError as error:
        return _form(request, site, person, table=table, columns=columns, reason=reason, error=error)
    return RedirectResponse(f"/requests/{made.id}", 303)


@router.get("/requests/{number}", dependencies=[SIGNED_IN])
def request_page(request: Request, site: SiteOf, person: PersonOf, number: int) -> HTMLResponse:
    return _page(request, site, person, _find(site, person, number))


@router.post("/requests/{number}/decision", dependencies=[SIGNED_IN])
def decide(
    request: Request, site: SiteOf, person: PersonOf, number: int, decision: Text = "", reason: Text = ""
) -> Response:
    found = _find(site, person, number)
    if decision not in ("approve", "refuse"):
        return _page(request, site, person, found, NightlightError("choose to approve or to refuse"), reason)
    is_approval = decision == "approve"
    try:
        decide_access_request(
            site.home, number, by=person.name, is_approval=is_approval, reason=reason, clock=site.clock
        )
    except NightlightError as error:
        return _page(request, site, person, _find(site, person, number), error, reason)
    return RedirectResponse(f"/requests/{number}", 303)


@router.post("/requests/{number}/withdrawal", dependencies=[SIGNED_IN])
def withdraw(request: Request, site: SiteOf, person: PersonOf, number: int) -> Response:
    found = _find(site, person, number)
    try:
        withdraw_access_request(site.home, number, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, found, error)
    return RedirectResponse("/requests", 303)


def _find(site: Site, person: Person, number: int) -> AccessRequest:
    """The request, if this person made it or manages its table; raises NotThere for any other, there or not."""
    if not 0 < number < LAST_NUMBER:  # databases fail on numbers that are larger than theirs
        raise NotThere
    with transaction(site.url) as connection:
        try:
            found = find_request(connection, number)
        except NightlightError:
            raise NotThere from None
        if found.principal != person.name and not may_decide(connection, found, person.name):
            raise NotThere
        return found


def _page(
    request: Request,
    site: Site,
    person: Person,
    found: AccessRequest,
    error: NightlightError | None = None,
    reason: str = "",
) -> HTMLResponse:
    """What the request asks for; to those who decide also what the grant would do, which tells what there is."""
    decides = found.principal != person.name
    outlook, statements = None, ""
    approvals: tuple[str, ...] = ()
    if decides:
        register_tables(site.url, site.broker.lake)
        with transaction(site.url) as connection:
            outlook = foresee(connection, found)
            approvals = standing_approvals(connection, found)
            statements = grant_text(found, outlook)
    return render(
        request,
        "requests/request.html",
        status=400 if error else 200,
        asked=found,
        decides=decides,
        outlook=outlook,
        approvals=approvals,
        statements=statements,
        error=error,
        reason=reason,
    )


def _form(
    request: Request,
    site: Site,
    person: Person,
    *,
    table: str,
    columns: str,
    reason: str = "",
    error: NightlightError | None = None,
) -> HTMLResponse:
    return render(
        request,
        "requests/new.html",
        status=400 if error else 200,
        tables=shown_tables(site, person),
        table=table,
        columns=columns,
        reason=reason,
        error=error,
    )


def _names(columns: str) -> list[str]:
    return [name for name in re.split(r"[,\s]+", columns) if name]
