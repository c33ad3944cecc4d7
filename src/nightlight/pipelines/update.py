"""An update: the plan's steps, one after the other; a dataset that fails stops only what depends on it."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nightlight.catalog.lineage import record_lineage
from nightlight.errors import NightlightError
from nightlight.lakehouse.commit import disk_error
from nightlight.lakehouse.lock import run_lock
from nightlight.lakehouse.tables import Lake, LogGap, Table
from nightlight.pipelines.access import check_owner, check_queries
from nightlight.pipelines.definitions import EVENT_TIME
from nightlight.pipelines.engines.session import Session, clear_staging, explain_run_error
from nightlight.pipelines.events import Event, Outcome, record_events
from nightlight.pipelines.keys import check_key
from nightlight.pipelines.lineage import Columns, tighten
from nightlight.pipelines.materialized_views import recompute, refresh_keys
from nightlight.pipelines.plan import Action, Selection, Step, check_sources, make_plan, place_of
from nightlight.pipelines.project import Project
from nightlight.pipelines.python_functions import check_functions, engine_for, has_functions
from nightlight.pipelines.queries import Queries
from nightlight.pipelines.streaming_tables import append
from nightlight.pipelines.writing import Counts, Writer
from nightlight.settings import Home

# Rows of a key range, in batches: a view sorts narrow rows where a stream writes wide ones; rows that Python functions
# are given are objects, many times as large.
RANGE_BATCHES, RANGE_BATCHES_OF_FUNCTIONS = 4.0, 1 / 8


@dataclass(frozen=True)
class Update:
    """The result of an update: one event per stored dataset."""

    id: str
    events: tuple[Event, ...]
    seconds: float

    @property
    def failed(self) -> list[Event]:
        return [event for event in self.events if event.outcome is Outcome.FAILED]

    @property
    def changed(self) -> list[Event]:
        return [event for event in self.events if event.outcome is Outcome.DONE]


def run_update(
    project: Project,
    home: Home,
    session: Session,
    selection: Selection | None = None,
    *,
    on_step: Callable[[Step, Event | None], None] = lambda step, event: None,
) -> Update:
    """Execute the plan; `on_step` is told before (event None) and after each step. Events are always recorded."""
    begun = time.perf_counter()
    update = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    lake = Lake(home.lake)
    events: list[Event] = []
    with run_lock(home.root, "pipeline update"):
        for dataset in project.tables():
            clear_staging(lake.table(dataset.name).path)
        try:
            for step in make_plan(project, lake, selection or Selection()):
                on_step(step, None)
                event = _run_step(step, project, home, lake, session, update, events)
                events.append(event)
                on_step(step, event)
        finally:
            events = [_with_delay(project, lake, event) for event in events]
            record_events(lake, [event for event in events if event.outcome is not Outcome.UNCHANGED])
    return Update(update, tuple(events), time.perf_counter() - begun)


def _run_step(
    step: Step, project: Project, home: Home, lake: Lake, session: Session, update: str, before: Sequence[Event]
) -> Event:
    dataset = step.dataset
    event = Event(update, project.name, dataset.name, step.action, step.reason, Outcome.UNCHANGED, datetime.now(UTC))
    if step.action is Action.SKIP:
        return event
    stopped = {e.dataset for e in before if e.outcome in (Outcome.FAILED, Outcome.NOT_RUN)}
    before_it = {producer.name for name in step.reads if (producer := project.producer(name))}
    if stopped & before_it:
        return replace(event, outcome=Outcome.NOT_RUN, error=f"{min(stopped & before_it)} failed")
    wall, cpu = time.perf_counter(), time.process_time()
    writer, error = _attempt(step, project, home, lake, session, update)
    counts = writer.counts if writer else Counts()
    outcome = Outcome.FAILED if error else Outcome.DONE if counts.commits else Outcome.UNCHANGED
    return replace(
        event,
        outcome=outcome,
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
        rows_in=counts.rows_in,
        rows_out=counts.rows_out,
        dropped=counts.dropped,
        duplicates=counts.duplicates,
        broken=counts.broken,
        versions_read={} if error else {source: lake.table(source).version for source in step.reads},
        version_written=lake.table(dataset.name).version if counts.commits else None,
        error=error,
    )


def _attempt(
    step: Step, project: Project, home: Home, lake: Lake, session: Session, update: str
) -> tuple[Writer | None, str | None]:
    """Bring the dataset up to date; the second of the answer is the line that says why it could not be."""
    dataset = step.dataset
    writer = None

    traced: list[Columns] = []

    def record(lineage: Columns) -> None:
        traced.append(lineage)
        _record(step, project, home, lake, lineage)

    try:
        check_queries(project, dataset)
        check_sources(project, dataset, lake)
        check_owner(project, dataset, home, lake)
        check_functions(project, dataset, home, session)
        with engine_for(project, dataset, home, lake, session) as engine:
            queries = Queries(project, dataset, lake, engine)
            writer = Writer(queries, update, on_traced=record, afresh=step.action is Action.REPLACE)
            _refresh(step, queries, writer, limit=home.settings.max_batch_rows)
            if traced and not step.keeps_rows:  # not before: had it failed, the rows of before were still there
                record_lineage(home.database_url, dataset.name, _traced(traced[-1]), step.reads)
    except NightlightError as problem:
        error = str(problem.at(place_of(project, dataset, problem.what)))
    except OSError as problem:
        error = str(disk_error(problem, lake.table(dataset.name)))
    except Exception as problem:  # whatever it is, other datasets go on, and no value of a row is shown
        error = f"{dataset.location}: {dataset.name}: {explain_run_error(problem)}"
    else:
        return writer, None
    if writer:
        writer.discard()
    return writer, error


def _record(step: Step, project: Project, home: Home, lake: Lake, lineage: Columns) -> None:
    """Tell what the columns come from before anything is written: beside what the rows that are there come from."""
    dataset = step.dataset
    table, quarantine = lake.table(dataset.name), lake.table(dataset.quarantine)
    kept = table.schema.names if table.exists else None
    record_lineage(home.database_url, dataset.name, _traced(lineage), step.reads, kept=kept)
    if step.keeps_rows:
        sources = {name: lake.table(name).schema for name in project.sources(dataset.name)}
        for known in (table, quarantine):
            tighten(known, lineage, sources)
            lake.forget(known)


def _refresh(step: Step, queries: Queries, writer: Writer, *, limit: int) -> None:
    match step.action:
        case Action.APPEND | Action.REPLACE:
            append(queries, writer, limit=limit, afresh=step.action is Action.REPLACE)
        case Action.REFRESH_KEYS | Action.RECOMPUTE:
            if not writer.is_known():
                columns = {name: queries.lake.table(name).schema.names for name in step.reads}
                check_key(queries.project, step.dataset, columns)
            bring_up = refresh_keys if step.action is Action.REFRESH_KEYS else recompute
            with_functions = has_functions(queries.project, step.dataset)
            batches = RANGE_BATCHES_OF_FUNCTIONS if with_functions else RANGE_BATCHES
            bring_up(queries, writer, limit=max(1, int(batches * limit)))


def _traced(lineage: Columns) -> dict[str, list[tuple[str, str]] | None]:
    """Columns with None are of unknown origin; those with an empty list come from no column."""
    return {column: None if origins is None else sorted(origins) for column, origins in lineage.items()}


def _with_delay(project: Project, lake: Lake, event: Event) -> Event:
    """Add the event-to-gold delay of a streaming table with `event.time`: how old its new rows are at the end."""
    dataset = project.dataset(event.dataset)
    column = dataset.properties.get(EVENT_TIME) if dataset else None
    if not column or event.outcome is not Outcome.DONE or event.action != Action.APPEND:
        return event  # a full refresh reads old events: their age says nothing
    return replace(event, delay_p95_seconds=_delay(lake.table(event.dataset), event.update, column, datetime.now(UTC)))


def _delay(table: Table, update: str, column: str, now: datetime) -> float | None:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    versions = [entry["version"] for entry in table.history(100) if entry.get("update") == update]
    if not versions:
        return None
    try:
        files = [Path(file.path) for file in table.changes(min(versions) - 1).added]
    except LogGap:
        return None
    times = pa.concat_tables([pq.read_table(file, columns=[column]) for file in files]) if files else None
    if times is None or times.num_rows == 0:
        return None
    p5 = pc.quantile(pc.cast(times.column(column), pa.timestamp("us", "UTC")).cast(pa.int64()), q=0.05)[0].as_py()
    return float(now.timestamp() - p5 / 1e6) if p5 is not None else None
