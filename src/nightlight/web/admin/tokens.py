"""API tokens of everybody, and new ones for service principals; people make their own on their account's page."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from nightlight.accounts.tokens import DAYS, MOST_DAYS, create_token, list_tokens, revoke_token
from nightlight.catalog.history import in_force
from nightlight.catalog.principals import PIPELINES, list_principals
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, back, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/tokens")
SAID = {
    "revoked": "Revoked: programs that use it are refused from now on.",
    "nothing": "Nothing to change: it was revoked already.",
}
Text = Annotated[str, Form()]


@router.get("", dependencies=[MANAGES])
def tokens(request: Request, site: SiteOf) -> HTMLResponse:
    return _page(request, site)


@router.post("", dependencies=[MANAGES])
def create(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    principal: Text = "",
    purpose: Text = "",
    name: Text = "",
    days: Text = str(DAYS),
) -> HTMLResponse:
    """Make a token and show it, this once; making it is recorded where it is done."""
    typed = {"principal": principal, "purpose": purpose, "name": name, "days": days}
    try:
        if not (days.isascii() and days.isdigit() and len(days) < 5):
            raise NightlightError("the days are a whole number", remedy=f"from 1 to {MOST_DAYS}")
        if principal not in _services(site):
            raise NightlightError(
                "choose one of the service principals", remedy="people make their own tokens on their account's page"
            )
        secret = create_token(
            site.home,
            principal=principal,
            purpose=purpose,
            name=name,
            days=int(days),
            by=person.name,
            clock=site.clock,
        )
    except NightlightError as error:
        return _page(request, site, error=error, typed=typed)
    return _page(request, site, secret=secret)


@router.post("/{token}/revoke", dependencies=[MANAGES])
def revoke(request: Request, site: SiteOf, person: PersonOf, token: str) -> Response:
    try:
        changed = revoke_token(site.home, token, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, error=error)
    return back("/admin/tokens", "revoked" if changed else "nothing")


def _services(site: Site) -> list[str]:
    return [
        row["name"]
        for row in list_principals(site.url)
        if row["kind"] == "service" and not row["disabled"] and row["name"] != PIPELINES
    ]


def _page(
    request: Request,
    site: Site,
    *,
    error: NightlightError | None = None,
    secret: str = "",
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    with transaction(site.url) as connection:
        purposes = sorted(str(row["name"]) for row in in_force(connection, "purposes"))
    return show(
        request,
        "tokens.html",
        said=SAID,
        error=error,
        secret=secret,
        rows=list_tokens(site.url, now=site.clock()),
        services=_services(site),
        purposes=purposes,
        most_days=MOST_DAYS,
        typed=typed or {"principal": "", "purpose": "", "name": "", "days": str(DAYS)},
    )
