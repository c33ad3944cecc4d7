"""Shadow: a version that is tried out is asked for the lines that the champion has just said, and nobody hears it.

One thread of its own asks, turn after turn; who practises waits for nothing, and where it cannot keep up turns are left
out. What comes back is held against the same checks, counted, and forgotten."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from queue import Full, Queue
from threading import Lock, Thread

from nightlight.db import transaction, update_rows
from nightlight.practice.heard import Heard, insert_heard
from nightlight.practice.store import Practice
from nightlight.practice.wordings import kept_name, shadow_of
from nightlight.settings import Home
from nightlight.simulator.wording import Situation
from nightlight.simulator.wording.figures import WordingFigures

LOG = logging.getLogger(__name__)
WAITING = 16  # turns; those beyond are left out


@dataclass(frozen=True)
class Spoken:
    """A turn that a model was asked for, as it was asked."""

    home: Home
    practice: Practice
    turn: int
    at: datetime
    situations: tuple[Situation, ...]


class Shadowing:
    """The turns that wait, and the thread that takes them; one for the whole process."""

    def __init__(self, waiting: int = WAITING) -> None:
        self.waiting: Queue[Spoken] = Queue(waiting)
        self._starting = Lock()

    def offer(self, home: Home, practice: Practice, turn: int, heard: Heard, at: datetime) -> None:
        """Ask for the same lines some time later, or never."""
        if not heard.figures.seconds:  # no line was asked for
            return
        try:
            self.waiting.put_nowait(Spoken(home, practice, turn, at, tuple(heard.situations)))
        except Full:
            return
        with self._starting:
            _ = self._thread

    @cached_property
    def _thread(self) -> Thread:
        thread = Thread(target=self._listen, name="shadow", daemon=True)
        thread.start()
        return thread

    def _listen(self) -> None:
        while True:
            spoken = self.waiting.get()
            try:
                ask(spoken)
            except Exception as error:  # whatever a model or a database does: nobody waits for this
                LOG.warning("a version in the shadow could not be asked: %s", type(error).__name__)
            finally:
                self.waiting.task_done()


def ask(spoken: Spoken) -> None:
    """Ask the version that is tried out in the shadow, if one is, and count what it says."""
    wording = shadow_of(spoken.home, spoken.practice.wording)
    if wording is None:
        return
    figures = WordingFigures()
    for situation in spoken.situations:
        wording.word(situation, figures)
    with transaction(spoken.home.database_url) as connection:
        # Its row is locked, so that nobody erases the session's person meanwhile; one that is gone is not counted.
        match = {"id": spoken.practice.id}
        if update_rows(connection, "practice_sessions", match, {"person": spoken.practice.person}):
            name = kept_name(wording)
            insert_heard(connection, spoken.practice.id, spoken.turn, name, figures, at=spoken.at, is_shadow=True)


shadowing = Shadowing()
