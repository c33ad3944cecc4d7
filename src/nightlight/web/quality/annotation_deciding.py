"""Both annotators' labels side by side: how far they agree, where they differ, and what a third person decides."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.quality.annotation.adjudication import OpenPair, decide, decided_count, decides, open_pair, pairs
from nightlight.quality.annotation.report import ACCEPTED, report
from nightlight.quality.annotation.segments import NEAR
from nightlight.web.access import Person, PersonOf
from nightlight.web.quality.annotation_form import Chosen, chosen_of, sent_label
from nightlight.web.quality.annotation_frame import TAB, annotation_page, check_manages, theirs
from nightlight.web.quality.frame import EXECUTES
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix=TAB)
ONE, OTHER = "one", "other"


@router.get("/{name}/agreement", dependencies=[EXECUTES])
def agreement_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    with theirs():
        found = report(site.home, name, by=person.name)
    return annotation_page(request, "agreement.html", report=found, set=found.set, accepted=ACCEPTED, near=NEAR)


@router.get("/{name}/adjudication", dependencies=[EXECUTES])
def differences_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    with theirs():
        found, every = pairs(site.home, name, by=person.name)
    return annotation_page(
        request,
        "differences.html",
        set=found,
        differing=[each for each in every if each.differing],
        decided=decided_count(every),
        decides=decides(site.home, name, by=person.name),
    )


@router.get("/{name}/adjudication/{number}/{position}", dependencies=[EXECUTES])
def difference_page(
    request: Request, site: SiteOf, person: PersonOf, name: str, number: int, position: int
) -> HTMLResponse:
    return _difference(request, site, person, name, number, position)


@router.post("/{name}/adjudication/{number}/{position}", dependencies=[EXECUTES])
def decide_difference(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    number: int,
    position: int,
    sent: Annotated[Chosen, Depends(sent_label)],
    take: Annotated[str, Form()] = "",
) -> Response:
    """Take one of the two labels (`take`), or what was chosen in the form."""
    check_manages(site, person)
    try:
        with theirs():
            opened = open_pair(site.home, name, number, position, by=person.name)
            label = {ONE: opened.pair.one, OTHER: opened.pair.other}.get(take) or sent.read(opened.author)
            decide(site.home, name, number, position, label, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _difference(request, site, person, name, number, position, error, sent)
    if opened.next_at is None:
        return RedirectResponse(f"{TAB}/{name}/adjudication", 303)
    return RedirectResponse(f"{TAB}/{name}/adjudication/{opened.next_at[0]}/{opened.next_at[1]}", 303)


def _difference(
    request: Request,
    site: Site,
    person: Person,
    name: str,
    number: int,
    position: int,
    error: NightlightError | None = None,
    sent: Chosen | None = None,
) -> HTMLResponse:
    with theirs():
        opened = open_pair(site.home, name, number, position, by=person.name)
    chosen = sent if sent and sent.phase else _agreed(opened)
    return annotation_page(request, "difference.html", error=error, set=opened.set, opened=opened, chosen=chosen)


def _agreed(opened: OpenPair) -> Chosen:
    """What was decided; before that what both said, and nothing where they differ."""
    one, other = opened.pair.one, opened.pair.other
    if opened.pair.decided:
        return chosen_of(opened.pair.decided, None, one.phase)
    return Chosen(
        phase=str(one.phase) if one.phase is other.phase else "",
        acts=tuple(act for act in one.acts if act in other.acts),
        risk=str(one.risk) if one.risk is not None and one.risk == other.risk else "",
        attributes=tuple(each for each in one.attributes if each in other.attributes),
    )
