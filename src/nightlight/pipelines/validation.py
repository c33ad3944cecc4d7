"""What `dry-run` finds wrong before anything runs: the portable subset, tables, columns, keys, expectations.

Queries are analyzed by the engine over empty tables, those of datasets over the columns their own queries give, so
that a new project is checked before it has any data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.access import check_queries, owner_problems
from nightlight.pipelines.definitions import Dataset, Kind
from nightlight.pipelines.engines.session import Session, first_line
from nightlight.pipelines.expectations import VERDICT, verdict_expression
from nightlight.pipelines.keys import check_key
from nightlight.pipelines.plan import check_sources, place_of
from nightlight.pipelines.portable import lint_python, lint_sql
from nightlight.pipelines.project import Project, definition_files
from nightlight.pipelines.python_functions import check_functions, engine_for_analysis
from nightlight.pipelines.queries import query_frame
from nightlight.pipelines.writing import quarantine_schema
from nightlight.sandbox.confinement import keeps_apart
from nightlight.settings import Home

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Problem:
    """One thing to mend, or (warning) to think about; `text` names file and line."""

    severity: Literal["error", "warning"]
    text: str


def validate(
    project: Project, home: Home, session: Session, *, schemas: "dict[str, pa.Schema] | None" = None
) -> list[Problem]:
    """Everything found, in the order of the files, then of the graph; nothing is run, and no table is written.

    `schemas` is filled with the columns of what is in order, by table.
    """
    found = schemas if schemas is not None else {}
    return [*_lint(project), *_confinement(project), *_analyze(project, home, session, found)]


def _lint(project: Project) -> Iterator[Problem]:
    for file in definition_files(project.root):
        found = lint_python(file) if file.suffix == ".py" else lint_sql(file.read_text("utf-8"), file=str(file))
        for finding in found:
            place = f"{finding.file}:{finding.line}:{finding.column}"
            yield Problem(finding.severity, f"{place}: {finding.message}; {finding.instead}")


def _confinement(project: Project) -> Iterator[Problem]:
    """Say so where Python files ran with all rights of whoever runs the pipeline."""
    python = [file for file in definition_files(project.root) if file.suffix == ".py"]
    if python and not keeps_apart(project.root):
        yield Problem(
            "warning",
            f"{python[0]}: this system has no Landlock: Python files can read the lake whatever their owners may; "
            "production refuses them",
        )


def _analyze(project: Project, home: Home, session: Session, schemas: "dict[str, pa.Schema]") -> Iterator[Problem]:
    """Each table's query over views that have the right columns and no rows."""
    lake = Lake(home.lake)
    broken: set[str] = set()
    for dataset in project.tables():
        try:
            check_queries(project, dataset)
            check_sources(project, dataset, lake)
            if broken & {made.name for name in project.sources(dataset.name) if (made := project.producer(name))}:
                broken.add(dataset.name)  # what it reads is wrong already
                continue
            _add_schemas(project, dataset, lake, schemas)
            problems = owner_problems(project, dataset, home, lake, schemas)
            yield from (Problem("error", str(problem)) for problem in problems)
            check_functions(project, dataset, home, session)
            with engine_for_analysis(project, dataset, home, session) as engine:
                schema = schemas[dataset.name] = _columns(project, dataset, engine, schemas)
            schemas[dataset.quarantine] = quarantine_schema(schema)
            names = {name: schemas[name].names for name in project.sources(dataset.name)}
            check_key(project, dataset, names)
        except NightlightError as error:
            broken.add(dataset.name)
            yield Problem("error", str(error.at(place_of(project, dataset, error.what))))
        except Exception as error:  # the engine's many kinds of "this query is wrong"
            broken.add(dataset.name)
            yield Problem("error", f"{dataset.location}: {dataset.name}: {first_line(error)}")


def _add_schemas(project: Project, dataset: Dataset, lake: Lake, schemas: "dict[str, pa.Schema]") -> None:
    for name in project.sources(dataset.name):
        if name not in schemas:
            schemas[name] = lake.table(name).schema


def _columns(project: Project, dataset: Dataset, session: Session, schemas: "Mapping[str, pa.Schema]") -> "pa.Schema":
    """The columns the dataset will have; analyzing them finds unknown columns and functions."""
    import pyarrow as pa

    sources = {
        (name, streaming): session.frame_of_files([], schemas[name])
        for name in project.sources(dataset.name)
        for streaming in (False, True)
    }
    schema: pa.Schema = pa.schema([])
    for flow in project.flows[dataset.name]:
        frame = query_frame(project, flow, session, sources)
        schema = session.schema_of(frame)
        session.schema_of(session.with_column(frame, VERDICT, verdict_expression(dataset.expectations)))
    if dataset.kind is Kind.STREAMING_TABLE and not any(project.sources(dataset.name).values()):
        raise NightlightError(
            f"{dataset.name} reads no table as a stream",
            where=str(dataset.location),
            remedy="write FROM STREAM t, or make it a materialized view",
        )
    return schema
