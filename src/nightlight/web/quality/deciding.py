"""Deciding about a flag, and correcting what a labeller read; how long it took counts from when the page opened."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.quality import reviews
from nightlight.quality.access import Reach
from nightlight.quality.corrections import correct
from nightlight.web.access import Person, PersonOf
from nightlight.web.quality.conversation import flag_of, show_conversation
from nightlight.web.quality.frame import EXECUTES, case_of, reach_of, url_of
from nightlight.web.quality.labels import find_labels
from nightlight.web.quality.reviewing import LOOKS
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality/conversations")
Words = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]


@router.post("/{conversation:path}/flags/{flag}/confirm", dependencies=[EXECUTES])
def confirm(
    request: Request, site: SiteOf, person: PersonOf, conversation: str, flag: int, note: Words = ""
) -> Response:
    def decide(took: float | None, by: Reach) -> None:
        reviews.confirm(site.home, flag, note, took, by=by, clock=site.clock)

    return _decided(request, site, person, conversation, flag, decide)


@router.post("/{conversation:path}/flags/{flag}/dismiss", dependencies=[EXECUTES])
def dismiss(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    conversation: str,
    flag: int,
    reason: Words = "",
    note: Words = "",
) -> Response:
    def decide(took: float | None, by: Reach) -> None:
        reviews.dismiss(site.home, flag, reason, note, took, by=by, clock=site.clock)

    return _decided(request, site, person, conversation, flag, decide)


@router.post("/{conversation:path}/flags/{flag}/reopen", dependencies=[EXECUTES])
def reopen(
    request: Request, site: SiteOf, person: PersonOf, conversation: str, flag: int, note: Words = ""
) -> Response:
    by = reach_of(site, person)
    flag_of(case_of(site, by, conversation)[1], flag)
    try:
        reviews.reopen(site.home, flag, note, by=by, clock=site.clock)
    except NightlightError as error:
        return show_conversation(request, site, person, conversation, error=error)
    return RedirectResponse(f"{url_of(conversation)}#flag-{flag}", 303)


@router.post("/{conversation:path}/corrections", dependencies=[EXECUTES])
def correct_label(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    conversation: str,
    message_id: Words = "",
    axis: Words = "",
    value: Several = None,
    reason: Words = "",
) -> Response:
    """Say what a message's phase, acts or risk is; the label it had stays beside it until a second person agrees."""
    by = reach_of(site, person)
    case, _ = case_of(site, by, conversation)
    labels = find_labels(site, person, by, case)
    found = [(n, each) for n, each in enumerate(labels.messages if labels else (), 1) if each.id == message_id]
    number, label = found[0] if found else (0, None)
    try:
        if label is None or labels is None:
            raise NightlightError("there is no such message in this conversation", remedy="choose one of them")
        correct(
            site.home,
            conversation,
            message_id,
            axis,
            _value(axis, value or []),
            reason,
            by=by,
            clock=site.clock,
            labels=label,
            labeller=labels.version,
        )
    except NightlightError as error:
        return show_conversation(request, site, person, conversation, correct=number, error=error)
    return RedirectResponse(f"{url_of(conversation)}#message-{number}", 303)


def _decided(
    request: Request,
    site: Site,
    person: Person,
    conversation: str,
    flag: int,
    decide: Callable[[float | None, Reach], None],
) -> Response:
    """Decide about one flag of this conversation; `decide` gets how long the look took, in seconds."""
    by = reach_of(site, person)
    flag_of(case_of(site, by, conversation)[1], flag)
    took = LOOKS.seconds(site, person, conversation)
    try:
        decide(took, by)
    except NightlightError as error:
        return show_conversation(request, site, person, conversation, error=error)
    LOOKS.decide(site, person, conversation)
    return RedirectResponse(f"{url_of(conversation)}#flag-{flag}", 303)


def _value(axis: str, chosen: list[str]) -> Any:
    """What a form sent, as its axis wants it: several acts, one phase, a level."""
    if axis == "acts":
        return chosen
    one = chosen[0] if chosen else ""
    return int(one) if axis == "risk" and one.isdecimal() else one
