"""Practice sessions of people: begun, continued event by event, resumed after a lost connection, ended.

What is stored are the events with their labels; the conversation is played again from them, so nothing is lost and
nothing that happened changes when labeller or card get a new version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nightlight.conversations.labels import Outcome
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Event, Session, Turn


@dataclass(frozen=True)
class Practice:
    """A session as it is stored. `kind`: practice or assessment (feedback off, criteria fixed at its beginning);
    `shift`, `assignment`: what it belongs to ("" = nothing); `stopped`: the person stopped it, which counts for
    nothing."""

    id: str
    person: str
    card: str
    card_version: int
    kind: str
    mode: Mode
    seed: int
    wording: str
    labeller: str
    shift: str
    assignment: str
    began_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    stopped: bool


def begin(
    home: Home,
    person: str,
    card: str,
    *,
    mode: Mode,
    kind: str = "practice",
    assignment: str = "",
    shift: str = "",
    seed: int | None = None,
    clock: Callable[[], datetime],
) -> Practice:
    """Begin a session; raises NightlightError for an unknown, unapproved or expired card and past the daily cap."""
    raise NotImplementedError


def find_practice(home: Home, practice_id: str) -> Practice:
    """Raises NightlightError when there is none of this id."""
    raise NotImplementedError


def resume(home: Home, practice: Practice) -> Session:
    """The session as it stands after all its stored events."""
    raise NotImplementedError


def record(home: Home, practice: Practice, event: Event, *, key: str, clock: Callable[[], datetime]) -> Turn:
    """Play an event and store it; `key` is the sender's own for this event: sent twice, it counts once."""
    raise NotImplementedError
