"""Dashboards: the list of those one may open, each with its charts, and its tables as files where they may leave."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from nightlight.catalog.audit import Entry, append
from nightlight.dashboards import charts
from nightlight.dashboards.answer import Answer, Viewer, answer_dashboard, fill_in_for
from nightlight.dashboards.definition import Dashboard
from nightlight.dashboards.files import find_dashboard, read_dashboards
from nightlight.dashboards.trust import Trust, tables_of, trust_in
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf, needs
from nightlight.web.downloads import csv_lines
from nightlight.web.languages import language_of
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()

ROWS_SHOWN = 400  # of a chart's table on a page; a file holds all
HIDDEN = N_("hidden")
OPENS = needs("VIEW", "dashboard {name}")


@dataclass(frozen=True)
class Listed:
    """A dashboard of the list: its definition, or what is wrong with its file."""

    name: str
    dashboard: Dashboard | None
    error: NightlightError | None
    trust: Trust | None


@dataclass(frozen=True)
class Shown:
    """A chart as the page shows it; `error` is of the question or of the picture alone."""

    answer: Answer
    trust: Trust
    tells_rows: bool
    picture: Markup | None = None
    error: NightlightError | None = None


@router.get("/dashboards", dependencies=[SIGNED_IN])
def dashboards(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    listed = [_listed(site, name, each) for name, each in viewable_dashboards(site, person).items()]
    return render(request, "dashboards/list.html", listed=listed)


@router.get("/dashboards/{name}", dependencies=[OPENS])
def dashboard(request: Request, site: SiteOf, person: PersonOf, name: str) -> Response:
    found = find_dashboard(site.home.dashboards, name)
    is_refresh = request.headers.get("hx-target", "").endswith("charts")
    purpose = found.purpose_of(person.purposes) if isinstance(found, Dashboard) else None
    if found is None:
        raise NotThere
    if purpose is None and is_refresh:  # what is shown cannot be shown any more: let the whole page say why
        return Response(headers={"HX-Refresh": "true"})
    if isinstance(found, NightlightError):
        return render(request, "dashboards/broken.html", name=name, error=found)
    if purpose is None:
        return render(request, "dashboards/no_purpose.html", dashboard=found)
    if not is_refresh:  # the questions of one are in the audit all the same
        opened = Entry(action="open dashboard", principal=person.name, purpose=purpose, outcome="done", statement=name)
        append(site.home, opened)
    viewer = Viewer(person.name, purpose)
    filled = fill_in_for(site.broker, found, viewer, request.query_params, site.clock())
    language = language_of(request, person)
    answers = [] if filled.errors else answer_dashboard(site.broker, found, viewer, filled)
    return render(
        request,
        "dashboards/charts.html" if is_refresh else "dashboards/dashboard.html",
        dashboard=found,
        filled=filled,
        purpose=purpose,
        purpose_why=person.purposes[purpose],
        shown=_show(site, person, answers, language),
        is_refreshed=bool(found.refresh) and request.query_params.get("refresh") != "off",
        rows_shown=ROWS_SHOWN,
    )


@router.get("/dashboards/{name}/{chart}.csv", dependencies=[OPENS])
def chart_csv(request: Request, site: SiteOf, person: PersonOf, name: str, chart: str) -> Response:
    """A chart's table with its small counts hidden; the audit has it before it leaves."""
    found = find_dashboard(site.home.dashboards, name)
    if not isinstance(found, Dashboard) or (wanted := found.chart(chart)) is None:
        raise NotThere
    purpose = found.purpose_of(person.purposes)
    statement = f"{name}/{chart}"
    entry = Entry(action="download", principal=person.name, purpose=purpose, outcome="refused", statement=statement)
    if purpose is None or not wanted.may_leave:
        append(site.home, entry)
        why = wanted.unsuppressed or N_("whoever wrote the dashboard keeps it on the page")
        raise NightlightError(N_("this table does not leave the page"), remedy=why if purpose else None)
    viewer = Viewer(person.name, purpose)
    filled = fill_in_for(site.broker, found, viewer, request.query_params, site.clock())
    answer = next(each for each in answer_dashboard(site.broker, found, viewer, filled) if each.chart.name == chart)
    if answer.error is not None:
        raise answer.error
    append(site.home, replace(entry, outcome="done", tables=answer.tables, rows=len(answer.rows)))
    headers = {"Content-Disposition": f'attachment; filename="{name}-{chart}.csv"'}
    return Response(_csv(answer), media_type="text/csv; charset=utf-8", headers=headers)


def viewable_dashboards(site: Site, person: Person) -> dict[str, Dashboard | NightlightError]:
    """The dashboards that a person may open, by name; in place of one whose file is wrong, the error."""
    found = read_dashboards(site.home.dashboards)
    names = site.granted(person.name, "VIEW", [f"dashboard {name}" for name in found], at=person.revision)
    return {name: each for name, each in found.items() if f"dashboard {name}" in names}


def _listed(site: Site, name: str, found: Dashboard | NightlightError) -> Listed:
    """Without asking anything: the tables that its queries name say how fresh it is."""
    if isinstance(found, NightlightError):
        return Listed(name, None, found, None)
    return Listed(name, found, None, trust_in(site.broker.lake, tables_of(found)))


def _show(site: Site, person: Person, answers: list[Answer], language: str) -> list[Shown]:
    """The answers with pictures; how many rows broke an expectation is for those to know who see every row."""
    tables = {table for answer in answers for table in answer.tables}
    decisions = site.broker.decisions.look_up(person.name, tables)
    filtered = {table for table, decision in decisions.items() if decision.access.filters}
    found = []
    for answer in answers:
        trust = trust_in(site.broker.lake, answer.tables)
        tells_rows = not filtered.intersection(answer.tables)
        try:
            picture, error = _draw(site, answer, language), answer.error
        except NightlightError as failure:
            picture, error = None, failure
        found.append(Shown(answer, trust, tells_rows, picture, error))
    return found


def _draw(site: Site, answer: Answer, language: str) -> Markup | None:
    chart = answer.chart
    if answer.error is not None or chart.vega is None or not answer.rows or answer.is_hidden:
        return None
    rows = answer.plot_rows(site.home.settings.time_zone)
    drawn = charts.svg(chart.vega, rows, title=chart.title, description=chart.question, language=language)
    return Markup(drawn)  # noqa: S704  # `drawing` lets only shapes and words pass


def _csv(answer: Answer) -> bytes:
    """The rows below their columns' names; what is hidden says so."""
    rows = (
        [HIDDEN if (number, name) in answer.hidden else _csv_cell(row[name]) for name in answer.columns]
        for number, row in enumerate(answer.rows)
    )
    return csv_lines([answer.columns, *rows])


def _csv_cell(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else str(value)
