"""A dashboard's charts answered for somebody: asked as they are, small counts hidden before anything is handed on."""

from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from nightlight.dashboards.definition import Chart, Column, Dashboard
from nightlight.dashboards.parameters import Filled, fill_in
from nightlight.dashboards.suppression import Counts, Hidden, check_counts, suppress
from nightlight.errors import NightlightError
from nightlight.sql.results import json_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.sql.broker import Broker, Result

AT_ONCE = 2  # questions of one dashboard
OPTIONS = 200
ACTION = "dashboard"


@dataclass(frozen=True)
class Viewer:
    """As whom charts are answered, and for what; `person` is who asks through a shared principal."""

    principal: str
    purpose: str
    person: str = ""


@dataclass(frozen=True)
class Answer:
    """A chart's rows, with None in place of what is hidden; `hidden` tells these (row, column) from what is missing.

    Or `error`: why it is not answered. `tables` are those that were read.
    """

    chart: Chart
    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    hidden: frozenset[tuple[int, str]] = frozenset()
    tables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: NightlightError | None = None

    @property
    def number(self) -> Any:
        """The value of a number's chart: of its first row."""
        return self.rows[0].get(self.chart.number) if self.rows else None

    @property
    def number_is_hidden(self) -> bool:
        return (0, self.chart.number) in self.hidden

    @cached_property
    def is_hidden(self) -> bool:
        """Whether something is hidden in every row: then there is nothing to draw."""
        return bool(self.rows) and {row for row, _ in self.hidden} == {*range(len(self.rows))}

    @cached_property
    def heads(self) -> tuple[tuple[str, Column, bool], ...]:
        """Each column with how it is called and written, and whether it holds numbers, which stand to the right."""
        return tuple((name, self.chart.column(name), self._holds_numbers(name)) for name in self.columns)

    def _holds_numbers(self, name: str) -> bool:
        values = (row[name] for row in self.rows)
        return any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)

    def plot_rows(self, zone: str) -> list[dict[str, Any]]:
        """The rows for a picture: days and moments as the line's clocks show them."""
        return [{name: _plotted(value, ZoneInfo(zone)) for name, value in row.items()} for row in self.rows]


@dataclass(frozen=True)
class _Asked:
    chart: Chart
    result: "Result | None" = None
    error: NightlightError | None = None


def fill_in_for(
    broker: "Broker", dashboard: Dashboard, viewer: Viewer, given: Mapping[str, str], now: datetime
) -> Filled:
    """The parameters filled in from what was given; choices come from what the viewer may read."""

    def options(sql: str) -> list[str]:
        table = _ask(broker, sql, viewer).table
        first = table.column(0).to_pylist()[:OPTIONS] if table.num_columns else []
        return [str(value) for value in first if value is not None]

    return fill_in(dashboard, given, now, broker.home.settings.time_zone, options)


