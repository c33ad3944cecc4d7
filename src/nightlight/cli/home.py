"""`nightlight init` and `nightlight doctor`: make a home, and see whether one is in order."""

from dataclasses import asdict
from typing import Annotated

import typer

from nightlight.cli.options import HomeOption, JsonOption
from nightlight.cli.output import print_json
from nightlight.settings import home_folder


def init(
    *,
    empty: Annotated[
        bool, typer.Option("--empty", help="Without the example's sources, pipelines and policies.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a home, with the example line's sources, pipelines and policies in it as a template."""
    from nightlight.operations.example import create_home

    made = create_home(home_folder(home), empty=empty)
    if as_json:
        print_json({"home": str(made.root), "empty": empty})
        return
    typer.echo(f"made {made.root}")
    if empty:
        typer.echo(f"next: declare a source in {made.sources}, a pipeline project in {made.pipelines}")
    else:
        files = sorted(made.policies.glob("*.sql"))
        typer.echo(f"in force: the {len(files)} policy files of {made.policies}; see `nightlight catalog show`")
        typer.echo(f"next: make the sources in {made.sources} your own, then run `nightlight ingest run`")


def doctor(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check the installation and the home, and say what to do where something is wrong."""
    from nightlight.operations.doctor import State, examine

    checks = examine(home_folder(home))
    if as_json:
        print_json([asdict(check) for check in checks])
    for check in () if as_json else checks:
        typer.echo(f"{check.state:<9}{check.check:<30}{check.found}")
        if check.remedy:
            typer.echo(f"{'':<9}{'':<30}-> {check.remedy}")
    wrong = sum(check.state is State.WRONG for check in checks)
    if wrong:
        typer.echo(f"nightlight: {wrong} of {len(checks)} checks found something wrong", err=True)
        raise typer.Exit(1)
