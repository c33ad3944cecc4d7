"""`nightlight annotation`: a set to label, the agreement of its annotators, its final labels as a file."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import print_json, print_rows
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from nightlight.quality.annotation.report import Report

annotation = typer.Typer(help="Conversations labelled by two people, and how far they agree.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The set's name, such as pilot-1.")]
By = Annotated[str, typer.Option("--as", help="User who does it; the app quality has to allow it.")]


@annotation.command("new")
def new(
    name: Name,
    file: Annotated[
        Path | None,
        typer.Argument(help='Real conversations, one JSON a line, each with "consent": true.', show_default=False),
    ] = None,
    *,
    annotators: Annotated[str, typer.Option(help="The two users who label it, as in sam,cleo.")],
    actor: By,
    purpose: Annotated[
        str | None,
        typer.Option(help="Purpose that real conversations are read for: of kind quality or training."),
    ] = None,
    scripts: Annotated[
        int | None, typer.Option(help="Without a file: how many scripts in use, drawn at random.", show_default=False)
    ] = None,
    suggestions: Annotated[
        bool, typer.Option("--suggestions", help="Show the labeller's labels, but in a fifth of the conversations.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Make a set that two people label: of real conversations with consent, or of scripts."""
    from datetime import UTC, datetime

    from nightlight.labelling.conversation import Labeller
    from nightlight.labelling.serving import labeller_in_use
    from nightlight.quality.annotation.sets import make_consented_set, make_invented_set
    from nightlight.studio.scripts_in_use import draw_scripts, scripts_in_use

    if (file is None) == (scripts is None):
        raise NightlightError("a set needs conversations", remedy="name a file of them, or how many with --scripts N")
    place, people = open_home(home), [each.strip() for each in annotators.split(",")]
    labeller = Labeller(labeller_in_use(place)) if suggestions else None

    def clock() -> datetime:
        return datetime.now(UTC)

    if file is not None:
        if purpose is None:
            raise NightlightError("a purpose is needed to read real conversations", remedy="name it with --purpose")
        made = make_consented_set(
            place, name, file, purpose=purpose, annotators=people, by=actor, clock=clock, labeller=labeller
        )
    else:
        drawn = draw_scripts(scripts_in_use(place, clock()), scripts or 0, name)
        made = make_invented_set(place, name, drawn, annotators=people, by=actor, clock=clock, labeller=labeller)
    typer.echo(f"{made.name} is there for {' and '.join(people)}: Quality, Annotation")


@annotation.command("export")
def export(
    name: Name,
    actor: By,
    names: Annotated[
        bool, typer.Option("--names", help="Say who the annotators are; without it they are A and B.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Print the final labels of a set and both annotators' as JSON Lines."""
    from nightlight.quality.annotation.exporting import export as export_set

    lines, left = export_set(open_home(home), name, by=actor, with_names=names)
    for line in lines:
        typer.echo(line)
    if left:
        said = "1 message still differs: its" if left == 1 else f"{left} messages still differ: their"
        typer.echo(f"{said} final label is null", err=True)


@annotation.command("agreement")
def agreement(name: Name, actor: By, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print how far the annotators of a set agree, and what they take for what."""
    from nightlight.quality.annotation.report import report

    found = report(open_home(home), name, by=actor)
    if as_json:
        print_json(_figures(found))
        return
    print_rows(_axes(found), as_json=False)
    typer.echo("")
    print_rows([asdict(found.boundaries)], as_json=False)
    typer.echo("")
    rows = [
        {"axis": each.axis, "one": each.one, "other": each.other or "not said", "times": each.count}
        for each in found.disagreements
    ]
    print_rows(rows, as_json=False, empty="they differ nowhere")


def _axes(found: "Report") -> list[dict[str, object]]:
    from nightlight.quality.annotation.report import ACCEPTED

    said = {True: "yes", False: "not yet", None: ""}
    return [
        {
            "axis": axis,
            "alpha": each.value,
            "low": each.low,
            "high": each.high,
            "line": ACCEPTED.get(axis),
            "reached": said[found.is_accepted(axis)],
            "messages": each.units,
        }
        for axis, each in found.axes.items()
    ]


def _figures(found: "Report") -> dict[str, object]:
    return {
        "set": found.set.name,
        "conversations": found.conversations,
        "messages": found.messages,
        "unsure": found.unsure,
        "axes": _axes(found),
        "boundaries": asdict(found.boundaries),
        "acts": [asdict(each) for each in found.acts],
        "attributes": [asdict(each) for each in found.attributes],
        "disagreements": [asdict(each) for each in found.disagreements],
        "anchoring": [asdict(each) for each in found.anchoring],
        "decided": found.decided,
        "differing": found.differing,
    }
