"""What to practise: what waits, what was begun, and the played texters one may choose from."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.conversations.labels import Topic
from nightlight.errors import NightlightError
from nightlight.practice import sessions
from nightlight.practice.assignments import Assignment, offered_to, take_another_card
from nightlight.simulator.feedback import Mode
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice import words
from nightlight.web.practice.cards import Offered, offered_card, offered_cards
from nightlight.web.practice.own import PRACTISES, is_open
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/practice", dependencies=[PRACTISES])
def practice_page(request: Request, site: SiteOf, person: PersonOf, topic: str = "", level: str = "") -> HTMLResponse:
    offered = offered_cards(site, person)
    titles = {each.card.id: each.card.title for each in offered}
    mine = [each for each in sessions.list_practices(site.home, person.name) if not each.shift]
    return render(
        request,
        "practice/practice.html",
        offered=[each for each in offered if _fits(each, topic, level)],
        assigned=[each for each in offered_to(site.home, person.name) if not each.is_done],
        topics=sorted({topic for each in offered for topic in each.card.topics}),
        topic=topic,
        level=level,
        chosen=bool(topic or level),
        words=words,
        titles=titles,
        begun=[each for each in mine if is_open(each)],
        ended=[each for each in mine if each.ended_at and not each.stopped][:5],
        teaches=site.may(person.name, "MANAGE", "app practice", at=person.revision),
        contact=site.home.settings.practice_contact,
    )


@router.get("/practice/cards/{card}", dependencies=[PRACTISES])
def card_page(request: Request, site: SiteOf, person: PersonOf, card: str, assignment: str = "") -> HTMLResponse:
    return _card(request, site, offered_card(site, card), assigned(site, person, assignment, card))


@router.post("/practice/cards/{card}/sessions", dependencies=[PRACTISES])
def begin(
    request: Request, site: SiteOf, person: PersonOf, card: str, mode: Text = "coach", assignment: Text = ""
) -> Response:
    offered, task = offered_card(site, card), assigned(site, person, assignment, card)
    chosen = task.mode if task else Mode(mode) if mode in set(Mode) else Mode.COACH
    try:
        practice = sessions.begin(
            site.home,
            person.name,
            card,
            mode=chosen,
            kind=task.kind if task else "practice",
            assignment=task.id if task else "",
            clock=site.clock,
        )
    except NightlightError as error:
        return _card(request, site, offered, task, error)
    return RedirectResponse(f"/practice/sessions/{practice.id}", 303)


@router.post("/practice/assignments/{assignment}/another", dependencies=[PRACTISES])
def take_another(site: SiteOf, person: PersonOf, assignment: str, card: Text = "") -> Response:
    """Another texter of the same level in the place of an assigned one; nobody asks why."""
    other = take_another_card(site.home, assignment, card, person=person.name)
    return RedirectResponse(f"/practice/cards/{other}?assignment={assignment}", 303)


def assigned(site: Site, person: Person, assignment: str, card: str) -> Assignment | None:
    """The assignment that this card is played for; None where it is not one of the person's."""
    for each in offered_to(site.home, person.name) if assignment else ():
        if each.assignment.id == assignment and any(place.card == card for place in each.places):
            return each.assignment
    return None


def _card(
    request: Request,
    site: Site,
    offered: Offered,
    task: Assignment | None = None,
    error: NightlightError | None = None,
) -> HTMLResponse:
    return render(
        request,
        "practice/card.html",
        status=400 if error else 200,
        offered=offered,
        card=offered.card,
        words=words,
        modes=list(Mode)[::-1],
        task=task,
        error=error,
    )


def _fits(offered: Offered, topic: str, level: str) -> bool:
    fits_topic = topic not in set(Topic) or Topic(topic) in offered.card.topics
    return fits_topic and level in ("", str(offered.card.difficulty))
