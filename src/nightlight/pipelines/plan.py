"""The plan of an update: for each stored dataset what will be done and why. `dry-run` prints what `run` executes."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import SENSITIVITY, Lake, LogGap, Table, TableName
from nightlight.pipelines.definitions import Dataset, Kind, SqlQuery
from nightlight.pipelines.project import Project, suggest
from nightlight.pipelines.streams import Batch, unread

DEFINITION = "definition"


class Action(StrEnum):
    """What an update does with a dataset."""

    SKIP = "skip"
    APPEND = "append new rows"
    REFRESH_KEYS = "refresh changed keys"
    RECOMPUTE = "recompute"
    REPLACE = "full refresh"  # of a streaming table: forget what was read, read everything again


@dataclass(frozen=True)
class Step:
    """One dataset's part of an update."""

    dataset: Dataset
    action: Action
    reason: str
    reads: tuple[str, ...]

    @property
    def keeps_rows(self) -> bool:
        """Whether rows that an earlier definition made may stay beside the new ones."""
        return self.action in (Action.APPEND, Action.REFRESH_KEYS)


@dataclass(frozen=True)
class Selection:
    """Which datasets an update touches; nothing named means all. `full` names are read or computed from scratch."""

    refresh: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()
    full_all: bool = False

    def includes(self, name: str) -> bool:
        return not (self.refresh or self.full) or name in self.refresh or name in self.full

    def is_full(self, name: str) -> bool:
        return self.full_all or name in self.full

    def check(self, project: Project) -> None:
        """Raise NightlightError for a name that is no stored dataset of the project."""
        known = [dataset.name for dataset in project.tables()]
        for name in sorted(self.refresh | self.full):
            if name not in known:
                raise NightlightError(f"there is no dataset '{name}' in this project", remedy=suggest(name, known))


def make_plan(project: Project, lake: Lake, selection: Selection) -> list[Step]:
    """One step per stored dataset, in the order of the graph; a step's reads may be changed by the steps before it."""
    selection.check(project)
    changing: set[str] = set()
    replaced: set[str] = set()
    steps = []
    for dataset in project.tables():
        sources = project.sources(dataset.name)
        try:
            check_sources(project, dataset, lake)
            action, reason = _decide(project, dataset, lake, selection, changing, replaced)
        except NightlightError:  # the step will say what is wrong, and stop only what depends on it
            action, reason = _anew(dataset), "cannot be planned"
        if action is not Action.SKIP:
            changing.add(dataset.name)
        if action is Action.REPLACE:
            replaced.add(dataset.name)
        steps.append(Step(dataset, action, reason, tuple(sources)))
    return steps


def _decide(
    project: Project, dataset: Dataset, lake: Lake, selection: Selection, changing: set[str], replaced: set[str]
) -> tuple[Action, str]:
    sources = project.sources(dataset.name)
    table = lake.table(dataset.name)
    streaming = dataset.kind is Kind.STREAMING_TABLE
    anew = _anew(dataset)
    if not selection.includes(dataset.name):
        return Action.SKIP, "not selected"
    if selection.is_full(dataset.name):
        return anew, "asked for"
    if not table.exists:
        return anew, "is new"
    if rewritten := replaced & {source for source, stream in sources.items() if stream}:
        return Action.REPLACE, f"{min(rewritten)} is read again from the start"
    if not streaming and table.transaction(DEFINITION) != definition_hash(project, dataset, lake):
        return Action.RECOMPUTE, "its definition changed"
    changed = changed_sources(project, dataset, lake) + [
        name for name in sources if _producer(project, name) in changing
    ]
    if not changed:
        return Action.SKIP, "inputs unchanged"
    reason = f"{', '.join(dict.fromkeys(changed))} changed"
    if streaming:
        return Action.APPEND, reason
    return (Action.REFRESH_KEYS if dataset.key else Action.RECOMPUTE), reason


def _anew(dataset: Dataset) -> Action:
    return Action.REPLACE if dataset.kind is Kind.STREAMING_TABLE else Action.RECOMPUTE


def _producer(project: Project, table: str) -> str:
    dataset = project.producer(table)
    return dataset.name if dataset else table


def changed_sources(project: Project, dataset: Dataset, lake: Lake) -> list[str]:
    """The sources that have moved on since the dataset was last brought up to date."""
    table = lake.table(dataset.name)
    if dataset.kind is not Kind.STREAMING_TABLE:
        return [name for name in project.sources(dataset.name) if _has_changed(table, lake.table(name))]
    return [
        source
        for flow in project.flows[dataset.name]
        for source, streaming in project.readings(flow)
        if streaming and _has_unread(table, flow.name, lake.table(source))
    ]


