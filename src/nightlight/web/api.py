"""The API: questions in JSON, answers as Arrow or JSON; for programs with a token, and for pages by their session.

It is the same door as the console's: purpose, gate, extract, audit. What goes wrong says so in JSON: `error`, `remedy`,
`kind`. The status is 400 for what cannot be answered as it was asked, time and memory included (408 would invite
proxies to send a question again), 401 without a sign-in, 403 for a purpose, 429 when too many are asked at once."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.principals import find_principal
from nightlight.catalog.tokens import PRINCIPAL
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.sql.broker import Question, Result
from nightlight.sql.results import json_rows, with_facts
from nightlight.web.access import SIGNED_IN, Person, PersonOf, all_routes
from nightlight.web.console.questions import QuestionsOf
from nightlight.web.console.refusals import PurposeRefused, explain_refusal
from nightlight.web.downloads import FORMS, closed_columns
from nightlight.web.readable_tables import readable_tables
from nightlight.web.site import Site, SiteOf

router = APIRouter()

ARROW = FORMS["arrow"].content_type
JSON_ROWS = 10_000
RETRY_SECONDS = 2
STATUS = {"purpose": 403, "busy": 429}


@dataclass(frozen=True)
class Asking:
    """A question: `purpose` is needed where several are allowed, `schema` is where unqualified tables are looked up."""

    sql: Annotated[str, Field(max_length=100_000)]
    purpose: Annotated[str | None, Field(max_length=200)] = None
    schema: Annotated[str | None, Field(max_length=200)] = None


@dataclass(frozen=True)
class Problem:
    """Why there is no answer, what to do about it, and of which kind it is."""

    error: str
    remedy: str | None = None
    kind: str = "other"


@dataclass(frozen=True)
class JsonAnswer:
    """Rows as objects; `truncated` when there were more. `versions` are those of the tables that were read."""

    columns: list[dict[str, str]]
    rows: list[dict[str, Any]]
    truncated: bool
    notes: list[str]
    versions: dict[str, int]


PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (400, 401, 403, 404, 422, 429)}
ANSWERS: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    200: {
        "model": JsonAnswer,
        "description": "Rows: an Arrow stream, or JSON where the request accepts that and no Arrow.",
        "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}},
    },
}


@router.post("/api/sql", dependencies=[SIGNED_IN], responses=ANSWERS, response_class=Response)
def ask(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    questions: QuestionsOf,
    asking: Asking,
    x_nightlight_person: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Answer a question. `X-Nightlight-Person` says who asks through a service principal's token, for the audit."""
    try:
        _check_person(site, person, x_nightlight_person)
        purpose = _purpose(site, person, asking)
        question = Question(asking.sql, person.name, purpose, asking.schema or None, x_nightlight_person)
        result = questions.answer_program(question)
        _keep_text(site, person, question, result)
    except NightlightError as error:
        return _problem(error)
    accepted = request.headers.get("accept", "")
    if "application/json" in accepted and ARROW not in accepted:
        return JSONResponse(_json(result))
    table = with_facts(result.table, truncated=result.truncated, notes=result.notes, versions=result.versions)
    return StreamingResponse(FORMS["arrow"].write(table), media_type=ARROW)


@router.get("/api/me", dependencies=[SIGNED_IN], responses=PROBLEMS)
def me(site: SiteOf, person: PersonOf) -> dict[str, Any]:
    """Who asks, for what they may ask, and the bounds of a question."""
    limits = site.broker.limits()
    return {
        "principal": person.name,
        "groups": sorted(person.groups),
        "purposes": [{"name": name, "why": why} for name, why in person.purposes.items()],
        "limits": {"seconds": limits.seconds, "memory_mb": limits.memory_mb, "rows": limits.rows},
    }


@router.get("/api/tables", dependencies=[SIGNED_IN], responses=PROBLEMS)
def tables(site: SiteOf, person: PersonOf) -> list[dict[str, Any]]:
    """The tables and columns that may be read; a masked column's values are not what was written."""
    return [
        {
            "table": access.table,
            "columns": [
                {
                    "name": column.name,
                    "type": column.type,
                    "mask": column.mask.function if column.mask else None,
                    "sensitivity": sorted(column.tags.get("sensitivity", ())),
                }
                for column in access.allowed
            ],
        }
        for access in readable_tables(site, person.name)
    ]


@router.get("/api/openapi.json", dependencies=[SIGNED_IN], include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """What the API takes and gives, for programs that read that."""
    routes = [route for route in all_routes(request.app.routes) if str(getattr(route, "path", "")).startswith("/api/")]
    return JSONResponse(get_openapi(title="Nightlight", version="1", routes=routes))


def _check_person(site: Site, person: Person, named: str) -> None:
    """Only what several people share may say who of them asks; it is a name in the audit and gives no right."""
    if not named:
        return
    with transaction(site.url) as connection:
        kind = find_principal(connection, person.name)["kind"]
    if kind != "service" or not person.token or not PRINCIPAL.fullmatch(named):
        raise NightlightError("X-Nightlight-Person is for tokens of service principals, and holds a user's name")


def _keep_text(site: Site, person: Person, question: Question, result: Result) -> None:
    """What was written in conversations is read on pages, opening by opening; no program takes it along, whether it
    asks by a token or by a browser's session."""
    closed = closed_columns(site.broker, person.name, result)
    if not (text := [column for column in closed if column.endswith("(text)")]):
        return
    what = f"text does not leave by the API: {', '.join(text)}"
    append(
        site.home,
        Entry("api", person.name, question.purpose, "refused", question.text, detail=what, person=question.person),
    )
    raise NightlightError(what, remedy="leave the column out, or read it on the page Conversations or in the console")


def _purpose(site: Site, person: Person, asking: Asking) -> str | None:
    """What is asked for: as stated, else the only purpose there is. A token's is its own and no other."""
    if not person.token:
        only = next(iter(person.purposes)) if len(person.purposes) == 1 else None
        return asking.purpose or only
    own = next(iter(person.purposes), None)
    if own is not None and asking.purpose in (None, "", own):
        return own
    what = "the purpose of this token is not allowed any more" if own is None else f"this token is for '{own}' alone"
    append(site.home, Entry("api", person.name, asking.purpose, "refused", statement=asking.sql, detail=what))
    raise PurposeRefused(what, remedy="make a token for the purpose of this task")


def _problem(error: NightlightError) -> Response:
    refusal = explain_refusal(error)
    headers = {"Retry-After": str(RETRY_SECONDS)} if refusal.kind == "busy" else {}
    content = {"error": refusal.what, "remedy": refusal.remedy or None, "kind": refusal.kind}
    return JSONResponse(content, STATUS.get(refusal.kind, 400), headers=headers)


def _json(result: Result) -> dict[str, Any]:
    table = result.table.slice(0, JSON_ROWS)
    cut = [f"cut after {JSON_ROWS:,} rows; ask for Arrow to get all"] if result.table.num_rows > JSON_ROWS else []
    return {
        "columns": [{"name": field.name, "type": str(field.type)} for field in table.schema],
        "rows": list(json_rows(table)),
        "truncated": result.truncated or bool(cut),
        "notes": [*result.notes, *cut],
        "versions": dict(result.versions),
    }
