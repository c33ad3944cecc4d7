"""`nightlight label`: phases, acts, risk and flags for conversations in a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, any_home
from nightlight.cli.output import print_rows
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from nightlight.conversations.conversation import Conversation
    from nightlight.labelling.conversation import LabelledConversation, LabelledMessage, Labeller
    from nightlight.quality.flags.declared import Flag
    from nightlight.settings import Home

SHOWN_CHARACTERS = 60


def label(
    file: Annotated[
        Path, typer.Argument(help='One JSON conversation a line: {"id", "messages": [{"author", "text"}]}.')
    ],
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Read each message with what came before it alone, as live ones are read.")
    ] = False,
    encoder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Read with the sentence encoder in this folder too: clearer acts, eight times slower. `make encoder`"
            " installs one and prints its folder (docs/encoder.md).",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add phases, acts, risk and flags to conversations; with --json, one conversation a line as it came and more.

    The labeller and the thresholds of flags are those of the home, where one is named or set. Nothing is kept.
    """
    from nightlight.quality.flags.thresholds import Thresholds, read_thresholds
    from nightlight.quality.labelled import label_and_flag, labelled_json

    place = any_home(home)
    labeller, thresholds = _labeller(place, encoder), read_thresholds(place) if place else Thresholds()
    count = 0
    for given, conversation in _conversations(file):
        labels, flags = label_and_flag(conversation, labeller, thresholds, online=online)
        count += 1
        if as_json:
            typer.echo(json.dumps(labelled_json(given, labels, flags), ensure_ascii=False))
        else:
            _show(conversation, labels, flags)
    if not count:
        raise NightlightError("no conversations", where=str(file), remedy="write one JSON conversation a line")


def _conversations(file: Path) -> "Iterator[tuple[dict[str, Any], Conversation]]":
    """Each conversation as it was written and as it was read; raises NightlightError naming the first wrong line."""
    from nightlight.conversations.conversation import conversation_from_json, read_json_lines

    for where, value in read_json_lines(file):
        yield value, conversation_from_json(value, where=where)


def _labeller(home: "Home | None", encoder: Path | None) -> "Labeller":
    """The labeller that works in this home; which one it is goes to where errors go."""
    from nightlight.labelling.conversation import Labeller
    from nightlight.labelling.serving import in_use

    found = in_use(home)
    if found.problem is not None:
        typer.echo(f"nightlight: {found.problem}", err=True)
    typer.echo(f"labeller {found.told}", err=True)
    if encoder is None:
        return Labeller(found.model)
    from nightlight.labelling.encoder import Encoder
    from nightlight.labelling.fusion import read_model_with

    return Labeller(read_model_with(Encoder(encoder), found.folder))


def _show(conversation: "Conversation", labels: "LabelledConversation", flags: "tuple[Flag, ...]") -> None:
    from nightlight.quality.flags.rules import RULE
    from nightlight.quality.labelled import highest_risk

    evidence = {message for flag in flags for message in flag.message_ids}
    print_rows(
        [
            {
                "": "!" if message.id in evidence else "",
                "id": message.id,
                "who": message.author.value,
                "text": _shortened(message.text),
                "phase": label.phase or "",
                "labels": _labels(label),
            }
            for message, label in zip(conversation.messages, labels.messages, strict=True)
        ],
        as_json=False,
        title=f"conversation {conversation.id}",
        empty=f"conversation {conversation.id} has no messages",
    )
    risk = highest_risk(labels)
    typer.echo(f"highest risk: {'not assessed' if risk is None else risk}")
    for flag in flags:
        places = f" (messages {', '.join(flag.message_ids)})" if flag.message_ids else ""
        typer.echo(f"{flag.severity}: {RULE[flag.rule].title}: {flag.why}{places}")
    typer.echo("" if flags else "no flags\n")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


def _labels(label: "LabelledMessage") -> str:
    if label.acts is not None:
        return ", ".join(f"{each.act} {each.probability:.2f}" for each in label.acts)
    if label.risk is not None:
        return " ".join([f"risk {label.risk.level}", *label.risk.attributes])
    return f"not assessed: {label.abstained}"
