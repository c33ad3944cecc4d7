"""`nightlight erase`: what a texter wrote, and what was found in it, is taken out of the home for good."""

from typing import Annotated

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, open_home, refusals_recorded
from nightlight.cli.output import print_json, print_rows, progress
from nightlight.cli.pipeline import Engine, Remote


def erase(
    key: Annotated[str, typer.Argument(help="The texter's key, as the column texter_key has it.")],
    *,
    conversation: Annotated[
        list[str] | None,
        typer.Option(help="A conversation of theirs that no table knows, such as a live one; again for each."),
    ] = None,
    engine: Engine = "sail",
    remote: Remote = None,
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase a texter's conversations: text, labels, flags, reviews, older versions of the tables too. For good."""
    from datetime import UTC, datetime

    from nightlight.operations.erasure import erase_texter

    place = open_home(home)
    with progress() as display, refusals_recorded(place, actor, "erase texter", "") as by:
        display.add_task("erasing", total=None)
        erased = erase_texter(
            place,
            key,
            conversations=conversation or (),
            by=by,
            clock=lambda: datetime.now(UTC),
            engine=engine,
            remote=remote,
        )
    if as_json:
        print_json({"conversations": erased.conversations, "rows": dict(erased.rows)})
        return
    print_rows([{"table": table, "rows": rows} for table, rows in erased.rows.items()], as_json=False)
    noun = "conversation" if erased.conversations == 1 else "conversations"
    typer.echo(
        f"erased {erased.conversations} {noun}; take them out of the systems that delivered them, and of backups"
    )
