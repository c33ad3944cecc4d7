"""Sources and pipelines: how each stands, what failed and why, and starting a round now."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.ingestion.runs import TABLE as RUNS
from nightlight.ingestion.status import status
from nightlight.operations.commands import Command, last_command, start_command
from nightlight.pipelines.health import Health, read_health
from nightlight.settings import Home
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, back, recorded, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/sources")
SAID = {"started": "Started: what is new is taken in, then the datasets are brought up to date."}
UPDATES = 15


@router.get("", dependencies=[MANAGES])
def sources(request: Request, site: SiteOf) -> HTMLResponse:
    return _page(request, site)


@router.post("/round", dependencies=[MANAGES])
def start_round(request: Request, site: SiteOf, person: PersonOf) -> Response:
    """Take what is new and update every project, as the schedule does; it waits for nobody and stops nobody."""

    def note(command: Command) -> None:
        if not command.is_good:
            append(site.home, Entry("round", command.by, None, "failed", detail="\n".join(command.lines[-3:])))

    try:
        with recorded(site, person, "round", ""):
            start_command(site.home, "round", by=person.name, when_done=note)
    except NightlightError as error:
        return _page(request, site, error=error)
    return back("/admin/sources", "started")


@router.get("/progress", dependencies=[MANAGES])
def progress(request: Request, site: SiteOf) -> HTMLResponse:
    """How far the round is: the part of the page that asks again while it runs."""
    return show(request, "_command.html", command=last_command(site.home, "round"), again="/admin/sources/progress")


def source_rows(site: Site) -> list[dict[str, Any]]:
    """How each source stands; counted anew when a run was recorded, or a minute has passed."""
    version = site.lake.table(RUNS).version
    return _source_rows(site.home, version, int(site.clock().timestamp() // 60))


@lru_cache(maxsize=4)
def _source_rows(home: Home, version: int, minute: int) -> list[dict[str, Any]]:
    return status(home)


def failures(health: Mapping[str, Health]) -> dict[str, Health]:
    """The datasets whose newest update failed, or could not run because another's did."""
    return {name: each for name, each in sorted(health.items()) if each.is_failing}


def broken(health: Mapping[str, Health]) -> dict[str, dict[str, int]]:
    """The datasets that hold, or refused, rows which break an expectation: how many for each."""
    return {
        name: {rule: count for rule, count in each.broken.items() if count}
        for name, each in sorted(health.items())
        if any(each.broken.values())
    }


def _page(request: Request, site: Site, *, error: NightlightError | None = None) -> HTMLResponse:
    health = read_health(site.lake)
    updates = [{"dataset": name, **update} for name, each in health.items() for update in each.updates[:UPDATES]]
    return show(
        request,
        "sources.html",
        said=SAID,
        error=error,
        rows=source_rows(site),
        failing=failures(health),
        broken=broken(health),
        updates=sorted(updates, key=lambda update: update["started_at"], reverse=True)[: 2 * UPDATES],
        command=last_command(site.home, "round"),
        again="/admin/sources/progress",
    )
