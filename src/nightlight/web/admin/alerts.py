"""Alerts: which failures were announced to whom, and a test whether they arrive."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.errors import NightlightError
from nightlight.operations.alerts import send_test, targets, told
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, recorded, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/alerts")


@router.get("", dependencies=[MANAGES])
def alerts(request: Request, site: SiteOf) -> HTMLResponse:
    return _page(request, site)


@router.post("/test", dependencies=[MANAGES])
def test(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    """Send every target a test, and say which could be told."""
    try:
        with recorded(site, person, "alert test", ""):
            results = send_test(site.home)
            if not results:
                raise NightlightError(
                    "failures are announced nowhere",
                    remedy="set alert_mail_to or alert_webhook in the home's nightlight.toml",
                )
    except NightlightError as error:
        return _page(request, site, error=error)
    return _page(request, site, results=results)


def _page(
    request: Request,
    site: Site,
    *,
    error: NightlightError | None = None,
    results: dict[str, str] | None = None,
) -> HTMLResponse:
    names: list[str] = []
    try:
        names = [target.name for target in targets(site.home.settings)]
    except NightlightError as wrong:
        error = error or wrong
    known = told(site.home)
    rows = [
        {"target": target, "subject": subject, "line": line}
        for target, lines in sorted(known.items())
        for subject, line in sorted(lines.items())
    ]
    return show(request, "alerts.html", error=error, targets=names, rows=rows, results=results or {})
