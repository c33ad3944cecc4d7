"""`nightlight demo`: the example line from nothing to ten numbers, who sees them, and its pages; told step by step."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption
from nightlight.cli.output import format_value, print_json, print_rows, progress
from nightlight.cli.serve import PortOption, listen
from nightlight.settings import home_folder

if TYPE_CHECKING:
    from nightlight.operations.overview import Number
    from nightlight.pipelines.events import Event
    from nightlight.settings import Home
    from nightlight.sql.broker import Broker

NEXT = (
    ("ingest status", "how each source stands"),
    ("pipeline run", "take in only what has changed since: now, nothing"),
    ("pipeline events", "what each update did, dataset by dataset"),
    ("pipeline lineage gold.queue_wait.wait_p90", "where a number comes from"),
    ("catalog who-can SELECT silver.messages.text", "who may read what texters wrote, and why"),
    ("model list", "the models in use, and who let them in"),
    ("audit tail", "who asked what, for what purpose"),
    ("doctor", "whether the home is in order"),
)


# Asked by each of these, for the purpose that goes with the task.
ASKED = (
    ("ana", "analyst", "improve_service"),
    ("sam", "supervisor", "quality_review"),
    ("vera", "volunteer", "volunteer_training"),
)
QUESTIONS = {
    "conversations": "SELECT count(*) FROM silver.conversations",
    "messages_with_text": "SELECT count(text) FROM silver.messages",
}


@dataclass(frozen=True)
class Section:
    """One step's result: rows for scripts, and as people read them, with a line below; or the line alone."""

    key: str
    title: str
    rows: Sequence[dict[str, Any]] = ()
    shown: Sequence[dict[str, Any]] = ()
    line: str = ""
    failures: Sequence[str] = field(default=())


def demo(
    *,
    conversations: Annotated[int, typer.Option(min=1, help="How many conversations the example line had.")] = 2_000,
    port: PortOption = 8000,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="End without serving the pages (so does --json).")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring an invented crisis line to life: raw exports, ingested, checked, ten numbers, who sees what, its pages."""
    from nightlight.operations.example import open_demo_home

    begun = time.monotonic()
    if serves := not (no_serve or as_json):
        listen("127.0.0.1", port).close()  # a port that is taken is said before the work, not after it
    place = open_demo_home(home_folder(home))
    sections = []
    with _registry_being_made(place) as registry:
        for section in _steps(place, conversations):
            sections.append(section)
            if not as_json:
                _print(section, len(sections))
        failures = [line for section in sections for line in section.failures]
        with progress() as display:
            display.add_task("registering the models that came with the product", total=None)
            told = registry.communicate()[1]
        failures += told.splitlines() if registry.returncode else []
    if as_json:
        print_json({"home": str(place.root), **{section.key: section.rows for section in sections[1:]}})
    for line in failures:
        typer.echo(f"nightlight: {line}", err=True)
    if failures:
        raise typer.Exit(1)
    if as_json:
        return
    _print_next(place, time.monotonic() - begun)
    if serves:
        typer.echo()
        typer.secho("Sign in as anybody of the line: the sign-in page lists them.", bold=True)
        _serve(place, port)


def _serve(place: "Home", port: int) -> None:
    """Go on as the process of the pages: the engine and its memory stay behind."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "nightlight", "serve", "--demo", "--port", str(port), "--home", str(place.root)]
    os.execv(sys.executable, command)  # noqa: S606  # our own command


