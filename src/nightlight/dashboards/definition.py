"""A dashboard as its file says it: questions, parameters, charts. Reading checks all that can be known without data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nightlight.dashboards.days import is_day, is_range
from nightlight.dashboards.documents import Node
from nightlight.errors import suggest

DASHBOARD_KEYS = ("title", "question", "owner", "purposes", "refresh", "parameters", "charts")
PARAMETER_KEYS = ("title", "kind", "default", "whole", "choices", "sql")
CHART_KEYS = (
    *("name", "title", "question", "sql", "vega", "number", "unit", "columns"),
    *("count", "parts", "dimensions", "unsuppressed", "download"),
)
KINDS = ("dates", "day", "choice")
UNITS = ("count", "share", "seconds", "rating", "number", "text", "day", "month", "week", "moment", "hour", "weekday")
BUILT_IN = ("now", "today")
SHORTEST_REFRESH = 15  # seconds
PLACEHOLDER = re.compile(r"\{\{\s*([a-z0-9_.]+)\s*\}\}")
# What SQL reads as one piece: a value put into it would not be a value any more.
_PIECES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_FORBIDDEN_IN_VEGA = {"data", "datasets", "url", "href", "usermeta", "params"}
_OURS_IN_VEGA = {"$schema", "autosize", "width", "background", "config"}


@dataclass(frozen=True)
class Parameter:
    """What the reader may choose. `default` is a rule ("last 90 days") or a value; `whole` weeks or months."""

    name: str
    title: str
    kind: str
    default: str
    whole: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)  # value -> words
    sql: str = ""

    @property
    def placeholders(self) -> tuple[str, ...]:
        return (f"{self.name}.from", f"{self.name}.to") if self.kind == "dates" else (self.name,)


@dataclass(frozen=True)
class Column:
    """How a column of an answer is called and written."""

    title: str
    unit: str = ""


@dataclass(frozen=True)
class Chart:
    """One question with its picture (`vega`), number (`number`) or table alone.

    `count` is the column that says of how many a row tells, `parts` columns that divide it, `dimensions` what tells
    rows apart: cells of fewer than eleven are hidden. A chart that is `unsuppressed` says why and never leaves.
    """

    name: str
    title: str
    question: str
    sql: str
    vega: Mapping[str, Any] | None = None
    number: str = ""
    unit: str = "count"
    columns: Mapping[str, Column] = field(default_factory=dict)
    count: str = ""
    parts: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    unsuppressed: str = ""
    download: bool = True

    @property
    def may_leave(self) -> bool:
        """Whether it may be downloaded or sent."""
        return self.download and not self.unsuppressed

    def column(self, name: str) -> Column:
        return self.columns.get(name) or Column(name.replace("_", " ").capitalize())


@dataclass(frozen=True)
class Dashboard:
    """One file; `refresh` is in seconds, 0 for never. Purposes are asked for in this order."""

    name: str
    title: str
    question: str
    owner: str
    purposes: tuple[str, ...]
    charts: tuple[Chart, ...]
    parameters: tuple[Parameter, ...] = ()
    refresh: int = 0

    def chart(self, name: str) -> Chart | None:
        return next((chart for chart in self.charts if chart.name == name), None)

    def purpose_of(self, allowed: Mapping[str, str]) -> str | None:
        """The first of its purposes that somebody may ask for."""
        return next((purpose for purpose in self.purposes if purpose in allowed), None)


def read_dashboard(name: str, document: Node) -> Dashboard:
    """The dashboard of a document; raises NightlightError at `file:line` for the first thing that is wrong."""
    values = document.mapping(DASHBOARD_KEYS, ("title", "question", "owner", "purposes", "charts"))
    parameters = tuple(
        _parameter(key, node)
        for key, node in (values["parameters"].mapping() if "parameters" in values else {}).items()
    )
    known = {*BUILT_IN, *(each for parameter in parameters for each in parameter.placeholders)}
    charts = [_chart(node, known) for node in values["charts"].items()]
    if not charts:
        raise values["charts"].error("a dashboard needs a chart")
    for index, chart in enumerate(charts):
        if chart.name in {other.name for other in charts[:index]}:
            raise values["charts"].items()[index].error(f"there are two charts '{chart.name}'")
    return Dashboard(
        name=name,
        title=values["title"].text(),
        question=values["question"].text(),
        owner=values["owner"].text(),
        purposes=values["purposes"].texts(),
        parameters=parameters,
        refresh=_refresh(values["refresh"]) if "refresh" in values else 0,
        charts=tuple(charts),
    )


def _refresh(node: Node) -> int:
    match = re.fullmatch(r"(\d{1,4}) ?(s|m)|none", node.text())
    if match is None:
        raise node.error(f"'{node.text()}' is no time", "write 60s, 5m or none")
    seconds = int(match[1] or 0) * (60 if match[2] == "m" else 1)
    if 0 < seconds < SHORTEST_REFRESH:
        raise node.error("this is too often", f"{SHORTEST_REFRESH}s is the shortest")
    return seconds


def _parameter(name: str, node: Node) -> Parameter:
    values = node.mapping(PARAMETER_KEYS, ("title", "kind", "default"))
    if not (name.isascii() and name.isidentifier() and name == name.lower()) or name in BUILT_IN:
        raise node.error(f"'{name}' cannot name a parameter", "use lower-case letters, digits and _")
    kind = values["kind"].one_of(KINDS)
    for key, of in (("whole", "dates"), ("choices", "choice"), ("sql", "choice")):
        if key in values and kind != of:
            raise values[key].error(f"'{key}' is for {of}")
    if kind == "choice" and not {"choices", "sql"} & values.keys():
        raise node.error("a choice needs 'choices' or 'sql'")
    choices = values["choices"].mapping() if "choices" in values else {}
    parameter = Parameter(
        name=name,
        title=values["title"].text(),
        kind=kind,
        default=values["default"].text(),
        whole=values["whole"].one_of(("weeks", "months")) if "whole" in values else "",
        choices={key: value.text() for key, value in choices.items()},
        sql=_sql(values["sql"], set(BUILT_IN)) if "sql" in values else "",
    )
    _check_default(parameter, values["default"])
    return parameter


def _check_default(parameter: Parameter, node: Node) -> None:
    match parameter.kind:
        case "dates" if not is_range(parameter.default):
            raise node.error(f"'{parameter.default}' is no range of days", "write last 90 days, or last 12 weeks")
        case "day" if not is_day(parameter.default):
            raise node.error(f"'{parameter.default}' is no day", "write today, yesterday or 2026-03-01")
        case "choice" if not parameter.sql:
            node.one_of(list(parameter.choices))


def _chart(node: Node, placeholders: set[str]) -> Chart:
    values = node.mapping(CHART_KEYS, ("name", "title", "question", "sql"))
    if "vega" in values and "number" in values:
        raise values["number"].error("a chart has 'vega' or 'number', not both")
    counted = "count" in values
    if counted == ("unsuppressed" in values):
        raise node.error(
            "a chart says of how many each row tells, or why nothing of it is hidden",
            'write count: COLUMN and dimensions: [..], or unsuppressed: "the reason"',
        )
    if not counted and (extra := {"parts", "dimensions"} & values.keys()):
        raise node.error(f"'{min(extra)}' needs a 'count'")
    columns = values["columns"].mapping() if "columns" in values else {}
    unit = values["unit"].one_of(UNITS) if "unit" in values else "count"
    return Chart(
        name=values["name"].word(),
        title=values["title"].text(),
        question=values["question"].text(),
        sql=_sql(values["sql"], placeholders),
        vega=_vega(values["vega"]) if "vega" in values else None,
        number=values["number"].text() if "number" in values else "",
        unit=unit,
        columns={name: _column(each) for name, each in columns.items()},
        count=values["count"].text() if counted else "",
        parts=values["parts"].texts() if "parts" in values else (),
        dimensions=values["dimensions"].texts() if "dimensions" in values else (),
        unsuppressed=values["unsuppressed"].text() if "unsuppressed" in values else "",
        download=values["download"].flag() if "download" in values else True,
    )


def _column(node: Node) -> Column:
    """`Week` or `{title: Week, unit: day}`."""
    plain = node.plain()
    if not isinstance(plain, dict):
        return Column(node.text())
    values = node.mapping(("title", "unit"), ("title",))
    return Column(values["title"].text(), values["unit"].one_of(UNITS) if "unit" in values else "")


def _sql(node: Node, known: set[str]) -> str:
    text = node.text()
    for name in PLACEHOLDER.findall(text):
        if name not in known:
            raise node.error(f"there is no parameter '{name}'", suggest(name, sorted(known)))
    without = PLACEHOLDER.sub("", text)
    if "{{" in without or "}}" in without:
        raise node.error("a placeholder is {{name}} and nothing else")
    if any("{{" in piece[0] for piece in _PIECES.finditer(text)):
        raise node.error("a placeholder stands for a whole value", "write it without quotes, outside of comments")
    return text


def _vega(node: Node) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = node.plain() if isinstance(node.plain(), dict) else {}
    if not {"mark", "layer"} & spec.keys():
        raise node.error("a picture needs a 'mark' and an 'encoding'")
    for key in _keys(spec):
        if key in _FORBIDDEN_IN_VEGA or (key in _OURS_IN_VEGA and key in spec):
            raise node.error(f"'{key}' is not possible in a picture here", "data, size and links are not the file's")
    return spec


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for part in value.values() for key in _keys(part))]
    return [key for part in value for key in _keys(part)] if isinstance(value, list) else []
