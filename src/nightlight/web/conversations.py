"""Conversations: found by key or by words, and read, by those who may read what was written; each opening is recorded.

What people look for stands in no URL: a search is kept for its owner for a while, under a random id."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.web.access import NotThere, Person, PersonOf, needs
from nightlight.web.conversation_search import (
    CONVERSATIONS,
    FACTS,
    FOUND_AT_MOST,
    MESSAGES,
    MESSAGES_AT_MOST,
    VOLUNTEERS,
    Readable,
    Search,
    facts_statement,
    messages_statement,
    read_words,
    search_statement,
    snippet,
)
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()

READS_TEXT = needs("SELECT", "silver.messages.text")
DEFAULT_RANGE = timedelta(days=90)
KEPT_FOR, KEPT_AT_MOST = timedelta(minutes=30), 1000


@dataclass
class KeptSearches:
    """Searches by random id, each for whoever made it: going back to what was found needs no words in a URL."""

    _kept: OrderedDict[str, tuple[tuple[str, str], datetime, str, Search]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, owner: tuple[str, str], now: datetime, purpose: str, search: Search) -> str:
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[name] = (owner, now, purpose, search)
            while len(self._kept) > KEPT_AT_MOST or now - next(iter(self._kept.values()))[1] > KEPT_FOR:
                self._kept.popitem(last=False)
        return name

    def find(self, owner: tuple[str, str], now: datetime, name: str) -> tuple[str, Search] | None:
        """The purpose and the search; None for somebody else's, and one that is too old."""
        with self._lock:
            kept = self._kept.get(name)
        if kept is None or kept[0] != owner or now - kept[1] > KEPT_FOR:
            return None
        return kept[2], kept[3]


SEARCHES = KeptSearches()


@router.get("/conversations", dependencies=[READS_TEXT])
def search_page(request: Request, site: SiteOf, person: PersonOf, gone: bool = False) -> Response:
    return _search_page(request, site, person, gone=gone)


@router.post("/conversations", dependencies=[READS_TEXT])
def search(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    purpose: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    partner: Annotated[str, Form()] = "",
    team: Annotated[str, Form()] = "",
    risk: Annotated[str, Form()] = "",
) -> Response:
    """Keep what is looked for, and show the way to what is found."""
    typed = {"key": key, "words": words, "since": since, "until": until, "partner": partner, "team": team, "risk": risk}
    wanted, errors = _read_search(site, typed)
    if purpose not in person.purposes:
        errors["purpose"] = N_("choose what you look for it for")
    if errors:
        return _search_page(request, site, person, typed=typed, purpose=purpose, errors=errors)
    name = SEARCHES.keep(_owner(site, person), site.clock(), purpose, wanted)
    return RedirectResponse(f"/conversations/searches/{name}", 303)


