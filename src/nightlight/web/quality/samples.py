"""Random samples: drawing them, reading a conversation without seeing what rules or labels say, answering."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.quality import samples, tables
from nightlight.quality.flags.rules import RULE
from nightlight.quality.intervals import FEWEST
from nightlight.quality.samples import LARGEST, WITHIN_DAYS, Sample, Sampled
from nightlight.quality.store import Case
from nightlight.quality.texts import TEXT
from nightlight.quality.worth import compare
from nightlight.web.access import NotThere, Person, PersonOf
from nightlight.web.quality import words
from nightlight.web.quality.frame import EXECUTES, MANAGES, executes, manages, quality_page, reach_of
from nightlight.web.quality.reviewing import LOOKS, purposes_to_open
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality/samples")
HERE = "/quality/samples"
USUAL = 20  # conversations
Words = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]


@router.get("", dependencies=[EXECUTES])
def samples_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _page(request, site, person)


@router.post("/draw", dependencies=[MANAGES])
def draw(request: Request, site: SiteOf, person: PersonOf, size: Words = "") -> Response:
    if not executes(site, person):
        raise NotThere
    try:
        samples.draw(site.home, _number(size), by=reach_of(site, person), clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, error)
    _publish(site)
    return RedirectResponse(HERE, 303)


@router.get("/{sampled}", dependencies=[EXECUTES])
def sampled_page(request: Request, site: SiteOf, person: PersonOf, sampled: int) -> HTMLResponse:
    return _sampled_page(request, site, person, sampled)


@router.post("/{sampled}/open", dependencies=[EXECUTES])
def open_sampled(request: Request, site: SiteOf, person: PersonOf, sampled: int, purpose: Words = "") -> Response:
    """Open what was written; the audit has it before a word is shown."""
    by = reach_of(site, person)
    _, each, _ = _find(site, person, sampled)
    try:
        samples.read_sampled(site.home, site.broker, sampled, by=by, purpose=purpose or None, clock=site.clock)
    except NightlightError as error:
        return _sampled_page(request, site, person, sampled, error)
    LOOKS.open(site, person, each.conversation, purpose)
    return RedirectResponse(f"{HERE}/{sampled}", 303)


@router.post("/{sampled}/answer", dependencies=[EXECUTES])
def answer(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    sampled: int,
    said: Words = "",
    kind: Several = None,
    note: Words = "",
) -> Response:
    _, each, _ = _find(site, person, sampled)
    took = LOOKS.seconds(site, person, each.conversation)
    try:
        samples.answer(
            site.home,
            sampled,
            said,
            kinds=kind or [],
            note=note,
            seconds=took,
            by=reach_of(site, person),
            clock=site.clock,
        )
    except NightlightError as error:
        return _sampled_page(request, site, person, sampled, error)
    LOOKS.close(site, person, each.conversation)
    _publish(site)
    return RedirectResponse(HERE, 303)


def _page(request: Request, site: Site, person: Person, error: NightlightError | None = None) -> HTMLResponse:
    by, now = reach_of(site, person), site.clock()
    found = samples.samples(site.home, by=by)
    return quality_page(
        request,
        "samples.html",
        HERE,
        error=error,
        samples=found,
        next_one={sample.id: _next(sample, each, person) for sample, each in found if sample.is_open(now)},
        worth=compare(site.home, by=by, clock=site.clock),
        draws=manages(site, person),
        usual=USUAL,
        largest=LARGEST,
        within=WITHIN_DAYS,
        fewest=FEWEST,
        rules=RULE,
        now=now,
    )


def _next(sample: Sample, sampled: list[Sampled], person: Person) -> Sampled | None:
    """The one to be read now: the first that nobody has answered, for anybody but who drew it."""
    if sample.drawn_by == person.name:
        return None
    return next((each for each in sampled if each.answered_at is None), None)


def _sampled_page(
    request: Request, site: Site, person: Person, sampled: int, error: NightlightError | None = None
) -> HTMLResponse:
    """A conversation with neither flags nor labels: whoever reads it is not to know what rules say."""
    sample, each, case = _find(site, person, sampled)
    by = reach_of(site, person)
    look = LOOKS.look(site, person, each.conversation)
    text = None
    if look.purpose and each.answered_at is None:
        try:
            text = samples.read_sampled(site.home, site.broker, sampled, by=by, purpose=look.purpose, clock=site.clock)
        except NightlightError as refusal:
            LOOKS.close(site, person, each.conversation)
            error = error or refusal
    return quality_page(
        request,
        "sampled.html",
        HERE,
        error=error,
        sample=sample,
        sampled=each,
        case=case,
        text=text,
        is_open=sample.is_open(site.clock()),
        reads_text=site.may(person.name, "SELECT", TEXT, at=person.revision),
        purposes=purposes_to_open(site, person),
        rules=RULE,
        words=words,
    )


def _find(site: Site, person: Person, sampled: int) -> tuple[Sample, Sampled, Case]:
    try:
        return samples.find_sampled(site.home, sampled, by=reach_of(site, person))
    except NightlightError:
        raise NotThere from None


def _publish(site: Site) -> None:
    """So that row filters know at once what may be read; a writer that is at work now leaves it to the next round."""
    try:
        tables.publish(site.home, clock=site.clock)
    except NightlightError:
        return


def _number(text: str) -> int:
    """A whole number that somebody typed; 0, which is refused, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
