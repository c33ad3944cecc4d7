"""For trainers: the debrief of a session of theirs, opened with a record of it, and what they correct in it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.conversations.labels import CounselorAct
from nightlight.errors import NightlightError
from nightlight.practice import corrections, sessions
from nightlight.practice.sessions import Practice
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.practice.debrief import debrief_values
from nightlight.web.practice.own import TEACHES
from nightlight.web.practice.training import training
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/practice/training")
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]
SCORES = {"0": 0, "1": 1, "2": 2, "": None}


@router.get("/sessions/{session}", dependencies=[TEACHES])
def session_page(request: Request, site: SiteOf, person: PersonOf, session: str) -> HTMLResponse:
    return _session(request, site, person, _open(site, person, session))


@router.post("/sessions/{session}/labels/{turn}", dependencies=[TEACHES])
def correct_labels(
    request: Request, site: SiteOf, person: PersonOf, session: str, turn: int, act: Texts = None, reason: Text = ""
) -> Response:
    """Say what a message does; the labels it had stay beside it."""
    practice = _open(site, person, session)
    try:
        corrections.correct_acts(site.home, practice, turn, act or [], reason, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _session(request, site, person, practice, error)
    return RedirectResponse(f"/practice/training/sessions/{session}#message-{turn}", 303)


@router.post("/sessions/{session}/items/{item}", dependencies=[TEACHES])
def correct_item(
    request: Request, site: SiteOf, person: PersonOf, session: str, item: str, score: Text = "", reason: Text = ""
) -> Response:
    practice = _open(site, person, session)
    try:
        corrections.correct_item(site.home, practice, item, SCORES.get(score), reason, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _session(request, site, person, practice, error)
    return RedirectResponse(f"/practice/training/sessions/{session}#skills", 303)


def _open(site: Site, person: Person, session: str) -> Practice:
    try:
        return sessions.open_ended(site.home, session, by=person.name)
    except NightlightError:
        raise NotThere from None


def _session(
    request: Request, site: Site, person: Person, practice: Practice, error: NightlightError | None = None
) -> HTMLResponse:
    return training(
        request,
        "session.html",
        "cohorts",
        error,
        **{**debrief_values(request, site, person, practice), "own": False},
        corrections=corrections.list_corrections(site.home, practice),
        acts=sorted(CounselorAct),
    )
