"""One document: where it stands and what can be done with it; submitted, taken back, retired."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from nightlight.errors import NightlightError
from nightlight.studio.approval import retire, submit, withdraw
from nightlight.studio.card_problems import lines_of, problems_by_field
from nightlight.studio.card_source import read_tree
from nightlight.studio.documents import approvals_needed, card_for, problems_of, versions_of
from nightlight.studio.reports import kept_report
from nightlight.studio.versions import Kind, State, Version
from nightlight.studio.writing import renew
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio.frame import READS, REVIEWS, WRITES, check_reads, find_document, frame_of
from nightlight.web.studio.standing import standings

router = APIRouter()


@router.get("/studio/{name}", dependencies=[READS])
def document_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return show_document(request, site, person, find_document(site, name))


@router.get("/studio/{name}/source", dependencies=[READS])
def source(site: SiteOf, name: str, version: int | None = None) -> Response:
    """The text as a file of the corpus."""
    found = find_document(site, name, version)
    suffix = "yaml" if found.kind is Kind.CARD else "txt"
    headers = {"Content-Disposition": f'attachment; filename="{found.name}.{suffix}"'}
    return PlainTextResponse(found.source, headers=headers)


@router.post("/studio/{name}/submit", dependencies=[WRITES])
def submit_document(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    return _done(request, site, person, name, lambda: submit(site.home, name, by=person.name, clock=site.clock))


@router.post("/studio/{name}/renew", dependencies=[WRITES])
def renew_document(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    return _done(request, site, person, name, lambda: renew(site.home, name, by=person.name, clock=site.clock))


@router.post("/studio/{name}/withdraw", dependencies=[WRITES])
def withdraw_document(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    return _done(request, site, person, name, lambda: withdraw(site.home, name, by=person.name, clock=site.clock))


@router.post("/studio/{name}/retire", dependencies=[REVIEWS])
def retire_document(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    check_reads(site, person)
    return _done(request, site, person, name, lambda: retire(site.home, name, by=person.name, clock=site.clock))


def show_document(
    request: Request, site: Site, person: Person, version: Version, error: NightlightError | None = None
) -> HTMLResponse:
    versions = versions_of(site.home, version.name)
    return render(
        request,
        "studio/document.html",
        status=400 if error else 200,
        in_use=next((each for each in reversed(versions) if each.state in (State.APPROVED, State.STARTER)), None),
        needed=approvals_needed(site.home, version),
        report=kept_report(version),
        error=error,
        now=site.clock(),
        **_contents(site, version),
        **frame_of(site, person, version),
    )


def _contents(site: Site, version: Version) -> dict[str, Any]:
    if version.kind is Kind.SCRIPT:
        card = card_for(site.home, version.name)
        problems = problems_of(version, card)
        return {"problems": problems, "standings": [], "tree": None, "coverage": [], "open": len(problems)}
    tree = read_tree(version.source, version.name)
    problems_there = problems_by_field(tree)
    coverage = [(path, len(lines), least) for path, lines, least in lines_of(tree)]
    return {
        "problems": [],
        "standings": standings(tree),
        "tree": tree,
        "coverage": coverage,
        "open": sum(map(len, problems_there.values())),
    }


def _done(request: Request, site: Site, person: Person, name: str, act: Callable[[], object]) -> Response:
    """Do it and show the document, with the line of what was refused."""
    version = find_document(site, name)
    try:
        act()
    except NightlightError as error:
        return show_document(request, site, person, version, error)
    return RedirectResponse(f"/studio/{name}", 303)
