"""Groups: who is a member of which, groups in groups included."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.catalog.access import who_can
from nightlight.catalog.history import changing
from nightlight.catalog.principals import PIPELINES, add_member, add_principal, drop_member, list_principals
from nightlight.errors import NightlightError
from nightlight.web.access import NotThere, PersonOf
from nightlight.web.admin.acts import MANAGES, back, part_of, recorded, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/groups")
SAID = {
    "made": "Made. It has no members and may do nothing yet: policies say what.",
    "known": "There is a group of this name already.",
    "added": "Added.",
    "removed": "Removed.",
    "nothing": "Nothing to change: it was so already.",
}
Text = Annotated[str, Form()]


@router.get("", dependencies=[MANAGES])
def groups(request: Request, site: SiteOf) -> HTMLResponse:
    return _groups_page(request, site)


@router.post("", dependencies=[MANAGES])
def add(request: Request, site: SiteOf, person: PersonOf, name: Text = "") -> Response:
    name = name.strip().lower()
    try:
        with recorded(site, person, "user group add", name):
            new = add_principal(site.url, name, "group", by=person.name)
    except NightlightError as error:
        return _groups_page(request, site, error=error, typed=name)
    return back(f"/admin/groups/{part_of(name)}", "made" if new else "known")


@router.get("/{name}", dependencies=[MANAGES])
def one(request: Request, site: SiteOf, name: str) -> HTMLResponse:
    return _group_page(request, site, name)


@router.post("/{name}/members", dependencies=[MANAGES])
def add_to(request: Request, site: SiteOf, person: PersonOf, name: str, member: Text = "") -> Response:
    _find(site, name)
    member = member.strip().lower()
    try:
        with recorded(site, person, "group member add", f"{member} to {name}"):
            changed = add_member(site.url, member, name, by=person.name)
    except NightlightError as error:
        return _group_page(request, site, name, error=error)
    return _back(name, "added" if changed else "nothing")


@router.post("/{name}/members/remove", dependencies=[MANAGES])
def remove_from(request: Request, site: SiteOf, person: PersonOf, name: str, member: Text = "") -> Response:
    _find(site, name)
    try:
        with recorded(site, person, "group member remove", f"{member} from {name}"), changing(site.url) as connection:
            changed = drop_member(connection, member, name, by=person.name)
            if not any(row["allowed"] for row in who_can(connection, "MANAGE", "CATALOG")):
                raise NightlightError(
                    "nobody could manage this home any more", remedy="add another administrator first"
                )
    except NightlightError as error:
        return _group_page(request, site, name, error=error)
    return _back(name, "removed" if changed else "nothing")


def _back(name: str, done: str) -> RedirectResponse:
    return back(f"/admin/groups/{part_of(name)}", done)


def _find(site: Site, name: str) -> dict[str, Any]:
    found = [row for row in list_principals(site.url) if row["name"] == name and row["kind"] == "group"]
    if not found:
        raise NotThere
    return found[0]


def _groups_page(
    request: Request, site: Site, *, error: NightlightError | None = None, typed: str = ""
) -> HTMLResponse:
    everybody = list_principals(site.url)
    rows = [
        {
            "name": group["name"],
            "people": sum(group["name"] in each["groups"] for each in everybody if each["kind"] == "user"),
            "services": sum(group["name"] in each["groups"] for each in everybody if each["kind"] == "service"),
            "groups": [e["name"] for e in everybody if e["kind"] == "group" and group["name"] in e["groups"]],
            "of": group["groups"],
        }
        for group in everybody
        if group["kind"] == "group"
    ]
    return show(request, "groups.html", said=SAID, error=error, rows=rows, typed=typed)


def _group_page(request: Request, site: Site, name: str, *, error: NightlightError | None = None) -> HTMLResponse:
    group = _find(site, name)
    everybody = [row for row in list_principals(site.url) if row["name"] not in (name, PIPELINES)]
    return show(
        request,
        "group.html",
        said=SAID,
        error=error,
        name=name,
        of=group["groups"],
        members=[row for row in everybody if name in row["groups"]],
        others=[row for row in everybody if name not in row["groups"]],
    )
