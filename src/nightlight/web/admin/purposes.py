"""Purposes: what reading may be for, and who may name which."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from nightlight.catalog.history import changing, in_force
from nightlight.catalog.principals import PIPELINES, list_principals
from nightlight.catalog.purposes import drop_purpose_grant, put_purpose, put_purpose_grant
from nightlight.catalog.statements import PURPOSE_KINDS
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, back, recorded, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/purposes")
SAID = {
    "made": "Made. It is allowed to nobody yet.",
    "allowed": "Allowed.",
    "revoked": "Revoked: questions for this purpose are refused from now on.",
    "nothing": "Nothing to change: it was so already.",
}
Text = Annotated[str, Form()]


@router.get("", dependencies=[MANAGES])
def purposes(request: Request, site: SiteOf) -> HTMLResponse:
    return _page(request, site)


@router.post("", dependencies=[MANAGES])
def add(request: Request, site: SiteOf, person: PersonOf, name: Text = "", kind: Text = "", why: Text = "") -> Response:
    name, why = name.strip().lower(), " ".join(why.split())
    try:
        _check_name(name)
        with recorded(site, person, "purpose add", f"{name} of {kind}: {why}"), changing(site.url) as connection:
            new = put_purpose(connection, name, kind, why, by=person.name)
    except NightlightError as error:
        return _page(request, site, error=error, typed={"name": name, "kind": kind, "why": why})
    return back("/admin/purposes", "made" if new else "nothing")


@router.post("/{name}/allow", dependencies=[MANAGES])
def allow(request: Request, site: SiteOf, person: PersonOf, name: str, principal: Text = "") -> Response:
    principal = principal.strip().lower()
    try:
        with (
            recorded(site, person, "purpose allow", f"{name} to {principal}"),
            changing(site.url) as connection,
        ):
            changed = put_purpose_grant(connection, name, principal, by=person.name)
    except NightlightError as error:
        return _page(request, site, error=error)
    return back("/admin/purposes", "allowed" if changed else "nothing")


@router.post("/{name}/revoke", dependencies=[MANAGES])
def revoke(request: Request, site: SiteOf, person: PersonOf, name: str, principal: Text = "") -> Response:
    try:
        with (
            recorded(site, person, "purpose revoke", f"{name} from {principal}"),
            changing(site.url) as connection,
        ):
            changed = drop_purpose_grant(connection, name, principal, by=person.name)
    except NightlightError as error:
        return _page(request, site, error=error)
    return back("/admin/purposes", "revoked" if changed else "nothing")


def _check_name(name: str) -> None:
    """A name that policies can write too."""
    if not name.isidentifier() or not name.isascii():
        raise NightlightError("a purpose needs a name", remedy="use lower-case letters, digits and _")


def _page(
    request: Request, site: Site, *, error: NightlightError | None = None, typed: dict[str, str] | None = None
) -> HTMLResponse:
    with transaction(site.url) as connection:
        known = in_force(connection, "purposes")
        grants = in_force(connection, "purpose_grants")
    rows = [
        {**row, "allowed_to": sorted(each["principal"] for each in grants if each["purpose"] == row["name"])}
        for row in sorted(known, key=lambda row: str(row["name"]))
    ]
    principals = [row for row in list_principals(site.url) if not row["disabled"] and row["name"] != PIPELINES]
    return show(
        request,
        "purposes.html",
        said=SAID,
        error=error,
        rows=rows,
        kinds=PURPOSE_KINDS,
        principals=sorted(principals, key=lambda row: (row["kind"] != "group", row["name"])),
        typed=typed or {"name": "", "kind": "", "why": ""},
    )
