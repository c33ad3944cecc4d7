"""Which labeller works, and how labels and their certainty move by week, for those who manage quality."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from nightlight.conversations.labels import CounselorAct, Phase
from nightlight.dashboards.charts import svg
from nightlight.errors import NightlightError
from nightlight.languages import N_, translations
from nightlight.quality.access import Reach
from nightlight.quality.drift import ALERT, FEWEST_CONVERSATIONS, WATCH, Level, Week, choose_reference, drift
from nightlight.quality.label_weeks import AXES
from nightlight.quality.labeller_record import labeller_record
from nightlight.web.access import Person, PersonOf
from nightlight.web.languages import language_of
from nightlight.web.quality import words
from nightlight.web.quality.frame import MANAGES, quality_page
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/quality/drift")
AXIS_WORDS = {
    "phase": N_("Phases"),
    "acts": N_("Acts"),
    "risk": N_("Risk"),
    "confidence": N_("How sure of phases"),
    "read": N_("Could be read"),
}
LEVEL_WORDS = {
    Level.STEADY: N_("as before"),
    Level.WATCH: N_("watch"),
    Level.ALERT: N_("moved"),
    Level.FEW: N_("too few to say"),
    Level.NONE: "–",
}
FIGURE_WORDS = {
    "acts_exact": N_("of first acts are right"),
    "rungs_recall": N_("of questions about risk are found"),
    "rungs_precision": N_("of the questions about risk it finds are ones"),
    "alarm_recall": N_("of high risk is found when 5 % of everyday messages alarm"),
}
SOURCE_WORDS = {"line": N_("From the line's tables"), "live": N_("Sent live")}
FEWEST_DRAWN = 3  # weeks
MOST_SHARES = 12
Text = Annotated[str, Form()]


@router.get("", dependencies=[MANAGES])
def drift_page(request: Request, site: SiteOf, person: PersonOf, source: str = "", axis: str = "phase") -> HTMLResponse:
    return _page(request, site, person, source, axis)


@router.post("/reference", dependencies=[MANAGES])
def compare_with(
    request: Request, site: SiteOf, person: PersonOf, source: Text = "", first: Text = "", last: Text = ""
) -> Response:
    """Compare with these weeks from now on."""
    try:
        choose_reference(site.home, source, _day(first), _day(last), by=_all(person), clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, source, "phase", error)
    return RedirectResponse(f"/quality/drift?{urlencode({'source': source})}", 303)


def _page(
    request: Request, site: Site, person: Person, source: str, axis: str, error: NightlightError | None = None
) -> HTMLResponse:
    found = drift(site.home, by=_all(person), clock=site.clock, source=source)
    axis = axis if axis in AXES else "phase"
    language = language_of(request, person)
    return quality_page(
        request,
        "drift.html",
        "/quality/drift",
        error=error,
        drift=found,
        record=labeller_record(site.home, by=_all(person)),
        figures=FIGURE_WORDS,
        axis=axis,
        axes=AXIS_WORDS,
        levels=LEVEL_WORDS,
        sources=SOURCE_WORDS,
        labels=_labels(found.weeks, axis),
        label_word=label_word,
        picture=picture(found.weeks, axis, translations(language).gettext, language),
        limits={"watch": WATCH, "alert": ALERT, "conversations": FEWEST_CONVERSATIONS},
    )


def _all(person: Person) -> Reach:
    """Whoever manages quality sees all teams'; counts of labels name none."""
    return Reach(person.name, all=True)


def label_word(axis: str, label: str) -> str:
    """A label as people read it."""
    if axis == "phase":
        return words.PHASES[Phase(label)]
    if axis == "acts":
        return words.ACTS[CounselorAct(label)]
    if axis == "risk":
        return f"{label} {words.RISKS[int(label)]}"
    return f"{label} – {int(label[-1]) / 10 + 0.1:.1f}" if axis == "confidence" else label


def picture(weeks: Sequence[Week], axis: str, say: Callable[[str], str], language: str) -> str:
    """The index of an axis week by week, with the two limits; "" where there is little to draw."""
    told = [(week, moved.psi) for week in weeks if (moved := week.moved[axis]).psi is not None]
    if len(told) < FEWEST_DRAWN:
        return ""
    rows = [{"week": str(week.week), "psi": psi} for week, psi in told]
    x = {"field": "week", "type": "temporal", "title": None, "axis": {"format": "%b %d", "tickCount": 6}}
    y = {"field": "psi", "type": "quantitative", "title": say("PSI")}
    limits = [
        {"mark": {"type": "rule", "strokeDash": [5, 4]}, "encoding": {"y": {"datum": limit}}}
        for limit in (WATCH, ALERT)
    ]
    spec: dict[str, Any] = {
        "height": 200,
        "layer": [{"mark": {"type": "line", "point": True}, "encoding": {"x": x, "y": y}}, *limits],
    }
    described = say(
        "How far each week is from the reference. The dashed lines are the limits; the table says the same."
    )
    return Markup(svg(spec, rows, title=say("Moved by week"), description=described, language=language))  # noqa: S704


def _labels(weeks: Sequence[Week], axis: str) -> list[str]:
    """The labels of an axis; of many, those that are seen most."""
    seen: dict[str, float] = {}
    for week in weeks:
        for label, share in week.shares[axis].items():
            seen[label] = max(seen.get(label, 0.0), share)
    most = sorted(seen, key=lambda label: -seen[label])[:MOST_SHARES]
    order = [str(phase) for phase in Phase]
    return (
        sorted(most, key=lambda label: (order.index(label) if label in order else 0, label)) if axis != "acts" else most
    )


def _day(text: str) -> date:
    """A day as forms send it; raises NightlightError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NightlightError("a week is missing", remedy="choose the first and the last week") from None
