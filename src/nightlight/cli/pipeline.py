"""`nightlight pipeline`: see the plan, run it, look at what happened and where numbers come from."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, open_home
from nightlight.cli.output import print_json, print_rows, progress
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from nightlight.pipelines.engines.session import Session
    from nightlight.pipelines.plan import Selection
    from nightlight.pipelines.project import Project
    from nightlight.pipelines.update import Update
    from nightlight.settings import Home

pipeline = typer.Typer(help="Declared datasets: plan, run, events, lineage.", no_args_is_help=True)

Refresh = Annotated[str, typer.Option(help="Only these datasets (comma-separated).", show_default=False)]
FullRefresh = Annotated[str, typer.Option(help="These from scratch (comma-separated).", show_default=False)]
FullRefreshAll = Annotated[bool, typer.Option("--full-refresh-all", help="Everything from scratch.")]
Engine = Annotated[str, typer.Option(help="sail (embedded) or spark (over Spark Connect).")]
Remote = Annotated[str | None, typer.Option(help="Spark's Connect server, sc://host:port.", show_default=False)]


@pipeline.command("dry-run")
def dry_run(
    *,
    refresh: Refresh = "",
    full_refresh: FullRefresh = "",
    full_refresh_all: FullRefreshAll = False,
    engine: Engine = "sail",
    remote: Remote = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check all definition files and print what `run` would do, without doing it."""
    from nightlight.lakehouse.tables import Lake
    from nightlight.pipelines.plan import make_plan
    from nightlight.pipelines.validation import validate

    place = open_home(home)
    selection = _selection(refresh, full_refresh, full_refresh_all)
    rows = []
    problems = []
    for project, session in _projects(place, engine, remote):
        problems += validate(project, place, session)
        for step in make_plan(project, Lake(place.lake), selection):
            rows.append(
                {
                    "dataset": step.dataset.name,
                    "action": str(step.action),
                    "because": step.reason,
                    "kind": str(step.dataset.kind),
                    "reads": list(step.reads),
                    "where": f"{step.dataset.location.file.name}:{step.dataset.location.line}",
                }
            )
    shown = (
        rows if as_json else [{name: row[name] for name in ("dataset", "action", "because", "where")} for row in rows]
    )
    print_rows(shown, as_json=as_json, empty="the project declares no datasets")
    for problem in problems:
        typer.echo(f"nightlight: {problem.severity}: {problem.text}", err=True)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


@pipeline.command()
def run(
    *,
    every: Annotated[str, typer.Option(help="Repeat, taking new rows first: 30s, 5m, 1h.", show_default=False)] = "",
    refresh: Refresh = "",
    full_refresh: FullRefresh = "",
    full_refresh_all: FullRefreshAll = False,
    engine: Engine = "sail",
    remote: Remote = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the datasets up to date; a dataset that fails stops only what depends on it."""
    place = open_home(home)
    if every:
        from nightlight.operations.schedule import keep_fresh, parse_duration

        keep_fresh(place, parse_duration(every), engine=engine, remote=remote)
        return
    selection = _selection(refresh, full_refresh, full_refresh_all)
    updates = [_update(project, place, session, selection) for project, session in _projects(place, engine, remote)]
    _take_in_flags(place)
    if as_json:
        print_json([event.as_row() for update in updates for event in update.events])
    else:
        for update in updates:
            _print_update(update)
    for event in [event for update in updates for event in update.failed]:
        typer.echo(f"nightlight: {event.error}", err=True)
    if any(update.failed for update in updates):
        raise typer.Exit(1)


@pipeline.command()
def events(
    *,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first.")] = 40,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What updates did: one row per dataset and update, the newest first."""
    from nightlight.lakehouse.tables import Lake
    from nightlight.pipelines.events import read_events

    rows = read_events(Lake(open_home(home).lake), dataset=dataset, limit=limit)
    shown = rows if as_json else [_event_row(row) for row in rows]
    print_rows(shown, as_json=as_json, empty="no update has changed anything yet; run `nightlight pipeline run`")


@pipeline.command()
def lineage(
    table: Annotated[str, typer.Argument(help="schema.table or schema.table.column")],
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Where a table, or one of its columns, comes from: every step back to the sources."""
    from nightlight.catalog.lineage import trace_lineage
    from nightlight.lakehouse.tables import Lake

    place = open_home(home)
    schema, _, rest = table.partition(".")
    name, _, column = rest.partition(".")
    known = Lake(place.lake).table(f"{schema}.{name}")
    if not known.exists or (column and column not in known.schema.names):
        raise NightlightError(f"there is no {'column' if column else 'table'} '{table}' in the lake")
    rows = trace_lineage(place.database_url, f"{schema}.{name}", column or None)
    shown = rows if as_json else [_lineage_row(row) for row in rows]
    print_rows(shown, as_json=as_json, empty=f"{table}: no dataset of this home produces it")


def _projects(place: "Home", engine: str, remote: str | None) -> "list[tuple[Project, Session]]":
    from nightlight.pipelines.engines import open_session
    from nightlight.pipelines.project import find_projects, read_project

    roots = find_projects(place.pipelines)
    if not roots:
        raise NightlightError(
            "there is no pipeline project",
            where=str(place.pipelines),
            remedy="put a folder with spark-pipeline.yml there",
        )
    session = open_session(engine, settings=place.settings, remote=remote)
    production = place.settings.production
    return [(read_project(root, session, production=production), session) for root in roots]


def _selection(refresh: str, full_refresh: str, full_refresh_all: bool) -> "Selection":
    from nightlight.pipelines.plan import Selection

    return Selection(_names(refresh), _names(full_refresh), full_refresh_all)


def _names(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _update(project: "Project", place: "Home", session: "Session", selection: "Selection") -> "Update":
    from nightlight.pipelines.update import run_update

    with progress() as display:
        task = display.add_task(project.name, total=len(project.tables()))

        def show(step: Any, event: Any) -> None:
            display.update(task, description=step.dataset.name, advance=0 if event is None else 1)

        return run_update(project, place, session, selection, on_step=show)


def _take_in_flags(place: "Home") -> None:
    from datetime import UTC, datetime

    from nightlight.quality.intake import take_in

    take_in(place, clock=lambda: datetime.now(UTC))


def _print_update(update: "Update") -> None:
    worked = [event for event in update.events if event.outcome != "unchanged"]
    if not worked:
        typer.echo("everything is up to date: no input has changed since the last update")
        return
    print_rows([_event_row(asdict(event)) for event in worked], as_json=False)
    unchanged = len(update.events) - len(worked)
    noun = "dataset" if len(update.changed) == 1 else "datasets"
    typer.echo(f"{len(update.changed)} {noun} updated, {unchanged} unchanged, in {update.seconds:.1f} s")


def _event_row(event: dict[str, Any]) -> dict[str, Any]:
    broken = ", ".join(f"{name}: {rows:,}" for name, rows in event["broken"].items())
    return {
        "dataset": event["dataset"],
        "action": event["action"],
        "outcome": str(event["outcome"]),
        "rows_in": event["rows_in"],
        "rows_out": event["rows_out"],
        "dropped": event["dropped"],
        "duplicates": event["duplicates"],
        "seconds": event["seconds"],
        "note": event["error"] or broken,
    }


def _lineage_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": row["depth"],
        "column": f"{row['target_table']}.{row['target_column']}".rstrip("."),
        "comes from": f"{row['source_table']}.{row['source_column']}".rstrip("."),
    }
