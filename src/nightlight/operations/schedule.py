"""Keeps a home fresh: round after round it takes what is new and updates every project.

What fails in one round is announced and tried again in the next. A signal ends the loop after the commit under way,
so that nothing is left half done; a second signal ends it at once, which loses nothing either."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import FrameType

from nightlight.catalog.audit import anchor_file, anchor_head
from nightlight.errors import NightlightError
from nightlight.ingestion import ingest
from nightlight.ingestion.declaration import source_files
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.maintenance import maintain
from nightlight.lakehouse.tables import Lake
from nightlight.operations.alerts import announce, targets
from nightlight.operations.calls import call_duty
from nightlight.operations.reports import send_due
from nightlight.pipelines.engines import open_session
from nightlight.pipelines.engines.session import Session
from nightlight.pipelines.events import Outcome
from nightlight.pipelines.project import find_projects, read_project
from nightlight.pipelines.update import Update, run_update
from nightlight.practice.live_checks import WINDOW, live_checks
from nightlight.practice.tables import is_used, publish
from nightlight.quality import tables as quality_tables
from nightlight.quality.access import Reach, reach
from nightlight.quality.drift import drift_alert
from nightlight.quality.forgetting import forget_ended
from nightlight.quality.intake import take_in
from nightlight.quality.label_weeks import count_labels
from nightlight.quality.live import look_again
from nightlight.settings import Home
from nightlight.sql.background import forget_results
from nightlight.sql.broker import Broker
from nightlight.sql.extracts import Extracts

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DATASET = "dataset "
ENDING_LINE = b"nightlight: ending after the commit under way; once more ends at once\n"


class Ending:
    """A wish to end, which a signal or another thread may utter at any moment.

    Not a threading.Event: its lock may be held by the very code that a signal interrupts, and then nothing moves.
    """

    asked = False

    def wait(self, seconds: float) -> None:
        """Sleep, at most until asked to end."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))


class Stopped(Exception):  # noqa: N818  # not an error
    """The loop was asked to end; raised between two commits."""


@dataclass
class Round:
    """What one round did. `failures` maps subjects ("source messages", "dataset gold.retention") to the error line."""

    started_at: datetime
    rows: int = 0
    quarantined: int = 0
    changed: int = 0
    seconds: float = 0.0
    delay_p95_seconds: float | None = None  # from an event to the tables that report it, over rows new in this round
    failures: dict[str, str] = field(default_factory=dict)
    not_run: set[str] = field(default_factory=set)
    stopped: bool = False

    def is_undecided(self, subject: str) -> bool:
        """Whether this round cannot tell if the subject works: it was stopped, or something before it failed."""
        return self.stopped or subject in self.not_run or (self.projects_failed and subject.startswith(DATASET))

    @property
    def projects_failed(self) -> bool:
        """Whether a project as a whole, or the engine, failed."""
        return any(subject.startswith(("project ", "engine ")) for subject in self.failures)

    @property
    def line(self) -> str:
        """The round in one line."""
        delay = "" if self.delay_p95_seconds is None else f", event to gold p95 {self.delay_p95_seconds:,.0f} s"
        return (
            f"{self.started_at:%Y-%m-%d %H:%M:%S}  {self.rows:,} rows in, {self.quarantined:,} quarantined, "
            f"{self.changed} datasets changed, {len(self.failures)} failures, {self.seconds:.1f} s{delay}"
        )


MAINTENANCE = timedelta(days=1)


