"""What the console's answer part shows: a question that runs, why there is no answer, or a page of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from nightlight.db import moment
from nightlight.errors import NightlightError
from nightlight.sql.background import BACKGROUND_LIMITS, list_queries, open_result
from nightlight.sql.broker import Result
from nightlight.web.access import NotThere, Person
from nightlight.web.answer_tables import AnswerPage, answer_page
from nightlight.web.console.charts import Chart, Wish, chart_of
from nightlight.web.console.questions import Asked, Questions
from nightlight.web.console.refusals import Refusal, explain_refusal
from nightlight.web.downloads import closed_columns
from nightlight.web.site import Site

LOST = timedelta(seconds=BACKGROUND_LIMITS.seconds + 600)  # what still "runs" then was stopped with its process


@dataclass(frozen=True)
class View:
    """`url` is where the question lives; `in_background` whether it may take an hour.

    `closed` are the sensitive columns that the answer was made from: it is not downloaded then.
    """

    state: Literal["running", "refused", "answer"]
    url: str
    statement: str
    purpose: str
    schema: str = ""
    in_background: bool = False
    share: float = 0.0
    seconds: float | None = None
    refusal: Refusal | None = None
    page: AnswerPage | None = None
    truncated: bool = False
    notes: tuple[str, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    chart: Chart | None = None


def view_question(site: Site, questions: Questions, asked: Asked, wish: Wish, language: str = "en") -> View:
    """A question of the console as it is now, with the part of its answer that is wished for."""
    question = asked.question
    about: dict[str, Any] = {
        "url": f"/console/queries/{asked.id}",
        "statement": question.text,
        "purpose": question.purpose or "",
        "schema": question.schema or "",
        "seconds": asked.elapsed,
    }
    if asked.state == "running":
        return View("running", **about, share=asked.share)
    if asked.failure:
        cancelled = asked.cancelled.is_set()
        refusal = explain_refusal(asked.failure, statement=question.text, cancelled=cancelled)
        return View("refused", **about, refusal=refusal)
    try:
        result = questions.open(asked)
    except NightlightError as error:
        return View("refused", **about, refusal=explain_refusal(error))
    versions = asked.result.versions if asked.result else {}
    return View("answer", **about, **_answer(site, question.principal, result, wish, language), versions=versions)


def view_background(
    site: Site, questions: Questions, person: Person, query: str, wish: Wish, language: str = "en"
) -> View:
    """A background query as it is now; raises NotThere unless it is the person's own."""
    row = find_background(site, questions, person, query)
    about: dict[str, Any] = {
        "url": f"/console/background/{query}",
        "statement": row["statement"],
        "purpose": row["purpose"],
        "schema": row["schema_name"],
        "in_background": True,
        "seconds": row["seconds"],
    }
    if row["state"] == "running":
        return View("running", **about, share=row["progress"])
    try:
        if row["state"] != "done":
            raise NightlightError(row["detail"] or "it was stopped before it had an answer", remedy="ask it again")
        result = open_result(site.broker, query, principal=person.name, purpose=row["purpose"])
    except NightlightError as error:
        return View("refused", **about, refusal=explain_refusal(error))
    return View("answer", **about, **_answer(site, person.name, result, wish, language))


def find_background(site: Site, questions: Questions, person: Person, query: str) -> dict[str, Any]:
    """The row of a background query of the person's; raises NotThere."""
    found = next((row for row in list_background(site, questions, person) if row["id"] == query), None)
    if found is None:
        raise NotThere
    return found


def list_background(site: Site, questions: Questions, person: Person) -> list[dict[str, Any]]:
    """The person's background queries, the newest first; of those in this process how far they are now.

    Only what they wrote themselves is in it, so that looking at the list leaves no record of its own.
    """
    now, rows = site.clock(), []
    for row in list_queries(site.home, person.name):
        started = moment(row["started_at"])
        ended = moment(row["ended_at"]) if row["ended_at"] else now
        running = questions.find_in_background(row["id"], person.name)
        is_lost = row["state"] == "running" and not running and now > started + LOST
        rows.append(
            {
                **row,
                "state": "stopped" if is_lost else row["state"],
                "started_at": started,
                "progress": running.share if running else row["progress"],
                "seconds": (ended - started).total_seconds(),
            }
        )
    return rows


def _answer(site: Site, principal: str, result: Result, wish: Wish, language: str) -> dict[str, Any]:
    return {
        "page": answer_page(result.table, wish.page),
        "truncated": result.truncated,
        "notes": result.notes,
        "chart": chart_of(result.table, wish, language),
        "closed": tuple(closed_columns(site.broker, principal, result)),
    }
