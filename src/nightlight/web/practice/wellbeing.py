"""Wellbeing: topics somebody does not want to meet (theirs alone), how long they practised today, whom to talk to."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.conversations.labels import Topic
from nightlight.practice import sessions, wishes
from nightlight.web.access import PersonOf
from nightlight.web.pages import render
from nightlight.web.practice import words
from nightlight.web.practice.cards import cards_of
from nightlight.web.practice.own import PRACTISES, is_open
from nightlight.web.site import SiteOf

router = APIRouter()


@router.get("/practice/wellbeing", dependencies=[PRACTISES])
def wellbeing_page(request: Request, site: SiteOf, person: PersonOf, kept: bool = False) -> HTMLResponse:
    cards = cards_of(site)
    return render(
        request,
        "practice/wellbeing.html",
        topics=sorted({topic for each in cards for topic in each.card.topics}),
        titles={each.card.id: each.card.title for each in cards},
        unwanted=wishes.unwanted_topics(site.home, person.name),
        minutes=wishes.minutes_today(site.home, person.name, site.clock()),
        at_most=site.home.settings.practice_daily_minutes,
        begun=[each for each in sessions.list_practices(site.home, person.name) if is_open(each)],
        words=words,
        kept=kept,
        teaches=site.may(person.name, "MANAGE", "app practice", at=person.revision),
        contact=site.home.settings.practice_contact,
    )


@router.post("/practice/wellbeing/topics", dependencies=[PRACTISES])
def leave_out(site: SiteOf, person: PersonOf, topic: Annotated[list[str], Form()] = []) -> Response:  # noqa: B006
    """Leave out topics; nobody else is shown which, or that there are any."""
    unwanted = frozenset(Topic(each) for each in topic if each in set(Topic))
    wishes.set_unwanted_topics(site.home, person.name, unwanted, clock=site.clock)
    return RedirectResponse("/practice/wellbeing?kept=true", 303)
