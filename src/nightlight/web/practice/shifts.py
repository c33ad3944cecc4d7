"""One's own shifts: two or three played texters at once, each a practice session, on one clock."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from nightlight.languages import N_
from nightlight.practice import sessions
from nightlight.practice.sessions import Practice
from nightlight.simulator.feedback import Mode
from nightlight.simulator.shift import Shift
from nightlight.web.access import NotThere, Person
from nightlight.web.practice.cards import offered_cards
from nightlight.web.practice.own import is_open
from nightlight.web.site import Site

if TYPE_CHECKING:
    from datetime import datetime

ARRIVALS = (0, 60, 150)  # seconds into the shift at which its texters come
HERE, EXPECTED, PAUSED, ENDED = N_("here"), N_("not here yet"), N_("paused"), N_("ended")


@dataclass(frozen=True)
class Texter:
    """One texter of a shift as the list shows them: `waits` is for how long they have not heard back (None: they
    have), `late` for more than three minutes."""

    practice: Practice
    title: str
    state: str
    waits: float | None
    late: bool


@dataclass(frozen=True)
class ShiftNow:
    """A shift as it stands: its sessions under their ids, its clock, and its texters in the order of coming."""

    id: str
    shift: Shift
    at: float
    texters: tuple[Texter, ...]

    @property
    def is_over(self) -> bool:
        return not any(is_open(each.practice) for each in self.texters)


def begin_shift(site: Site, person: Person, *, texters: int, level: int, mode: Mode) -> str:
    """Begin as many sessions as asked for, with texters drawn by lot; returns the shift's id."""
    offered = [each.card.id for each in offered_cards(site, person) if each.card.difficulty <= level]
    chosen = secrets.SystemRandom().sample(offered, min(texters, len(offered), len(ARRIVALS)))
    shift, now = secrets.token_urlsafe(9), site.clock()
    for card, arrival in zip(chosen, ARRIVALS, strict=False):
        at = now + timedelta(seconds=arrival)
        sessions.begin(site.home, person.name, card, mode=mode, shift=shift, clock=lambda at=at: at)  # type: ignore[misc]
    return shift


def own_shifts(site: Site, person: Person) -> dict[str, list[Practice]]:
    """Somebody's shifts by id, the newest first; those that were stopped are left out."""
    found: dict[str, list[Practice]] = {}
    for practice in sessions.list_practices(site.home, person.name):
        if practice.shift and not practice.stopped:
            found.setdefault(practice.shift, []).append(practice)
    return found


def shift_now(site: Site, person: Person, shift: str) -> ShiftNow:
    """Raises NotThere where the person has no such shift."""
    practices = sorted(own_shifts(site, person).get(shift, []), key=lambda each: each.began_at)
    if not practices:
        raise NotThere
    began = practices[0].began_at
    played = {each.id: sessions.resume(site.home, each) for each in practices}
    # What was paused has come later, as far as the shift's clock goes.
    starts = {each.id: (each.began_at - began).total_seconds() + each.paused_seconds for each in practices}
    found = Shift(played, starts)
    now = site.clock()
    at = (now - began).total_seconds()
    waiting = {each.texter: each for each in found.waiting(at)}
    texters = [
        Texter(
            each,
            played[each.id].card.title,
            _state(each, now),
            waiting[each.id].seconds if each.id in waiting and each.paused_at is None else None,
            each.id in waiting and each.paused_at is None and waiting[each.id].late,
        )
        for each in practices
    ]
    return ShiftNow(shift, found, at, tuple(texters))


def let_silences_pass(site: Site, now: ShiftNow) -> None:
    """Let texters who have waited long enough say so, whichever chat stands on the screen."""
    practices = {each.practice.id: each.practice for each in now.texters}
    for due in now.shift.next(now.at):
        practice = practices[due.texter]
        if is_open(practice) and practice.paused_at is None:
            number = now.shift.sessions[due.texter].turns[-1].number
            sessions.record(site.home, practice, due.event, key=silence_key(number), clock=site.clock)


def silence_key(turn: int) -> str:
    """The key of the silence after a turn: whoever reports it, it is one."""
    return f"silence after {turn}"


def _state(practice: Practice, now: "datetime") -> str:
    if not is_open(practice):
        return ENDED
    if practice.paused_at is not None:
        return PAUSED
    return EXPECTED if practice.began_at > now else HERE
