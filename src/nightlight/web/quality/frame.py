"""What every page of quality has: who may open it, the tabs above it, and how far somebody sees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.quality.access import Reach, reach
from nightlight.quality.store import SECURABLE, Case, QueuedFlag
from nightlight.quality.texts import read_case
from nightlight.web.access import NotThere, Person, needs
from nightlight.web.pages import render
from nightlight.web.site import Site

EXECUTES: Any = needs("EXECUTE", SECURABLE)
MANAGES: Any = needs("MANAGE", SECURABLE)


def executes(site: Site, person: Person) -> bool:
    return site.may(person.name, "EXECUTE", SECURABLE, at=person.revision)


def manages(site: Site, person: Person) -> bool:
    return site.may(person.name, "MANAGE", SECURABLE, at=person.revision)


@dataclass(frozen=True)
class Tab:
    """A page of quality in the row above all of them, shown to those who may open it."""

    url: str
    word: str
    is_open: Callable[[Site, Person], bool] = executes


TABS: tuple[Tab, ...] = (
    Tab("/quality", N_("Queue")),
    Tab("/quality/openings", N_("Second person")),
    Tab("/quality/shift", N_("On duty")),
    Tab("/quality/measures", N_("Measures")),
    Tab("/quality/samples", N_("Random samples")),
    Tab("/quality/drift", N_("Drift"), manages),
    Tab("/quality/annotation", N_("Annotation")),
)


def quality_page(
    request: Request, template: str, here: str, *, error: NightlightError | None = None, **values: Any
) -> HTMLResponse:
    """A page under the tabs of quality; `here` is the URL of its tab, `error` what was refused just now."""
    site, person = request.app.state.site, request.state.person
    tabs = [tab for tab in TABS if tab.is_open(site, person)]
    status = 400 if error else 200
    return render(request, f"quality/{template}", status=status, tabs=tabs, here=here, error=error, **values)


def reach_of(site: Site, person: Person) -> Reach:
    """How far whoever asks sees."""
    return reach(site.home, site.broker, person.name)


def case_of(site: Site, by: Reach, conversation: str) -> tuple[Case, list[QueuedFlag]]:
    """A conversation with its flags; another team's and none at all are not there."""
    try:
        return read_case(site.home, conversation, by=by)
    except NightlightError:
        raise NotThere from None


def counselor_of(site: Site, person: Person, by: Reach, case: Case) -> str | None:
    """Who answered a conversation, for those who may read the roster; else None."""
    if case.counselor in by.counselors:
        return case.counselor
    reads = by.all and site.may(person.name, "SELECT", "silver.volunteers.volunteer_id", at=person.revision)
    return case.counselor if reads else None


def url_of(conversation: str) -> str:
    return f"/quality/conversations/{quote(conversation, safe='')}"
