"""A script's messages: each written with its author, its phase and its labels, chosen from lists."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.conversations.labels import SCRIPT_ACTS, CounselorAct, Phase, Rung, TexterAct
from nightlight.conversations.scripts import RUNG_MARK
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.studio.documents import card_for, problems_of
from nightlight.studio.script_source import Line, line, read_script_draft, write_script
from nightlight.studio.versions import Kind, State, Version
from nightlight.studio.writing import save
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice.words import ACTS, PHASES, RUNGS
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio.editing import Sent
from nightlight.web.studio.frame import WRITES, find_document, frame_of

router = APIRouter()
TEXTER_ACTS = {
    TexterAct.GREET: N_("greets"),
    TexterAct.PRESENT: N_("says why they are here"),
    TexterAct.ELABORATE: N_("tells more"),
    TexterAct.DISCLOSE: N_("tells something hard"),
    TexterAct.FEEL: N_("shows a feeling"),
    TexterAct.ANSWER: N_("answers"),
    TexterAct.DEFLECT: N_("gets around it"),
    TexterAct.RESIST: N_("pushes back"),
    TexterAct.TEST: N_("tests the counselor"),
    TexterAct.ASK: N_("asks"),
    TexterAct.ACCEPT: N_("agrees to something"),
    TexterAct.DECLINE: N_("says no to something"),
    TexterAct.AMBIVALENT: N_("is of two minds"),
    TexterAct.THANK: N_("thanks"),
    TexterAct.JOKE: N_("jokes"),
    TexterAct.CORRECT: N_("corrects the counselor"),
    TexterAct.END: N_("ends"),
}
COUNSELOR_ACTS = {act: ACTS[act] for act in CounselorAct if act in SCRIPT_ACTS}
LABELS: dict[str, str] = {str(act): word for act, word in TEXTER_ACTS.items()}
LABELS |= {str(act): word for act, word in COUNSELOR_ACTS.items()}


@router.get("/studio/{name}/messages", dependencies=[WRITES])
def messages_page(request: Request, site: SiteOf, person: PersonOf, name: str, edit: int | None = None) -> HTMLResponse:
    return _page(request, site, person, script_version(site, name), edit)


@router.post("/studio/{name}/messages", dependencies=[WRITES])
def write_message(request: Request, site: SiteOf, person: PersonOf, name: str, sent: Sent) -> Response:
    """Add a message at the end, or write the one at `at` (from 1) anew, or delete it."""
    version = script_version(site, name)
    number = str(sent.get("at", ""))
    at = int(number) - 1 if number.isdecimal() and len(number) < 6 else None
    try:
        if sent.get("then") == "delete" and at is not None:
            change = partial(_without, at=at)
        else:
            change = partial(_with, written=_written(sent), at=at)
        save(site.home, name, change, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, version, at + 1 if at is not None else None, error)
    return RedirectResponse(f"/studio/{name}/messages#write", 303)


def script_version(site: Site, name: str) -> Version:
    version = find_document(site, name)
    if version.kind is not Kind.SCRIPT:
        raise NotThere
    return version


def _written(sent: Sent) -> Line:
    author = str(sent.get("author", ""))
    acts = [str(each) for each in sent.getlist("texter_act" if author == "T" else "counselor_act") if each]
    told = [str(each) for each in sent.getlist("told") if each]
    return line(author, str(sent.get("text", "")), str(sent.get("phase", "")), tuple(acts), tuple(told))


def _with(version: Version, *, written: Line, at: int | None) -> Version:
    draft = read_script_draft(version.source)
    if at is not None and not 0 <= at < len(draft.lines):
        raise NightlightError("that message is gone", remedy="look at the script again")
    return replace(version, source=write_script(draft.with_line(written, at)))


def _without(version: Version, *, at: int) -> Version:
    draft = read_script_draft(version.source)
    if not 0 <= at < len(draft.lines):
        raise NightlightError("that message is gone", remedy="look at the script again")
    return replace(version, source=write_script(draft.without_line(at)))


def _page(
    request: Request,
    site: Site,
    person: Person,
    version: Version,
    edit: int | None,
    error: NightlightError | None = None,
) -> HTMLResponse:
    draft = read_script_draft(version.source)
    card = card_for(site.home, version.name)
    edited = draft.lines[edit - 1] if edit and 1 <= edit <= len(draft.lines) else None
    running = draft.lines[-1].phase if draft.lines else str(Phase.ENGAGEMENT)
    return render(
        request,
        "studio/messages.html",
        status=400 if error else 200,
        script=draft,
        labels=LABELS,
        card=card,
        edit=edit if edited else None,
        edited=edited or Line("T" if not draft.lines or draft.lines[-1].author == "C" else "C", "", running, ()),
        problems=problems_of(version, card),
        phases=PHASES,
        texter_acts=TEXTER_ACTS,
        counselor_acts=COUNSELOR_ACTS,
        rungs={f"{RUNG_MARK}{rung}": RUNGS[rung] for rung in Rung},
        in_review=version.state is State.IN_REVIEW,
        error=error,
        **frame_of(site, person, version),
    )
