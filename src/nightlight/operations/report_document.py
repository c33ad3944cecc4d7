"""A report's content: a dashboard's charts as its principal may see them, small counts hidden, ready to be written.

Only charts that may leave are in it; nothing in it is fetched from anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from nightlight.dashboards import charts
from nightlight.dashboards.answer import Answer, Viewer, answer_dashboard, fill_in_for
from nightlight.dashboards.definition import Chart, Dashboard
from nightlight.dashboards.files import find_dashboard
from nightlight.dashboards.parameters import Filled
from nightlight.dashboards.trust import Trust, trust_in
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.languages import translations
from nightlight.languages.formats import Formats
from nightlight.operations.report_files import Report, days_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from nightlight.sql.broker import Broker

ROWS_AT_MOST = 200


@dataclass(frozen=True)
class Cell:
    """A value as it is written; "" and `hidden` where it is kept back."""

    text: str
    hidden: bool = False
    is_number: bool = False


@dataclass(frozen=True)
class Part:
    """One chart, written: a number alone, or a table with a picture of it where there is one.

    `left_out` tells how many rows are not in it; `failed` that it could not be answered.
    """

    name: str
    title: str
    question: str
    number: Cell | None = None
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    left_out: int = 0
    svg: str = ""
    png: bytes = b""
    failed: bool = False

    @property
    def hides(self) -> bool:
        return any(cell.hidden for row in (*self.rows, (self.number,)) for cell in row if cell is not None)


@dataclass(frozen=True)
class Content:
    """All that a report says, before it is a page or a mail. `period` is "" where the dashboard has no dates."""

    report: Report
    parts: tuple[Part, ...]
    period: str
    trust: Trust
    viewer: Viewer
    made_at: datetime
    show: Formats

    @property
    def hides(self) -> bool:
        return any(part.hides for part in self.parts)


@dataclass(frozen=True)
class Document:
    """A report as it is sent: as plain text, as HTML whose pictures come with it (`pictures`), and as a file."""

    name: str
    title: str
    language: str
    made_at: datetime
    text: str
    html: str
    file: str
    pictures: Mapping[str, bytes]


def answer(broker: "Broker", report: Report, now: datetime) -> Document:
    """The report as its principal is answered; raises NightlightError when it cannot be made."""
    return write(read(broker, report, Viewer(report.principal, report.purpose), now, report.language))


def read(broker: "Broker", report: Report, viewer: Viewer, now: datetime, language: str) -> Content:
    """What the report says when `viewer` asks: other people may see other rows, or none."""
    dashboard = _dashboard(broker, report)
    filled = fill_in_for(broker, dashboard, viewer, _given(dashboard, report, now, broker), now)
    answers = answer_dashboard(broker, dashboard, viewer, filled)
    chosen = [each for each in answers if not report.charts or each.chart.name in report.charts]
    if all(each.error for each in chosen):
        raise NightlightError(f"nothing of report '{report.name}' can be answered: {chosen[0].error}")
    show = Formats(language, broker.home.settings.time_zone, now)
    lake = Lake(broker.home.lake)
    tables = {table for each in chosen for table in each.tables}
    return Content(
        report,
        tuple(_part(each, show, broker.home.settings.time_zone) for each in chosen),
        _period(filled, show),
        trust_in(lake, tables),
        viewer,
        now,
        show,
    )


def write(content: Content) -> Document:
    """The content as mails and files hold it."""
    words = translations(content.show.language)
    title = f"{content.report.title}: {content.period}" if content.period else content.report.title
    values: dict[str, Any] = {
        "content": content,
        "show": content.show,
        "title": title,
        "language": content.show.language,
        "_": words.gettext,
        "ngettext": words.ngettext,
        "colors": {f"--chart-{number}": charts.PRINTED[mark] for number, mark in enumerate(charts.SERIES, 1)}
        | {"--chart-muted": charts.PRINTED[charts.MUTED], "--chart-grid": charts.PRINTED[charts.GRID]},
    }
    html = _environment().get_template("report.html")
    return Document(
        content.report.name,
        title,
        content.show.language,
        content.made_at,
        text=_environment().get_template("report.txt").render(values),
        html=html.render(values, attached=True),
        file=html.render(values, attached=False),
        pictures={part.name: part.png for part in content.parts if part.png},
    )


def _dashboard(broker: "Broker", report: Report) -> Dashboard:
    """The report's dashboard, with the charts that may leave; the report may name no other."""
    found = find_dashboard(broker.home.dashboards, report.dashboard)
    if found is None:
        raise NightlightError(f"there is no dashboard '{report.dashboard}', which report '{report.name}' is made of")
    if isinstance(found, NightlightError):
        raise found
    leaving = tuple(chart for chart in found.charts if chart.may_leave)
    names = {chart.name for chart in leaving}
    for name in report.charts:
        if name not in names:
            why = "it may not leave" if found.chart(name) else "there is no such chart"
            raise NightlightError(
                f"chart '{name}' of dashboard '{found.name}' cannot be in report '{report.name}': {why}",
                remedy=f"possible are {', '.join(sorted(names)) or 'none'}",
            )
    if not leaving:
        raise NightlightError(
            f"no chart of dashboard '{found.name}' may leave", remedy="let charts suppress small counts"
        )
    return replace(found, charts=leaving)


