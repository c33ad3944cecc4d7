"""The command line: every command group, its common options, and the one place where an error becomes a line."""

import os
import sys
from typing import Annotated

import typer

from nightlight.errors import NightlightError

app = typer.Typer(
    name="nightlight",
    help="The data, training and quality platform of a text-based crisis line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        typer.echo(f"nightlight {version('nightlight')}")
        raise typer.Exit


@app.callback()
def _everywhere(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None: ...


def with_commands() -> typer.Typer:
    """The app with every command; called once, when the command line starts."""
    from nightlight.cli.annotation import annotation
    from nightlight.cli.audit import audit
    from nightlight.cli.backup import backup, restore
    from nightlight.cli.bench import bench
    from nightlight.cli.catalog import catalog
    from nightlight.cli.demo import demo
    from nightlight.cli.erase import erase
    from nightlight.cli.home import doctor, init
    from nightlight.cli.ingest import ingest
    from nightlight.cli.label import label
    from nightlight.cli.model import model
    from nightlight.cli.pipeline import pipeline
    from nightlight.cli.practice import practice
    from nightlight.cli.report import report
    from nightlight.cli.roleplay import roleplay
    from nightlight.cli.serve import serve
    from nightlight.cli.sql import sql
    from nightlight.cli.training import training
    from nightlight.cli.user import user
    from nightlight.cli.workspace import workspace

    for command in (demo, init, doctor, serve):
        app.command()(command)
    app.add_typer(ingest, name="ingest")
    app.add_typer(pipeline, name="pipeline")
    app.command()(sql)
    app.command()(practice)
    app.command()(label)
    app.add_typer(catalog, name="catalog")
    app.add_typer(roleplay, name="roleplay")
    app.add_typer(training, name="training")
    app.add_typer(annotation, name="annotation")
    app.add_typer(model, name="model")
    app.add_typer(user, name="user")
    app.add_typer(workspace, name="workspace")
    app.add_typer(audit, name="audit")
    app.add_typer(report, name="report")
    app.command()(backup)
    app.command()(restore)
    app.command()(erase)
    app.command()(bench)
    return app


def run() -> int:
    """Run the command line; 0 done, 1 refused or failed with one line on stderr, 2 wrong usage."""
    os.umask(0o077)
    try:
        with_commands()()
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
