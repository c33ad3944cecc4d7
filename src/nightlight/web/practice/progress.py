"""One's own progress: skills over sessions, how sure somebody feels, certificates and what they ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from nightlight.dashboards.charts import svg
from nightlight.errors import NightlightError
from nightlight.languages import N_, translations
from nightlight.practice.certificates import certificates_of, evidence_for, list_rules
from nightlight.practice.efficacy import AFTER, BEFORE, MOST, list_efficacy, record_efficacy
from nightlight.practice.progress import Progress, progress_of
from nightlight.practice.study import list_studies
from nightlight.simulator.rubric_items import ITEMS
from nightlight.web.access import Person, PersonOf
from nightlight.web.languages import language_of
from nightlight.web.pages import render
from nightlight.web.practice.cards import cards_of
from nightlight.web.practice.own import PRACTISES
from nightlight.web.site import Site, SiteOf

router = APIRouter()
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]
FEWEST_DRAWN = 2  # one session is no course
SKILLS = {item.__name__: title for title, item in ITEMS.items()}
TASK_WORDS = {
    "rapport": N_("Begin a conversation so that a texter feels welcome"),
    "reflect": N_("Say back what a texter feels, without judging it"),
    "questions": N_("Ask open questions that help a texter to say more"),
    "risk": N_("Ask directly about suicide"),
    "ladder": N_("Find out how near the danger is"),
    "silence": N_("Stay calm when a texter is silent, angry or tests me"),
    "plan": N_("Work out a next step together with a texter"),
    "close": N_("Bring a conversation to a good close"),
}


@dataclass(frozen=True)
class Skill:
    """A skill's mean over the first and the last three sessions that assessed it, from 0 to 2."""

    title: str
    first: float
    last: float

    @property
    def course(self) -> str:
        change = self.last - self.first
        return N_("grew") if change > 0.2 else N_("fell") if change < -0.2 else N_("steady")


@router.get("/practice/progress", dependencies=[PRACTISES])
def progress_page(request: Request, site: SiteOf, person: PersonOf, kept: bool = False) -> HTMLResponse:
    return _page(request, site, person, kept=kept)


@router.post("/practice/progress/sureness", dependencies=[PRACTISES])
def feel_sure(
    request: Request, site: SiteOf, person: PersonOf, moment: Text = "", task: Texts = None, value: Texts = None
) -> Response:
    """How sure somebody feels of each task, 0 to 10; their trainer sees it too."""
    answers = {name: number(text) for name, text in zip(task or (), value or (), strict=False)}
    try:
        record_efficacy(site.home, person.name, moment, answers, clock=site.clock)
    except NightlightError as error:
        return _page(request, site, person, error=error)
    return RedirectResponse("/practice/progress?kept=true", 303)


def number(text: str) -> int:
    """A whole number somebody typed; -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1


def _page(
    request: Request, site: Site, person: Person, *, kept: bool = False, error: NightlightError | None = None
) -> HTMLResponse:
    progress = progress_of(site.home, person.name)
    sureness = list_efficacy(site.home, person.name)
    held = certificates_of(site.home, person.name)
    rules = list_rules(site.home)
    return render(
        request,
        "practice/progress.html",
        status=400 if error else 200,
        **progress_values(request, site, person, progress),
        sureness=sureness,
        tasks=TASK_WORDS,
        most=MOST,
        moment=AFTER if sureness else BEFORE,
        certificates=held,
        rules=rules,
        earned={rule.name for rule in rules if evidence_for(site.home, rule, person.name)},
        skills_by_item=SKILLS,
        kept=kept,
        has_studies=any(each.ended_at is None for each in list_studies(site.home)),
        error=error,
        teaches=site.may(person.name, "MANAGE", "app practice", at=person.revision),
    )


def progress_values(request: Request, site: Site, person: Person, progress: Progress) -> dict[str, Any]:
    """What the templates show of somebody's progress."""
    language = language_of(request, person)
    say = translations(language).gettext
    return {
        "points": progress.points,
        "skills": [
            Skill(SKILLS[item], progress.first[item], progress.last[item]) for item in SKILLS if item in progress.first
        ],
        "picture": picture(progress, say, language),
        "titles": {each.card.id: each.card.title for each in cards_of(site)},
    }


def picture(progress: Progress, say: Callable[[str], str], language: str) -> str:
    """The share of what a session's rubric asks that was shown, session by session; "" for fewer than two."""
    shares = [sum(point.items.values()) / (2 * len(point.items)) for point in progress.points if point.items]
    if len(shares) < FEWEST_DRAWN:
        return ""
    rows = [{"session": number, "share": share} for number, share in enumerate(shares, 1)]
    axis = {"tickMinStep": 1, "format": "d"}
    spec: dict[str, Any] = {
        "height": 200,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "session", "type": "quantitative", "title": say("Session"), "axis": axis},
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": {"format": "%", "tickCount": 4},
            },
        },
    }
    spec["encoding"]["x"]["scale"] = {"zero": False, "nice": False}
    described = say("The share of the skills that each session showed. The list of sessions below has their links.")
    return Markup(svg(spec, rows, title=say("Skills shown"), description=described, language=language))  # noqa: S704
