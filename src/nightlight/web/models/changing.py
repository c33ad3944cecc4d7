"""Letting versions in, trying them out, taking them back. The registry decides and writes the audit; pages ask it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.errors import NightlightError
from nightlight.operations.model_start import approved_documents
from nightlight.practice.rollouts import roll_out
from nightlight.registry.promotion import COMES_FROM, TAKEN_BACK, promote, rollback
from nightlight.registry.rollout import COHORT, PERCENTAGE, stop_rollout
from nightlight.registry.store import PROD, WORKSPACES
from nightlight.registry.stored import CHAMPION, PREVIOUS
from nightlight.registry.versions import authors_of, holder
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.models.frame import check_sees, deciders, find, may_decide, model_page, url_of
from nightlight.web.models.model import show_model
from nightlight.web.models.overview import shown_models
from nightlight.web.models.version import show_version
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/models")
Text = Annotated[str, Form()]
REFUSED, CONFLICT = 400, 409
LONGEST_NAME, LONGEST_WORD = 80, 20  # what is refused is in the audit for good


@router.post("/{name}/{workspace}/{number}/promotion", dependencies=[SIGNED_IN])
def let_in(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    workspace: str,
    number: int,
    to: Text = "",
    alias: Text = "",
) -> Response:
    version = find(site, person, name, workspace, number)
    try:
        if COMES_FROM.get(to) != workspace:  # or it would be another version of this number
            raise NightlightError(f"{version.label} does not go to '{to[:20]}'", remedy="choose the next workspace")
        approved = approved_documents(site.home, site.clock())
        made = promote(
            site.home,
            name,
            number,
            to=to,
            alias=alias[:LONGEST_WORD],
            by=person.name,
            approved=approved,
            clock=site.clock,
        )
    except NightlightError as error:
        return show_version(request, site, person, version, error=error)
    return RedirectResponse(f"{url_of(made)}?done={alias}", 303)


@router.get("/{name}/rollback", dependencies=[SIGNED_IN])
def rollback_page(request: Request, site: SiteOf, person: PersonOf, name: str, workspace: str = PROD) -> HTMLResponse:
    check_sees(site, person, name)
    return _rollback_page(request, site, person, name, workspace)


@router.post("/{name}/rollback", dependencies=[SIGNED_IN])
def take_back(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    workspace: Text = PROD,
    champion: Text = "",
    reason: Text = "",
) -> Response:
    """Take back the version that was on the page (`champion`), not one that somebody let in since."""
    check_sees(site, person, name)
    if workspace not in WORKSPACES:
        raise NotThere
    try:
        rollback(
            site.home, name, by=person.name, workspace=workspace, reason=reason, champion=champion, clock=site.clock
        )
    except NightlightError as error:
        now = holder(site.home, name, CHAMPION, workspace=workspace)
        status = CONFLICT if champion and (now is None or now.label != champion) else REFUSED
        return _rollback_page(request, site, person, name, workspace, error=error, status=status, reason=reason)
    return RedirectResponse(f"/models/{name}?done=rollback", 303)


@router.post("/{name}/rollout", dependencies=[SIGNED_IN])
def try_out(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    version: Annotated[int, Form()] = 0,
    kind: Text = "",
    cohort: Text = "",
    percentage: Text = "",
) -> Response:
    check_sees(site, person, name)
    value = {COHORT: cohort.strip()[:LONGEST_NAME], PERCENTAGE: percentage.strip()[:LONGEST_WORD]}.get(kind, "")
    try:
        roll_out(site.home, name, version, kind=kind[:LONGEST_WORD], value=value, by=person.name, clock=site.clock)
    except NightlightError as error:
        return show_model(request, site, person, name, error=error)
    return RedirectResponse(f"/models/{name}?done=rollout", 303)


@router.post("/{name}/rollout/end", dependencies=[SIGNED_IN])
def end_trying_out(request: Request, site: SiteOf, person: PersonOf, name: str, reason: Text = "") -> Response:
    check_sees(site, person, name)
    try:
        stop_rollout(site.home, name, by=person.name, reason=reason, clock=site.clock)
    except NightlightError as error:
        return show_model(request, site, person, name, error=error)
    return RedirectResponse(f"/models/{name}?done=stopped", 303)


def _rollback_page(
    request: Request, site: Site, person: Person, name: str, workspace: str, reason: str = "", **values: Any
) -> HTMLResponse:
    """It stands whatever is wrong with the bars or the figures of practice."""
    if workspace not in WORKSPACES:
        raise NotThere
    (model,) = shown_models(site, person, [name], is_short=True)
    previous = model.held(workspace, PREVIOUS)
    return model_page(
        request,
        "rollback.html",
        model=model,
        workspace=workspace,
        champion=model.held(workspace, CHAMPION),
        previous=previous,
        is_own=previous is not None and TAKEN_BACK in previous.tags and person.name in authors_of(previous),
        decides=may_decide(site, person, name),
        deciders=deciders(site, name),
        reason=reason,
        **values,
    )
