"""A conversation with the card as it is written now, to try it; nothing of it is kept but what a clinician marks."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.conversations.gates import print_gate
from nightlight.conversations.principles import Principle
from nightlight.errors import NightlightError
from nightlight.labelling.acts import ActLabeller
from nightlight.labelling.serving import labeller_in_use
from nightlight.simulator.session import Said, Session, Turn, Waited
from nightlight.studio.card_source import read_tree
from nightlight.studio.playable import playable
from nightlight.studio.principles import principle
from nightlight.studio.versions import State, Version
from nightlight.studio.writing import save
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice.words import ACTS, RUNGS
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio.editing import Sent
from nightlight.web.studio.frame import READS, WRITES, card_version, frame_of
from nightlight.web.studio.rules import conditions, gate_rows, sent_rule

router = APIRouter()
Texts = Annotated[list[str], Form()]
Number = Annotated[int, Form()]
SILENCE = "<silence>"  # as in replay files
SECONDS, LONG = 45.0, 200.0
MOST_MESSAGES, LONGEST = 80, 1_000
RULE = "applies_if"


@dataclass(frozen=True)
class Shown:
    """A line of the chat: who wrote it, and of the texter's the card's line it came from."""

    is_counselor: bool
    text: str
    line: str = ""


@router.get("/studio/{name}/preview", dependencies=[READS])
def preview_page(request: Request, site: SiteOf, person: PersonOf, name: str, seed: int = 1) -> HTMLResponse:
    return _page(request, site, person, card_version(site, name), (), seed)


@router.post("/studio/{name}/preview", dependencies=[READS])
def say(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    said: Texts = [],  # noqa: B006  # FastAPI copies it
    text: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "say",
    seed: Number = 1,
) -> HTMLResponse:
    """The conversation with one more message; it travels in the form, so that nothing has to be kept."""
    added = SILENCE if then == "wait" else " ".join(text.split())[:LONGEST]
    texts = said[:-1] if then == "undo" else [*said, added] if added else said
    texts = [each[:LONGEST] for each in texts]
    return _page(request, site, person, card_version(site, name), tuple(texts[:MOST_MESSAGES]), seed)


@router.get("/studio/{name}/principles", dependencies=[READS])
def principles_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return _principles(request, site, person, card_version(site, name))


@router.post("/studio/{name}/principles", dependencies=[WRITES])
def mark(request: Request, site: SiteOf, person: PersonOf, name: str, sent: Sent) -> Response:
    """Mark a reply as wrong: from then on it does not come where the condition holds."""
    version = card_version(site, name)
    try:
        found = principle(
            why=str(sent.get("why", "")),
            applies_if=sent_rule(RULE, sent, ""),
            never=str(sent.get("never", "")),
            instead=str(sent.get("instead", "")),
            test=str(sent.get("test", "")),
        )
        save(site.home, name, partial(_with_principle, found=found), by=person.name, clock=site.clock)
    except NightlightError as error:
        return _principles(request, site, person, version, error)
    return RedirectResponse(f"/studio/{name}/principles", 303)


@router.post("/studio/{name}/principles/{number}/remove", dependencies=[WRITES])
def remove(request: Request, site: SiteOf, person: PersonOf, name: str, number: int) -> Response:
    version = card_version(site, name)
    if not 1 <= number <= len(version.principles):
        raise NotThere
    gone = version.principles[number - 1]
    try:
        save(site.home, name, partial(_without_principle, gone=gone), by=person.name, clock=site.clock)
    except NightlightError as error:
        return _principles(request, site, person, version, error)
    return RedirectResponse(f"/studio/{name}/principles", 303)


def _with_principle(version: Version, *, found: Principle) -> Version:
    kept = tuple(each for each in version.principles if each != found)
    return replace(version, principles=(*kept, found))


def _without_principle(version: Version, *, gone: Principle) -> Version:
    return replace(version, principles=tuple(each for each in version.principles if each != gone))


def play(version: Version, texts: tuple[str, ...], seed: int, labeller: ActLabeller) -> Session:
    """The session after these messages of the counselor, as far as it goes."""
    card = playable(read_tree(version.source, version.name))
    session = Session(card, seed=seed, labeller=labeller, principles=version.principles)
    at = 0.0
    for text in texts:
        if session.outcome is not None:
            break
        last = session.turns[-1]
        at += sum(reply.after for reply in last.replies) + (LONG if text == SILENCE else SECONDS)
        if text == SILENCE and last.listen is not None:
            at = max(at, _quiet_from(last) + last.listen)
        session.handle(Waited(at) if text == SILENCE else Said(at, text))
    return session


def _quiet_from(turn: Turn) -> float:
    return (turn.event.at if turn.event else 0.0) + sum(reply.after for reply in turn.replies)


def _chat(session: Session) -> list[tuple[Turn, list[Shown]]]:
    """Every turn with its lines: the counselor's, then the texter's, each with the card's line that it came from."""
    shown = []
    for turn in session.turns:
        lines = [Shown(True, turn.counselor or SILENCE)] if turn.event is not None else []
        origins = [worded.line for worded in turn.worded for _ in worded.messages]
        for place, reply in enumerate(turn.replies):
            lines.append(Shown(False, reply.text, origins[place] if place < len(origins) else ""))
        shown.append((turn, lines))
    return shown


def _page(
    request: Request, site: Site, person: Person, version: Version, texts: tuple[str, ...], seed: int
) -> HTMLResponse:
    labeller = labeller_in_use(site.home).counselor
    session = play(version, texts, seed, labeller)
    tree = read_tree(version.source, version.name)
    empty = {RULE: gate_rows("")}
    return render(
        request,
        "studio/_chat.html" if "hx-request" in request.headers else "studio/preview.html",
        session=session,
        labeller=labeller.version,
        chat=_chat(session),
        said=texts[: len(session.turns) - 1],
        seed=seed,
        silence=SILENCE,
        acts=ACTS,
        rungs=RUNGS,
        gates=empty,
        conditions=conditions(tree, empty),
        rule=RULE,
        in_review=version.state is State.IN_REVIEW,
        **frame_of(site, person, version),
    )


def _principles(
    request: Request, site: Site, person: Person, version: Version, error: NightlightError | None = None
) -> HTMLResponse:
    return render(
        request,
        "studio/principles.html",
        status=400 if error else 200,
        print_gate=print_gate,
        error=error,
        **frame_of(site, person, version),
    )
