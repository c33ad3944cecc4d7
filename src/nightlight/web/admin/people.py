"""People: who there is, what each may do and last read, and their passwords, second factors and sessions."""

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.accounts import passwords, second_factor, sessions
from nightlight.catalog.access import what_can
from nightlight.catalog.audit_search import Search, search
from nightlight.catalog.history import in_force
from nightlight.catalog.principals import (
    PIPELINES,
    add_member,
    add_principal,
    disable,
    enable,
    groups_of,
    list_principals,
)
from nightlight.catalog.purposes import allowed_purposes
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.admin.acts import MANAGES, back, managers, part_of, recorded, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/people", dependencies=[])
SHOWN, READS = 200, 20
SAID = {
    "added": "Added. Reset the password to let this person sign in.",
    "known": "This person was there already; the groups were added.",
    "disabled": "Disabled: from now on nothing is there for this person, and their sessions have ended.",
    "enabled": "Enabled: this person has the groups and grants they had before.",
    "factor": "The second factor is gone; their sessions have ended.",
    "ended": "Ended. This browser has to sign in again.",
    "nothing": "Nothing to change: it was so already.",
}
Text = Annotated[str, Form()]
Names = Annotated[list[str] | None, Form()]


@router.get("", dependencies=[MANAGES])
def people(request: Request, site: SiteOf, q: str = "", kind: str = "user") -> HTMLResponse:
    return _people_page(request, site, q=q, kind=kind)


@router.post("", dependencies=[MANAGES])
def add(request: Request, site: SiteOf, person: PersonOf, name: Text = "", groups: Names = None) -> Response:
    """Add a user to groups, making them first when there is none of the name."""
    name, wanted = name.strip().lower(), sorted(set(groups or ()))
    try:
        with recorded(site, person, "user add", " ".join([name, *(f"--group {group}" for group in wanted)])):
            _check_groups(site, wanted)
            new = add_principal(site.url, name, "user", by=person.name)
            for group in wanted:
                add_member(site.url, name, group, by=person.name)
    except NightlightError as error:
        return _people_page(request, site, error=error, typed=name, chosen=wanted)
    return back(f"/admin/people/{part_of(name)}", "added" if new else "known")


@router.get("/{name}", dependencies=[MANAGES])
def one(request: Request, site: SiteOf, name: str) -> HTMLResponse:
    return _person_page(request, site, name)