def parse_duration(text: str) -> timedelta:
    """`30s`, `5m`, `1h` or `1d` as a duration; raises NightlightError for anything else.

    >>> parse_duration("5m")
    datetime.timedelta(seconds=300)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text.strip())
    if not found:
        raise NightlightError(f"'{text}' is not a duration", remedy="write a number and a unit: 30s, 5m, 1h")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def keep_fresh(
    home: Home,
    every: timedelta,
    *,
    engine: str = "sail",
    remote: str | None = None,
    rounds: int | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], object] | None = None,
    ending: Ending | None = None,
    say: Callable[[str], None] = lambda line: print(line, flush=True),  # noqa: T201
) -> None:
    """Run rounds that begin `every` so often until asked to end (default: by SIGINT or SIGTERM), or `rounds` times.

    Raises NightlightError only for settings that can never work. `say` gets one line a round, and one per failure.
    """
    targets(home.settings)  # a wrong one is refused now, not at the first failure
    end = ending or Ending()
    loop = _Loop(home, engine, remote, clock, end)
    with nullcontext() if ending else _ending_by_signal(end):
        for number in count(1):
            result = loop.run_round()
            _report(home, result, say)
            if end.asked or number == rounds:
                return
            (sleep or end.wait)(max(0.0, (result.started_at + every - clock()).total_seconds()))
            if end.asked:
                return


def _report(home: Home, result: Round, say: Callable[[str], None]) -> None:
    say(result.line)
    for subject, line in result.failures.items():
        say(f"  {subject}: {line}")
    try:
        problems = announce(home, result.failures, undecided=result.is_undecided)
    except OSError as error:
        problems = [f"what was announced could not be noted: {error.strerror}; it will be announced again"]
    for problem in problems:
        say(f"  {problem}")


@dataclass
class _Loop:
    """What stays between rounds: the engine's session, opened when needed and given up when a project fails on it."""

    home: Home
    engine: str
    remote: str | None
    clock: Callable[[], datetime]
    ending: Ending
    session: Session | None = None
    maintained_at: datetime | None = None

    def run_round(self) -> Round:
        result = Round(self.clock())
        try:
            self._ingest(result)
            self._look_at_live(result)
            self._call_duty(result)
            self._publish_practice(result)
            self._watch_models(result)
            self._update(result)
            self._take_in_flags(result)
            self._publish_quality(result)
            self._watch_labels(result)
            self._refresh_extracts(result)
            self._send_reports(result)
            self._maintain(result)
            self._anchor(result)
        except Stopped:
            result.stopped = True
        result.seconds = (self.clock() - result.started_at).total_seconds()
        return result

    def _ingest(self, result: Round) -> None:
        for name in source_files(self.home):
            self._end_if_asked()
            with _noting(result, f"source {name}"):
                for run in ingest.run(self.home, [name]):
                    result.rows += run.rows
                    result.quarantined += run.quarantined
                    if run.error:
                        result.failures[f"source {name}"] = run.error

    def _look_at_live(self, result: Round) -> None:
        """Silence sends no event; and what was written is kept no longer than the home says."""
        self._end_if_asked()
        with _noting(result, "live conversations"):
            look_again(self.home, clock=lambda: result.started_at)
        with _noting(result, "text of live conversations"):  # not kept longer because the others could not be read
            forget_ended(self.home, clock=lambda: result.started_at)

    def _call_duty(self, result: Round) -> None:
        """`nightlight serve` calls within seconds; a home without pages is no reason to call nobody."""
        self._end_if_asked()
        with _noting(result, "calls"):
            if problems := call_duty(self.home, self._reach_of, clock=lambda: result.started_at):
                result.failures["calls"] = problems[0]

    def _reach_of(self, person: str) -> Reach:
        with Broker(self.home) as broker:
            return reach(self.home, broker, person)

    def _publish_practice(self, result: Round) -> None:
        """Practice that ended enters the tables before the datasets that read them are computed."""
        self._end_if_asked()
        with _noting(result, "practice"):
            if is_used(self.home):
                publish(self.home)

    def _watch_models(self, result: Round) -> None:
        """A model in use that breaks a bar is announced until it is well again; taking it back is a person's to do."""
        self._end_if_asked()
        with _noting(result, "live checks"):
            for check in live_checks(self.home, since=result.started_at - WINDOW):
                if check.problems:
                    result.failures[check.subject] = check.line
                elif not check.is_judged:  # too few lines to say
                    result.not_run.add(check.subject)

    def _update(self, result: Round) -> None:
        with _noting(result, f"engine {self.engine}"):
            self.session = self.session or open_session(self.engine, settings=self.home.settings, remote=self.remote)
        session = self.session
        for root in find_projects(self.home.pipelines) if session else []:
            self._end_if_asked()
            with _noting(result, f"project {root.name}"):
                project = read_project(root, session, production=self.home.settings.production)
                _note(result, run_update(project, self.home, session, on_step=self._end_if_asked))
        if result.projects_failed:
            self.session = None

    def _take_in_flags(self, result: Round) -> None:
        """What was found in conversations of the tables waits for a person from now on."""
        self._end_if_asked()
        with _noting(result, "queue"):
            take_in(self.home, clock=lambda: result.started_at)

    def _publish_quality(self, result: Round) -> None:
        self._end_if_asked()
        with _noting(result, "quality"):
            if quality_tables.is_used(self.home):
                quality_tables.publish(self.home, clock=lambda: result.started_at)

    def _watch_labels(self, result: Round) -> None:
        """Labels that move away from what they were are announced like a failure, until the next week is over."""
        self._end_if_asked()
        with _noting(result, "labels"):
            count_labels(self.home, clock=lambda: result.started_at)
            if line := drift_alert(self.home, clock=lambda: result.started_at):
                result.failures["label drift"] = line

    def _refresh_extracts(self, result: Round) -> None:
        """Prepare what people asked for lately, so that the first question after a round need not wait for it."""
        self._end_if_asked()
        with _noting(result, "extracts"):
            Extracts(self.home, Lake(self.home.lake)).refresh()

    def _send_reports(self, result: Round) -> None:
        """Send what is due by mail; a report that could not be sent is tried again in the next round."""
        self._end_if_asked()
        with _noting(result, "reports"):
            for name, line in send_due(self.home, result.started_at).items():
                result.failures[f"report {name}"] = line

    def _maintain(self, result: Round) -> None:
        """Once a day, while nobody else writes: merge small files, delete what no version needs any more."""
        self.maintained_at = self.maintained_at or result.started_at  # a schedule begins with news, not with care
        if result.started_at - self.maintained_at >= MAINTENANCE:
            self._end_if_asked()
            with (
                _noting(result, "maintenance"),
                run_lock(self.home.root, "ingestion"),
                run_lock(self.home.root, "pipeline update"),
            ):
                maintain(Lake(self.home.lake))
                forget_results(self.home, result.started_at)
                self.maintained_at = result.started_at

    def _anchor(self, result: Round) -> None:
        """Put the audit's head where the settings say; an audit that does not verify is announced like any failure."""
        if file := anchor_file(self.home):
            with _noting(result, "audit anchor"):
                anchor_head(self.home, file, clock=self.clock)

    def _end_if_asked(self, *_: object) -> None:
        if self.ending.asked:
            raise Stopped


