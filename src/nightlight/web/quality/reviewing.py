"""Who is looking at which conversation since when: an opening lasts as long as its sign-in, for some hours at most.

It is measured here how long a decision took. Whether somebody may read is asked anew at each look."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from nightlight.catalog.purposes import allowed_purposes
from nightlight.db import transaction
from nightlight.quality.access import KINDS
from nightlight.web.access import Person
from nightlight.web.site import Site

KEPT_FOR, KEPT_AT_MOST = timedelta(hours=4), 2000


@dataclass(frozen=True)
class Look:
    """`since`: when somebody began to look, or decided about the last flag; `purpose`: for which its text was opened
    (at `opened_at`), "" while it is not."""

    since: datetime
    purpose: str = ""
    opened_at: datetime | None = None

    def at(self, now: datetime) -> "Look":
        """The same some time later: begun anew, or closed, where it is too long ago."""
        if now - self.since > KEPT_FOR:
            return Look(now)
        is_over = self.opened_at is not None and now - self.opened_at > KEPT_FOR
        return replace(self, purpose="", opened_at=None) if is_over else self


@dataclass
class Looks:
    _kept: OrderedDict[tuple[str, str, str], Look] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def look(self, site: Site, person: Person, conversation: str) -> Look:
        """Begin to look, or go on."""
        return self._put(site, person, conversation, lambda look: look)

    def open(self, site: Site, person: Person, conversation: str, purpose: str) -> None:
        """From now on the text is shown, for this purpose."""
        now = site.clock()
        self._put(site, person, conversation, lambda look: replace(look, purpose=purpose, opened_at=now))

    def close(self, site: Site, person: Person, conversation: str) -> None:
        self._put(site, person, conversation, lambda look: replace(look, purpose=""))

    def seconds(self, site: Site, person: Person, conversation: str) -> float | None:
        """How long somebody has been looking; None where nothing is known of it."""
        now = site.clock()
        with self._lock:
            look = self._kept.get(_key(site, person, conversation))
        return None if look is None or now - look.since > KEPT_FOR else (now - look.since).total_seconds()

    def decide(self, site: Site, person: Person, conversation: str) -> None:
        """A decision was made: the next one is measured from here."""
        now = site.clock()
        self._put(site, person, conversation, lambda look: replace(look, since=now))

    def _put(self, site: Site, person: Person, conversation: str, change: Callable[[Look], Look]) -> Look:
        now, key = site.clock(), _key(site, person, conversation)
        with self._lock:
            self._kept[key] = changed = change(self._kept.get(key, Look(now)).at(now))
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_AT_MOST:
                self._kept.popitem(last=False)
        return changed


LOOKS = Looks()


def purposes_to_open(site: Site, person: Person) -> dict[str, str]:
    """For what somebody may open a text, and why there is such a purpose; the nearest first."""
    with transaction(site.url) as connection:
        mine = [each for each in allowed_purposes(connection, person.name) if each["kind"] in KINDS]
    return {each["name"]: each["why"] for each in sorted(mine, key=lambda each: KINDS.index(each["kind"]))}


def _key(site: Site, person: Person, conversation: str) -> tuple[str, str, str]:
    return str(site.home.root), person.session or person.name, conversation
