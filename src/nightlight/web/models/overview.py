"""All models at a glance: which version stands for what, what waits, how those in use do."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from nightlight.errors import NightlightError
from nightlight.operations.model_start import prepare_models
from nightlight.practice.live_checks import WINDOW, LiveCheck, live_checks
from nightlight.practice.wordings import followed_model
from nightlight.registry.rollout import COHORT, Rollout, rollout_in
from nightlight.registry.store import PROD, WORKSPACES
from nightlight.registry.stored import ALIASES, CHALLENGER, CHAMPION, PREVIOUS, ModelVersion
from nightlight.registry.versions import list_versions
from nightlight.settings import LABELLER
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.models.frame import may_decide, model_page, models_of
from nightlight.web.models.waiting import Waiting, waiting
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/models")


@dataclass(frozen=True)
class Shown:
    """A model and what stands for what in it; `live`: what its versions did in the last day, `unread`: why that cannot
    be said. `people`: who meets the version that is tried out; a cohort's name only for those who decide."""

    name: str
    versions: Sequence[ModelVersion]
    rollout: Rollout | None
    live: Sequence[LiveCheck]
    unread: NightlightError | None
    is_heard: bool
    people: str

    def held(self, workspace: str, alias: str) -> ModelVersion | None:
        found = [each for each in self.versions if each.workspace == workspace and alias in each.aliases]
        return found[0] if found else None

    def in_workspace(self, workspace: str) -> list[ModelVersion]:
        """The newest first."""
        return sorted((each for each in self.versions if each.workspace == workspace), key=lambda each: -each.version)

    @property
    def champion(self) -> ModelVersion | None:
        return self.held(PROD, CHAMPION)

    @property
    def waits(self) -> list[Waiting]:
        return waiting(self.versions, self.rollout)

    @property
    def problems(self) -> list[LiveCheck]:
        return [each for each in self.live if each.problems]

    @property
    def goes_back(self) -> list[str]:
        """The workspaces in which there is a version to go back to."""
        return [each for each in reversed(WORKSPACES) if self.held(each, CHAMPION) and self.held(each, PREVIOUS)]


def shown_models(site: Site, person: Person, names: Sequence[str], *, is_short: bool = False) -> list[Shown]:
    """These models as somebody sees them. `is_short`: without what they do while they are used."""
    versions = list_versions(site.home)
    live, unread = ([], None) if is_short else _live(site)
    heard = (LABELLER, followed_model(site.home.settings.wording))
    found = []
    for name in names:
        mine = [each for each in versions if each.name == name]
        challengers = (each for each in mine if each.workspace == PROD and CHALLENGER in each.aliases)
        rollout = rollout_in(next(challengers, None))
        about = [each for each in live if each.model == name]
        people = _people(rollout, may_decide(site, person, name)) if rollout else ""
        found.append(Shown(name, mine, rollout, about, unread, name in heard, people))
    return found


def _live(site: Site) -> tuple[list[LiveCheck], NightlightError | None]:
    """What models do while they are used; a slip in the bars takes no page away."""
    try:
        return live_checks(site.home, since=site.clock() - WINDOW), None
    except NightlightError as problem:
        return [], problem


def _people(rollout: Rollout, decides: bool) -> str:
    return rollout.people if decides or rollout.kind != COHORT else "a cohort"


@router.get("", dependencies=[SIGNED_IN])
def models_page(request: Request, site: SiteOf, person: PersonOf, done: str = "") -> HTMLResponse:
    models = shown_models(site, person, models_of(site, person))
    is_begun = any(model.versions for model in models)
    return model_page(request, "models.html", models=models, is_begun=is_begun, held_aliases=ALIASES, done=done)


@router.post("/first", dependencies=[SIGNED_IN])
def register_shipped(site: SiteOf, person: PersonOf) -> Response:
    """Register what came with the product, which `nightlight model list` does as well: once, some seconds."""
    models_of(site, person)
    prepare_models(site.home, clock=site.clock)
    return RedirectResponse("/models?done=prepared", 303)