def _note(result: Round, update: Update) -> None:
    result.changed += len(update.changed)
    result.failures |= {DATASET + event.dataset: event.error or "failed" for event in update.failed}
    result.not_run |= {DATASET + event.dataset for event in update.events if event.outcome is Outcome.NOT_RUN}
    delays = [event.delay_p95_seconds for event in update.events if event.delay_p95_seconds is not None]
    result.delay_p95_seconds = max([*delays, result.delay_p95_seconds or 0.0]) if delays else result.delay_p95_seconds


@contextmanager
def _noting(result: Round, subject: str) -> Iterator[None]:
    """Note what fails under `subject`. An unexpected error is noted by its kind alone: its text may quote rows."""
    try:
        yield
    except Stopped:
        raise
    except NightlightError as error:
        result.failures[subject] = str(error)
    except Exception as error:
        result.failures[subject] = f"failed unexpectedly ({type(error).__name__})"


@contextmanager
def _ending_by_signal(ending: Ending) -> Iterator[None]:
    """Ask for the end at SIGINT or SIGTERM; a second one has its usual effect."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        if ending.asked:
            signal.signal(number, before[signal.Signals(number)])
            signal.raise_signal(number)
        else:
            ending.asked = True
            os.write(2, ENDING_LINE)  # a print could meet one that it interrupts

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
