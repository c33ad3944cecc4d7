"""`nightlight` as it is in a notebook: questions to tables, datasets for review, runs of experiments.

It asks as the notebook's workspace; the audit is told who sent the cell. `import nightlight` gives the same."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError
from nightlight.operations.notebooks.line_to_pages import LineToPages

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = "application/vnd.apache.arrow.stream"
VEGA_LITE = "application/vnd.vegalite.v5+json"
KINDS = ("line", "bar", "point", "area")


class InNotebooks(ModuleType):
    """Governed tables and what grows out of them: nightlight.sql("SELECT ..").to_pandas(), nightlight.tables(), .."""

    NightlightError = NightlightError

    def __init__(self, line: LineToPages, person: Callable[[], str]) -> None:
        super().__init__("nightlight", type(self).__doc__)
        self.__spec__ = find_spec("nightlight")
        self.__path__ = list(self.__spec__.submodule_search_locations or ()) if self.__spec__ else []
        self._line, self._person = line, person

    def sql(self, text: str, *, schema: str | None = None) -> "pa.Table":
        """The rows a statement gives, as an Arrow table: `.to_pandas()`, or polars' `from_arrow`, take it on.

        Warns when rows were cut. `schema` is where unqualified tables are looked up.
        """
        import pyarrow as pa

        question = {"sql": text, "schema": schema}
        content, _ = self._line.ask("POST", "/api/sql", question, person=self._person(), accept=ARROW)
        table = pa.ipc.open_stream(content).read_all()
        for note in _notes(table):
            warnings.warn(note, stacklevel=2)
        return table.replace_schema_metadata(None)

    def tables(self) -> "pa.Table":
        """The tables and columns that the workspace may read: table, column, type, mask."""
        import pyarrow as pa

        rows = [
            {"table": table["table"], "column": column["name"], "type": column["type"], "mask": column["mask"] or ""}
            for table in self._line.json("GET", "/api/tables", person=self._person())
            for column in table["columns"]
        ]
        names = ("table", "column", "type", "mask")
        return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))

    def dry_run(self, text: str, *, project: str | None = None) -> "Checked":
        """Check the definition of a dataset (SQL, or Python with @dp.table) against the pipeline project.

        Nothing is run and nothing is written: the columns it will have, and what is wrong with it, come back.
        """
        body = {"text": text, "project": project}
        return Checked(self._line.json("POST", "/api/datasets/dry-run", body, person=self._person()))

    def save_dataset(self, name: str, text: str, *, project: str | None = None) -> str:
        """Save a definition as a file for review, which runs nowhere yet; says where to hand it in."""
        body = {"name": name, "text": text, "project": project}
        return str(self._line.json("POST", "/api/datasets", body, person=self._person())["next"])

    def log_run(
        self,
        experiment: str,
        parameters: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        artifacts: Mapping[str, str] | None = None,
    ) -> str:
        """Keep a run of an experiment in the registry; `artifacts` are small texts by file name. Gives the run's id."""
        body = {
            "experiment": experiment,
            "parameters": {name: str(value) for name, value in (parameters or {}).items()},
            "metrics": {name: float(value) for name, value in (metrics or {}).items()},
            "artifacts": dict(artifacts or {}),
        }
        return str(self._line.json("POST", "/api/runs", body, person=self._person())["run"])

    def runs(self, experiment: str) -> "pa.Table":
        """The runs of an experiment of this workspace, the newest first, a column for each parameter and metric."""
        from urllib.parse import quote

        import pyarrow as pa

        found = self._line.json("GET", f"/api/runs?experiment={quote(experiment)}", person=self._person())["runs"]
        names = list(dict.fromkeys(name for run in found for name in run))
        return pa.Table.from_pylist([{name: run.get(name) for name in names} for run in found])

    def chart(
        self,
        rows: Any,
        x: str,
        y: str | Sequence[str],
        *,
        kind: str = "line",
        color: str | None = None,
        title: str = "",
    ) -> "Chart":
        """A chart of an Arrow table or a data frame; several `y` are drawn as several lines."""
        return Chart(_specification(_records(rows), x, [y] if isinstance(y, str) else list(y), kind, color, title))

    def __repr__(self) -> str:
        return "nightlight: .sql(text)  .tables()  .chart(..)  .dry_run(text)  .save_dataset(name, text)  .log_run(..)"


class Checked:
    """What a dry run found: `datasets` with their columns, `problems`, and whether it is `good`."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.datasets: dict[str, dict[str, str]] = {each["name"]: each["columns"] for each in said["datasets"]}
        self.problems: list[str] = [f"{each['severity']}: {each['text']}" for each in said["problems"]]
        self.good = not any(each["severity"] == "error" for each in said["problems"])

    def __repr__(self) -> str:
        lines = ["in order" if self.good else "not in order", *self.problems]
        for name, columns in self.datasets.items():
            lines += [name, *(f"  {column}: {kind}" for column, kind in columns.items())]
        return "\n".join(lines)


class Chart:
    """A Vega-Lite chart, which JupyterLab draws."""

    def __init__(self, specification: dict[str, Any]) -> None:
        self.specification = specification

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {VEGA_LITE: self.specification, "text/plain": f"a chart: {self.specification['description']}"}


def _specification(
    rows: list[dict[str, Any]], x: str, y: list[str], kind: str, color: str | None, title: str
) -> dict[str, Any]:
    if kind not in KINDS:
        raise NightlightError(f"'{kind}' is no kind of chart", remedy=f"kinds: {', '.join(KINDS)}")
    if unknown := [name for name in (x, *y, *([color] if color else [])) if rows and name not in rows[0]]:
        raise NightlightError(f"the rows have no column '{unknown[0]}'", remedy=f"they have {', '.join(rows[0])}")
    several = len(y) > 1
    encoding: dict[str, Any] = {
        "x": {"field": x, "type": "ordinal" if kind == "bar" else _type(rows, x), "title": x},
        "y": {"field": "value" if several else y[0], "type": "quantitative", "title": None if several else y[0]},
    }
    if several or color:
        encoding["color"] = {"field": color or "measure", "type": "nominal"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": title or f"{', '.join(y)} by {x}",
        **({"title": title} if title else {}),
        "data": {"values": rows},
        **({"transform": [{"fold": y, "as": ["measure", "value"]}]} if several else {}),
        "mark": {"type": kind, "tooltip": True},
        "encoding": encoding,
        "width": 600,
        "height": 280,
    }


def _records(rows: Any) -> list[dict[str, Any]]:
    if hasattr(rows, "to_pylist"):
        records = rows.to_pylist()
    elif hasattr(rows, "to_dicts"):  # polars
        records = rows.to_dicts()
    else:
        records = rows.to_dict("records")
    return [{str(name): _plain(value) for name, value in record.items()} for record in records]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    number = float(value)
    return number if number - number == 0 else None  # no NaN, no infinity in JSON


def _type(rows: list[dict[str, Any]], x: str) -> str:
    values = [row[x] for row in rows if row.get(x) is not None]
    if values and all(isinstance(value, int | float) for value in values):
        return "quantitative"
    return (
        "temporal"
        if values and all(str(value)[4:5] == "-" and len(str(value)) >= 10 for value in values)
        else "ordinal"
    )


def _notes(table: "pa.Table") -> list[str]:
    """What the answer's schema says of itself: that rows were cut, or that there was no sandbox."""
    import json

    said = (table.schema.metadata or {}).get(b"nightlight")
    return list(json.loads(said).get("notes", [])) if said else []