def _registry_being_made(place: "Home") -> "subprocess.Popen[str]":
    """The process that makes the models' registry meanwhile: loading MLflow takes it seconds."""
    command = [sys.executable, "-m", "nightlight", "model", "list", "--home", str(place.root)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _steps(place: "Home", conversations: int) -> Iterator[Section]:
    yield _exports(place, conversations)
    yield _ingest(place)
    yield _practice(place)
    yield _update(place)
    yield _queue(place)
    yield _numbers(place)
    yield _access(place)


def _exports(place: "Home", conversations: int) -> Section:
    from nightlight.operations.example import EXPORTS, write_exports

    with progress() as display:
        task = display.add_task("writing exports", total=1.0)
        new = write_exports(
            place, conversations, progress=lambda what, share: display.update(task, description=what, completed=share)
        )
    folder = place.root / EXPORTS
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    what = f"a year of {conversations:,} invented conversations" if new else "the exports of an earlier demo, kept"
    line = f"{what}: {size:.1f} MB in {folder}\nmessages and events (JSON Lines), a partner's CSV, a roster database"
    return Section("exports", "Exports, as the systems of the crisis line Harbour write them", line=line)


def _ingest(place: "Home") -> Section:
    from nightlight.ingestion import ingest

    with progress() as display:
        task = display.add_task("ingesting", total=None)
        runs = ingest.run(
            place, progress=lambda source, rows: display.update(task, description=f"{source}: {rows:,} rows")
        )
    rows = [
        {"source": run.source, "table": run.table, "rows": run.rows, "quarantined": run.quarantined, "files": run.files}
        for run in runs
    ]
    news = any(run.did_something for run in runs)
    return Section(
        "sources",
        "Ingestion: rows that keep the contract into tables, the others into quarantine",
        rows,
        rows if news else (),
        "" if news else "nothing new in any source",
        [run.error for run in runs if run.error],
    )


def _practice(place: "Home") -> Section:
    from datetime import UTC, datetime

    from nightlight.operations.practice_demo import seed_practice
    from nightlight.practice.tables import publish

    with progress() as display:
        display.add_task("inventing eight weeks of practice", total=None)
        seeded = seed_practice(place, clock=lambda: datetime.now(UTC))
        publish(place)
    line = (
        f"{seeded.sessions} invented sessions of {seeded.people} trainees with played texters, in tables of their own"
        if seeded
        else "the practice of an earlier demo, kept"
    )
    return Section("practice", "Practice: trainees and played texters", line=line)


def _update(place: "Home") -> Section:
    from nightlight.pipelines.engines import open_session
    from nightlight.pipelines.project import find_projects, read_project
    from nightlight.pipelines.update import run_update

    events: list[Event] = []
    with progress() as display:
        task = display.add_task("starting the engine", total=None)
        session = open_session("sail", settings=place.settings)
        for root in find_projects(place.pipelines):
            project = read_project(root, session)
            update = run_update(
                project,
                place,
                session,
                on_step=lambda step, event: display.update(task, description=f"computing {step.dataset.name}"),
            )
            events += update.events
    rows = [
        {
            "dataset": event.dataset,
            "outcome": str(event.outcome),
            "rows_in": event.rows_in,
            "rows_out": event.rows_out,
            "refused": event.dropped,
            "duplicates": event.duplicates,
        }
        for event in events
    ]
    worked = [row for row in rows if row["outcome"] != "unchanged"]
    return Section(
        "datasets",
        "Pipeline: bronze (as delivered) to silver (cleaned, de-identified) to gold (measures)",
        rows,
        worked,
        "" if worked else "everything is up to date: no input has changed",
        [event.error for event in events if event.error],
    )


def _queue(place: "Home") -> Section:
    from datetime import UTC, datetime

    from nightlight.operations.quality_demo import seed_quality

    with progress() as display:
        display.add_task("filling the queue", total=None)
        queued = seed_quality(place, clock=lambda: datetime.now(UTC))
    line = f"{queued.waiting:,} conversations wait with flags for somebody who looks at them"
    line += f"; {queued.decided:,} flags of earlier days were decided about" if queued.decided else ""
    line += "\none conversation goes on: risk was told in it and has not been asked about" if queued.live else ""
    title = "Quality: what was read in conversations, and what a person should look at"
    return Section("queue", title, [asdict(queued)], line=line)


def _numbers(place: "Home") -> Section:
    from nightlight.lakehouse.tables import Lake
    from nightlight.operations.overview import read_overview

    numbers = read_overview(Lake(place.lake))
    shown = [
        {"number": number.name, "value": _readable(number), "of": number.period, "table": number.table}
        for number in numbers
    ]
    return Section("numbers", "Ten numbers, each from one table", [asdict(number) for number in numbers], shown)


def _access(place: "Home") -> Section:
    """The same questions by several people, through the one door there is."""
    from nightlight.sql.broker import Broker

    with progress() as display, Broker(place) as broker:
        display.add_task("asking", total=None)
        answers = [
            {"user": user, "task": task, "purpose": purpose, "question": text, **_ask(broker, user, purpose, text)}
            for user, task, purpose in ASKED
            for text in QUESTIONS.values()
        ]
    shown = [
        {"who": f"{user}, {task}", "purpose": purpose}
        | {name: _answer_of(answers, user, text) for name, text in QUESTIONS.items()}
        for user, task, purpose in ASKED
    ]
    asked = [f"{name.replace('_', ' ')}: {text}" for name, text in QUESTIONS.items()]
    told = {answer["user"]: answer["refusal"] for answer in reversed(answers) if answer["refusal"]}
    notes = dict.fromkeys(note for answer in answers for note in answer["notes"])
    line = "\n".join([*asked, *(f"{user} was told: {told[user]}" for user, *_ in ASKED if user in told), *notes])
    return Section("access", "Who sees what: the same questions, asked as three people", answers, shown, line)


def _ask(broker: "Broker", user: str, purpose: str, text: str) -> dict[str, Any]:
    from nightlight.errors import NightlightError

    try:
        result = broker.sql(text, principal=user, purpose=purpose)
    except NightlightError as refusal:
        return {"answer": None, "refusal": str(refusal), "notes": ()}
    return {"answer": result.table.column(0)[0].as_py(), "refusal": None, "notes": result.notes}


def _answer_of(answers: Sequence[dict[str, Any]], user: str, text: str) -> str:
    found = next(answer for answer in answers if (answer["user"], answer["question"]) == (user, text))
    return "refused" if found["refusal"] else format_value(found["answer"])


def _readable(number: "Number") -> str:
    """
    >>> from nightlight.operations.overview import Number
    >>> _readable(Number("wait", 192.4, "s", "", "")), _readable(Number("left", 0.183, "share", "", ""))
    ('3 min 12 s', '18.3 %')
    """
    match number.value, number.unit:
        case None, _:
            return "no data"
        case value, "s":
            return f"{int(value // 60)} min {value % 60:02.0f} s" if value >= 60 else f"{value:.0f} s"
        case value, "share":
            return f"{value:.1%}".replace("%", " %")
        case value, _:
            return format_value(value)


def _print(section: Section, number: int) -> None:
    typer.echo()
    typer.secho(f"{number}. {section.title}", bold=True)
    if section.shown:
        print_rows(section.shown, as_json=False)
    if section.line:
        typer.echo(section.line)


def _print_next(place: "Home", seconds: float) -> None:
    program = (
        "nightlight" if shutil.which("nightlight") else os.path.relpath(Path(sys.executable).parent / "nightlight")
    )
    usual = home_folder().resolve() == place.root
    suffix = "" if usual else f" --home {os.path.relpath(place.root)}"
    typer.echo()
    typer.secho(f"Done in {seconds:.0f} s, all of it in {place.root}. Where to look next:", bold=True)
    commands = [f"{program} {command}{suffix}" for command, _ in NEXT]
    width = max(map(len, commands))
    for command, (_, why) in zip(commands, NEXT, strict=True):
        typer.echo(f"  {command:<{width}}  {why}")
    typer.echo(
        f"The datasets are SQL files in {os.path.relpath(place.pipelines)}: change one and run the pipeline again."
    )
