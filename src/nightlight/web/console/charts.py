"""A picture of an answer: one column along, one number up, as bars or a line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nightlight.dashboards.charts import svg
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.sql.results import json_value, python_values

if TYPE_CHECKING:
    import pyarrow as pa

DRAWN_ROWS = 500  # more marks are no picture
Kind = Literal["bar", "line"]


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see of an answer: a page, and the columns of a chart by their places; without x none."""

    page: int = 1
    x: int | None = None
    y: int | None = None
    kind: Kind = "bar"


@dataclass(frozen=True)
class Chart:
    """The columns that can be chosen, by place and name, what was chosen, and the picture or why there is none."""

    along: list[tuple[int, str]]
    up: list[tuple[int, str]]
    wish: Wish
    drawn: str = ""
    problem: str = ""
    is_cut: bool = False


def chart_of(table: "pa.Table", wish: Wish, language: str) -> Chart | None:
    """The chart that was asked for, or what could be asked for; None where there is nothing to draw."""
    along = list(enumerate(table.column_names))
    up = [(place, name) for place, name in along if is_number(table.schema.field(place).type)]
    if not up or not table.num_rows or len(along) < 2:
        return None
    if wish.x not in dict(along) or wish.y not in dict(up):
        last = up[-1][0]  # the first ones are keys more often than measures
        other = next(place for place, _ in along if place != last)
        problem = "" if (wish.x, wish.y) == (None, None) else N_("choose two columns")
        return Chart(along, up, Wish(x=other, y=last), problem=problem)
    try:
        drawn = _draw(table.slice(0, DRAWN_ROWS), wish, language)
    except NightlightError as error:
        return Chart(along, up, wish, problem=str(error))
    return Chart(along, up, wish, drawn, is_cut=table.num_rows > DRAWN_ROWS)


def is_number(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _draw(table: "pa.Table", wish: Wish, language: str) -> str:
    x, y = table.schema.field(wish.x), table.schema.field(wish.y)
    columns = (python_values(table.column(wish.x)), python_values(table.column(wish.y)))
    rows = [{"x": _plain(along), "y": json_value(up)} for along, up in zip(*columns, strict=True)]
    spec: dict[str, Any] = {
        "mark": {"type": wish.kind, "point": len(rows) <= 60} if wish.kind == "line" else {"type": "bar"},
        "encoding": {
            "x": {"field": "x", "title": x.name, "sort": None, "type": _scale(x.type, wish.kind)},
            "y": {"field": "y", "title": y.name, "type": "quantitative"},
        },
    }
    about = "The rows below have its values."
    return svg(spec, rows, title=f"{y.name} by {x.name}", description=about, language=language)


def _scale(kind: "pa.DataType", mark: Kind) -> str:
    import pyarrow.types as types

    if types.is_date(kind) or types.is_timestamp(kind):
        return "temporal"
    return "quantitative" if is_number(kind) and mark == "line" else "ordinal"


def _plain(value: Any) -> Any:
    """A value along the axis; times without a zone, as they stand in the table."""
    plain = json_value(value)
    if isinstance(plain, list | dict):
        return str(plain)
    return plain.removesuffix("+00:00") if isinstance(plain, str) else plain
