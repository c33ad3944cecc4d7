"""Where two annotators differ a third decides: only those messages are looked at, and the result is the final label."""

from dataclasses import dataclass

from nightlight.catalog.audit import Entry, append
from nightlight.conversations.labels import Author
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.quality.access import Clock, quality_changes
from nightlight.quality.annotation.access import check_reads_text, find_done, may_decide, no_set
from nightlight.quality.annotation.labels import Label
from nightlight.quality.annotation.store import (
    AnnotationSet,
    HeldMessage,
    Place,
    decisions_of,
    labels_of,
    messages_of,
    put_decision,
)
from nightlight.settings import Home

BEFORE, AFTER = 4, 2  # messages shown round one that is decided about


@dataclass(frozen=True)
class Pair:
    """A message with both labels. `decided`: what the third person said, None before, and where none is needed."""

    message: HeldMessage
    one: Label
    other: Label
    decided: Label | None

    @property
    def at(self) -> Place:
        return self.message.number, self.message.position

    @property
    def differing(self) -> tuple[str, ...]:
        """The axes on which the two differ."""
        return self.one.differs_from(self.other)

    @property
    def final(self) -> Label | None:
        """What both said, or was decided; None while it is open."""
        if self.differing:
            return self.decided
        return Label(self.one.phase, self.one.acts, self.one.risk, self.one.attributes)


@dataclass(frozen=True)
class OpenPair:
    """`round`: the messages round it, itself among them; `next_at`: the next one that nobody has decided about."""

    set: AnnotationSet
    pair: Pair
    round: tuple[HeldMessage, ...]
    may_decide: bool
    next_at: Place | None
    left: int

    @property
    def author(self) -> Author:
        return self.pair.message.author


def pairs(home: Home, name: str, *, by: str) -> tuple[AnnotationSet, list[Pair]]:
    """Every message of a set that both are done with, for its annotators and who manages quality."""
    with transaction(home.database_url) as connection:
        found = find_done(connection, name, by)
        one, other = (labels_of(connection, name, each.place) for each in found.annotators)
        decisions = decisions_of(connection, name)
        messages = messages_of(connection, name)
    made = []
    for message in messages:
        at = (message.number, message.position)
        made.append(Pair(message, one[at].label, other[at].label, decisions.get(at)))
    return found, made


def decides(home: Home, name: str, *, by: str) -> bool:
    """Whether somebody may decide about the differences of a set."""
    with transaction(home.database_url) as connection:
        found = find_done(connection, name, by)
        return found.closed_at is None and may_decide(connection, found, by)


def open_pair(home: Home, name: str, number: int, position: int, *, by: str) -> OpenPair:
    """One difference with its messages round it; the audit has it before the text is shown."""
    found, every = pairs(home, name, by=by)
    pair = next((each for each in every if each.at == (number, position) and each.differing), None)
    if pair is None:
        raise no_set()
    decides_too = decides(home, name, by=by)
    with transaction(home.database_url) as connection:
        check_reads_text(connection, found, by)
    statement = f"{name} {number} {position}"
    append(home, Entry("open annotation", by, found.purpose, "done", statement=statement))
    round_it = tuple(
        each.message
        for each in every
        if each.message.number == number and position - BEFORE <= each.message.position <= position + AFTER
    )
    left = [each.at for each in every if each.differing and each.decided is None]
    others = [at for at in left if at != pair.at]
    after = next((at for at in others if at > pair.at), others[0] if others else None)
    return OpenPair(found, pair, round_it, decides_too, after, len(left))


def decide(home: Home, name: str, number: int, position: int, label: Label, *, by: str, clock: Clock) -> None:
    """Say what is right about a message; a later decision takes the place of an earlier one."""
    at, now = (number, position), clock()
    entry = Entry("adjudicate", by, None, "done", statement=name, detail=f"{number} {position}")
    with quality_changes(home, entry) as connection:
        found = find_done(connection, name, by)
        if found.closed_at is not None or not may_decide(connection, found, by):
            raise NightlightError(
                "a third person decides, who manages quality and has not labelled the set", remedy="ask one of them"
            )
        one, other = (labels_of(connection, name, each.place).get(at) for each in found.annotators)
        if one is None or other is None or not one.label.differs_from(other.label):
            raise no_set()
        put_decision(connection, name, at, label, by=by, now=now)


def decided_count(every: list[Pair]) -> tuple[int, int]:
    """How many differences are decided, of how many."""
    differing = [each for each in every if each.differing]
    return sum(each.decided is not None for each in differing), len(differing)
