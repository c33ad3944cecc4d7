"""One conversation to label, message by message; each label is kept when it is sent."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.quality.annotation.labelling import OpenConversation, author_of, keep_label, open_conversation
from nightlight.quality.store import ConflictError
from nightlight.web.access import Person, PersonOf
from nightlight.web.quality.annotation_form import Chosen, chosen_of, sent_label
from nightlight.web.quality.annotation_frame import TAB, annotation_page, theirs
from nightlight.web.quality.frame import EXECUTES
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix=TAB)


@router.get("/{name}/conversations/{number}", dependencies=[EXECUTES])
def conversation_page(
    request: Request, site: SiteOf, person: PersonOf, name: str, number: int, at: int | None = None
) -> HTMLResponse:
    """`at`: the message to label, else the first without a label."""
    return _page(request, site, person, name, number, at)


@router.post("/{name}/conversations/{number}/messages/{position}", dependencies=[EXECUTES])
def label_message(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    number: int,
    position: int,
    sent: Annotated[Chosen, Depends(sent_label)],
    changes: Annotated[int, Form()] = 0,
) -> Response:
    """Keep a label; the next message without one follows, or the next conversation."""
    try:
        with theirs():
            author = author_of(site.home, name, number, position, by=person.name)
            label = sent.read(author)
            after = keep_label(
                site.home, name, number, position, label, changes=changes, by=person.name, clock=site.clock
            )
    except ConflictError as error:
        return _page(request, site, person, name, number, position, error)
    except NightlightError as error:
        return _page(request, site, person, name, number, position, error, sent)
    here = f"{TAB}/{name}/conversations/{number}"
    return RedirectResponse(f"{here}#labelled" if after is None else f"{here}?at={after}#message-{after}", 303)


def _page(
    request: Request,
    site: Site,
    person: Person,
    name: str,
    number: int,
    at: int | None,
    error: NightlightError | None = None,
    sent: Chosen | None = None,
) -> HTMLResponse:
    with theirs():
        opened = open_conversation(site.home, name, number, by=person.name)
    return annotation_page(request, "conversation.html", error=error, opened=opened, **_current(opened, at, sent))


def _current(opened: OpenConversation, at: int | None, sent: Chosen | None) -> dict[str, object]:
    """The message that is labelled now, and what stands chosen in its form."""
    position = at if at is not None else opened.first_open
    current = next((each for each in opened.messages if each.position == position), None)
    if current is None or opened.is_done:
        return {"current": None, "chosen": None}
    running = opened.running_phase(current.position)
    return {"current": current, "chosen": sent or chosen_of(current.label, current.suggested, running)}
