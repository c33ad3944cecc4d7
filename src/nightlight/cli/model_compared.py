"""What `nightlight model compare` prints of two versions: their measures, their labels, or their lines side by side."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nightlight.cli.output import print_json, print_rows, saying
from nightlight.errors import NightlightError
from nightlight.settings import LABELLER

if TYPE_CHECKING:
    from nightlight.conversations.conversation import Conversation
    from nightlight.operations.labellers_side_by_side import LabellersCompared
    from nightlight.operations.texters_side_by_side import Answer, TextersCompared
    from nightlight.registry.stored import ModelVersion
    from nightlight.settings import Home

SHOWN = 30  # of what turned into what
APART = 10  # of the conversations in which they differ most


def compare_measures(home: "Home", one: "ModelVersion", other: "ModelVersion", *, as_json: bool) -> None:
    from nightlight.registry.comparison import compare

    rows = [asdict(row) for row in compare(home, one, other)]
    print_rows(rows, as_json=as_json, empty="neither version has been evaluated")


def compare_labels(home: "Home", one: "ModelVersion", other: "ModelVersion", file: Path, *, as_json: bool) -> None:
    """How often two labellers differ on the conversations of a file, and which label became which; ids, never text."""
    from nightlight.operations.labellers_side_by_side import compare_labellers

    if one.name != LABELLER:
        raise NightlightError(f"'{one.name}' labels nothing", remedy="leave --conversations out, or compare labellers")
    with saying("labelling twice"):
        found = compare_labellers(home, one, other, _conversations(file))
    if not found.conversations:
        raise NightlightError("no conversations", where=str(file), remedy="write one JSON conversation a line")
    if as_json:
        print_json(_labels_as_json(found))
        return
    typer.echo(f"{one.label} ({found.one}) and {other.label} ({found.other})")
    axes = [
        {
            "label": axis.axis,
            "asked": axis.asked,
            "differ": axis.differ,
            "share": round(axis.share, 4),
            "kappa": None if axis.kappa is None else round(axis.kappa, 4),
        }
        for axis in found.axes
    ]
    print_rows(axes, as_json=False, title=f"{found.conversations} conversations, {found.messages} messages")
    turned = [{"label": each.axis, "from": each.one, "to": each.other, "times": each.times} for each in found.turned]
    print_rows(turned[:SHOWN], as_json=False, empty="they differ nowhere")
    if len(turned) > SHOWN:
        typer.echo(f"{len(turned) - SHOWN} rarer ones: --json has all, with the ids of the messages")
    apart = [
        {"conversation": each.conversation, "messages": each.messages, "differ": each.differ}
        | {"share": round(each.share, 4)}
        | {axis: each.axes[axis] for axis in ("acts", "phase", "risk")}
        for each in found.apart[:APART]
    ]
    if apart:
        print_rows(apart, as_json=False, title="where they differ most")


def compare_lines(
    home: "Home", one: "ModelVersion", other: "ModelVersion", card: str, *, seed: int, as_json: bool
) -> None:
    """What two texters say as the same card to the same counselor's messages."""
    from nightlight.cli.practice import find_card
    from nightlight.operations.texters_side_by_side import compare_texters
    from nightlight.studio.documents import list_documents
    from nightlight.studio.versions import Kind

    played = find_card(home if list_documents(home, Kind.CARD) else None, card)
    with saying("playing the card twice"):
        found = compare_texters(home, one, other, played, seed=seed)
    if as_json:
        print_json(asdict(found))
    else:
        _show_lines(found)


def _conversations(file: Path) -> "Iterator[Conversation]":
    from nightlight.conversations.conversation import conversation_from_json, read_json_lines

    return (conversation_from_json(value, where=where) for where, value in read_json_lines(file))


def _labels_as_json(found: "LabellersCompared") -> dict[str, object]:
    axes = [asdict(axis) | {"share": axis.share} for axis in found.axes]
    return asdict(found) | {"axes": axes, "turned": [asdict(each) for each in found.turned]}


def _show_lines(found: "TextersCompared") -> None:
    rows = [
        {"counselor": turn.counselor, found.one: _written(turn.one), found.other: _written(turn.other)}
        for turn in found.turns
    ]
    print_rows(rows, as_json=False, title=f"card {found.card}, seed {found.seed}")
    typer.echo(f"{found.differ} of {len(found.turns)} answers differ")
    for label, own, refused in zip((found.one, found.other), found.own, found.refused, strict=True):
        reasons = ", ".join(f"{reason} {times}" for reason, times in refused.most_common())
        typer.echo(
            f"{label}: {own} lines in its own words (*)" + (f"; the card's instead: {reasons}" if reasons else "")
        )


def _written(answer: "Answer") -> str:
    return ("* " if answer.own else "") + " / ".join(answer.messages)
