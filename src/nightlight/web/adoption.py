"""Adoption: whether data is used and how fast it gets to people, for those who look after the platform."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from nightlight.dashboards.charts import svg
from nightlight.dashboards.files import read_dashboards
from nightlight.errors import NightlightError
from nightlight.operations.adoption import LOOKED_BACK, Adoption, measure_adoption
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.site import Site, SiteOf

router = APIRouter()
FEW = 3  # so few people are not told apart: a number would name them


def may_see_adoption(site: Site, person: Person) -> bool:
    """Those who manage the catalog, and those who may read how the platform does."""
    return site.may(person.name, "MANAGE", "CATALOG") or site.may(person.name, "SELECT", "schema ops")


@router.get("/metrics/adoption", dependencies=[SIGNED_IN])
def adoption(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    if not may_see_adoption(site, person):
        raise NotThere
    known = read_dashboards(site.home.dashboards)
    titles = {name: each.title for name, each in known.items() if not isinstance(each, NightlightError)}
    found = measure_adoption(site.home, known, now=site.clock())
    return render(
        request,
        "metrics/adoption.html",
        found=found,
        pictures={"active": _active(found), "runs": _runs(found)},
        titles=titles,
        days=LOOKED_BACK.days,
        few=FEW,
    )


WEEK = {"field": "week", "type": "ordinal", "title": "Week from", "axis": {"labelAngle": 0}}
OUTCOMES = ("went well", "failed")


def _active(found: Adoption) -> Markup:
    """All active people by week; a bar of so few that it would name them is left out, as in the table."""
    counted = zip(found.weeks, found.people, strict=True)
    rows = [{"week": f"{week:%m-%d}", "people": None if 0 < number < FEW else number} for week, number in counted]
    if not any(row["people"] for row in rows):
        return Markup()
    y = {"field": "people", "type": "quantitative", "title": "People", "axis": {"tickMinStep": 1}}
    return _picture({"mark": "bar", "encoding": {"x": WEEK, "y": y}}, rows, "People active by week")


def _runs(found: Adoption) -> Markup:
    """Runs and updates by week, those that failed on top of the others."""
    rows = []
    for each in found.runs:
        failed = each.runs_failed + each.updates_failed
        counts = (each.runs + each.updates - failed, failed)
        rows += [
            {"week": f"{each.week:%m-%d}", "outcome": outcome, "order": order, "number": count}
            for order, (outcome, count) in enumerate(zip(OUTCOMES, counts, strict=True))
        ]
    if not any(row["number"] for row in rows):
        return Markup()
    encoding = {
        "x": WEEK,
        "y": {"field": "number", "type": "quantitative", "title": "Runs and updates", "axis": {"tickMinStep": 1}},
        "color": {"field": "outcome", "type": "nominal", "title": None, "sort": list(OUTCOMES)},
        "order": {"field": "order"},
    }
    return _picture({"mark": "bar", "encoding": encoding}, rows, "Runs and updates by week")


def _picture(spec: Mapping[str, Any], rows: list[dict[str, Any]], title: str) -> Markup:
    try:
        drawn = svg({**spec, "height": 180}, rows, title=title, description="The table below has its values.")
    except NightlightError:  # the tables say it all
        return Markup()
    return Markup(drawn)  # noqa: S704  # only shapes pass `charts.svg`
