"""The studio's first page: what waits for review, the cards and scripts there are; a new one."""

import re
from typing import Annotated
from unicodedata import normalize

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.conversations.labels import Outcome, Quality
from nightlight.errors import NightlightError
from nightlight.studio.card_source import empty_tree, read_tree, write_tree
from nightlight.studio.documents import get_version, list_documents
from nightlight.studio.script_source import new_script
from nightlight.studio.versions import Kind, State, Version
from nightlight.studio.writing import draft
from nightlight.web.access import PersonOf
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf
from nightlight.web.studio.frame import READS, WRITES, may_review

router = APIRouter()
Text = Annotated[str, Form()]
LONGEST_TITLE = 80


@router.get("/studio", dependencies=[READS])
def studio_page(request: Request, site: SiteOf, person: PersonOf, kind: str = "card", q: str = "") -> HTMLResponse:
    documents = list_documents(site.home)
    chosen = Kind(kind) if kind in set(Kind) else Kind.CARD
    shown = [each for each in documents if each.kind is chosen and q.strip().lower() in each.name]
    in_review = [get_version(site.home, each.name) for each in documents if each.state is State.IN_REVIEW]
    reviews = site.may(person.name, "MANAGE", "app studio")
    return render(
        request,
        "studio/studio.html",
        shown=shown,
        kind=chosen,
        q=q,
        counts={each: sum(document.kind is each for document in documents) for each in Kind},
        waiting=[each for each in in_review if reviews and may_review(each, person.name)],
        mine=[each for each in documents if each.state is State.DRAFT and person.name in each.authors],
        writes=site.may(person.name, "MODIFY", "app studio"),
        now=site.clock(),
    )


@router.get("/studio/new", dependencies=[WRITES])
def new_page(request: Request, site: SiteOf, kind: str = "card", origin: str = "", card: str = "") -> HTMLResponse:
    return _form(request, site, kind=kind, origin=origin, card=card)


@router.post("/studio", dependencies=[WRITES])
def make(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    kind: Text = "card",
    title: Text = "",
    origin: Text = "",
    card: Text = "",
    quality: Text = "",
    outcome: Text = "",
) -> Response:
    """Begin a card, empty or as a copy of another, or a script of a card."""
    try:
        if kind == Kind.SCRIPT:
            name, source = _script(site, card, quality, outcome)
        else:
            name, source = _card(site, title, origin)
        authors = _unread_authors(site, origin) if origin and kind != Kind.SCRIPT else ()
        draft(site.home, name, source, by=person.name, copied_from=authors, clock=site.clock)
    except NightlightError as error:
        return _form(request, site, kind=kind, title=title, origin=origin, card=card, error=error)
    return RedirectResponse(f"/studio/{name}/messages" if kind == Kind.SCRIPT else f"/studio/{name}/parts/who", 303)


def name_of(title: str) -> str:
    """The name of a card with this title; raises NightlightError when nothing is left of it.

    >>> name_of("Exam week: no sleep!")
    'exam-week-no-sleep'
    """
    plain = normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    name = "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))[:50].strip("-")
    if not name or name == "new":
        raise NightlightError("a title is needed", remedy="write a few words that tell this card from others")
    return name


def _card(site: Site, title: str, origin: str) -> tuple[str, str]:
    words = " ".join(title.split())[:LONGEST_TITLE]
    name = name_of(words)
    if not origin:
        return name, write_tree(empty_tree(name, words))
    found = _existing(site, origin, Kind.CARD)
    tree = read_tree(found.source, name)
    return name, write_tree(tree | {"title": words})


def _unread_authors(site: Site, origin: str) -> tuple[str, ...]:
    """Who wrote a card that others have not approved: a copy of it is theirs as well."""
    found = _existing(site, origin, Kind.CARD)
    return found.authors if found.state in (State.DRAFT, State.IN_REVIEW) else ()


def _script(site: Site, card: str, quality: str, outcome: str) -> tuple[str, str]:
    if quality not in set(Quality) or outcome not in set(Outcome):
        raise NightlightError("choose how the counselor works and how it ends")
    found = _existing(site, card, Kind.CARD)
    taken = {each.name for each in list_documents(site.home, Kind.SCRIPT)}
    number = next(n for n in range(1, 1000) if f"{found.name}--{quality}{n}" not in taken)
    return f"{found.name}--{quality}{number}", new_script(found.name, quality, outcome)


def _existing(site: Site, name: str, kind: Kind) -> Version:
    version = get_version(site.home, name)
    if version.kind is not kind:
        raise NightlightError("that is not a card", remedy="choose one of the list")
    return version


def _form(
    request: Request,
    site: Site,
    *,
    kind: str,
    title: str = "",
    origin: str = "",
    card: str = "",
    error: NightlightError | None = None,
) -> HTMLResponse:
    cards = [each.name for each in list_documents(site.home, Kind.CARD)]
    return render(
        request,
        "studio/new.html",
        status=400 if error else 200,
        kind=kind,
        title=title,
        origin=origin,
        card=card,
        cards=cards,
        qualities=list(Quality),
        outcomes=list(Outcome),
        error=error,
    )
