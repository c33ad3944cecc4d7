"""The chat: one played texter, messages as they arrive, and the ways out of it, which never count against anybody.

Without scripts a form sends a message and the page shows every reply at once; with htmx replies arrive one by one."""

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.languages import N_, translations
from nightlight.practice import sessions
from nightlight.practice.sessions import Practice
from nightlight.simulator.session import Closed, Event, Said, Session, SupervisorCalled, Waited
from nightlight.simulator.wellbeing import pause as care_words
from nightlight.simulator.wellbeing import speaks_of_own_distress
from nightlight.web.access import PersonOf
from nightlight.web.languages import language_of
from nightlight.web.pages import render
from nightlight.web.practice.chat_lines import Chat, chat_at
from nightlight.web.practice.own import PRACTISES, is_open, own_practice
from nightlight.web.practice.shifts import shift_now, silence_key
from nightlight.web.practice.words_kept import words_on
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]
LONGEST = 1000  # characters of a message: several text messages in a row
EXPECTED = "expected"  # what a screen has seen of a texter who has not come yet
LOOK_AGAIN = 20  # seconds between looks when nothing is awaited: a lost connection comes back by itself


@router.get("/practice/sessions/{session}", dependencies=[PRACTISES])
def chat_page(request: Request, site: SiteOf, person: PersonOf, session: str, at_once: bool = False) -> Response:
    """The chat; `at_once`: with what is still being typed, for pages without scripts."""
    practice = own_practice(site, person, session)
    if practice.stopped:
        return RedirectResponse(f"/practice/sessions/{session}/stopped", 303)
    return _chat(request, site, practice, at_once=at_once)


@router.get("/practice/sessions/{session}/lines", dependencies=[PRACTISES])
def lines(request: Request, site: SiteOf, person: PersonOf, session: str, seen: str = "") -> Response:
    """What has arrived since; nothing (204) where the screen has it all."""
    practice = own_practice(site, person, session)
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/practice/sessions/{session}", 303)
    chat = _chat_now(request, site, practice, sessions.resume(site.home, practice))
    if seen == EXPECTED and practice.began_at <= site.clock():
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    if seen in (EXPECTED, _seen(chat)):
        return Response(status_code=204)
    return _lines(request, practice, chat)


@router.post("/practice/sessions/{session}/messages", dependencies=[PRACTISES])
def say(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    session: str,
    text: Text = "",
    key: Text = "",
    meant: Text = "",
) -> Response:
    """Send a message; the same `key` again is the same message. `meant`: for the texter, whatever it sounds like."""
    practice = own_practice(site, person, session)
    if problem := problem_with(text):
        return _chat(request, site, practice, problem=problem, draft=text)
    if not meant and is_open(practice) and speaks_of_own_distress(text):
        sessions.pause(site.home, practice, clock=site.clock)
        return _care(request, site, practice, text, key)
    if meant and practice.paused_at is not None:
        practice = sessions.go_on(site.home, practice, clock=site.clock)
    return _play(request, site, practice, Said(_now(site, practice), text.strip()), key)


@router.post("/practice/sessions/{session}/silence", dependencies=[PRACTISES])
def wait(request: Request, site: SiteOf, person: PersonOf, session: str) -> Response:
    """The texter wonders about a silence: the page asks when it has lasted as long as the session said."""
    practice = own_practice(site, person, session)
    chat = _chat_now(request, site, practice, sessions.resume(site.home, practice))
    if not is_open(practice) or practice.paused_at is not None or chat.quiet_in is None or chat.quiet_in > 0.5:
        return _lines(request, practice, chat)
    return _play(request, site, practice, Waited(_now(site, practice)), silence_key(chat.turn))


@router.post("/practice/sessions/{session}/supervisor", dependencies=[PRACTISES])
def call_supervisor(
    request: Request, site: SiteOf, person: PersonOf, session: str, reason: Text = "", key: Text = ""
) -> Response:
    practice = own_practice(site, person, session)
    return _play(request, site, practice, SupervisorCalled(_now(site, practice), reason.strip()[:LONGEST]), key)


@router.post("/practice/sessions/{session}/end", dependencies=[PRACTISES])
def end(request: Request, site: SiteOf, person: PersonOf, session: str, key: Text = "") -> Response:
    practice = own_practice(site, person, session)
    if is_open(practice):
        _record(site, practice, Closed(_now(site, practice)), key)
    return RedirectResponse(f"/practice/sessions/{session}/debrief", 303)


@router.post("/practice/sessions/{session}/pause", dependencies=[PRACTISES])
def pause(site: SiteOf, person: PersonOf, session: str) -> Response:
    practice = own_practice(site, person, session)
    if is_open(practice) and practice.paused_at is None:
        sessions.pause(site.home, practice, clock=site.clock)
    return RedirectResponse(f"/practice/sessions/{session}", 303)


@router.post("/practice/sessions/{session}/go-on", dependencies=[PRACTISES])
def go_on(site: SiteOf, person: PersonOf, session: str) -> Response:
    practice = own_practice(site, person, session)
    if is_open(practice) and practice.paused_at is not None:
        sessions.go_on(site.home, practice, clock=site.clock)
    return RedirectResponse(f"/practice/sessions/{session}", 303)


