"""Sets of conversations to label: which there are, how far each is, a new one, done, closed, exported."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from nightlight.catalog.access import who_can
from nightlight.catalog.principals import list_principals
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import Labeller
from nightlight.labelling.serving import labeller_in_use
from nightlight.quality.annotation import sets
from nightlight.quality.annotation.adjudication import decided_count, decides, pairs
from nightlight.quality.annotation.codebook import codebook, words_in
from nightlight.quality.annotation.exporting import export
from nightlight.quality.store import SECURABLE
from nightlight.studio.scripts_in_use import draw_scripts, scripts_in_use
from nightlight.web.access import Person, PersonOf
from nightlight.web.quality.annotation_frame import TAB, annotation_page, check_manages, theirs
from nightlight.web.quality.frame import EXECUTES, manages
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality")
USUAL, MOST = 20, 300  # conversations of a new set: a pilot has 20
Word = Annotated[str, Form()]


@router.get("/annotation", dependencies=[EXECUTES])
def sets_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return _sets(request, site, person)


@router.post("/annotation", dependencies=[EXECUTES])
def make(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: Word = "",
    one: Word = "",
    other: Word = "",
    count: Annotated[int, Form()] = USUAL,
    suggestions: Word = "",
) -> Response:
    """A new set of scripts in use; real conversations come by `nightlight annotation new`."""
    check_manages(site, person)
    chosen = draw_scripts(scripts_in_use(site.home, site.clock()), max(1, min(count, MOST)), name)
    labeller = Labeller(labeller_in_use(site.home)) if suggestions else None
    try:
        made = sets.make_invented_set(
            site.home,
            name.strip(),
            chosen,
            annotators=[one, other],
            by=person.name,
            clock=site.clock,
            labeller=labeller,
        )
    except NightlightError as error:
        return _sets(request, site, person, error)
    return RedirectResponse(f"{TAB}/{made.name}", 303)


@router.get("/codebook", dependencies=[EXECUTES])
def codebook_page(request: Request) -> HTMLResponse:
    return annotation_page(request, "codebook.html", parts_of_book=codebook(), words_in=words_in)


@router.get("/annotation/{name}", dependencies=[EXECUTES])
def set_page(request: Request, site: SiteOf, person: PersonOf, name: str) -> HTMLResponse:
    return _set(request, site, person, name)


@router.post("/annotation/{name}/done", dependencies=[EXECUTES])
def done(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    """One's own labels stay as they are from now on."""
    try:
        with theirs():
            sets.finish(site.home, name, by=person.name, clock=site.clock)
    except NightlightError as error:
        return _set(request, site, person, name, error)
    return RedirectResponse(f"{TAB}/{name}", 303)


@router.post("/annotation/{name}/close", dependencies=[EXECUTES])
def close(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    check_manages(site, person)
    with theirs():
        sets.close(site.home, name, by=person.name, clock=site.clock)
    return RedirectResponse(f"{TAB}/{name}", 303)


@router.get("/annotation/{name}/labels.jsonl", dependencies=[EXECUTES])
def labels_file(request: Request, site: SiteOf, person: PersonOf, name: str, names: bool = False) -> Response:
    """The final labels with both annotators', as a file."""
    check_manages(site, person)
    try:
        with theirs():
            lines, _ = export(site.home, name, by=person.name, with_names=names)
    except NightlightError as error:
        return _set(request, site, person, name, error)
    headers = {"Content-Disposition": f'attachment; filename="{name}.jsonl"'}
    return Response("".join(line + "\n" for line in lines), media_type="application/jsonl", headers=headers)


def _sets(request: Request, site: Site, person: Person, error: NightlightError | None = None) -> HTMLResponse:
    makes = manages(site, person)
    return annotation_page(
        request,
        "sets.html",
        error=error,
        sets=sets.list_sets(site.home, by=person.name),
        makes=makes,
        people=_people(site) if makes else [],
        usual=USUAL,
        most=MOST,
    )


def _set(request: Request, site: Site, person: Person, name: str, error: NightlightError | None = None) -> HTMLResponse:
    with theirs():
        found, progress = sets.find_set(site.home, name, by=person.name)
    mine = found.annotator(person.name)
    return annotation_page(
        request,
        "set.html",
        error=error,
        set=found,
        progress=sorted(progress, key=lambda each: each.annotator.person),  # in no order that says who is A
        mine=mine,
        conversations=sets.progress_by_conversation(site.home, name, by=person.name) if mine else [],
        manages=manages(site, person),
        decided=decided_count(pairs(site.home, name, by=person.name)[1]) if found.is_done else None,
        decides=found.is_done and decides(site.home, name, by=person.name),
    )


def _people(site: Site) -> list[str]:
    """The users who may look at quality, and so may label."""
    users = {each["name"] for each in list_principals(site.url) if each["kind"] == "user"}
    with transaction(site.url) as connection:
        return sorted(users & {each["principal"] for each in who_can(connection, "EXECUTE", SECURABLE)})