def _has_changed(target: Table, source: Table) -> bool:
    """Whether rows of a source have changed since the target was computed; compaction changes none."""
    seen = target.transaction(str(source.name))
    if seen is None or seen > source.version:
        return True
    try:
        changes = source.changes(seen)
    except LogGap:
        return True
    return bool(changes.added or changes.removed)


def _has_unread(target: Table, flow: str, source: Table) -> bool:
    try:
        return next(unread_files(target, flow, source, limit=1), None) is not None
    except NightlightError:  # the stream cannot go on: the step will fail and say why
        return True


def unread_files(
    target: Table | None, flow: str, source: Table, *, limit: int, cut: int | None = None
) -> Iterator[Batch]:
    """Batches of what `flow` has not read of `source` yet, by the position in the target's log (None: everything)."""
    if not source.exists:
        return iter(())
    if target is None:
        return unread(source, position=None, start=None, limit=limit)
    app = stream_app(flow, source.name)
    position, start = target.transaction(app), target.transaction(f"{app}/start")
    return unread(source, position=position, start=start, limit=limit, cut=cut)


def stream_app(flow: str, source: TableName) -> str:
    """The application under which a target's Delta log keeps a flow's position in a source."""
    return f"stream/{flow}/{source}"


def definition_hash(project: Project, dataset: Dataset, lake: Lake) -> int:
    """A number that changes when the dataset's query, its views' queries, key or expectations change.

    Also when a source gains or loses the key's columns (the key was proved for those that have them), or a tag (which
    travels to the dataset's columns).
    """
    sources = {name: lake.table(name) for name in project.sources(dataset.name)}
    parts = [repr(sorted(dataset.properties.items())), dataset.comment]
    parts += [f"{name} {is_keyed(dataset, table)} {_tags(table)}" for name, table in sources.items()]
    for name in [*project.views(dataset.name), dataset.name]:
        for flow in project.flows[name]:
            if isinstance(flow.query, SqlQuery):
                parts.append(flow.query.text)
            else:
                parts.append(project.python_plans[flow.name].fingerprint)
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:7], "big")


def _tags(source: Table) -> list[tuple[str, bytes]]:
    if not source.exists:
        return []
    return [(f.name, f.metadata[SENSITIVITY]) for f in source.schema if f.metadata and SENSITIVITY in f.metadata]


def is_keyed(dataset: Dataset, source: Table) -> bool:
    """Whether a source has the columns of the dataset's refresh key."""
    return bool(dataset.key) and source.exists and set(dataset.key) <= set(source.schema.names)


def check_sources(project: Project, dataset: Dataset, lake: Lake) -> None:
    """Raise NightlightError when the dataset reads a table that is neither declared nor in the lake."""
    declared = [name for d in project.datasets for name in (d.name, d.quarantine)]
    for source in project.sources(dataset.name):
        if source in declared or (TableName.is_valid(source) and lake.table(source).exists):
            continue
        known = [*declared, *map(str, lake.tables())]
        raise NightlightError(
            f"{dataset.name} reads {source}, which is not there",
            where=places(project, dataset).get(source, str(dataset.location)),
            remedy=suggest(source, known) or "no rows of it have arrived yet: run `nightlight ingest run`",
        )


def place_of(project: Project, dataset: Dataset, what: str) -> str:
    """Where in the user's files the name that an error quotes stands, else where the dataset is declared."""
    quoted = re.search(r"'(?:\w+\.)*(\w+)'", what)
    for name in [*project.views(dataset.name), dataset.name] if quoted else []:
        for flow in project.flows[name]:
            if isinstance(flow.query, SqlQuery) and (found := re.search(rf"\b{quoted[1]}\b", flow.query.text)):  # type: ignore[index]
                line = flow.query.line + flow.query.text.count("\n", 0, found.start())
                return f"{flow.location.file}:{line}: {dataset.name}"
    return f"{dataset.location}: {dataset.name}"


def places(project: Project, dataset: Dataset) -> dict[str, str]:
    """Where each source is named in the user's files."""
    places: dict[str, str] = {}
    for name in [*project.views(dataset.name), dataset.name]:
        for flow in project.flows[name]:
            if isinstance(flow.query, SqlQuery):
                for reference in flow.query.references:
                    line = flow.query.line + flow.query.text.count("\n", 0, reference.start)
                    places.setdefault(reference.name, f"{flow.location.file}:{line}")
    return places
