"""Practice as a chat in the terminal. It is said all the time that the texter is played, and leaving is always open.

The session's clock is the person's own, without pauses; a reply that is skipped to counts as having been waited for."""

import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import typer

from nightlight.cli.practice_pages import played_line, show_debrief, show_feedback, show_handover, show_texter
from nightlight.simulator.feedback import Mode, feedback_on
from nightlight.simulator.session import Closed, Event, Said, Session, SupervisorCalled, Turn, Waited
from nightlight.simulator.wellbeing import pause, speaks_of_own_distress

COMMANDS = {
    "/supervisor": "bring the supervisor in; a reason may follow",
    "/close": "end the conversation",
    "/pause": "stop the clock until you come back",
    "/debrief": "what the conversation has shown so far",
    "/stop": "leave at once; nothing counts",
    "/help": "this list",
}


class Left(Exception):  # noqa: N818  # no error: it is always open
    """The person leaves: by /stop, or because there is no more input."""


@dataclass
class Keyboard:
    """The person's lines; `line` waits at most `seconds` and then gives None."""

    typed: list[str] = field(default_factory=list)

    def line(self, seconds: float | None = None) -> str | None:
        if self.typed:
            return self.typed.pop(0)
        if seconds is not None and sys.stdin.isatty() and not select.select([sys.stdin], [], [], seconds)[0]:
            return None
        text = sys.stdin.readline()
        if not text:
            raise Left
        return text.strip()

    def skipped_within(self, seconds: float) -> bool:
        """Wait so long for Enter; what was typed meanwhile is kept for the next `line`."""
        if not sys.stdin.isatty():
            return True
        if not select.select([sys.stdin], [], [], seconds)[0]:
            return False
        text = sys.stdin.readline().strip()
        self.typed += [text] if text else []
        return True


@dataclass
class Chat:
    session: Session
    mode: Mode
    starter: bool
    delays: bool = True
    clock: Callable[[], float] = time.monotonic
    keyboard: Keyboard = field(default_factory=Keyboard)
    began: float = 0.0
    heard: float = 0.0  # session seconds at which the texter's last message came

    def run(self) -> None:
        try:
            if not self._ready():
                return
            self.began = self.clock()
            self._show(self.session.turns[0])
            while self.session.outcome is None:
                self._step()
        except Left:
            typer.echo("\nYou left. Nothing of this counts, and nothing is kept.")
            show_handover(self.session, stopped=True)
            return
        show_debrief(self.session)

    def _ready(self) -> bool:
        typer.echo(played_line(self.session, starter=self.starter))
        typer.echo(f"\nBefore you start: {self.session.card.warning}")
        typer.echo("You can stop at any moment with /stop; /help lists the rest. Enter to begin.")
        return not (self.keyboard.line() or "").startswith("/stop")

    def _step(self) -> None:
        """One line of the person, or the silence in which none came."""
        listen = self.session.turns[-1].listen
        typer.echo("you (practice: the texter is played)> ", nl=False)
        text = self.keyboard.line(None if listen is None else max(0.0, self.heard + listen - self._now()))
        if text is None:
            typer.echo()
            self._handle(Waited(self._now()))
        elif text.startswith("/"):
            self._command(text)
        elif text and (not speaks_of_own_distress(text) or self._goes_on()):
            self._handle(Said(self._now(), text))

    def _command(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        if name == "/supervisor":
            typer.echo("-- the supervisor is brought in --")
            self._handle(SupervisorCalled(self._now(), rest.strip()))
        elif name == "/close":
            self._handle(Closed(self._now()))
        elif name == "/pause":
            self._pause("Paused. Enter to go on, /stop to leave.")
        elif name == "/debrief":
            show_debrief(self.session)
        elif name == "/stop":
            raise Left
        else:
            if name != "/help":
                typer.echo(f"There is no {name}.")
            for known, meaning in COMMANDS.items():
                typer.echo(f"  {known:<12} {meaning}")

    def _pause(self, words: str) -> str:
        stopped = self.clock()
        typer.echo(words)
        answer = self.keyboard.line() or ""
        if answer.startswith("/stop"):
            raise Left
        self.began += self.clock() - stopped
        return answer

    def _goes_on(self) -> bool:
        """Stop the play for a trainee who seems to speak of themselves; whether they meant the texter after all."""
        words = pause()
        typer.echo("\n".join((f"\n{words.title}", *words.words, words.talk, "  your supervisor")))
        leave, rest, meant = words.choices
        answer = self._pause(f"  Enter: {leave}.   p: {rest}.   g: {meant}.").lower()
        if answer == "p":
            self._pause("Paused. Enter to go on, /stop to leave.")
        elif answer != "g":
            raise Left
        return answer == "g"

    def _handle(self, event: Event) -> None:
        turn = self.session.handle(event)
        self._show(turn)
        word = feedback_on(self.session.card, self.session.turns, self.mode)
        if word is not None and isinstance(event, Said):
            show_feedback(word)

    def _show(self, turn: Turn) -> None:
        at = turn.event.at if turn.event else 0.0
        for reply in turn.replies:
            at += reply.after
            if self.delays and at > self._now():
                typer.echo(f"{self.session.name} is typing ...", err=True)
                if self.keyboard.skipped_within(at - self._now()):
                    self.began -= max(0.0, at - self._now())
            show_texter(self.session, reply.text)
        self.heard = max(at, self.heard)

    def _now(self) -> float:
        """Seconds of the session, never before the texter's last words."""
        return max(self.clock() - self.began, self.heard)
