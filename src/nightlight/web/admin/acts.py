"""What changes by administrators have in common: who may make them, their record in the audit, the way back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.catalog.access import who_can
from nightlight.catalog.audit import Entry, append
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.web.access import Person, needs
from nightlight.web.pages import render
from nightlight.web.site import Site

MANAGES: Any = needs("MANAGE", "CATALOG")


@contextmanager
def recorded(site: Site, person: Person, action: str, statement: str) -> Iterator[None]:
    """Have a change in the audit once it is known how it ended, and before anything is shown of it."""
    site.home.key("audit")  # without it nothing could be recorded: then nothing is changed
    entry = Entry(action=action, principal=person.name, purpose=None, outcome="done", statement=statement)
    try:
        yield
    except NightlightError as error:
        append(site.home, replace(entry, outcome="failed", detail=str(error)))
        raise
    except Exception as error:
        append(site.home, replace(entry, outcome="failed", detail=type(error).__name__))
        raise
    append(site.home, entry)


def back(url: str, done: str) -> RedirectResponse:
    """To the page, which says what `done` stands for."""
    return RedirectResponse(f"{url}?done={quote(done, safe='')}", 303)


def show(
    request: Request,
    template: str,
    *,
    said: Mapping[str, str] | None = None,
    error: NightlightError | None = None,
    **values: Any,
) -> HTMLResponse:
    """An admin page: with the sentence that `?done=` stands for, or the line of what was refused."""
    done = (said or {}).get(request.query_params.get("done", ""), "")
    return render(request, f"admin/{template}", status=400 if error else 200, done=done, error=error, **values)


def managers(site: Site) -> list[str]:
    """Users who may manage the catalog: whoever may change what everybody may do."""
    with transaction(site.url) as connection:
        return sorted(row["principal"] for row in who_can(connection, "MANAGE", "CATALOG") if row["allowed"])


def part_of(name: str) -> str:
    """A name as a part of a URL's path."""
    return quote(name, safe="")
