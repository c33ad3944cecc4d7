"""How practice looks in the terminal: the line that says it is played, messages, feedback, and the debrief."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from nightlight.simulator.debrief import Debrief
    from nightlight.simulator.feedback import Feedback, Mode
    from nightlight.simulator.handover import Handover
    from nightlight.simulator.session import Session

PLAYED = "Practice: the texter is played."
SCORES = {None: "not assessed", 0: "not shown", 1: "partly", 2: "shown"}
OUTCOMES = {
    "end": "The conversation came to its end.",
    "safety_plan": "It ended with a plan for staying safe.",
    "supervisor": "The supervisor took over.",
    "emergency": "Emergency help was brought in.",
    "left": "The texter left.",
}


def played_line(session: "Session", *, starter: bool) -> str:
    from nightlight.cli.practice import STARTER
    from nightlight.simulator.wording.generated import GeneratedWording

    said = f"{PLAYED} {session.card.title}, seed {session.seed}"
    if isinstance(session.wording, GeneratedWording):
        said += f"\nThe model {session.wording.generator.model} says the card's lines in its own words."
    return f"{said}\nThis card is of the {STARTER}." if starter else said


def show_texter(session: "Session", text: str) -> None:
    typer.echo(f"{session.name}: {text}")


def show_feedback(word: "Feedback") -> None:
    for label, text in (("you did", word.did), ("this moment", word.needed), ("try", word.attempt)):
        if text:
            typer.secho(f"    {label}: {text}", fg=typer.colors.CYAN)


def show_conversation(session: "Session", mode: "Mode", *, starter: bool) -> None:
    """The whole conversation, with the feedback a trainee would have read."""
    from nightlight.simulator.feedback import feedback_on
    from nightlight.simulator.session import SupervisorCalled, Waited

    typer.echo(f"{played_line(session, starter=starter)}\n")
    for number, turn in enumerate(session.turns, 1):
        if turn.counselor:
            typer.echo(f"{turn.number:>3} counselor: {turn.counselor}")
        elif isinstance(turn.event, Waited):
            typer.echo(f"{turn.number:>3} -- minutes without a message --")
        elif isinstance(turn.event, SupervisorCalled):
            typer.echo(f"{turn.number:>3} -- the supervisor is brought in --")
        for reply in turn.replies:
            typer.echo(f"    {session.name}: {reply.text}")
        word = feedback_on(session.card, session.turns[:number], mode)
        if word:
            show_feedback(word)


def show_debrief(session: "Session") -> None:
    """What the conversation showed, as one page."""
    from nightlight.simulator.debrief import debrief

    found = debrief(session.card, session.turns)
    console = _console()
    console.rule(f"Debrief: {session.card.title}")
    for part in _debrief(found):
        console.print(part)
        console.print()
    if found.handover:
        _show(console, found.handover)
    console.print(PLAYED, style="bold")


def show_handover(session: "Session", *, stopped: bool = False) -> None:
    """What the real service does where a dangerous conversation stopped; `stopped`: the trainee left in the middle."""
    from dataclasses import replace

    from nightlight.conversations.labels import Outcome
    from nightlight.simulator.handover import handover

    turns = list(session.turns)
    if stopped and session.outcome is None:
        turns[-1] = replace(turns[-1], outcome=Outcome.LEFT)
    found = handover(session.card, turns)
    if found:
        _show(_console(), found)


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, markup=False, soft_wrap=False)


def _debrief(found: "Debrief") -> Iterator["RenderableType"]:
    yield OUTCOMES[found.outcome] if found.outcome else "The conversation is still going on."
    if found.too_short:
        yield "Too short to say anything about: nothing is assessed."
        return
    if found.strengths:
        yield _list("What you did well", found.strengths)
    if found.changes:
        yield _list("What to change", found.changes)
    if found.next_step:
        yield found.next_step
    yield _timeline(found)
    yield _list("What opened, and what stayed closed", [each.sentence for each in found.disclosures])
    yield _items(found)


def _list(title: str, sentences: "list[str] | tuple[str, ...]") -> str:
    return "\n".join((title, *(f"  - {sentence}" for sentence in sentences)))


def _timeline(found: "Debrief") -> "RenderableType":
    from rich.table import Table

    table = Table(title="How it went", title_justify="left", box=None, pad_edge=False)
    for name in ("message", "phase", "trust", "distress"):
        table.add_column(name)
    for moment in found.timeline:
        table.add_row(str(moment.turn), moment.phase.replace("_", " "), _bar(moment.trust), _bar(moment.distress))
    return table


def _bar(value: float) -> str:
    """Ten places, so that it reads without color.

    >>> _bar(0.34)
    '###....... 0.34'
    """
    filled = round(value * 10)
    return f"{'#' * filled}{'.' * (10 - filled)} {value:.2f}"


def _items(found: "Debrief") -> "RenderableType":
    from rich.table import Table

    table = Table(title="Item by item", title_justify="left", box=None, pad_edge=False)
    for name in ("item", "", "messages", "why"):
        table.add_column(name)
    for item in found.items:
        table.add_row(item.title, SCORES[item.score], ", ".join(map(str, item.turns)), item.why)
    return table


def _show(console: "Console", found: "Handover") -> None:
    console.print(found.reason)
    for number, step in enumerate(found.steps, 1):
        console.print(f"  {number}. {step}")
    if found.known:
        console.print(f"  You know: {', '.join(found.known)}.")
    if found.unknown:
        console.print(f"  You do not know yet: {', '.join(found.unknown)}.")
    console.print(found.practice)
