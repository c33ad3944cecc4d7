"""One model: what speaks, who was champion when, how it does, its versions and its story."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.errors import NightlightError
from nightlight.labelling.serving import in_use
from nightlight.registry.history import history
from nightlight.registry.rollout import COHORT, KINDS, NOT_SPOKEN, PERCENTAGE, SHADOW
from nightlight.registry.store import PROD
from nightlight.registry.stored import ALIASES, CHALLENGER
from nightlight.registry.tenure import tenures
from nightlight.settings import LABELLER
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.models.frame import check_sees, deciders, may_decide, model_page
from nightlight.web.models.overview import shown_models
from nightlight.web.models.story import names_people, sentence
from nightlight.web.models.timeline import timeline
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/models")
SHORT_STORY = 12


@router.get("/{name}", dependencies=[SIGNED_IN])
def model_about(
    request: Request, site: SiteOf, person: PersonOf, name: str, done: str = "", story: str = ""
) -> HTMLResponse:
    check_sees(site, person, name)
    return show_model(request, site, person, name, done=done, is_whole=story == "whole")


def show_model(
    request: Request,
    site: Site,
    person: Person,
    name: str,
    *,
    error: NightlightError | None = None,
    status: int = 400,
    is_whole: bool = False,
    **values: Any,
) -> HTMLResponse:
    (model,) = shown_models(site, person, [name])
    events = history(site.home, name)[::-1]
    held = tenures(site.home, name)
    return model_page(
        request,
        "model.html" if model.versions else "none.html",
        error=error,
        status=status,
        model=model,
        decides=may_decide(site, person, name),
        deciders=deciders(site, name),
        held_aliases=ALIASES,
        tenures=held[::-1],
        timeline=timeline(held, site.clock()),
        challenger=model.held(PROD, CHALLENGER),
        problem=in_use(site.home).problem if name == LABELLER and model.versions else None,
        is_spoken=name not in NOT_SPOKEN,
        kinds=KINDS,
        kind_of={"shadow": SHADOW, "cohort": COHORT, "percentage": PERCENTAGE},
        events=events if is_whole else events[:SHORT_STORY],
        more=0 if is_whole else max(0, len(events) - SHORT_STORY),
        sentence=sentence,
        names_people=names_people,
        **values,
    )
