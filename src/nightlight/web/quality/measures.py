"""What flags are worth: precision at what is reviewed, false alarms, lead, recovery, what chance would have found."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from nightlight.dashboards.charts import svg
from nightlight.languages import translations
from nightlight.quality.flags.rules import RULE
from nightlight.quality.intervals import FEWEST
from nightlight.quality.measures import WEEKS, Measured, measure
from nightlight.quality.worth import compare
from nightlight.web.access import PersonOf
from nightlight.web.languages import language_of
from nightlight.web.quality.frame import EXECUTES, quality_page, reach_of
from nightlight.web.site import SiteOf

router = APIRouter()
FEWEST_DRAWN = 2  # weeks: one is no course


@router.get("/quality/measures", dependencies=[EXECUTES])
def measures_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    by = reach_of(site, person)
    found = measure(site.home, by=by, clock=site.clock)
    language = language_of(request, person)
    return quality_page(
        request,
        "measures.html",
        "/quality/measures",
        measures=found,
        worth=compare(site.home, by=by, clock=site.clock),
        weeks=WEEKS,
        fewest=FEWEST,
        rules=RULE,
        days={each.name: date.fromisoformat(each.name) for each in found.weeks},
        picture=picture(found.weeks, translations(language).gettext, language),
    )


def picture(weeks: Sequence[Measured], say: Callable[[str], str], language: str) -> str:
    """The share confirmed week by week with its interval; "" for fewer than two weeks of which it can be told."""
    told = [each for each in weeks if each.precision.is_told]
    if len(told) < FEWEST_DRAWN:
        return ""
    shares = ((each.name, each.precision) for each in told)
    rows = [{"week": week, "share": each.value, "low": each.low, "high": each.high} for week, each in shares]
    y: dict[str, Any] = {
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "tickCount": 4},
    }
    x = {"field": "week", "type": "temporal", "title": None, "axis": {"format": "%b %d", "tickCount": 6}}
    spec: dict[str, Any] = {
        "height": 200,
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "rule"}, "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 70}, "encoding": {"y": {**y, "field": "share"}}},
        ],
    }
    described = say("The share of decided flags that were confirmed, week by week. The table below says the same.")
    return Markup(svg(spec, rows, title=say("Confirmed by week"), description=described, language=language))  # noqa: S704