@router.post("/{name}/disable", dependencies=[MANAGES])
def shut_out(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    _find(site, name)
    try:
        with recorded(site, person, "user disable", name):
            _refuse_the_last(site, person, name)
            changed = disable(site.url, name, by=person.name)
            sessions.end_all(site.url, name)
    except NightlightError as error:
        return _person_page(request, site, name, error=error)
    return _back(name, "disabled" if changed else "nothing")


@router.post("/{name}/enable", dependencies=[MANAGES])
def let_in(site: SiteOf, person: PersonOf, name: str) -> RedirectResponse:
    _find(site, name)
    with recorded(site, person, "user enable", name):
        changed = enable(site.url, name, by=person.name)
    return _back(name, "enabled" if changed else "nothing")


@router.post("/{name}/reset-password", dependencies=[MANAGES])
def reset_password(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    """Show a one-time password, this once; the reset itself is recorded where it is done."""
    _find(site, name)
    try:
        secret = passwords.reset_password(site.home, name, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _person_page(request, site, name, error=error)
    return _person_page(request, site, name, secret=secret)


@router.post("/{name}/reset-second-factor", dependencies=[MANAGES])
def reset_second_factor(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    _find(site, name)
    try:
        second_factor.reset(site.home, name, by=person.name)
    except NightlightError as error:
        return _person_page(request, site, name, error=error)
    return _back(name, "factor")


@router.post("/{name}/end-sessions", dependencies=[MANAGES])
def end_sessions(site: SiteOf, person: PersonOf, name: str, session: Text = "") -> RedirectResponse:
    """End one session of somebody, or all."""
    _find(site, name)
    with recorded(site, person, "session end", f"{name}: {session or 'all'}"):
        if session:
            ended = int(sessions.end_session(site.url, session, principal=name))
        else:
            ended = sessions.end_all(site.url, name)
    return _back(name, "ended" if ended else "nothing")


def _back(name: str, done: str) -> RedirectResponse:
    return back(f"/admin/people/{part_of(name)}", done)


def _find(site: Site, name: str) -> dict[str, Any]:
    """The user or service principal; nothing is there under other names."""
    with transaction(site.url) as connection:
        rows = in_force(connection, "principals", name=name)
    if not rows or rows[0]["kind"] == "group" or name == PIPELINES:
        raise NotThere
    return rows[0]


def _refuse_the_last(site: Site, person: Person, name: str) -> None:
    if name == person.name:
        raise NightlightError("nobody disables themselves", remedy="ask another administrator")
    if managers(site) == [name]:
        raise NightlightError("nobody could manage this home any more", remedy="add another administrator first")


def _check_groups(site: Site, wanted: list[str]) -> None:
    """Before anything is changed: a person half added would be noticed by nobody."""
    known = {row["name"] for row in list_principals(site.url) if row["kind"] == "group"}
    for name in wanted:
        if name not in known:
            raise NightlightError(f"there is no group '{name}'", remedy="add it under Groups")


def _people_page(
    request: Request,
    site: Site,
    *,
    q: str = "",
    kind: str = "user",
    error: NightlightError | None = None,
    typed: str = "",
    chosen: list[str] | None = None,
) -> HTMLResponse:
    everybody = list_principals(site.url)
    words = q.strip().lower()
    kind = kind if kind in ("user", "service") else "user"
    rows = [
        row
        for row in everybody
        if row["kind"] == kind and row["name"] != PIPELINES and words in " ".join([row["name"], *row["groups"]])
    ]
    return show(
        request,
        "people.html",
        said=SAID,
        error=error,
        rows=rows[:SHOWN],
        more=max(0, len(rows) - SHOWN),
        q=q,
        kind=kind,
        groups=[row["name"] for row in everybody if row["kind"] == "group"],
        typed=typed,
        chosen=chosen or [],
    )


def _person_page(
    request: Request, site: Site, name: str, *, error: NightlightError | None = None, secret: str = ""
) -> HTMLResponse:
    row = _find(site, name)
    is_user = row["kind"] == "user"
    with transaction(site.url) as connection:
        rights = what_can(connection, name)
        everywhere = groups_of(connection, name)
        purposes = allowed_purposes(connection, name)
    principals = {each["name"]: each for each in list_principals(site.url)}
    direct = principals[name]["groups"]
    return show(
        request,
        "person.html",
        said=SAID,
        error=error,
        secret=secret,
        name=name,
        is_user=is_user,
        disabled=bool(row["disabled"]),
        direct=direct,
        through=sorted(everywhere - set(direct)),
        purposes=purposes,
        other_groups=sorted(n for n, each in principals.items() if each["kind"] == "group" and n not in direct),
        tables=_by_table(rights),
        other_rights=[right for right in rights if not _table_of(right)],
        has_factor=is_user and second_factor.has_second_factor(site.url, name),
        sessions=sessions.list_sessions(site.url, name, now=site.clock()) if is_user else [],
        records=search(site.home, Search(principal=name), limit=READS).records,
    )


def _table_of(right: dict[str, Any]) -> str:
    """`schema.table` of a right to read a column, "" of any other."""
    parts = right["securable"].split(".", 2)
    return ".".join(parts[:2]) if right["privilege"] == "SELECT" and len(parts) == 3 and " " not in parts[0] else ""


def _by_table(rights: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns somebody may read, a row for each table: as they are, masked, and under which filter."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for right in rights:
        if table := _table_of(right):
            tables[table].append({**right, "column": right["securable"].split(".", 2)[2]})
    return [
        {
            "table": table,
            "plain": [each["column"] for each in columns if each["mask"] is None],
            "masked": [f"{each['column']} ({each['mask']})" for each in columns if each["mask"] is not None],
            "filter": columns[0]["filter"],
            "reasons": sorted({each["reason"] for each in columns}),
        }
        for table, columns in sorted(tables.items())
    ]