def _given(dashboard: Dashboard, report: Report, now: datetime, broker: "Broker") -> dict[str, str]:
    """The dashboard's parameters as the report sets them."""
    given = dict(report.parameters)
    if report.period:
        today = now.astimezone(ZoneInfo(broker.home.settings.time_zone)).date()
        first, last = days_of(report.period, today)
        for parameter in dashboard.parameters:
            if parameter.kind == "dates":
                given |= {f"{parameter.name}_from": first.isoformat(), f"{parameter.name}_to": last.isoformat()}
    return given


def _period(filled: Filled, show: Formats) -> str:
    dates = [field.value for field in filled.fields if field.parameter.kind == "dates"]
    return " – ".join(show.day(date.fromisoformat(day)) for day in dates[0]) if dates else ""


def _part(answered: Answer, show: Formats, zone: str) -> Part:
    chart = answered.chart
    part = Part(chart.name, chart.title, chart.question)
    if answered.error is not None:
        return replace(part, failed=True)
    if chart.number:
        text = "" if answered.number_is_hidden else show.measure(answered.number, chart.unit)
        return replace(part, number=Cell(text, answered.number_is_hidden, is_number=True))
    part = replace(
        part,
        heads=tuple(chart.column(name).title for name in answered.columns),
        rows=tuple(_row(answered, at, show) for at in range(min(len(answered.rows), ROWS_AT_MOST))),
        left_out=max(0, len(answered.rows) - ROWS_AT_MOST),
    )
    return _with_pictures(part, chart, answered.plot_rows(zone), show.language) if answered.rows else part


def _row(answered: Answer, at: int, show: Formats) -> tuple[Cell, ...]:
    cells = []
    for name in answered.columns:
        value, hidden = answered.rows[at][name], (at, name) in answered.hidden
        text = "" if hidden else show.measure(value, answered.chart.column(name).unit)
        cells.append(Cell(text, hidden, isinstance(value, int | float) or hidden))
    return tuple(cells)


def _with_pictures(part: Part, chart: Chart, rows: list[dict[str, Any]], language: str) -> Part:
    """The part with its picture for files and for mail programs; where there is little to draw, the table is enough."""
    if chart.vega is None or sum(not any(cell.hidden for cell in row) for row in part.rows) < 2:
        return part
    try:
        svg = charts.svg(chart.vega, rows, title=chart.title, description=chart.question, language=language)
        return replace(part, svg=svg, png=charts.png(chart.vega, rows, language=language))
    except NightlightError:
        return part


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
