"""Sessions in this process as far as they have been played, so that a message does not play all before it again.

Only a cache: what counts is stored, and a session that another process has continued catches up first."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from nightlight.catalog.history import database_errors
from nightlight.conversations.card_form import examine_card
from nightlight.conversations.corpus import card_files, shipped_corpus
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.labelling.serving import labeller_in_use, labeller_of
from nightlight.practice import store
from nightlight.practice.cards import find_played_card
from nightlight.practice.heard import Heard
from nightlight.practice.store import Practice
from nightlight.practice.wordings import wording_of
from nightlight.settings import Home
from nightlight.simulator.session import Event, Said, Session, Turn

KEPT = 256


class Playing:
    """One session and the turn each sender's key led to; used by one thread at a time."""

    def __init__(self, practice: Practice, session: Session) -> None:
        self.id, self.session, self.lock = practice.id, session, Lock()
        self.stored = len(session.turns) - 1
        self.numbers: dict[str, int] = {}
        self.heard = Heard(session.wording)
        """What the newest turn asked of its model."""

    def catch_up(self, home: Home) -> None:
        """Forget what was not stored and play what others stored."""
        with database_errors(), transaction(home.database_url) as connection:
            newer = store.events_of(connection, self.id, after=self.stored)
        self.forget()
        for each in newer:
            turn = self.session.handle(each.event, labels=each.labels, words=each.words)
            if each.replies is not None:  # what was said stays said, whatever the engine would say today
                self.session.turns[-1] = replace(turn, replies=each.replies, outcome=each.outcome)
            self.numbers[each.key] = self.stored = each.number

    def forget(self) -> None:
        """Leave what was played but not stored."""
        del self.session.turns[self.stored + 1 :]

    def keep(self, turn: Turn, key: str) -> None:
        """The turn is stored."""
        self.numbers[key] = self.stored = turn.number

    def handle(self, event: Event) -> Turn:
        """Play it; an event that was sent before the newest one but comes after it happens at its time."""
        newest, wording = self.session.turns[-1].event, self.session.wording
        self.session.wording = self.heard = Heard(wording)
        try:
            return self.session.handle(replace(event, at=max(event.at, newest.at if newest else 0.0)))
        finally:
            self.session.wording = wording

    def check_goes_on(self, practice: Practice) -> None:
        if practice.ended_at is not None or self.session.outcome is not None:
            raise NightlightError("this practice session has ended", remedy="look at its debrief, or begin another")
        if practice.paused_at is not None:
            raise NightlightError("this practice session is paused", remedy="continue it first")

    def copy(self) -> Session:
        """The session as it stands; what is done with it changes nothing here."""
        return self.session.fork(len(self.session.turns))


class _Sessions:
    def __init__(self) -> None:
        self.lock = Lock()
        self.found: OrderedDict[tuple[str, str], Playing] = OrderedDict()

    def remember(self, home: Home, practice: Practice, session: Session) -> Playing:
        """Keep a session whose turns are all stored, unless another thread has kept it meanwhile."""
        key = (str(home.root), practice.id)
        with self.lock:
            known = self.found.setdefault(key, Playing(practice, session))
            self.found.move_to_end(key)
            while len(self.found) > KEPT:
                self.found.popitem(last=False)
        return known

    @contextmanager
    def of(self, home: Home, practice: Practice) -> Iterator[Playing]:
        """The session with all its stored events, for one thread; others wait."""
        key = (str(home.root), practice.id)
        with self.lock:
            known = self.found.get(key)
        if known is None:
            played = find_played_card(home, practice.card, practice.card_version)
            session = Session(
                played.card,
                seed=practice.seed,
                labeller=labeller_of(home, practice.labeller).counselor,
                wording=wording_of(home, practice.wording),
                principles=played.principles,
            )
            known = self.remember(home, practice, session)
        with known.lock:
            known.catch_up(home)
            try:
                yield known
            finally:
                known.forget()


playing = _Sessions()


def warm_up(home: Home) -> None:
    """Play one message, so that nobody's first one waits until the labeller and its libraries are there."""
    card, _ = examine_card(card_files(shipped_corpus())[0])
    if card is not None:
        Session(card, seed=0, labeller=labeller_in_use(home).counselor).handle(Said(0.0, "Hi, what is going on?"))
