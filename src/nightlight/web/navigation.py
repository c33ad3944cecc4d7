"""The places people go to, in the order of the menu: each is shown only to those who may open it."""

from collections.abc import Callable
from dataclasses import dataclass

from nightlight.catalog.workspaces import list_workspaces
from nightlight.languages import N_
from nightlight.operations.report_files import read_reports, reports_of
from nightlight.settings import LABELLER, LLAMA, POCKET
from nightlight.web.access import Person
from nightlight.web.site import Site

MODELS = (POCKET, LLAMA, LABELLER)


def asks(site: Site, person: Person) -> bool:
    """Whether somebody may ask for any purpose."""
    return bool(person.purposes)


def manages(site: Site, person: Person) -> bool:
    return site.may(person.name, "MANAGE", "CATALOG", at=person.revision)


def reads_text(site: Site, person: Person) -> bool:
    """Whether somebody may read what was written in any conversation."""
    return bool(person.purposes) and site.may(person.name, "SELECT", "silver.messages.text", at=person.revision)


def gets_reports(site: Site, person: Person) -> bool:
    """Whether reports are sent to somebody, answered as them, or theirs to look after."""
    return bool(reports_of(site.home.reports, person.name)) or (
        manages(site, person) and bool(read_reports(site.home.reports))
    )


def practises(site: Site, person: Person) -> bool:
    return site.may(person.name, "EXECUTE", "app practice", at=person.revision)


def reviews_quality(site: Site, person: Person) -> bool:
    return site.may(person.name, "EXECUTE", "app quality", at=person.revision)


def writes_roleplays(site: Site, person: Person) -> bool:
    return site.may(person.name, "EXECUTE", "app studio", at=person.revision)


def shares_notebooks(site: Site, person: Person) -> bool:
    """Whether any workspace is open to somebody."""
    workspaces = [f"workspace {workspace.name}" for workspace in list_workspaces(site.url)]
    return bool(site.granted(person.name, "EXECUTE", workspaces, at=person.revision))


def sees_models(site: Site, person: Person) -> bool:
    """Whether somebody may use or decide on one of the models there are without anybody's doing."""
    securables = [f"model {name}" for name in MODELS]
    return any(
        site.granted(person.name, privilege, securables, at=person.revision) for privilege in ("EXECUTE", "MANAGE")
    )


@dataclass(frozen=True)
class Place:
    """An entry of the menu: its page, its word and what it is for (translated when shown), and to whom it is open."""

    url: str
    word: str
    what: str
    is_open: Callable[[Site, Person], bool]


PLACES: tuple[Place, ...] = (
    Place("/practice", N_("Practice"), N_("Hard conversations with a played texter, without harm"), practises),
    Place("/studio", N_("Studio"), N_("Cards and role-plays: write, test, review, approve"), writes_roleplays),
    Place("/quality", N_("Quality"), N_("Conversations that stand out, and why"), reviews_quality),
    Place("/dashboards", N_("Dashboards"), N_("How the line does, in numbers and pictures"), asks),
    Place("/reports", N_("Reports"), N_("What is sent by mail, to whom and when"), gets_reports),
    Place("/conversations", N_("Conversations"), N_("Find and read conversations that are yours to read"), reads_text),
    Place("/data", N_("Data"), N_("What is in the tables, where it comes from, who may read it"), asks),
    Place("/console", N_("Console"), N_("Ask questions in SQL"), asks),
    Place("/notebooks", N_("Notebooks"), N_("Work together in Python"), shares_notebooks),
    Place("/models", N_("Models"), N_("Which model speaks, why it was let in, how to take it back"), sees_models),
    Place("/metrics", N_("Metrics"), N_("What each measure means, and which are used"), asks),
    Place("/admin", N_("Admin"), N_("People, access, sources, audit"), manages),
)


def places_for(site: Site, person: Person) -> list[Place]:
    """The entries of the menu that a person may open."""
    return [place for place in PLACES if place.is_open(site, person)]
