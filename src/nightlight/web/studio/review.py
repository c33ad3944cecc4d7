"""Review: the whole card or script to read, its tests, who has said what; approve it or send it back, with a reason."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.errors import NightlightError
from nightlight.studio.approval import GOOD_FOR, approve, send_back
from nightlight.studio.card_problems import warned_lines
from nightlight.studio.card_source import read_tree
from nightlight.studio.documents import approvals_needed
from nightlight.studio.reports import kept_report
from nightlight.studio.script_source import read_script_draft
from nightlight.studio.versions import Kind, Version
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice import words
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio import parts
from nightlight.web.studio.frame import READS, REVIEWS, check_reads, find_document, frame_of
from nightlight.web.studio.messages import LABELS

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/studio/{name}/review", dependencies=[READS])
def review_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return _page(request, site, person, find_document(site, name))


@router.post("/studio/{name}/review", dependencies=[REVIEWS])
def review(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    decision: Text = "",
    reason: Text = "",
    until: Text = "",
    digest: Text = "",
) -> Response:
    """Decide about the text that was on the page (`digest`), not one that has taken its place since."""
    check_reads(site, person)
    version = find_document(site, name)
    try:
        if digest not in ("", version.digest):
            raise NightlightError("it was changed since you opened it", remedy="read it again, then decide")
        if decision == "approve":
            expires_at = _end_of(until)
            approve(site.home, name, by=person.name, reason=reason, expires_at=expires_at, clock=site.clock)
        elif decision == "return":
            send_back(site.home, name, by=person.name, reason=reason, clock=site.clock)
        else:
            raise NightlightError("choose to approve it or to send it back")
    except NightlightError as error:
        return _page(request, site, person, version, error, reason)
    return RedirectResponse(f"/studio/{name}", 303)


def _end_of(day: str) -> datetime | None:
    """The end of a day as a browser sends it; None for none."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise NightlightError("that is no date", remedy="choose a day, such as 2027-03-01") from None


def _page(
    request: Request,
    site: Site,
    person: Person,
    version: Version,
    error: NightlightError | None = None,
    reason: str = "",
) -> HTMLResponse:
    tree = read_tree(version.source, version.name) if version.kind is Kind.CARD else None
    return render(
        request,
        "studio/review.html",
        status=400 if error else 200,
        tree=tree,
        script=None if tree else read_script_draft(version.source),
        labels=LABELS,
        phases=words.PHASES,
        warned=warned_lines(tree) if tree else {},
        words=words,
        form=parts,
        report=kept_report(version),
        needed=approvals_needed(site.home, version),
        until=(site.clock() + GOOD_FOR).date(),
        error=error,
        reason=reason,
        **frame_of(site, person, version),
    )