def answer_dashboard(broker: "Broker", dashboard: Dashboard, viewer: Viewer, filled: Filled) -> list[Answer]:
    """Every chart's answer, in order. One that is refused or fails says so in its place and harms no other."""
    if filled.errors:
        raise NightlightError(filled.errors[0])

    def ask(chart: Chart) -> _Asked:
        try:
            return _Asked(chart, _ask(broker, filled.sql(chart.sql), viewer))
        except NightlightError as error:
            return _Asked(chart, error=error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = list(pool.map(ask, dashboard.charts))
    return _hide([_read(each) for each in asked])


def _ask(broker: "Broker", sql: str, viewer: Viewer) -> "Result":
    return broker.sql(sql, principal=viewer.principal, purpose=viewer.purpose, person=viewer.person, action=ACTION)


def _read(asked: _Asked) -> Answer:
    """The answer as it came, checked against what the chart says of it."""
    chart, result = asked.chart, asked.result
    if result is None:
        return Answer(chart, error=asked.error)
    columns = tuple(result.table.column_names)
    try:
        _check(chart, columns, truncated=result.truncated)
    except NightlightError as error:
        return Answer(chart, error=error)
    return Answer(chart, columns, tuple(_rows(result.table)), tables=tuple(result.versions), notes=result.notes)


def _rows(table: "pa.Table") -> list[dict[str, Any]]:
    """The rows with days and moments as they are, all else of JSON's kinds."""
    plain = list(json_rows(table))
    for name in table.column_names:
        kind = str(table.schema.field(name).type)
        if kind.startswith(("date", "timestamp")):
            for row, value in zip(plain, table.column(name).to_pylist(), strict=True):
                row[name] = value
    return plain


def _check(chart: Chart, columns: Sequence[str], *, truncated: bool) -> None:
    if len(set(columns)) != len(columns):
        raise NightlightError("two columns have the same name", remedy="name them with AS")
    needed = [*chart.dimensions, *filter(None, (chart.count, chart.number)), *chart.parts]
    if missing := [name for name in needed if name not in columns]:
        raise NightlightError(f"the query answers no column '{missing[0]}'", remedy="name it in the chart's SQL")
    if chart.count and truncated:
        raise NightlightError("there are more rows than can be looked through for small groups", remedy="group them")


def _hide(answers: list[Answer]) -> list[Answer]:
    """The answers with their small counts hidden, and every measure of a row in which a count is."""
    found = [_countable(answer) for answer in answers]
    places = [place for place, answer in enumerate(found) if answer.error is None and answer.chart.count]
    hidden = _suppressed(tuple(_counts(found[place]) for place in places))
    for place, cells in zip(places, hidden, strict=True):
        found[place] = _without(found[place], cells)
    return found


def _countable(answer: Answer) -> Answer:
    """The answer, or that small groups cannot be hidden in it: then nothing of it is shown."""
    if answer.error is not None or not answer.chart.count:
        return answer
    try:
        check_counts(_counts(answer))
    except NightlightError as error:
        return Answer(answer.chart, error=error)
    return answer


def _counts(answer: Answer) -> Counts:
    chart = answer.chart
    return Counts(
        dimensions=chart.dimensions,
        count=chart.count,
        keys=tuple(tuple(_key(row[name]) for name in chart.dimensions) for row in answer.rows),
        whole=_numbers(answer, chart.count),
        parts=tuple((part, _numbers(answer, part)) for part in chart.parts),
    )


def _key(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else str(value)


def _numbers(answer: Answer, column: str) -> tuple[int, ...]:
    """A column of counts; no value is none counted."""
    values = [row[column] or 0 for row in answer.rows]
    if any(isinstance(value, bool | str) or value != int(value) for value in values):
        raise NightlightError(f"'{column}' does not count", remedy="a count is a column of whole numbers")
    return tuple(map(int, values))


@lru_cache(maxsize=256)
def _suppressed(tables: tuple[Counts, ...]) -> list[Hidden]:
    return suppress(tables)


def _without(answer: Answer, cells: Hidden) -> Answer:
    chart = answer.chart
    counts = {chart.count, *chart.parts}
    measures = [name for name in answer.columns if name not in {*chart.dimensions, *counts}]
    unknown = {row for row, values in enumerate(answer.rows) if not values[chart.count]}  # measures of how many?
    hidden = cells | {(row, name) for row, _ in cells for name in measures}
    hidden |= {(row, name) for row in unknown for name in measures if answer.rows[row][name] is not None}
    order = _order(answer, {row for row, _ in cells})
    rows = [
        {name: None if (row, name) in hidden else answer.rows[row][name] for name in answer.columns} for row in order
    ]
    moved = {(place, name) for place, row in enumerate(order) for name in answer.columns if (row, name) in hidden}
    return replace(answer, rows=tuple(rows), hidden=frozenset(moved))


def _order(answer: Answer, with_hidden: set[int]) -> list[int]:
    """Rows in which something is hidden come last, unless the dimensions alone order the rows.

    Between a larger and a smaller one, a row would tell what it counts.
    """
    keys = [tuple(str(row[name]) for name in answer.chart.dimensions) for row in answer.rows]
    rows = list(range(len(keys)))
    if keys in (sorted(keys), sorted(keys, reverse=True)):
        return rows
    last = sorted(with_hidden, key=lambda row: keys[row])
    return [row for row in rows if row not in with_hidden] + last


def _plotted(value: Any, zone: ZoneInfo) -> Any:
    """A value as the picture's language reads it; a time without a zone is read as it stands."""
    match value:
        case datetime():
            local = value.astimezone(zone) if value.tzinfo else value
            return local.replace(tzinfo=None).isoformat()
        case date():
            return f"{value.isoformat()}T00:00:00"
    return value
