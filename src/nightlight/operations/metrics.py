"""The measures of a line: each defined once, in a YAML file of the home's `metrics`, and where else it is used.

A measure's SQL gives `period` and `value`, the newest first; it is asked as whoever looks at it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nightlight.dashboards.definition import PLACEHOLDER, Dashboard
from nightlight.dashboards.documents import Node, read_document
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import TableName
from nightlight.pipelines.definitions import Flow, SqlQuery
from nightlight.pipelines.project import definition_files, find_projects
from nightlight.pipelines.sql_files import read_sql_file
from nightlight.sql.gate import Query, read_select

UNITS = ("count", "share", "seconds", "minutes", "hours", "rating")
GOOD = ("up", "down")
NEEDED = ("title", "definition", "unit", "owner", "table", "columns", "sql")
KNOWN = (*NEEDED, "good", "target")
NOTEBOOK_BYTES = 5 << 20


@dataclass(frozen=True)
class Metric:
    """A measure. `columns` of `table` hold it; `good` says where better is ("up", "down", "" = neither)."""

    name: str
    title: str
    definition: str
    unit: str
    owner: str
    table: str
    columns: tuple[str, ...]
    sql: str
    tables: frozenset[str]  # all that the SQL reads
    good: str = ""
    target: float | None = None


def read_metrics(folder: Path) -> dict[str, Metric | NightlightError]:
    """Every measure by name, sorted; in place of one whose file is wrong, the error that says where."""
    files = sorted(file for file in folder.glob("*.y*ml") if file.suffix in (".yml", ".yaml"))
    return {file.stem: _read(file, _stamp(file)) for file in files}


@lru_cache(maxsize=256)
def _read(file: Path, stamp: tuple[int, int, int]) -> Metric | NightlightError:
    try:
        return read_metric(file)
    except NightlightError as error:
        return error


def _stamp(file: Path) -> tuple[int, int, int]:
    """Another one whenever the file has changed."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_mtime_ns, status.st_size


def read_metric(file: Path) -> Metric:
    """Read one file; raises NightlightError at its line."""
    document = read_document(file)
    values = document.mapping(KNOWN, NEEDED)
    if not (file.stem.isascii() and file.stem.isidentifier()):
        raise document.error(f"'{file.stem}' cannot name a measure", "name the file with letters, digits and _")
    table = values["table"].text()
    if not TableName.is_valid(table):
        raise values["table"].error(f"'{table}' is no table's name", "write schema.table, in lower case")
    query = _query(values["sql"])
    tables = frozenset(str(reference) for reference in query.tables)
    if table not in tables:
        raise values["sql"].error(f"the SQL does not read {table}")
    if "target" in values and "good" not in values:
        raise values["target"].error("a target needs to know where better is", "write good: up, or good: down")
    columns = values["columns"].texts()
    for column in columns:
        if not query.every_column and column.lower() not in query.columns:
            raise values["columns"].error(f"the SQL does not read the column '{column}'")
    return Metric(
        name=file.stem,
        title=values["title"].text(),
        definition=" ".join(values["definition"].text().split()),
        unit=values["unit"].one_of(UNITS),
        owner=values["owner"].text(),
        table=table,
        columns=columns,
        sql=values["sql"].text(),
        tables=tables,
        good=values["good"].one_of(GOOD) if "good" in values else "",
        target=_number(values["target"]) if "target" in values else None,
    )


def _query(node: Node) -> Query:
    try:
        query = read_select(node.text())
    except NightlightError as error:
        raise node.error(f"the SQL is refused: {error.what}", error.remedy) from error
    if any(reference.schema is None for reference in query.tables):
        raise node.error("the SQL names a table without its schema", "write schema.table")
    return query


def _number(node: Node) -> float:
    value = node.plain()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise node.error("here belongs a number")
    return float(value)


def dashboards_using(metric: Metric, dashboards: Mapping[str, Dashboard | NightlightError]) -> list[Dashboard]:
    """The dashboards with a chart that reads one of the measure's columns."""
    sound = [dashboard for dashboard in dashboards.values() if isinstance(dashboard, Dashboard)]
    return [each for each in sound if any(_reads(chart.sql, metric.table, metric.columns) for chart in each.charts)]


@lru_cache(maxsize=2_048)
def _reads(sql: str, table: str, columns: tuple[str, ...]) -> bool:
    """Whether a chart's SQL names the table and one of the columns; its placeholders stand for values."""
    try:
        query = read_select(PLACEHOLDER.sub("NULL", sql))
    except NightlightError:
        return False
    is_named = query.every_column or any(column.lower() in query.columns for column in columns)
    return is_named and table in {str(reference) for reference in query.tables}


def notebooks_using(metric: Metric, folder: Path) -> list[str]:
    """The notebooks, as `workspace/file`, whose cells name the measure's table and one of its columns."""
    found = []
    for file in sorted(folder.glob("*/*.ipynb")):
        text = _cells(file, _stamp(file))
        if metric.table in text and any(re.search(rf"\b{re.escape(column)}\b", text) for column in metric.columns):
            found.append(f"{file.parent.name}/{file.name}")
    return found


@lru_cache(maxsize=256)
def _cells(file: Path, stamp: tuple[int, int, int]) -> str:
    try:
        if stamp[2] > NOTEBOOK_BYTES:
            return ""
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells).lower()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


@dataclass(frozen=True)
class Definition:
    """The SQL that fills a dataset, and all tables that it reads, through temporary views too."""

    text: str
    reads: frozenset[str]


def definitions(folder: Path) -> dict[str, Definition]:
    """The definitions of the datasets that SQL files of the projects under `folder` declare, by name."""
    flows: dict[str, list[Flow]] = {}
    for file in _sql_files(folder):
        for flow in _flows(file, _stamp(file)):
            flows.setdefault(flow.target, []).append(flow)
    return {
        name: Definition(
            "\n\n".join(flow.query.text.strip() for flow in found if isinstance(flow.query, SqlQuery)),
            frozenset(_tables_read(name, flows, frozenset())),
        )
        for name, found in flows.items()
    }


def _sql_files(folder: Path) -> Iterator[Path]:
    for root in find_projects(folder):
        try:
            yield from [file for file in definition_files(root) if file.suffix == ".sql"]
        except NightlightError:
            continue


@lru_cache(maxsize=256)
def _flows(file: Path, stamp: tuple[int, int, int]) -> tuple[Flow, ...]:
    try:
        return tuple(read_sql_file(file)[1])
    except NightlightError:
        return ()


def _tables_read(name: str, flows: Mapping[str, list[Flow]], above: frozenset[str]) -> Iterator[str]:
    for flow in flows[name]:
        for reference in flow.query.references if isinstance(flow.query, SqlQuery) else ():
            if "." in reference.name:
                yield reference.name
            elif reference.name in flows and reference.name not in above:
                yield from _tables_read(reference.name, flows, above | {name})
