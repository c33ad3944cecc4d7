"""Home: what waits for somebody, the dashboards they may open, and the way to everything else."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.catalog.approvals import open_for
from nightlight.dashboards.definition import Dashboard
from nightlight.db import transaction
from nightlight.languages import NN_
from nightlight.pipelines.health import read_health
from nightlight.practice.assignments import offered_to
from nightlight.practice.sessions import list_practices
from nightlight.web.access import SIGNED_IN, Person, PersonOf
from nightlight.web.accounts.account import lacks_second_factor
from nightlight.web.dashboards import viewable_dashboards
from nightlight.web.navigation import manages, practises
from nightlight.web.pages import render
from nightlight.web.practice.own import is_open
from nightlight.web.site import Site, SiteOf

router = APIRouter()


@dataclass(frozen=True)
class Task:
    """Something that waits for this person: `one` and `many` are sentences with %(n)s, told by `count`."""

    url: str
    one: str
    many: str
    count: int


@router.get("/", dependencies=[SIGNED_IN])
def home(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return render(request, "home.html", tasks=tasks_of(site, person), dashboards=dashboards_of(site, person))


def dashboards_of(site: Site, person: Person) -> list[Dashboard]:
    """The dashboards that a person may open; broken files are told on the page of all dashboards."""
    return [each for each in viewable_dashboards(site, person).values() if isinstance(each, Dashboard)]


def tasks_of(site: Site, person: Person) -> list[Task]:
    """What waits, the most urgent first."""
    tasks = []
    if manages(site, person):
        failing = sum(health.is_failing for health in read_health(site.lake).values())
        tasks += [
            Task(
                "/admin",
                *NN_("%(n)s dataset failed in its last update", "%(n)s datasets failed in their last update"),
                failing,
            ),
            Task(
                "/account/second-factor",
                *NN_(
                    "Add a second factor: you may change who reads what",
                    "Add a second factor: you may change who reads what",
                ),
                int(lacks_second_factor(site, person)),
            ),
        ]
    if practises(site, person):
        assigned = sum(not each.is_done for each in offered_to(site.home, person.name))
        tasks.append(Task("/practice", *NN_("%(n)s assignment to practise", "%(n)s assignments to practise"), assigned))
        begun = sum(is_open(practice) for practice in list_practices(site.home, person.name))
        tasks.append(
            Task(
                "/practice",
                *NN_("%(n)s practice is begun: go on when you like", "%(n)s practices are begun: go on when you like"),
                begun,
            )
        )
    with transaction(site.url) as connection:
        waiting = len(open_for(connection, person.name))
    tasks.append(
        Task(
            "/requests",
            *NN_("%(n)s request for access waits for you", "%(n)s requests for access wait for you"),
            waiting,
        )
    )
    return [task for task in tasks if task.count]