@router.get("/conversations/searches/{name}", dependencies=[READS_TEXT])
def found(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    kept = SEARCHES.find(_owner(site, person), site.clock(), name)
    if kept is None:
        return RedirectResponse("/conversations?gone=true", 303)
    purpose, wanted = kept
    readable = _readable(site, person)
    try:
        statement = search_statement(wanted, readable, ZoneInfo(site.home.settings.time_zone))
        rows = _ask(site, person, purpose, statement, "search conversations")
    except NightlightError as refusal:
        return _search_page(request, site, person, typed=_typed(wanted), purpose=purpose, refusal=refusal)
    shown = [_shown(row, wanted, purpose) for row in rows[:FOUND_AT_MOST]]
    more = len(rows) > FOUND_AT_MOST
    return _search_page(request, site, person, typed=_typed(wanted), purpose=purpose, found=shown, more=more)


@router.get("/conversations/{key:path}", dependencies=[READS_TEXT])
def conversation(request: Request, site: SiteOf, person: PersonOf, key: str, purpose: str = "") -> Response:
    """A conversation as it went; what is not there and what is not this person's to read look the same."""
    if not purpose:
        return render(request, "conversations/purpose.html", key=key)
    readable = _readable(site, person)
    messages = _ask(site, person, purpose, messages_statement(key, readable), "open conversation")
    if not messages:
        raise NotThere
    facts = _facts(site, person, purpose, facts_statement(key, readable))
    return render(
        request,
        "conversations/conversation.html",
        key=key,
        purpose=purpose,
        messages=messages,
        cut=len(messages) >= MESSAGES_AT_MOST,
        facts=facts,
        played=bool(facts.pop("played", False) or messages[0].get("played")),
    )


def _search_page(request: Request, site: Site, person: Person, **values: Any) -> Response:
    given = {
        "typed": _typed(_read_search(site, {})[0]),
        "purpose": next(iter(person.purposes), "") if len(person.purposes) == 1 else "",
        "errors": {},
        "found": None,
        "more": False,
        "gone": False,
        "refusal": None,
        **values,
    }
    status = 400 if given["errors"] or given["refusal"] else 200
    return render(
        request,
        "conversations/search.html",
        status=status,
        readable=_readable(site, person),
        at_most=FOUND_AT_MOST,
        **given,
    )


def _readable(site: Site, person: Person) -> Readable:
    decided = site.broker.decisions.look_up(person.name, [MESSAGES, CONVERSATIONS, VOLUNTEERS])
    if MESSAGES not in decided:
        raise NotThere
    readable = Readable.of({name: each.access for name, each in decided.items()})
    if not readable.is_enough:
        raise NightlightError(
            f"conversations need the columns conversation_id, sent_at and text of {MESSAGES}",
            remedy="ask an administrator to grant all three",
        )
    return readable


def _ask(site: Site, person: Person, purpose: str, statement: str, action: str) -> list[dict[str, Any]]:
    result = site.broker.sql(statement, principal=person.name, purpose=purpose, action=action)
    rows: list[dict[str, Any]] = result.table.to_pylist()
    return rows


def _facts(site: Site, person: Person, purpose: str, statement: str) -> dict[str, Any]:
    """What is known beside the messages, in the order people look; nothing where it is not theirs to read."""
    if not statement:
        return {}
    try:
        rows = _ask(site, person, purpose, statement, "open conversation")
    except NightlightError:
        return {}
    return {name: rows[0][name] for name in FACTS if name in rows[0] and rows[0][name] is not None} if rows else {}


def _shown(row: Mapping[str, Any], wanted: Search, purpose: str) -> dict[str, Any]:
    key = str(row["conversation_id"])
    text = row.get("snippet")
    return {
        **row,
        "url": f"/conversations/{quote(key, safe='')}?{urlencode({'purpose': purpose})}",
        "pieces": snippet(text, wanted.words) if text else [],
    }


def _read_search(site: Site, typed: Mapping[str, str]) -> tuple[Search, dict[str, str]]:
    """What was typed, as a search; and one line for each field that cannot be read."""
    errors: dict[str, str] = {}
    today = site.clock().astimezone(ZoneInfo(site.home.settings.time_zone)).date()
    until = _day(typed, "until", today, errors)
    since = _day(typed, "since", until - DEFAULT_RANGE, errors)
    if not errors and since > until:
        errors["since"] = N_("the first day comes after the last")
    risk = typed.get("risk", "")
    if risk and risk not in tuple("01234"):
        errors["risk"] = N_("risk levels go from 0 to 4")
    return (
        Search(
            since,
            until,
            key=typed.get("key", "").strip(),
            words=read_words(typed.get("words", "")),
            partner=typed.get("partner", "").strip(),
            team=typed.get("team", "").strip(),
            risk=int(risk) if risk and "risk" not in errors else None,
        ),
        errors,
    )


def _day(typed: Mapping[str, str], name: str, default: date, errors: dict[str, str]) -> date:
    try:
        found = date.fromisoformat(typed.get(name, "").strip() or default.isoformat())
        return found if date(1970, 1, 1) <= found <= date(2999, 12, 31) else default
    except ValueError:
        errors[name] = N_("write the day as year-month-day: 2026-03-01")
        return default


def _typed(wanted: Search) -> dict[str, str]:
    """A search as the form shows it."""
    return {
        "key": wanted.key,
        "words": " ".join(wanted.words),
        "since": wanted.since.isoformat(),
        "until": wanted.until.isoformat(),
        "partner": wanted.partner,
        "team": wanted.team,
        "risk": "" if wanted.risk is None else str(wanted.risk),
    }


def _owner(site: Site, person: Person) -> tuple[str, str]:
    return str(site.home.root), person.name
