"""`nightlight backup` and `nightlight restore`: a home as one file, and a home of such a file again."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, acting, open_home
from nightlight.cli.output import format_value, print_json, saying
from nightlight.settings import home_folder


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not be there yet. Best on another disk.")],
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole home into one file, while everybody goes on working. The file is as sensitive as the home."""
    from nightlight.operations.backup import back_up

    place = open_home(home)
    by = acting(place, actor)
    with saying() as say:
        done = back_up(place, file, by=by, say=say)
    if as_json:
        print_json(asdict(done))
        return
    typer.echo(
        f"backed up {done.tables} tables and {format_value(done.audit_records)} audit records: "
        f"{format_value(done.files)} files in {done.file}, {format_value(done.bytes)} bytes"
    )
    for note in done.notes:
        typer.echo(f"  note: {note}")
    typer.echo("Whoever has this file has the home: its texts, its keys. Keep it encrypted, away from this machine.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `nightlight backup` wrote.", exists=True, dir_okay=False)],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new home of a backup, after verifying every file, table and the audit in it."""
    from nightlight.catalog.audit import os_user
    from nightlight.operations.restore import restore as restore_home

    with saying() as say:
        done = restore_home(file, home_folder(home), by=os_user(), say=say)
    if as_json:
        print_json(asdict(done))
        return
    typer.echo(
        f"restored the backup of {done.made_at} into {done.home}: {done.tables} tables with "
        f"{format_value(done.rows)} rows, {format_value(done.audit_records)} audit records verified"
    )
    typer.echo(
        "Everybody has to sign in again. People disabled and tokens revoked since that moment are as they were then: "
        "look with `nightlight user list`."
    )
