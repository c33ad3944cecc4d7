"""The administrators' first page: what is wrong comes first, each with what to do; then the way to everything else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from nightlight.accounts.credentials import read_credentials
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import list_principals
from nightlight.catalog.requests import OPEN, select_requests
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.operations.commands import last_command, start_command
from nightlight.operations.doctor import State, examine_quickly
from nightlight.pipelines.health import read_health
from nightlight.sandbox.confinement import can_confine_python
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, back, managers, recorded, show
from nightlight.web.admin.audit import last_anchor
from nightlight.web.admin.backup import last_backup
from nightlight.web.admin.sources import broken, failures, source_rows
from nightlight.web.metrics import broken_files
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin")
SAID = {"examining": "Looking at everything; this takes a while."}
STALE_BACKUP, STALE_VERIFICATION, STALE_ANCHOR = timedelta(days=2), timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True)
class Problem:
    """Something to look after: what it is, what to do about it, and the page for it."""

    what: str
    remedy: str = ""
    url: str = ""
    is_wrong: bool = False  # else: worth a look


@router.get("", dependencies=[MANAGES])
def overview(request: Request, site: SiteOf) -> HTMLResponse:
    return _page(request, site)


@router.post("/doctor", dependencies=[MANAGES])
def examine(request: Request, site: SiteOf, person: PersonOf) -> Response:
    """Start all checks, those that take long too."""
    try:
        with recorded(site, person, "doctor", ""):
            start_command(site.home, "doctor", by=person.name)
    except NightlightError as error:
        return _page(request, site, error=error)
    return back("/admin", "examining")


@router.get("/doctor", dependencies=[MANAGES])
def examined(request: Request, site: SiteOf) -> HTMLResponse:
    """How far the checks are: the part of the page that asks again while they run."""
    return show(request, "_command.html", command=last_command(site.home, "doctor"), again="/admin/doctor")


def problems(site: Site) -> list[Problem]:
    """All there is to look after, what is wrong first; a look that fails is a problem too."""
    found: list[Problem] = []
    for look in LOOKS:
        try:
            found += look(site)
        except NightlightError as error:
            found.append(Problem(str(error), is_wrong=True))
    return sorted(found, key=lambda problem: not problem.is_wrong)


def _home(site: Site) -> Iterator[Problem]:
    for check in examine_quickly(site.home):
        if check.state is not State.OK:
            url = {"alerts": "/admin/alerts", "sources": "/admin/sources"}.get(check.check.split()[0], "")
            is_wrong = check.state is State.WRONG
            yield Problem(f"{check.check}: {check.found}", check.remedy, url, is_wrong)


def _runs(site: Site) -> Iterator[Problem]:
    for row in source_rows(site):
        if row["error"]:
            yield Problem(f"source {row['source']} failed: {row['error']}", "", "/admin/sources", True)
    health = read_health(site.lake)
    for name, each in failures(health).items():
        yield Problem(
            f"dataset {name} {each.outcome}: {each.error or 'what it reads failed'}", "", "/admin/sources", True
        )
    for name, rules in broken(health).items():
        rows = ", ".join(f"{rule} ({count:,} {'row' if count == 1 else 'rows'})" for rule, count in rules.items())
        yield Problem(f"dataset {name} met rows that break {rows}", "", f"/data/{name.replace('.', '/', 1)}")


def _requests(site: Site) -> Iterator[Problem]:
    with transaction(site.url) as connection:
        waiting = len(select_requests(connection, "state = :state", state=OPEN))
    if waiting:
        told = "1 request for access waits" if waiting == 1 else f"{waiting} requests for access wait"
        yield Problem(f"{told} for a decision", "", "/requests")


def _audit(site: Site) -> Iterator[Problem]:
    last = tail(site.home, 1, action="audit verify")
    if not last or site.clock() - last[0]["at"] > STALE_VERIFICATION:
        what = f"was last verified on {last[0]['at']:%Y-%m-%d}" if last else "was never verified"
        yield Problem(f"the audit {what}", "verify it", "/admin/audit")
    elif last[0]["outcome"] != "done":
        yield Problem("the audit is not as it was written", "look at what was found", "/admin/audit", True)
    anchor = last_anchor(site)
    if anchor is None:
        remedy = "set audit_anchor in nightlight.toml: without it nobody sees that the newest records were cut off"
        yield Problem("the audit is anchored nowhere", remedy, "/admin/audit")
    elif site.clock() - anchor.at > STALE_ANCHOR:
        yield Problem(f"the audit was last anchored on {anchor.at:%Y-%m-%d}", "anchor it", "/admin/audit")


def _people(site: Site) -> Iterator[Problem]:
    users = {row["name"] for row in list_principals(site.url) if row["kind"] == "user"}
    names = [name for name in managers(site) if name in users]
    without = [name for name in names if not read_credentials(site.url, name).totp_secret]
    if without and not site.demo:
        yield Problem(f"no second factor protects {', '.join(without)}", "each turns it on at Account", "/admin/people")
    if len(names) < 2:
        yield Problem(
            "one person alone manages this home", "add a second: some decisions need two people", "/admin/people"
        )


def _sandbox(site: Site) -> Iterator[Problem]:
    if not can_confine_python():
        yield Problem(
            "this system cannot keep queries and Python in a sandbox",
            "use Linux 6.7 or newer with Landlock; production refuses to run without",
            is_wrong=site.home.settings.production,
        )


def _backup(site: Site) -> Iterator[Problem]:
    last = last_backup(site)
    if site.home.settings.database:
        return
    if last is None:
        yield Problem("no backup was taken yet", "take one, best every night", "/admin/backup")
    elif site.clock() - last["at"] > STALE_BACKUP:
        yield Problem(f"the last backup is of {last['at']:%Y-%m-%d}", "take one", "/admin/backup")


def _files(site: Site) -> Iterator[Problem]:
    for error in broken_files(site.home):
        yield Problem(str(error), "", "/metrics")


LOOKS: tuple[Callable[[Site], Iterator[Problem]], ...] = (
    *(_home, _runs, _requests, _audit, _people, _sandbox, _backup, _files),
)


def _page(request: Request, site: Site, *, error: NightlightError | None = None) -> HTMLResponse:
    verified: datetime | None = next((r["at"] for r in tail(site.home, 1, action="audit verify")), None)
    return show(
        request,
        "overview.html",
        said=SAID,
        error=error,
        problems=problems(site),
        verified=verified,
        command=last_command(site.home, "doctor"),
        again="/admin/doctor",
    )
