"""What if: one of one's own messages written differently, and what the texter does then, beside what they did."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.practice import sessions
from nightlight.practice.sessions import Practice
from nightlight.simulator.session import Session, Turn
from nightlight.simulator.what_if import compare, go_on_as_before, rewind
from nightlight.web.access import NotThere, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice import words
from nightlight.web.practice.chat import LONGEST, problem_with
from nightlight.web.practice.own import PRACTISES, is_open, own_practice
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]
STEADY = 0.01  # less than this is no change that anybody would notice


@dataclass(frozen=True)
class Version:
    """One way the moment went: what was written, what came back, and what it moved, in words."""

    text: str
    turn: Turn

    @property
    def trust(self) -> str:
        return _moved(
            self.turn.state.trust - self.turn.before.trust, N_("trust grew"), N_("trust fell"), N_("trust held")
        )

    @property
    def distress(self) -> str:
        change = self.turn.state.distress - self.turn.before.distress
        return _moved(change, N_("distress grew"), N_("distress eased"), N_("distress held"))

    @property
    def told(self) -> int:
        """How many things the texter told in answer."""
        return len(self.turn.told) + len(self.turn.rungs)


@router.get("/practice/sessions/{session}/what-if/{turn}", dependencies=[PRACTISES])
def what_if_page(request: Request, site: SiteOf, person: PersonOf, session: str, turn: int) -> Response:
    practice = own_practice(site, person, session)
    if is_open(practice):
        return RedirectResponse(f"/practice/sessions/{session}", 303)
    return _page(request, site, practice, turn)


@router.post("/practice/sessions/{session}/what-if/{turn}", dependencies=[PRACTISES])
def try_again(request: Request, site: SiteOf, person: PersonOf, session: str, turn: int, text: Text = "") -> Response:
    """Show both outcomes; nothing is kept of a try."""
    practice = own_practice(site, person, session)
    if problem := problem_with(text):
        return _page(request, site, practice, turn, text=text, problem=problem)
    try:
        sessions.check_leaves_practice(site.home, person.name, practice.card)
    except NightlightError as error:
        return _page(request, site, practice, turn, text=text, problem=error.what)
    return _page(request, site, practice, turn, text=text.strip(), tried=True)


@router.post("/practice/sessions/{session}/what-if/{turn}/go-on", dependencies=[PRACTISES])
def go_on_from_here(
    request: Request, site: SiteOf, person: PersonOf, session: str, turn: int, text: Text = ""
) -> Response:
    """Go on from the other message, as a practice of its own."""
    practice = own_practice(site, person, session)
    _turn_of(sessions.resume(site.home, practice), turn)
    if problem := problem_with(text):
        return _page(request, site, practice, turn, text=text, problem=problem)
    try:
        branch = sessions.branch(site.home, practice, turn, text.strip(), clock=site.clock)
    except NightlightError as error:
        return _page(request, site, practice, turn, text=text, problem=error.what)
    return RedirectResponse(f"/practice/sessions/{branch.id}#last", 303)


def _page(
    request: Request,
    site: Site,
    practice: Practice,
    turn: int,
    *,
    text: str = "",
    problem: str = "",
    tried: bool = False,
) -> HTMLResponse:
    session = sessions.resume(site.home, practice)
    written = _turn_of(session, turn)
    values: dict[str, Any] = {"other": None, "both": None}
    if tried:
        branch = rewind(session, turn, text)
        values["other"] = Version(text, branch.turns[-1])
        values["both"] = compare(session.card, session, go_on_as_before(branch, session))
    return render(
        request,
        "practice/what_if.html",
        status=400 if problem else 200,
        practice=practice,
        card=session.card,
        number=turn,
        before=_before(session, turn),
        one=Version(written.counselor, written),
        text=text or written.counselor,
        problem=problem,
        words=words,
        longest=LONGEST,
        **values,
    )


def _turn_of(session: Session, number: int) -> Turn:
    """The turn of this number, in which the trainee wrote; raises NotThere for any other."""
    found = next((turn for turn in session.turns if turn.number == number and turn.counselor), None)
    if found is None:
        raise NotThere
    return found


def _before(session: Session, number: int) -> list[str]:
    """What the texter had written last before this message."""
    said = [[reply.text for reply in turn.replies] for turn in session.turns if turn.number < number and turn.replies]
    return said[-1] if said else []


def _moved(change: float, up: str, down: str, steady: str) -> str:
    return up if change > STEADY else down if change < -STEADY else steady
