"""The backup's page: when the last one was taken, and how one is taken and restored on the command line."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.catalog.audit import tail
from nightlight.web.admin.acts import MANAGES, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/backup")
SHOWN = 10


@router.get("", dependencies=[MANAGES])
def backup(request: Request, site: SiteOf) -> HTMLResponse:
    records = tail(site.home, SHOWN, action="backup")
    return show(
        request,
        "backup.html",
        records=list(reversed(records)),
        last=last_backup(site),
        home=site.home.root,
        on_server=bool(site.home.settings.database),
    )


def last_backup(site: Site) -> dict[str, Any] | None:
    """The record of the newest backup that was written, if the newest ones are not all failures."""
    return next((each for each in reversed(tail(site.home, SHOWN, action="backup")) if each["outcome"] == "done"), None)
