"""A flagged conversation: what stands out and why, its course, and, once it is opened, what was written.

Opening is a step of its own, on a ground (a shift, a second person, an emergency); every look is recorded."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.conversations.conversation import Conversation
from nightlight.conversations.labels import GOOD_ACTS, HARMFUL_ACTS, NEUTRAL_ACTS, CounselorAct, Phase
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.quality import openings
from nightlight.quality.access import Reach
from nightlight.quality.corrections import corrections_of
from nightlight.quality.flags.rules import RULE
from nightlight.quality.openings import Ground, calls_somebody, may_open
from nightlight.quality.reviews import history
from nightlight.quality.store import Case, QueuedFlag, State
from nightlight.quality.texts import TEXT, read_text
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.quality import course, words
from nightlight.web.quality.conversation_view import PER_PAGE, Line, in_order, lines_of, sections
from nightlight.web.quality.frame import EXECUTES, case_of, counselor_of, quality_page, reach_of, url_of
from nightlight.web.quality.labels import champion_behind, find_labels
from nightlight.web.quality.openings import label_words
from nightlight.web.quality.reviewing import LOOKS, Look, purposes_to_open
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality/conversations")
Words = Annotated[str, Form()]
ACT_GROUPS = {
    N_("What helps"): [act for act in CounselorAct if act in GOOD_ACTS],
    N_("What gets in the way"): [act for act in CounselorAct if act in HARMFUL_ACTS],
    N_("Neither"): [act for act in CounselorAct if act in NEUTRAL_ACTS],
}


@router.get("/{conversation:path}", dependencies=[EXECUTES])
def conversation_page(
    request: Request, site: SiteOf, person: PersonOf, conversation: str, page: int = 1, correct: int = 0
) -> HTMLResponse:
    return show_conversation(request, site, person, conversation, page=page, correct=correct)


@router.post("/{conversation:path}/open", dependencies=[EXECUTES])
def open_text(request: Request, site: SiteOf, person: PersonOf, conversation: str, purpose: Words = "") -> Response:
    """Open what was written, on the ground that there is; the audit has it before a word is shown."""
    by = reach_of(site, person)
    case_of(site, by, conversation)
    try:
        read_text(site.home, site.broker, conversation, by=by, purpose=purpose or None, clock=site.clock)
    except NightlightError as error:
        return show_conversation(request, site, person, conversation, error=error)
    LOOKS.open(site, person, conversation, purpose)
    return RedirectResponse(f"{url_of(conversation)}#messages", 303)


@router.post("/{conversation:path}/close", dependencies=[EXECUTES])
def close_text(site: SiteOf, person: PersonOf, conversation: str) -> Response:
    case_of(site, reach_of(site, person), conversation)
    LOOKS.close(site, person, conversation)
    return RedirectResponse(url_of(conversation), 303)


@router.post("/{conversation:path}/ask", dependencies=[EXECUTES])
def ask(request: Request, site: SiteOf, person: PersonOf, conversation: str, reason: Words = "") -> Response:
    """Ask a second person to let one open it."""
    by = reach_of(site, person)
    case_of(site, by, conversation)
    try:
        openings.ask_opening(site.home, conversation, reason, by=by, clock=site.clock)
    except NightlightError as error:
        return show_conversation(request, site, person, conversation, error=error)
    return RedirectResponse(f"{url_of(conversation)}#messages", 303)


@router.post("/{conversation:path}/emergency", dependencies=[EXECUTES])
def emergency(
    request: Request, site: SiteOf, person: PersonOf, conversation: str, reason: Words = "", purpose: Words = ""
) -> Response:
    """Be let in at once, and open it; a second person looks at that afterwards."""
    by = reach_of(site, person)
    case_of(site, by, conversation)
    try:
        openings.open_in_emergency(site.home, conversation, reason, by=by, clock=site.clock)
    except NightlightError as error:
        return show_conversation(request, site, person, conversation, error=error)
    return open_text(request, site, person, conversation, purpose)


def show_conversation(
    request: Request,
    site: Site,
    person: Person,
    conversation: str,
    *,
    page: int = 1,
    correct: int = 0,
    error: NightlightError | None = None,
) -> HTMLResponse:
    """The page as it stands, with what was refused just now; `correct`: the message whose labels one corrects."""
    by = reach_of(site, person)
    case, flags = case_of(site, by, conversation)
    look = LOOKS.look(site, person, conversation)
    text, error = _text(site, person, by, case, look, error)
    labels = find_labels(site, person, by, case)
    corrections = corrections_of(site.home, conversation, by=by)
    lines = lines_of(labels, text, flags, corrections)
    label_version = labels.version if labels else case.labeller
    page = min(max(page, 1), max(lines[-1].page, 1)) if lines else 1
    return quality_page(
        request,
        "conversation.html",
        "/quality",
        error=error,
        case=case,
        counselor=counselor_of(site, person, by, case),
        flags=in_order(flags),
        history=history(site.home, flags, by=by),
        numbers={line.id: line.number for line in lines},
        opened=look.purpose if text else "",
        lines=lines,
        sections=sections([line for line in lines if line.page == page]),
        page=page,
        pages=lines[-1].page if lines else 1,
        per_page=PER_PAGE,
        correct=correct,
        here_url=url_of(conversation),
        label_version=label_version,
        champion=champion_behind(site, label_version),
        **_course(lines),
        **({} if text else _way_in(site, person, by, case)),
        **_vocabulary(),
    )


def _text(
    site: Site, person: Person, by: Reach, case: Case, look: Look, error: NightlightError | None
) -> tuple[Conversation | None, NightlightError | None]:
    """What was written, if it is opened and still may be; and why not."""
    if not look.purpose:
        return None, error
    try:
        text = read_text(site.home, site.broker, case.conversation, by=by, purpose=look.purpose, clock=site.clock)
    except NightlightError as refusal:
        LOOKS.close(site, person, case.conversation)
        return None, error or refusal
    return text, error


def _course(lines: tuple[Line, ...]) -> dict[str, Any]:
    labels = [line.label for line in lines if line.label]
    if len(labels) < len(lines):  # some have not been read yet: where a line stands would be wrong
        labels = []
    steps = course.risk_steps(labels)
    found = course.stretches(labels)
    return {
        "stretches": found,
        "lanes": course.lanes(found) if labels else (),
        "risk_steps": steps,
        "risk_now": course.risk_line(steps, lambda step: step.level),
        "risk_highest": course.risk_line(steps, lambda step: step.highest),
        "strengths": course.strengths(labels),
    }


def _way_in(site: Site, person: Person, by: Reach, case: Case) -> dict[str, Any]:
    """On what ground it may be opened, and what can be done where there is none."""
    conversation = case.conversation
    with transaction(site.url) as connection:
        calls = calls_somebody(connection, conversation)
    mine = [each for each in openings.own_openings(site.home, by=by) if each.conversation == conversation]
    return {
        "ground": may_open(site.home, conversation, by=by, now=site.clock()),
        "calls": calls,
        "asked": next((each for each in mine if each.kind == openings.ASKED and each.is_waiting), None),
        "reads_text": site.may(person.name, "SELECT", TEXT, at=person.revision),
        "purposes": purposes_to_open(site, person),
    }


def _vocabulary() -> dict[str, Any]:
    return {
        "words": words,
        "rules": RULE,
        "states": State,
        "grounds": Ground,
        "good_acts": GOOD_ACTS,
        "harmful_acts": HARMFUL_ACTS,
        "act_groups": ACT_GROUPS,
        "phases": tuple(Phase),
        "say_label": label_words,
    }


def flag_of(flags: list[QueuedFlag], flag: int) -> QueuedFlag:
    """The flag of a conversation with this number; another conversation's is not there."""
    found = next((each for each in flags if each.id == flag), None)
    if found is None:
        raise NotThere
    return found
