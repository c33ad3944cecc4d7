"""Notebooks: the workspaces somebody may enter, who is in them, and definitions written there that wait for review."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.workspaces import Entrance, Workspace, find_workspace, list_workspaces
from nightlight.errors import NightlightError
from nightlight.operations import proposals
from nightlight.operations.notebooks.servers import HOW_TO_INSTALL, NotebookServers, Pages, are_installed
from nightlight.operations.proposals import Proposal
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf, needs
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

_making = Lock()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    servers: NotebookServers | None = getattr(app.state, "notebooks", None)
    if servers is not None:
        servers.close()


router = APIRouter(lifespan=_lifespan)


def _servers(request: Request, site: SiteOf) -> NotebookServers:
    """The home's servers: those of this process, made at the first question."""
    with _making:
        if not hasattr(request.app.state, "notebooks"):
            request.app.state.notebooks = NotebookServers(site.home, demo=site.demo, clock=site.clock)
        return cast(NotebookServers, request.app.state.notebooks)


ServersOf = Annotated[NotebookServers, Depends(_servers)]


@dataclass(frozen=True)
class Notebook:
    """A file of a workspace: its path within, and when it was changed last."""

    path: str
    changed_at: datetime


@router.get("/notebooks", dependencies=[SIGNED_IN])
def notebooks_page(request: Request, site: SiteOf, person: PersonOf, servers: ServersOf) -> HTMLResponse:
    workspaces = [each for each in list_workspaces(site.url) if _may_enter(site, person, each.name)]
    rooms: list[dict[str, Any]] = [
        {
            "workspace": workspace,
            "people": servers.people(workspace.name),
            "notebooks": notebooks_in(site, workspace.name),
            "purpose": person.purposes.get(workspace.purpose, ""),
        }
        for workspace in workspaces
    ]
    return render(
        request,
        "notebooks/notebooks.html",
        rooms=rooms,
        proposals=[each for each in proposals.list_proposals(site.home) if _may_see(site, person, each)],
        how_to_install="" if are_installed() else HOW_TO_INSTALL,
        can_confine=servers.can_confine,
    )


@router.post("/notebooks/{workspace}/open", dependencies=[needs("EXECUTE", "workspace {workspace}")])
def open_workspace(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    servers: ServersOf,
    workspace: str,
    notebook: Annotated[str, Form(max_length=500)] = "",
) -> HTMLResponse:
    """The way in, as a page that leads on by itself: a form's own redirect may not leave this origin."""
    found = find_workspace(site.url, workspace)
    if found is None or (notebook and notebook not in {each.path for each in notebooks_in(site, workspace)}):
        raise NotThere
    entry = Entry("notebooks open", person.name, found.purpose, "done", statement=f"{workspace} {notebook}".strip())
    try:
        target = servers.open(found, Entrance(person.name, person.session), _pages(request, site), notebook=notebook)
    except NightlightError as error:
        append(site.home, Entry(**{**vars(entry), "outcome": "failed", "detail": str(error)}), clock=site.clock)
        raise
    append(site.home, entry, clock=site.clock)
    return render(request, "notebooks/entrance.html", workspace=found, target=target)


@router.get("/notebooks/definitions/{project}/{file}", dependencies=[SIGNED_IN])
def definition_page(request: Request, site: SiteOf, person: PersonOf, project: str, file: str) -> HTMLResponse:
    found = _find(site, person, project, file)
    return render(
        request,
        "notebooks/definition.html",
        proposal=found,
        difference=proposals.difference(site.home, found),
        may_hand_in=not found.handed_in_by and _may_enter(site, person, found.workspace),
        may_approve=bool(found.handed_in_by) and found.handed_in_by != person.name and _may_change(site, person, found),
    )


@router.post("/notebooks/definitions/{project}/{file}/hand-in", dependencies=[SIGNED_IN])
def hand_in(
    site: SiteOf, person: PersonOf, project: str, file: str, digest: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    found = _find(site, person, project, file)
    if not _may_enter(site, person, found.workspace):
        raise NotThere
    proposals.hand_in(site.home, found, digest, by=person.name, clock=site.clock)
    return RedirectResponse(f"/notebooks/definitions/{project}/{file}", 303)


@router.post("/notebooks/definitions/{project}/{file}/approve", dependencies=[SIGNED_IN])
def approve(
    site: SiteOf, person: PersonOf, project: str, file: str, digest: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    found = _find(site, person, project, file)
    if not _may_change(site, person, found):
        raise NotThere
    proposals.approve(site.home, found, digest, by=person.name, clock=site.clock)
    return RedirectResponse("/notebooks", 303)


@router.post("/notebooks/definitions/{project}/{file}/withdraw", dependencies=[SIGNED_IN])
def withdraw(site: SiteOf, person: PersonOf, project: str, file: str) -> Response:
    proposals.withdraw(site.home, _find(site, person, project, file), by=person.name, clock=site.clock)
    return RedirectResponse("/notebooks", 303)


def notebooks_in(site: Site, workspace: str) -> list[Notebook]:
    """A workspace's notebooks by path; what links lead to does not count."""
    folder = site.home.notebooks / workspace
    found = [
        Notebook(str(path.relative_to(folder)), datetime.fromtimestamp(path.stat().st_mtime, UTC))
        for path in folder.rglob("*.ipynb")
        if path.is_file()
        and not path.is_symlink()
        and not any(p.startswith(".") for p in path.parts[len(folder.parts) :])
    ]
    return sorted(found, key=lambda notebook: notebook.path)


def _pages(request: Request, site: Site) -> Pages:
    host, port = request.scope["server"]
    public = site.home.settings.public_url.rstrip("/")
    return Pages(
        (str(host), int(port)),
        request.url.scheme,
        request.url.hostname or "",
        f"{public or str(request.base_url).rstrip('/')}/notebooks",
    )


def _find(site: Site, person: Person, project: str, file: str) -> Proposal:
    found = proposals.find_proposal(site.home, project, file)
    if found is None or not _may_see(site, person, found):
        raise NotThere
    return found


def _may_enter(site: Site, person: Person, workspace: str) -> bool:
    return site.may(person.name, "EXECUTE", f"workspace {workspace}")


def _may_change(site: Site, person: Person, proposal: Proposal) -> bool:
    """Whether somebody may change every schema that the definition writes to."""
    return all(site.may(person.name, "MODIFY", f"schema {schema}") for schema in proposal.schemas)


def _may_see(site: Site, person: Person, proposal: Proposal) -> bool:
    return _may_enter(site, person, proposal.workspace) or _may_change(site, person, proposal)


def workspace_of(site: Site, person: Person, named: str | None) -> Workspace:
    """The workspace for which a program or a page asks; raises NotThere.

    A token's is that of its principal, somebody who has signed in names one that they may enter.
    """
    for workspace in list_workspaces(site.url):
        if person.token and workspace.principal == person.name and named in (None, "", workspace.name):
            return workspace
        if not person.token and workspace.name == named and _may_enter(site, person, workspace.name):
            return workspace
    raise NotThere
