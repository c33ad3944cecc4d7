"""A person's own practice sessions: nobody else's is there for them, and no word of why."""

from typing import Any

from nightlight.errors import NightlightError
from nightlight.practice import sessions
from nightlight.practice.sessions import Practice
from nightlight.web.access import NotThere, Person, needs
from nightlight.web.site import Site

PRACTISES: Any = needs("EXECUTE", "app practice")
TEACHES: Any = needs("MANAGE", "app practice")


def own_practice(site: Site, person: Person, practice_id: str) -> Practice:
    """The person's own session; raises NotThere for anybody else's and for none."""
    try:
        return sessions.find_own(site.home, person.name, practice_id)
    except NightlightError:
        raise NotThere from None


def is_open(practice: Practice) -> bool:
    """Whether the session can go on."""
    return practice.ended_at is None and not practice.stopped
