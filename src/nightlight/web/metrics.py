"""The measures: what each means, whose it is, its value as whoever looks may see it, and where it is used.

A measure of a table that somebody may not read is not there for them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.dashboards.definition import Dashboard
from nightlight.dashboards.files import read_dashboards
from nightlight.errors import NightlightError
from nightlight.operations.metrics import Metric, dashboards_using, definitions, notebooks_using, read_metrics
from nightlight.settings import Home
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.adoption import may_see_adoption
from nightlight.web.dashboards import viewable_dashboards
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()
AT_ONCE, PERIODS = 2, 13


@dataclass(frozen=True)
class Value:
    """What a measure is worth in one period."""

    period: Any
    value: float


@dataclass(frozen=True)
class Shown:
    """A measure as one person sees it: its values, the newest first, or the line that says why there are none."""

    metric: Metric
    values: list[Value]
    refusal: str
    dashboards: list[Dashboard]
    notebooks: list[str]
    definition: str  # the SQL that fills its table, for those who may read all that it reads

    @property
    def trend(self) -> str:
        """ "better", "worse" or "same" than in the period before; "" where there is none, or no better."""
        if len(self.values) < 2 or not self.metric.good:
            return ""
        change = self.values[0].value - self.values[1].value
        if change == 0:
            return "same"
        return "better" if (change > 0) == (self.metric.good == "up") else "worse"

    @property
    def meets_target(self) -> bool | None:
        """Whether the newest value is at its target or beyond it; None where there is no target, or no value."""
        metric = self.metric
        if metric.target is None or not metric.good or not self.values:
            return None
        value = self.values[0].value
        return value >= metric.target if metric.good == "up" else value <= metric.target


@router.get("/metrics", dependencies=[SIGNED_IN])
def metrics(request: Request, site: SiteOf, person: PersonOf, purpose: str = "") -> HTMLResponse:
    manages = site.may(person.name, "MANAGE", "CATALOG")
    chosen = purpose if purpose in person.purposes else next(iter(person.purposes), "")
    return render(
        request,
        "metrics/metrics.html",
        shown=_shown(site, person, chosen, manages=manages),
        purpose=chosen,
        broken=broken_files(site.home) if manages else [],
        manages=manages,
        sees_adoption=may_see_adoption(site, person),
    )


def broken_files(home: Home) -> list[NightlightError]:
    """What is wrong with the files of measures and dashboards, a line for each that cannot be read."""
    found = [*read_metrics(home.metrics).values(), *read_dashboards(home.dashboards).values()]
    return [each for each in found if isinstance(each, NightlightError)]


def _shown(site: Site, person: Person, purpose: str, *, manages: bool) -> list[Shown]:
    readable = frozenset(site.broker.decisions.visible_tables(person.name))
    known = [each for each in read_metrics(site.home.metrics).values() if isinstance(each, Metric)]
    mine = [metric for metric in known if metric.tables <= readable]
    open_to_me = viewable_dashboards(site, person)
    written = definitions(site.home.pipelines)

    def show(metric: Metric) -> Shown:
        values, refusal = _ask(site, person, purpose, metric)
        definition = written.get(metric.table)
        is_mine = definition is not None and (manages or definition.reads <= readable)
        return Shown(
            metric,
            values,
            refusal,
            dashboards_using(metric, open_to_me),
            notebooks_using(metric, site.home.notebooks) if manages else [],
            definition.text if definition is not None and is_mine else "",
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(show, mine), key=lambda shown: shown.metric.title.lower())


def _ask(site: Site, person: Person, purpose: str, metric: Metric) -> tuple[list[Value], str]:
    try:
        result = site.broker.sql(metric.sql, principal=person.name, purpose=purpose or None, action="metric")
        return _values(metric, result.table.slice(0, PERIODS).to_pylist()), ""
    except NightlightError as error:
        return [], str(error)


def _values(metric: Metric, rows: list[dict[str, Any]]) -> list[Value]:
    found = []
    for row in rows:
        if "value" not in row or "period" not in row:
            raise NightlightError(f"the SQL of '{metric.name}' gives no period and value", remedy="name them so")
        if row["value"] is not None:
            try:
                value = float(row["value"])
            except (TypeError, ValueError):
                raise NightlightError(f"the value of '{metric.name}' is no number") from None
            period = row["period"]
            is_midnight = isinstance(period, datetime) and (period.hour, period.minute) == (0, 0)
            found.append(Value(date(period.year, period.month, period.day) if is_midnight else period, value))
    return found
