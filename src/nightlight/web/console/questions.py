"""Questions that people ask in the console: each runs in a thread of its own, can be cancelled, and its answer stays
for a while, in memory, for the one who asked. Later openings pass the broker's door again."""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal, cast

from fastapi import Depends, Request

from nightlight.errors import NightlightError
from nightlight.sql.background import run_in_background
from nightlight.sql.broker import Broker, Question, Result

EACH, ALL = 2, 8  # questions at once: of one person, of everybody
PROGRAMS_EACH, PROGRAMS_ALL = 4, 16  # the same for programs, whose requests wait for the answer
KEPT_FOR = timedelta(minutes=15)
KEPT_EACH, KEPT_BYTES = 10, 512_000_000
FRESH = timedelta(seconds=30)  # until then a first showing is the answer itself and no opening of a kept one

State = Literal["running", "done", "failed"]


class Busy(NightlightError):  # noqa: N818  # no failure: come back in a moment
    """As many questions as there may be are running."""


@dataclass
class Asked:
    """A question with its id; `share` of it is computed. At the end `ended_at` and a result or failure are set."""

    id: str
    question: Question
    share: float = 0.0
    ended_at: datetime | None = None
    seconds: float = 0.0
    result: Result | None = None
    failure: NightlightError | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)
    _begun: float = field(default_factory=time.monotonic)
    _is_delivered: bool = False

    @property
    def state(self) -> State:
        if not self._ended.is_set():
            return "running"
        return "done" if self.result else "failed"

    @property
    def elapsed(self) -> float:
        return self.seconds if self._ended.is_set() else time.monotonic() - self._begun

    def wait(self, seconds: float) -> None:
        """Until it has ended, or the time is over."""
        self._ended.wait(seconds)

    def progress(self, share: float) -> None:
        self.share = share

    def end(self, now: datetime) -> None:
        self.seconds, self.ended_at = time.monotonic() - self._begun, now
        self._ended.set()

    def deliver(self, now: datetime) -> Result | None:
        """The answer, once and while it is fresh: the audit has just written it down."""
        if self.result is None or self._is_delivered or self.ended_at is None or now > self.ended_at + FRESH:
            return None
        self._is_delivered = True
        return self.result


class Places:
    """Room for `each` question of one asker at once, and for `everybody`'s together: whoever finds none is told."""

    def __init__(self, each: int, everybody: int) -> None:
        self._each, self._everybody = each, everybody
        self._taken: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, asker: str) -> None:
        """Raises Busy; whoever takes a place gives it back."""
        with self._lock:
            mine = self._taken.get(asker, 0)
            if mine >= self._each:
                raise Busy(f"{mine} of your questions are still running", remedy="wait for one, or cancel it")
            if sum(self._taken.values()) >= self._everybody:
                raise Busy("many questions are being answered just now", remedy="ask again in a moment")
            self._taken[asker] = mine + 1

    def give_back(self, asker: str) -> None:
        with self._lock:
            left = self._taken.pop(asker) - 1
            if left:
                self._taken[asker] = left


class Questions:
    """The questions of one process, running and answered. Closing the broker ends those that run."""

    def __init__(self, broker: Broker, clock: Callable[[], datetime]) -> None:
        self._broker, self._clock = broker, clock
        self._places, self._background_places = Places(EACH, ALL), Places(1, ALL)
        self._program_places = Places(PROGRAMS_EACH, PROGRAMS_ALL)
        self._asked: dict[str, Asked] = {}  # oldest first
        self._background: dict[str, Asked] = {}  # those that run
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Asked:
        """Begin to answer; raises Busy."""
        self._places.take(question.principal)
        asked = Asked(secrets.token_hex(8), question)
        with self._lock:
            self._asked[asked.id] = asked
        self._start(self._answer, asked)
        return asked

    def ask_in_background(self, question: Question) -> Asked:
        """Begin what may take an hour; its answer is in `sql.background`. Raises what admission raises, and Busy."""
        self._broker.admit(question)
        self._background_places.take(question.principal)
        asked = Asked(secrets.token_hex(8), question)
        with self._lock:
            self._background[asked.id] = asked
        self._start(self._answer_in_background, asked)
        return asked

    def answer_program(self, question: Question) -> Result:
        """Answer while the program that asks waits; raises what `Broker.sql` raises, and Busy."""
        asker = f"{question.principal} {question.person}"
        self._program_places.take(asker)
        try:
            return self._broker.sql(
                question.text,
                principal=question.principal,
                purpose=question.purpose,
                schema=question.schema,
                person=question.person,
                action="api",
            )
        finally:
            self._program_places.give_back(asker)

    def find(self, name: str, principal: str) -> Asked | None:
        """The question of that id, if it is this principal's and still kept."""
        with self._lock:
            self._forget()
            asked = self._asked.get(name)
        return asked if asked and asked.question.principal == principal else None

    def find_in_background(self, name: str, principal: str) -> Asked | None:
        """The background query of that id that this process runs."""
        with self._lock:
            asked = self._background.get(name)
        return asked if asked and asked.question.principal == principal else None

    def open(self, asked: Asked) -> Result:
        """A kept answer, if what its owner may read is what it was when they asked; raises NightlightError."""
        delivered = asked.deliver(self._clock())
        if delivered:
            return delivered
        kept = asked.result
        if kept is None:
            raise asked.failure or NightlightError("this question has no answer yet")
        return self._broker.open(asked.question, lambda: (kept.table, kept.notes), kept.standing)

    def _start(self, answer: Callable[[Asked], None], asked: Asked) -> None:
        threading.Thread(target=answer, args=(asked,), name=f"question {asked.id}", daemon=True).start()

    def _answer(self, asked: Asked) -> None:
        question = asked.question
        try:
            asked.result = self._broker.sql(
                question.text,
                principal=question.principal,
                purpose=question.purpose,
                schema=question.schema,
                action="console",
                on_progress=asked.progress,
                cancelled=asked.cancelled.is_set,
            )
        except NightlightError as error:
            asked.failure = error
        except Exception as error:  # a thread has nobody above it
            asked.failure = NightlightError(f"the question could not be answered ({type(error).__name__})")
        finally:
            self._places.give_back(question.principal)
            asked.end(self._clock())

    def _answer_in_background(self, asked: Asked) -> None:
        try:
            with suppress(NightlightError):  # the list of background queries says why
                run_in_background(
                    self._broker,
                    asked.question,
                    query=asked.id,
                    on_progress=asked.progress,
                    cancelled=asked.cancelled.is_set,
                )
        finally:
            self._background_places.give_back(asked.question.principal)
            with self._lock:
                del self._background[asked.id]
            asked.end(self._clock())

    def _forget(self) -> None:
        """Drop what has been kept long enough, and the oldest of what is too much."""
        now = self._clock()
        ended = [asked for asked in self._asked.values() if asked.ended_at]
        kept_of: dict[str, int] = {}
        room = KEPT_BYTES
        for asked in reversed(ended):
            of = kept_of[asked.question.principal] = kept_of.get(asked.question.principal, 0) + 1
            room -= asked.result.table.nbytes if asked.result else 0
            is_old = asked.ended_at is None or now > asked.ended_at + KEPT_FOR
            if is_old or of > KEPT_EACH or room < 0:
                del self._asked[asked.id]


_MAKING = threading.Lock()


def _questions(request: Request) -> Questions:
    """Made when the first is asked, for each application."""
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "questions"):
            state.questions = Questions(state.site.broker, state.site.clock)
    return cast(Questions, state.questions)


QuestionsOf = Annotated[Questions, Depends(_questions)]
