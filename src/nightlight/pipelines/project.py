"""A project: the folder of `spark-pipeline.yml` and the definition files it names, read into one graph."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import TableName
from nightlight.pipelines.definitions import Dataset, Flow, Kind, PythonQuery, SqlQuery
from nightlight.pipelines.sql_files import read_sql_file

if TYPE_CHECKING:
    from nightlight.pipelines.engines.plans import PythonPlan
    from nightlight.pipelines.engines.session import Session

SPECIFICATION = "spark-pipeline.yml"
KEYS = {"name", "storage", "catalog", "database", "libraries", "configuration"}


@dataclass(frozen=True)
class Project:
    """Datasets in an order in which each comes after what it reads."""

    name: str
    root: Path
    datasets: tuple[Dataset, ...]
    flows: Mapping[str, tuple[Flow, ...]]  # by target
    python_plans: Mapping[str, "PythonPlan"]  # by flow name
    configuration: Mapping[str, str] = field(default_factory=dict)  # of the engine, by SET

    def dataset(self, name: str) -> Dataset | None:
        return next((dataset for dataset in self.datasets if dataset.name == name), None)

    def producer(self, table: str) -> Dataset | None:
        """The dataset that writes a table: the one of that name, or the one whose quarantine it is."""
        return next((dataset for dataset in self.datasets if table in (dataset.name, dataset.quarantine)), None)

    def tables(self) -> tuple[Dataset, ...]:
        """The datasets that are stored."""
        return tuple(dataset for dataset in self.datasets if dataset.kind is not Kind.TEMPORARY_VIEW)

    def references(self, flow: Flow) -> tuple[tuple[str, bool], ...]:
        """What a flow reads by name, each with whether it reads it as a stream."""
        if isinstance(flow.query, SqlQuery):
            return tuple(dict.fromkeys((ref.name, ref.streaming) for ref in flow.query.references))
        return tuple(dict.fromkeys(self.python_plans[flow.name].references))

    def sources(self, name: str) -> dict[str, bool]:
        """The stored tables that a dataset reads, through temporary views too, each with whether as a stream."""
        found: dict[str, bool] = {}
        for flow in self.flows.get(name, ()):
            for table, streaming in self.readings(flow):
                found[table] = found.get(table, False) or streaming
        return found

    def readings(self, flow: Flow) -> tuple[tuple[str, bool], ...]:
        """The stored tables that a flow reads, through temporary views too, each with whether as a stream."""
        found: dict[tuple[str, bool], None] = {}
        for name, streaming in self.references(flow):
            view = self.dataset(name)
            if view is not None and view.kind is Kind.TEMPORARY_VIEW:
                for inner in self.flows[name]:
                    found |= dict.fromkeys(self.readings(inner))
            else:
                found[name, streaming] = None
        return tuple(found)

    def views(self, name: str) -> list[str]:
        """The temporary views that a dataset reads, each after those it reads itself."""
        found: dict[str, None] = {}
        for flow in self.flows.get(name, ()):
            for reference, _ in self.references(flow):
                view = self.dataset(reference)
                if view is not None and view.kind is Kind.TEMPORARY_VIEW:
                    found |= dict.fromkeys([*self.views(reference), reference])
        return list(found)


def read_project(root: Path, session: "Session", *, production: bool = True) -> Project:
    """Read a project; raises NightlightError naming the file and line of the first thing wrong with it.

    In production Python files run where they can be kept from the lake, or not at all.
    """
    from nightlight.pipelines.engines.plans import read_plan
    from nightlight.pipelines.engines.python_files import read_python_files

    specification = _specification(root / SPECIFICATION)
    files = list(definition_files(root))
    python = [file for file in files if file.suffix == ".py"]
    declared = read_python_files(python, root, session.spark, production=production) if python else {}
    datasets: list[Dataset] = []
    flows: list[Flow] = []
    configuration: dict[str, str] = {}
    for file in files:
        if file in declared:
            found = declared[file]
            if isinstance(found, NightlightError):
                raise found
            datasets += found.datasets
            flows += found.flows
        else:
            made, fills, settings = read_sql_file(file)
            datasets += made
            flows += fills
            configuration |= settings
    for key, value in configuration.items():
        session.spark.conf.set(key, value)
    _check_names(datasets, flows)
    plans = {flow.name: read_plan(flow.query, flow.location) for flow in flows if isinstance(flow.query, PythonQuery)}
    grouped = {dataset.name: tuple(flow for flow in flows if flow.target == dataset.name) for dataset in datasets}
    project = Project(specification["name"], root, tuple(datasets), grouped, plans, configuration)
    return replace(project, datasets=tuple(_in_order(project)))


def find_projects(folder: Path) -> list[Path]:
    """The projects of a home: every folder of `pipelines/` with a specification, or that folder itself."""
    return sorted(file.parent for file in [*folder.glob(SPECIFICATION), *folder.glob(f"*/{SPECIFICATION}")])


def _specification(file: Path) -> dict[str, Any]:
    try:
        status = file.stat()
        return _parsed(file, (status.st_ino, status.st_mtime_ns, status.st_size))
    except FileNotFoundError:
        raise NightlightError("there is no pipeline project here", where=str(file.parent)) from None


@lru_cache(maxsize=32)
def _parsed(file: Path, _state: tuple[int, int, int]) -> dict[str, Any]:
    """What the file says; read again when its state has changed: pages ask often."""
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        raise NightlightError(
            f"not valid YAML: {getattr(error, 'problem', None) or 'unreadable'}", where=where
        ) from error
    if not isinstance(content, dict) or not content.get("name") or not content.get("libraries"):
        raise NightlightError("'name' and 'libraries' are needed", where=str(file))
    if unknown := set(content) - KEYS:
        raise NightlightError(
            f"unknown key '{min(unknown)}'", where=str(file), remedy=f"known: {', '.join(sorted(KEYS))}"
        )
    return content


def definition_files(root: Path) -> Iterator[Path]:
    """The SQL and Python files that the project's specification names, in order."""
    for library in _specification(root / SPECIFICATION)["libraries"]:
        if (
            not isinstance(library, dict)
            or not isinstance(library.get("glob"), dict)
            or not library["glob"].get("include")
        ):
            raise NightlightError("a library needs 'glob: {include: ..}'", where=str(root / SPECIFICATION))
        pattern = str(library["glob"]["include"])
        pattern = f"{pattern}/*" if pattern.endswith("**") else pattern
        yield from sorted(file for file in root.glob(pattern) if file.suffix in (".sql", ".py") and file.is_file())


