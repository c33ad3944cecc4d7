"""The console's page round an answer: the editor, the tables one may read, what one has asked before."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.web.access import NotThere, Person
from nightlight.web.answer_tables import type_words
from nightlight.web.console.charts import DRAWN_ROWS
from nightlight.web.console.questions import Questions
from nightlight.web.console.views import View, list_background
from nightlight.web.pages import render
from nightlight.web.readable_tables import readable_tables
from nightlight.web.site import Site

HISTORY, HISTORY_ACTIONS = 30, ("console", "sql", "api")
BACKGROUND_SHOWN, COLUMNS_BEGUN = 10, 12


@dataclass(frozen=True)
class Draft:
    """What stands in the editor."""

    sql: str = ""
    purpose: str = ""
    schema: str = ""


def draft_from(site: Site, person: Person, *, sql: str, again: int | None, table: str) -> Draft:
    """What a link asks to have in the editor: a statement, one of the person's own records, a table's first rows."""
    if again is not None:
        record = next((row for row in _history(site, person) if row["sequence"] == again), None)
        if record is None:
            raise NotThere
        return Draft(record["statement"], record["purpose"] or "")
    access = next((access for access in readable_tables(site, person.name) if access.table == table), None)
    if access is None:
        return Draft(sql)
    columns = ", ".join(_quoted(column.name) for column in access.allowed[:COLUMNS_BEGUN])
    return Draft(f"SELECT {columns}\nFROM {access.table}\nLIMIT 100")


def show_console(
    request: Request,
    site: Site,
    questions: Questions,
    person: Person,
    *,
    draft: Draft | None = None,
    view: View | None = None,
    error: NightlightError | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The whole page, or for htmx the answer with what changes beside it."""
    if request.headers.get("hx-request-type") == "partial":
        values = {**_lists(site, questions, person), "view": view, "error": error}
        return render(request, "console/part.html", status=status, **values)
    history = _history(site, person)
    draft = draft or (Draft(view.statement, view.purpose, view.schema) if view else Draft())
    tables = readable_tables(site, person.name) if person.purposes else []
    return render(
        request,
        "console/console.html",
        status=status,
        **_lists(site, questions, person),
        view=view,
        error=error,
        draft=draft,
        purpose=_preselected(person, draft, history),
        tables=tables,
        type_words=type_words,
        schemas=sorted({access.table.split(".")[0] for access in tables}),
    )


def _lists(site: Site, questions: Questions, person: Person) -> dict[str, Any]:
    return {
        "drawn_rows": DRAWN_ROWS,
        "history": _history(site, person),
        "background": list_background(site, questions, person)[:BACKGROUND_SHOWN],
    }


def _history(site: Site, person: Person) -> list[dict[str, Any]]:
    """What the person asked last, the newest first, as the audit has it."""
    found = [
        row for action in HISTORY_ACTIONS for row in tail(site.home, HISTORY, principal=person.name, action=action)
    ]
    return sorted(found, key=lambda row: -int(row["sequence"]))[:HISTORY]


def _preselected(person: Person, draft: Draft, history: list[dict[str, Any]]) -> str:
    """The purpose of what is in the editor, else of the last question, else the first one."""
    wanted = [draft.purpose, *(row["purpose"] for row in history[:1]), *person.purposes]
    return next((purpose for purpose in wanted if purpose in person.purposes), "")


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else '"' + name.replace('"', '""') + '"'