@router.post("/practice/sessions/{session}/stop", dependencies=[PRACTISES])
def stop(site: SiteOf, person: PersonOf, session: str) -> Response:
    """Leave at once: it counts for nothing and nobody is told."""
    practice = own_practice(site, person, session)
    if is_open(practice):
        sessions.stop(site.home, practice, clock=site.clock)
    return RedirectResponse(f"/practice/sessions/{session}/stopped", 303)


@router.get("/practice/sessions/{session}/stopped", dependencies=[PRACTISES])
def stopped_page(request: Request, site: SiteOf, person: PersonOf, session: str) -> Response:
    practice = own_practice(site, person, session)
    if not practice.stopped:
        return RedirectResponse(f"/practice/sessions/{session}", 303)
    return render(request, "practice/stopped.html", practice=practice, contact=site.home.settings.practice_contact)


def problem_with(text: str) -> str:
    """What is wrong with a message before anybody reads it; "" for nothing."""
    if not text.strip():
        return N_("Write something first.")
    if len(text) > LONGEST:
        return N_("This is too long for a text message. Send it in shorter parts.")
    return ""


def _now(site: Site, practice: Practice) -> float:
    """Seconds into the session; they go on when it has ended, for the last words that are still being typed."""
    return sessions.seconds_into(replace(practice, ended_at=None), site.clock())


def _play(request: Request, site: Site, practice: Practice, event: Event, key: str) -> Response:
    """Let an event happen and show what stands on the screen then; what cannot happen keeps what was written."""
    try:
        _record(site, practice, event, key)
    except NightlightError as error:
        return _chat(request, site, practice, error=error, draft=event.text if isinstance(event, Said) else "")
    practice = sessions.find_practice(site.home, practice.id)
    if "hx-request" in request.headers:
        chat = _chat_now(request, site, practice, sessions.resume(site.home, practice))
        return _lines(request, practice, chat, new_key=isinstance(event, Said))
    return RedirectResponse(f"/practice/sessions/{practice.id}?at_once=true#last", 303)


def _record(site: Site, practice: Practice, event: Event, key: str) -> None:
    sessions.record(site.home, practice, event, key=key[:64] or secrets.token_urlsafe(9), clock=site.clock)


def _chat_now(request: Request, site: Site, practice: Practice, session: Session, *, at_once: bool = False) -> Chat:
    """What stands on the screen; last words arrive while they are typed, as all others."""
    language = language_of(request, request.state.person)
    words = words_on(practice, session, language, translations(language).gettext)
    at_once = at_once or isinstance(session.turns[-1].event, Closed)  # who has ended it waits for nothing
    return chat_at(session, _now(site, practice), words, at_once=at_once)


def _chat(
    request: Request,
    site: Site,
    practice: Practice,
    *,
    problem: str = "",
    error: NightlightError | None = None,
    draft: str = "",
    at_once: bool = False,
) -> HTMLResponse:
    """The whole page; for htmx a problem comes alone, and what was written stays in its box."""
    if (problem or error) and "hx-request" in request.headers:
        what, remedy = (error.what, error.remedy) if error else (problem, None)
        return render(request, "_error.html", status=400, what=what, remedy=remedy)
    session = sessions.resume(site.home, practice)
    chat = _chat_now(request, site, practice, session, at_once=at_once)
    return render(
        request,
        "practice/chat.html",
        status=400 if problem or error else 200,
        practice=practice,
        card=session.card,
        chat=chat,
        seen=_seen(chat),
        look_again=LOOK_AGAIN,
        problem=error.what if error else problem,
        remedy=error.remedy if error else None,
        draft=draft,
        key=secrets.token_urlsafe(9),
        longest=LONGEST,
        is_expected=practice.began_at > site.clock(),
        shift=shift_now(site, request.state.person, practice.shift) if practice.shift else None,
    )


def _lines(request: Request, practice: Practice, chat: Chat, *, new_key: bool = False) -> HTMLResponse:
    key = secrets.token_urlsafe(9) if new_key else ""
    return render(
        request,
        "practice/part.html",
        practice=practice,
        chat=chat,
        seen=_seen(chat),
        look_again=LOOK_AGAIN,
        key=key,
        is_expected=False,
    )


def _care(request: Request, site: Site, practice: Practice, text: str, key: str) -> HTMLResponse:
    """Help for the trainee: the play has stopped, and what they wrote has gone nowhere."""
    part = "hx-request" in request.headers
    page = render(
        request,
        "practice/care_part.html" if part else "practice/care.html",
        practice=practice,
        care=care_words(say=translations(language_of(request, request.state.person)).gettext),
        text=text,
        key=key,
        contact=site.home.settings.practice_contact,
    )
    if part:
        page.headers.update({"HX-Retarget": "#main", "HX-Reswap": "innerHTML show:top"})
    return page


def _seen(chat: Chat) -> str:
    """What tells one state of the screen from another."""
    return f"{len(chat.shown)}.{len(chat.coming)}.{chat.outcome or ''}"
