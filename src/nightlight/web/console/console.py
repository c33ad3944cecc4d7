"""The console: ask in SQL, see the answer, take it along where that is allowed, be told why not where it is not.

Works as plain forms and pages; with htmx the answer's part alone is exchanged. Questions never stand in a URL, except
those that our own pages put together."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError
from nightlight.sql.background import open_result
from nightlight.sql.broker import Question, Result
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.console.charts import Kind, Wish
from nightlight.web.console.page import Draft, draft_from, show_console
from nightlight.web.console.questions import Asked, Busy, Questions, QuestionsOf
from nightlight.web.console.views import find_background, view_background, view_question
from nightlight.web.downloads import FORMS, closed_columns
from nightlight.web.site import Site, SiteOf

router = APIRouter()

FIRST_LOOK = 0.25  # seconds that "run" waits for an answer, so that most are there at once
SequenceOf = Annotated[int | None, Query(ge=1, le=2**53)]
TextOf = Annotated[str, Query(max_length=20_000)]
Written = Annotated[str, Form()]


def _wish(
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    x: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    y: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    kind: Kind = "bar",
) -> Wish:
    return Wish(page, x, y, kind)


WishOf = Annotated[Wish, Depends(_wish)]


@router.get("/console", dependencies=[SIGNED_IN])
def console(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    questions: QuestionsOf,
    sql: TextOf = "",
    table: TextOf = "",
    again: SequenceOf = None,
) -> Response:
    """The editor; with `sql`, `table` or `again` (a record of one's own) there is something in it already."""
    draft = draft_from(site, person, sql=sql, again=again, table=table)
    return show_console(request, site, questions, person, draft=draft)


@router.post("/console/run", dependencies=[SIGNED_IN])
def run(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    questions: QuestionsOf,
    sql: Written = "",
    purpose: Written = "",
    within: Written = "",
) -> Response:
    """Begin to answer; the audit has it before the answer is shown."""
    draft = Draft(sql, purpose, within)
    try:
        if not sql.strip():
            raise NightlightError("there is no question", remedy="write a SELECT, or choose a table beside the editor")
        asked = questions.ask(Question(sql, person.name, purpose or None, within or None))
    except NightlightError as error:
        status = 429 if isinstance(error, Busy) else 400
        return show_console(request, site, questions, person, draft=draft, error=error, status=status)
    url = f"/console/queries/{asked.id}"
    if "hx-request" not in request.headers:
        return RedirectResponse(url, 303)
    asked.wait(FIRST_LOOK)
    view = view_question(site, questions, asked, Wish())
    answer = show_console(request, site, questions, person, draft=draft, view=view)
    answer.headers["HX-Push-Url"] = url
    return answer


@router.get("/console/queries/{query}", dependencies=[SIGNED_IN])
def question(
    request: Request, site: SiteOf, person: PersonOf, questions: QuestionsOf, query: str, wish: WishOf
) -> Response:
    asked = _find(questions, person, query)
    return show_console(request, site, questions, person, view=view_question(site, questions, asked, wish))


@router.post("/console/queries/{query}/cancel", dependencies=[SIGNED_IN])
def cancel(request: Request, site: SiteOf, person: PersonOf, questions: QuestionsOf, query: str) -> Response:
    asked = _find(questions, person, query)
    _cancel(site, asked)
    asked.wait(FIRST_LOOK)
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/console/queries/{query}", 303)
    return show_console(request, site, questions, person, view=view_question(site, questions, asked, Wish()))


@router.post("/console/queries/{query}/background", dependencies=[SIGNED_IN])
def ask_in_background(person: PersonOf, questions: QuestionsOf, query: str) -> Response:
    """Ask the same again, with an hour's time; it is listed with its progress, and audited when it has ended."""
    started = questions.ask_in_background(_find(questions, person, query).question)
    return RedirectResponse(f"/console/background/{started.id}", 303)


@router.get("/console/queries/{query}/answer.{form}", dependencies=[SIGNED_IN])
def download(site: SiteOf, person: PersonOf, questions: QuestionsOf, query: str, form: str) -> Response:
    asked = _find(questions, person, query)
    return _download(site, asked.question, questions.open(asked), form)


@router.get("/console/background/{query}", dependencies=[SIGNED_IN])
def background(
    request: Request, site: SiteOf, person: PersonOf, questions: QuestionsOf, query: str, wish: WishOf
) -> Response:
    view = view_background(site, questions, person, query, wish)
    return show_console(request, site, questions, person, view=view)


@router.post("/console/background/{query}/cancel", dependencies=[SIGNED_IN])
def cancel_background(site: SiteOf, person: PersonOf, questions: QuestionsOf, query: str) -> Response:
    asked = questions.find_in_background(query, person.name)
    if asked is None:
        raise NotThere
    _cancel(site, asked)
    asked.wait(FIRST_LOOK)
    return RedirectResponse(f"/console/background/{query}", 303)


@router.get("/console/background/{query}/answer.{form}", dependencies=[SIGNED_IN])
def download_background(site: SiteOf, person: PersonOf, questions: QuestionsOf, query: str, form: str) -> Response:
    row = find_background(site, questions, person, query)
    result = open_result(site.broker, query, principal=person.name, purpose=row["purpose"])
    return _download(site, Question(row["statement"], person.name, row["purpose"]), result, form)


def _find(questions: Questions, person: Person, query: str) -> Asked:
    asked = questions.find(query, person.name)
    if asked is None:
        raise NotThere
    return asked


def _cancel(site: Site, asked: Asked) -> None:
    if asked.state != "running":
        return
    question = asked.question
    append(site.home, Entry("cancel", question.principal, question.purpose, "done", statement=question.text))
    asked.cancelled.set()


def _download(site: Site, question: Question, result: Result, form: str) -> Response:
    """The answer as a file, unless it was made from text or identities; the audit has either."""
    if form not in FORMS:
        raise NotThere
    closed = closed_columns(site.broker, question.principal, result)
    what = f"no download: this answer was made from {', '.join(closed[:3])}"
    entry = Entry(
        "download",
        question.principal,
        question.purpose,
        "refused" if closed else "done",
        statement=question.text,
        tables=tuple(sorted({name.rpartition(".")[0] for name in result.columns})),
        columns=result.columns,
        rows=result.table.num_rows,
        detail=what if closed else form,
    )
    append(site.home, entry)
    if closed:
        raise NightlightError(what, remedy="text and identities are read here and do not travel in files")
    chosen = FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="answer.{form}"'}
    return StreamingResponse(chosen.write(result.table), media_type=chosen.content_type, headers=headers)
