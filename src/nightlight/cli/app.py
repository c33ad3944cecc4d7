"""The command line: every command group, its common options, and the one place where an error becomes a line."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nightlight.errors import NightlightError
from nightlight.settings import Home, home_folder

app = typer.Typer(
    name="nightlight",
    help="The data, training and quality platform of a text-based crisis line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the home (default: NIGHTLIGHT_HOME, else ./nightlight-home).", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def open_home(home: Path | None) -> Home:
    return Home.open(home_folder(home))


def _with_commands() -> typer.Typer:
    from nightlight.cli.ingest import ingest
    from nightlight.cli.pipeline import pipeline

    app.add_typer(ingest, name="ingest")
    app.add_typer(pipeline, name="pipeline")
    return app


def run() -> int:
    """Run the command line; 0 done, 1 refused or failed with one line on stderr, 2 wrong usage."""
    os.umask(0o077)
    os.environ.setdefault("RUST_LOG", "error")
    try:
        _with_commands()()
    except NightlightError as error:
        print(f"nightlight: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("nightlight: stopped; nothing was lost, run the same command again", file=sys.stderr)  # noqa: T201
        return 1
    except OSError as error:
        print(f"nightlight: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)  # noqa: T201
        return 1
    return 0
