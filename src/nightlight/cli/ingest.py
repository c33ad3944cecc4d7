"""`nightlight ingest`: take what is new from the declared sources, load single files, say how the sources stand."""

from pathlib import Path
from typing import Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import print_rows, progress
from nightlight.ingestion.runs import SourceRun

ingest = typer.Typer(help="Sources: take what is new, exactly once.", no_args_is_help=True)


@ingest.command("run")
def run_sources(
    sources: Annotated[list[str] | None, typer.Argument(help="Names of sources (default: all).")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what is new from the declared sources."""
    from nightlight.ingestion import ingest

    opened = open_home(home)
    with progress() as display:
        tasks: dict[str, Any] = {}

        def show(source: str, rows: int) -> None:
            if source not in tasks:
                tasks[source] = display.add_task(source, total=None)
            display.update(tasks[source], description=f"{source}: {rows:,} rows")

        runs = ingest.run(opened, sources or (), progress=show)
    _print_runs(runs, as_json=as_json)


@ingest.command("load")
def load_files(
    table: Annotated[str, typer.Argument(help="Table to load into, such as bronze.letters.")],
    files: Annotated[list[Path], typer.Argument(help="Files: .jsonl, .csv or .parquet, each also .gz.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load single files into a table; the same content is loaded once."""
    from nightlight.ingestion.load import load

    _print_runs(load(open_home(home), table, files), as_json=as_json)


@ingest.command("status")
def show_status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show how each source stands: last run, rows, quarantined, cursor, lag."""
    from nightlight.ingestion.status import status

    print_rows(status(open_home(home)), as_json=as_json, empty="no source is declared")


def _print_runs(runs: list[SourceRun], *, as_json: bool) -> None:
    if not as_json and not any(run.did_something for run in runs):
        typer.echo("nothing new")
        return
    rows = [
        {
            "source": run.source,
            "table": run.table,
            "rows": run.rows,
            "quarantined": run.quarantined,
            "files": run.files,
            "seconds": run.seconds,
            "note": run.note,
            **({"new_columns": list(run.new_columns), "error": run.error} if as_json else {}),
        }
        for run in runs
    ]
    print_rows(rows, as_json=as_json)
    failures = [run.error for run in runs if run.error]
    for line in failures:
        typer.echo(f"nightlight: {line}", err=True)
    if failures:
        raise typer.Exit(1)
