"""Reports that are sent by mail: to whom, when, and what became of it; a preview of what the reader may see of one.

Open to whom a report is sent, as whom it is answered, and those who manage the catalog. A preview is answered as
whoever looks: managing reports gives no right to a partner's numbers."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.dashboards.answer import Viewer
from nightlight.dashboards.files import find_dashboard
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.operations.report_document import Content, read
from nightlight.operations.report_files import Report, read_reports, reports_of
from nightlight.operations.reports import Delivery, audit, check_sendable, deliveries, last_delivery
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.navigation import manages
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()


@dataclass(frozen=True)
class Listed:
    """A report of the list, or what is wrong with its file; `last` is what happened last."""

    name: str
    report: Report | None
    error: NightlightError | None = None
    last: Delivery | None = None
    stopped: NightlightError | None = None


@router.get("/reports", dependencies=[SIGNED_IN])
def reports(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return render(
        request, "reports/list.html", listed=[_listed(site, name, each) for name, each in mine(site, person).items()]
    )


@router.get("/reports/{name}", dependencies=[SIGNED_IN])
def report(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    found = mine(site, person).get(name)
    if not isinstance(found, Report):
        raise NotThere
    content, refusal = _preview(site, person, found)
    return render(
        request,
        "reports/report.html",
        report=found,
        content=content,
        refusal=refusal,
        stopped=_stopped(site, found),
        deliveries=deliveries(site.url, found.name),
    )


def mine(site: Site, person: Person) -> dict[str, Report | NightlightError]:
    """The reports that concern somebody; files that are wrong concern those who can mend them."""
    folder = site.home.reports
    return read_reports(folder) if manages(site, person) else reports_of(folder, person.name)


def _listed(site: Site, name: str, found: Report | NightlightError) -> Listed:
    if isinstance(found, NightlightError):
        return Listed(name, None, found)
    return Listed(name, found, last=last_delivery(site.url, name), stopped=_stopped(site, found))


def _stopped(site: Site, found: Report) -> NightlightError | None:
    """Why the report cannot be sent as things stand."""
    try:
        check_sendable(site.home, found)
    except NightlightError as error:
        return error
    return None


def _preview(site: Site, person: Person, found: Report) -> tuple[Content | None, NightlightError | None]:
    """What the report says to whoever looks, or why it says nothing to them."""
    dashboard = find_dashboard(site.home.dashboards, found.dashboard)
    if isinstance(dashboard, NightlightError):
        return None, dashboard
    if dashboard is None or not site.may(person.name, "VIEW", f"dashboard {found.dashboard}"):
        return None, NightlightError(N_("you may not open the dashboard that this report is made of"))
    purpose = found.purpose if found.purpose in person.purposes else dashboard.purpose_of(person.purposes)
    if purpose is None:
        return None, NightlightError(N_("none of your purposes fits this report"))
    audit(site.home, found, "done", "", action="preview report", viewer=Viewer(person.name, purpose))
    try:
        return read(site.broker, found, Viewer(person.name, purpose), site.clock(), found.language), None
    except NightlightError as refusal:
        return None, refusal
