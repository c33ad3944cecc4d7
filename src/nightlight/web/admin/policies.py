"""Policies: what stands on each securable, and changing it by statements that are looked at before they are applied."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from nightlight.catalog.description import Description, check_exists, describe, list_tables
from nightlight.catalog.policies import try_statements
from nightlight.catalog.securables import Securable
from nightlight.catalog.statements import Statement, read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.sql.policies import apply_policies, check_policies
from nightlight.web.access import PersonOf
from nightlight.web.admin.acts import MANAGES, back, show
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/admin/policies")
SAID = {"applied": "Applied. What changed is in force for the next question."}
WHERE = "line"  # what stands before a statement's line number
Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Line:
    """A statement as it was written, and whether it would change anything."""

    number: int
    text: str
    changes: bool


@router.get("", dependencies=[MANAGES])
def policies(request: Request, site: SiteOf, on: str = "") -> HTMLResponse:
    if not on.strip():
        return _page(request, site)
    try:
        with transaction(site.url) as connection:
            securable = Securable.parse(on)
            check_exists(connection, securable)
            found = describe(connection, securable)
    except NightlightError as error:
        return _page(request, site, on=on, error=error)
    return _page(request, site, on=on, found=found)


@router.post("/preview", dependencies=[MANAGES])
def preview(request: Request, site: SiteOf, person: PersonOf, text: Text = "") -> HTMLResponse:
    """What the statements would change; nothing is changed."""
    try:
        statements = _read(text)
        notes = check_policies(site.home, statements)
        changes = try_statements(site.url, statements, by=person.name)
    except NightlightError as error:
        return _page(request, site, text=text, error=error)
    return show(request, "policies_preview.html", lines=_lines(text, statements, changes), notes=notes, text=text)


@router.post("/apply", dependencies=[MANAGES])
def apply(request: Request, site: SiteOf, person: PersonOf, text: Text = "") -> Response:
    """Put the statements into force, all or none; the audit has their text before it happens."""
    try:
        apply_policies(site.home, _read(text), by=person.name, text=text)
    except NightlightError as error:
        return _page(request, site, text=text, error=error)
    return back("/admin/policies", "applied")


def _read(text: str) -> list[Statement]:
    statements = read_statements(text, WHERE)
    if not statements:
        raise NightlightError("there is no statement here", remedy="write one, such as CREATE GROUP analysts;")
    return statements


def _lines(text: str, statements: list[Statement], changes: list[bool]) -> list[Line]:
    """The statements with their text: each from its line to the next one's."""
    rows = text.splitlines()
    starts = [int(statement.where.rpartition(":")[2]) for statement in statements]
    found = []
    for number, (start, change) in enumerate(zip(starts, changes, strict=True)):
        end = starts[number + 1] - 1 if number + 1 < len(starts) else len(rows)
        found.append(Line(start, "\n".join(rows[start - 1 : max(end, start)]).strip(), change))
    return found


def _page(
    request: Request,
    site: Site,
    *,
    on: str = "",
    text: str = "",
    found: Description | None = None,
    error: NightlightError | None = None,
) -> HTMLResponse:
    with transaction(site.url) as connection:
        rows = list_tables(connection)
    return show(request, "policies.html", said=SAID, error=error, rows=rows, on=on, found=found, text=text)