def _check_names(datasets: list[Dataset], flows: list[Flow]) -> None:
    seen: dict[str, Dataset] = {}
    for dataset in datasets:
        if dataset.kind is not Kind.TEMPORARY_VIEW and not TableName.is_valid(dataset.name):
            raise NightlightError(
                f"'{dataset.name}' is not a table name",
                where=str(dataset.location),
                remedy="write schema.table, in lower case",
            )
        if dataset.name in seen:
            raise NightlightError(
                f"{dataset.name} is declared twice, first at {seen[dataset.name].location}", where=str(dataset.location)
            )
        dataset.check_properties()
        seen[dataset.name] = dataset
    named: dict[str, Flow] = {}
    for flow in flows:
        if flow.name in named:  # its position in its source is kept by its name
            raise NightlightError(
                f"flow '{flow.name}' is declared twice, first at {named[flow.name].location}", where=str(flow.location)
            )
        named[flow.name] = flow
        if flow.target not in seen:
            raise NightlightError(
                f"flow '{flow.name}' fills '{flow.target}', which is not declared",
                where=str(flow.location),
                remedy=suggest(flow.target, seen),
            )


def _in_order(project: Project) -> Iterator[Dataset]:
    """Depth first, in the order of the files; raises NightlightError when datasets read each other in a ring."""
    done: set[str] = set()
    path: list[str] = []

    def visit(dataset: Dataset) -> Iterator[Dataset]:
        if dataset.name in path:
            ring = " -> ".join([*path[path.index(dataset.name) :], dataset.name])
            raise NightlightError(f"datasets read each other in a ring: {ring}", where=str(dataset.location))
        if dataset.name in done:
            return
        path.append(dataset.name)
        for flow in project.flows.get(dataset.name, ()):
            for reference, _ in project.references(flow):
                if before := project.producer(reference):
                    yield from visit(before)
        path.pop()
        done.add(dataset.name)
        yield dataset

    for dataset in project.datasets:
        yield from visit(dataset)


def suggest(name: str, known: Iterable[str]) -> str | None:
    """`did you mean ..?` for a name nobody knows."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{close[0]}'?" if close else None
