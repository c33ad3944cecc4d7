"""The card tests of a version, read like a lab report; run when somebody asks for it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.studio.reports import kept_report, run_tests
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio.frame import READS, WRITES, card_version, frame_of

router = APIRouter()


@router.get("/studio/{name}/tests", dependencies=[READS])
def tests_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return _page(request, site, person, name)


@router.post("/studio/{name}/tests", dependencies=[WRITES])
def run(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    version = card_version(site, name)
    append(site.home, Entry("test role-play", person.name, None, "done", detail=version.label))
    try:
        run_tests(site.home, version)
    except NightlightError as error:
        return _page(request, site, person, name, error)
    return RedirectResponse(f"/studio/{name}/tests", 303)


def _page(
    request: Request, site: Site, person: Person, name: str, error: NightlightError | None = None
) -> HTMLResponse:
    version = card_version(site, name)
    report = kept_report(version)
    return render(
        request,
        "studio/tests.html",
        status=400 if error else 200,
        report=report,
        failed=sum(not result.passed for result in report.results) if report else 0,
        error=error,
        **frame_of(site, person, version),
    )
