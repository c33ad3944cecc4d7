"""The debrief: what happened, what went well, what to try; every word of it points at messages of the session."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from nightlight.languages import N_, translations
from nightlight.practice import sessions, wishes
from nightlight.practice.arms import READING, WITHOUT, running_arm
from nightlight.practice.sessions import Practice
from nightlight.simulator.debrief import Moment, debrief
from nightlight.simulator.session import Session, Turn
from nightlight.web.access import PersonOf
from nightlight.web.languages import language_of
from nightlight.web.pages import render
from nightlight.web.practice import words
from nightlight.web.practice.own import PRACTISES, is_open, own_practice
from nightlight.web.practice.timeline import timeline
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]
SCORES = {2: N_("shown"), 1: N_("partly"), 0: N_("not shown"), None: N_("not assessed")}
FEELINGS = {
    "fine": N_("I am fine"),
    "moved": N_("It stays with me a little"),
    "heavy": N_("It was a lot; I need a break"),
    "talk": N_("I would like to talk to somebody"),
}

CLOSED_SHOWN = 4
EVENTS = {
    "Waited": N_("Nobody wrote for a while."),
    "SupervisorCalled": N_("You called the supervisor."),
    "Closed": N_("You ended the conversation."),
}


@dataclass(frozen=True)
class Step:
    """One moment of the timeline in words, for the table beside the picture."""

    turn: int
    phase: str
    trust: str
    distress: str


@router.get("/practice/sessions/{session}/debrief", dependencies=[PRACTISES])
def debrief_page(request: Request, site: SiteOf, person: PersonOf, session: str, answered: bool = False) -> Response:
    practice = own_practice(site, person, session)
    if practice.stopped:
        return RedirectResponse(f"/practice/sessions/{session}/stopped", 303)
    if is_open(practice):
        return RedirectResponse(f"/practice/sessions/{session}", 303)
    return render(
        request,
        "practice/debrief.html",
        **debrief_values(request, site, person, practice),
        held_back=running_arm(site.home, person.name) in (WITHOUT, READING),
        feelings=FEELINGS,
        answered=answered,
        contact=site.home.settings.practice_contact,
    )


@router.post("/practice/sessions/{session}/feeling", dependencies=[PRACTISES])
def feel(
    site: SiteOf, person: PersonOf, session: str, feeling: Text = "", note: Text = "", shared: Text = ""
) -> Response:
    """How somebody is after a session: theirs alone unless they share it."""
    practice = own_practice(site, person, session)
    if feeling in FEELINGS:
        wishes.record_feeling(site.home, practice, feeling, note.strip()[:500], bool(shared), clock=site.clock)
    way = "wellbeing" if feeling in ("heavy", "talk") else f"sessions/{session}/debrief?answered=true#feeling"
    return RedirectResponse(f"/practice/{way}", 303)


def debrief_values(request: Request, site: Site, person: Any, practice: Practice) -> dict[str, Any]:
    """What the debrief's template shows of a session, to whoever may see it."""
    session = sessions.resume(site.home, practice)
    language = language_of(request, person)
    say = translations(language).gettext
    found = debrief(session.card, session.turns, say=say)
    drawn = Markup(timeline(found.timeline, say, language)) if len(found.timeline) > 2 else ""  # noqa: S704  # our own
    return {
        "practice": practice,
        "own": practice.person == person.name,
        "card": session.card,
        "session": session,
        "debrief": found,
        "outcome": words.OUTCOMES.get(found.outcome, "") if found.outcome else "",
        "picture": drawn,
        "steps": [_step(moment) for moment in found.timeline],
        "said": said_turns(session),
        "scores": SCORES,
        "words": words,
        "event_words": EVENTS,
        "closed_shown": CLOSED_SHOWN,
    }


def said_turns(session: Session) -> list[Turn]:
    """The turns in which the trainee wrote something."""
    return [turn for turn in session.turns if turn.counselor]


def _step(moment: Moment) -> Step:
    return Step(moment.turn, words.PHASES[moment.phase], _level(moment.trust), _level(moment.distress))


def _level(value: float) -> str:
    """
    >>> _level(0.1), _level(0.5), _level(0.9)
    ('low', 'middling', 'high')
    """
    return N_("low") if value < 0.34 else N_("middling") if value < 0.67 else N_("high")
