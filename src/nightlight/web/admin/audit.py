"""The audit for administrators: finding records, taking them along, verifying the chain, anchoring its head."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from nightlight.catalog.audit import Entry, anchor_file, anchor_head, append
from nightlight.catalog.audit_anchor import Anchor, read_anchors
from nightlight.catalog.audit_search import Search, actions, search
from nightlight.errors import NightlightError
from nightlight.operations.commands import Command, last_command, start_command
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, back, recorded, show
from nightlight.web.downloads import csv_lines
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/audit")
PAGE, EXPORTED = 50, 100_000
OUTCOMES = ("done", "refused", "failed")
FIELDS = (
    *("sequence", "at", "principal", "person", "purpose", "action", "outcome", "rows", "seconds", "tables"),
    *("statement", "detail", "os_user", "host", "process", "fingerprint"),
)
SAID = {
    "verifying": "Following the audit from its first record.",
    "anchored": "Anchored: the audit's head stands in the anchor file.",
}


@dataclass(frozen=True)
class Asked:
    """The search form as it was filled in: text, which may be no day at all."""

    principal: str = ""
    action: str = ""
    outcome: str = ""
    purpose: str = ""
    table: str = ""
    since: str = ""
    until: str = ""
    words: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Asked":
        return cls(
            **{name: parameters.get(name, "").replace("\0", "").strip()[:500] for name in cls.__dataclass_fields__}
        )

    def search(self, zone: ZoneInfo) -> Search:
        """What is looked for; days are the line's own, and the last one counts. Raises NightlightError for no day."""
        values = asdict(self)
        since, until = _day(values.pop("since")), _day(values.pop("until"))
        return Search(
            **values,
            since=None if since is None else datetime.combine(since, time(), zone),
            until=None if until is None else datetime.combine(until + timedelta(days=1), time(), zone),
        )

    def query(self, **more: object) -> str:
        """As a URL's query, without what is empty."""
        return urlencode({name: value for name, value in {**asdict(self), **more}.items() if value})


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NightlightError("this is no day", remedy="write it as 2026-03-01") from None
    if not 1970 <= day.year < 9000:
        raise NightlightError("this is no day that the audit knows", remedy="write it as 2026-03-01")
    return day


@router.get("", dependencies=[MANAGES])
def audit(request: Request, site: SiteOf, before: str = "") -> HTMLResponse:
    return _page(request, site, Asked.read(request.query_params), before)


@router.get("/records.csv", dependencies=[MANAGES])
def export(request: Request, site: SiteOf, person: PersonOf) -> Response:
    """The records that fit, newest first, as a file; that they were taken along is a record itself."""
    asked = Asked.read(request.query_params)
    wanted = asked.search(_zone(site))
    append(site.home, Entry("audit export", person.name, None, "done", statement=asked.query()))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_csv(site, wanted), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/verify", dependencies=[MANAGES])
def verify(request: Request, site: SiteOf, person: PersonOf) -> Response:
    def note(command: Command) -> None:
        outcome = "done" if command.is_good else "failed"
        detail = command.lines[-1] if command.lines else ""
        append(site.home, Entry("audit verify", command.by, None, outcome, detail=detail))

    try:
        start_command(site.home, "verify", by=person.name, when_done=note)
    except NightlightError as error:
        return _page(request, site, Asked(), error=error)
    return back("/admin/audit", "verifying")


@router.get("/verification", dependencies=[MANAGES])
def verification(request: Request, site: SiteOf) -> HTMLResponse:
    """How far the verification is: the part of the page that asks again while it runs."""
    return show(request, "_command.html", command=last_command(site.home, "verify"), again="/admin/audit/verification")


@router.post("/anchor", dependencies=[MANAGES])
def anchor(request: Request, site: SiteOf, person: PersonOf) -> Response:
    try:
        with recorded(site, person, "audit anchor", ""):
            file = anchor_file(site.home)
            if file is None:
                raise NightlightError(
                    "no anchor file is named",
                    remedy="set audit_anchor in the home's nightlight.toml, best to a file on another machine",
                )
            anchor_head(site.home, file)
    except NightlightError as error:
        return _page(request, site, Asked(), error=error)
    return back("/admin/audit", "anchored")


def last_anchor(site: Site) -> Anchor | None:
    """The last line of the anchor file, None where there is none that can be read."""
    file = anchor_file(site.home)
    try:
        return read_anchors(file, site.home.key("audit")).last if file is not None else None
    except NightlightError:
        return None


def _page(
    request: Request, site: Site, asked: Asked, before: str = "", *, error: NightlightError | None = None
) -> HTMLResponse:
    found = None
    try:
        position = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
        found = search(site.home, asked.search(_zone(site)), before=position, limit=PAGE)
    except NightlightError as refusal:
        error = error or refusal
    return show(
        request,
        "audit.html",
        said=SAID,
        error=error,
        asked=asked,
        found=found,
        actions=actions(site.home),
        outcomes=OUTCOMES,
        is_first=not before,
        anchor=last_anchor(site),
        anchor_named=anchor_file(site.home) is not None,
        command=last_command(site.home, "verify"),
        again="/admin/audit/verification",
    )


def _zone(site: Site) -> ZoneInfo:
    return ZoneInfo(site.home.settings.time_zone)


def _csv(site: Site, wanted: Search) -> Iterator[bytes]:
    yield csv_lines([FIELDS])
    before, left = None, EXPORTED
    while left > 0:
        found = search(site.home, wanted, before=before, limit=min(1_000, left))
        yield csv_lines([_cell(record.get(name)) for name in FIELDS] for record in found.records)
        left -= len(found.records)
        before = found.older
        if before is None:
            return


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case list():
            return ", ".join(map(str, value))
    return str(value)
