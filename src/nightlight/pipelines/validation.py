"""What `dry-run` finds wrong before anything runs: the portable subset, tables, columns, keys, expectations.

Queries are analyzed by the engine over empty tables, those of datasets over the columns their own queries give, so
that a new project is checked before it has any data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.definitions import Dataset, Kind
from nightlight.pipelines.engines.session import Session, first_line
from nightlight.pipelines.expectations import verdict_expression
from nightlight.pipelines.keys import check_key
from nightlight.pipelines.plan import check_sources, place_of
from nightlight.pipelines.portable import lint_python, lint_sql
from nightlight.pipelines.project import Project, definition_files
from nightlight.pipelines.queries import query_frame
from nightlight.pipelines.writing import quarantine_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Problem:
    """One thing to mend, or (warning) to think about; `text` names file and line."""

    severity: Literal["error", "warning"]
    text: str


def validate(project: Project, lake: Lake, session: Session) -> list[Problem]:
    """Everything found, in the order of the files, then of the graph; nothing is run and nothing is written."""
    return [*_lint(project), *_analyze(project, lake, session)]


def _lint(project: Project) -> Iterator[Problem]:
    for file in definition_files(project.root):
        found = lint_python(file) if file.suffix == ".py" else lint_sql(file.read_text("utf-8"), file=str(file))
        for finding in found:
            place = f"{finding.file}:{finding.line}:{finding.column}"
            yield Problem(finding.severity, f"{place}: {finding.message}; {finding.instead}")


def _analyze(project: Project, lake: Lake, session: Session) -> Iterator[Problem]:
    """Each table's query over views that have the right columns and no rows."""
    schemas: dict[str, pa.Schema] = {}
    broken: set[str] = set()
    for dataset in project.tables():
        try:
            check_sources(project, dataset, lake)
            if broken & {made.name for name in project.sources(dataset.name) if (made := project.producer(name))}:
                broken.add(dataset.name)  # what it reads is wrong already
                continue
            sources = _empty_sources(project, dataset, lake, session, schemas)
            schema = schemas[dataset.name] = _columns(project, dataset, session, sources)
            schemas[dataset.quarantine] = quarantine_schema(schema)
            names = {name: schemas[name].names for name in project.sources(dataset.name)}
            check_key(project, dataset, names)
        except NightlightError as error:
            broken.add(dataset.name)
            yield Problem("error", str(error.at(place_of(project, dataset, error.what))))
        except Exception as error:  # the engine's many kinds of "this query is wrong"
            broken.add(dataset.name)
            yield Problem("error", f"{dataset.location}: {dataset.name}: {first_line(error)}")


def _empty_sources(
    project: Project, dataset: Dataset, lake: Lake, session: Session, schemas: "dict[str, pa.Schema]"
) -> "dict[tuple[str, bool], DataFrame]":
    for name in project.sources(dataset.name):
        if name not in schemas:
            schemas[name] = lake.table(name).schema
    return {
        (name, streaming): session.frame_of_files([], schemas[name])
        for name in project.sources(dataset.name)
        for streaming in (False, True)
    }


def _columns(
    project: Project, dataset: Dataset, session: Session, sources: "dict[tuple[str, bool], DataFrame]"
) -> "pa.Schema":
    """The columns the dataset will have; analyzing them finds unknown columns and functions."""
    import pyarrow as pa

    schema: pa.Schema = pa.schema([])
    for flow in project.flows[dataset.name]:
        frame = query_frame(project, flow, session, sources)
        schema = session.schema_of(frame)
        verdict = f"SELECT {verdict_expression(dataset.expectations)} AS verdict FROM result"
        session.schema_of(session.frame_of_sql(verdict, {"result": frame}))
    if dataset.kind is Kind.STREAMING_TABLE and not any(project.sources(dataset.name).values()):
        raise NightlightError(
            f"{dataset.name} reads no table as a stream",
            where=str(dataset.location),
            remedy="write FROM STREAM t, or make it a materialized view",
        )
    return schema
