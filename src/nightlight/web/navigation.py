"""The places people go to, in the order of the menu: each is shown only to those who may open it."""

from collections.abc import Callable
from dataclasses import dataclass

from nightlight.web.access import Person
from nightlight.web.site import Site


def asks(site: Site, person: Person) -> bool:
    """Whether somebody may ask for any purpose."""
    return bool(person.purposes)


def manages(site: Site, person: Person) -> bool:
    return site.may(person.name, "MANAGE", "CATALOG")


def reads_text(site: Site, person: Person) -> bool:
    """Whether somebody may read what was written in any conversation."""
    return bool(person.purposes) and site.may(person.name, "SELECT", "silver.messages.text")


@dataclass(frozen=True)
class Place:
    """An entry of the menu: its page, its word and what it is for (translated when shown), and to whom it is open."""

    url: str
    word: str
    what: str
    is_open: Callable[[Site, Person], bool]


PLACES: tuple[Place, ...] = (
    Place("/dashboards", "Dashboards", "How the line does, in numbers and pictures", asks),
    Place("/conversations", "Conversations", "Find and read conversations that are yours to read", reads_text),
    Place("/data", "Data", "What is in the tables, where it comes from, who may read it", asks),
    Place("/console", "Console", "Ask questions in SQL", asks),
    Place("/metrics", "Metrics", "What each measure means, and which are used", asks),
    Place("/admin", "Admin", "People, access, sources, audit", manages),
)


def places_for(site: Site, person: Person) -> list[Place]:
    """The entries of the menu that a person may open."""
    return [place for place in PLACES if place.is_open(site, person)]
