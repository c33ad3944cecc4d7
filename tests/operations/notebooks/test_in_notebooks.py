"""What `nightlight` does in a notebook: it asks the pages, and its answers are tables, findings and charts."""

import io
import warnings
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from nightlight.errors import NightlightError
from nightlight.operations.notebooks.in_notebooks import Checked, InNotebooks
from nightlight.sql.results import with_facts


class Pages:
    """Stands where the line to the pages would: remembers what it was asked, answers what it was given."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any, str]] = []
        self.answers: dict[str, Any] = {}

    def ask(self, method: str, path: str, body: Any = None, *, person: str = "", accept: str = "") -> Any:
        self.asked.append((method, path, body, person))
        return self.answers[path.split("?")[0]], {}

    def json(self, method: str, path: str, body: Any = None, *, person: str = "") -> Any:
        return self.ask(method, path, body, person=person)[0]


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def ready(pages: Pages) -> InNotebooks:
    return InNotebooks(pages, lambda: "ana")  # type: ignore[arg-type]


def stream(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_sql_gives_a_table_and_names_who_ran_the_cell(pages: Pages, ready: InNotebooks) -> None:
    rows = pa.table({"a": [1, 2]})
    pages.answers["/api/sql"] = stream(with_facts(rows, truncated=False, notes=[], versions={}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ready.sql("SELECT a FROM t", schema="gold").equals(rows)
    assert pages.asked == [("POST", "/api/sql", {"sql": "SELECT a FROM t", "schema": "gold"}, "ana")]


def test_what_an_answer_says_of_itself_becomes_a_warning(pages: Pages, ready: InNotebooks) -> None:
    table = with_facts(pa.table({"a": [1]}), truncated=True, notes=["cut after 1 row"], versions={})
    pages.answers["/api/sql"] = stream(table)
    with pytest.warns(UserWarning, match="cut after 1 row"):
        ready.sql("SELECT 1")


def test_tables_come_as_rows_one_for_each_column(pages: Pages, ready: InNotebooks) -> None:
    columns = [{"name": "day", "type": "DATE", "mask": None}, {"name": "key", "type": "VARCHAR", "mask": "hash"}]
    pages.answers["/api/tables"] = [{"table": "gold.volume", "columns": columns}]
    assert ready.tables().to_pylist() == [
        {"table": "gold.volume", "column": "day", "type": "DATE", "mask": ""},
        {"table": "gold.volume", "column": "key", "type": "VARCHAR", "mask": "hash"},
    ]


def test_a_dry_run_shows_columns_and_what_is_wrong(pages: Pages, ready: InNotebooks) -> None:
    pages.answers["/api/datasets/dry-run"] = {
        "datasets": [{"name": "lab.a", "columns": {"day": "date32[day]"}}],
        "problems": [{"severity": "warning", "text": "a.sql:1: SELECT *"}],
    }
    checked = ready.dry_run("CREATE ..")
    assert checked.good
    assert repr(checked) == "in order\nwarning: a.sql:1: SELECT *\nlab.a\n  day: date32[day]"
    assert not Checked({"datasets": [], "problems": [{"severity": "error", "text": "x"}]}).good


def test_saving_says_what_comes_next_and_a_run_gives_its_id(pages: Pages, ready: InNotebooks) -> None:
    pages.answers["/api/datasets"] = {"next": "saved; hand it in"}
    pages.answers["/api/runs"] = {"run": "r1"}
    assert ready.save_dataset("lab.a", "CREATE ..") == "saved; hand it in"
    assert ready.log_run("waits", {"top": 3}, {"mean": 2}) == "r1"
    assert pages.asked[1][2] == {
        "experiment": "waits",
        "parameters": {"top": "3"},
        "metrics": {"mean": 2.0},
        "artifacts": {},
    }


def test_runs_come_as_a_table_with_a_column_for_all_that_was_ever_kept(pages: Pages, ready: InNotebooks) -> None:
    pages.answers["/api/runs"] = {"runs": [{"run": "r2", "loss": 0.1}, {"run": "r1", "top": "3"}]}
    found = ready.runs("waits & more")
    assert found.to_pylist() == [{"run": "r2", "loss": 0.1, "top": None}, {"run": "r1", "loss": None, "top": "3"}]
    assert pages.asked[0][1] == "/api/runs?experiment=waits%20%26%20more"


def test_a_chart_is_vega_lite_of_an_arrow_table_or_a_data_frame(ready: InNotebooks) -> None:
    rows = pa.table({"day": [date(2026, 3, 1)], "p50": [1.5], "p90": [float("nan")]})
    for given in (rows, rows.to_pandas()):
        drawn = ready.chart(given, "day", ["p50", "p90"], title="Waits")._repr_mimebundle_()
        specification = drawn["application/vnd.vegalite.v5+json"]
        assert specification["data"]["values"] == [{"day": "2026-03-01", "p50": 1.5, "p90": None}]
        assert specification["encoding"]["x"]["type"] == "temporal"
        assert specification["encoding"]["color"]["field"] == "measure"
        assert drawn["text/plain"] == "a chart: Waits"


def test_a_chart_of_what_is_not_there_says_what_is(ready: InNotebooks) -> None:
    rows = pa.table({"hour": [1], "n": [2]})
    with pytest.raises(NightlightError, match="no column 'm'; they have hour, n"):
        ready.chart(rows, "hour", "m")
    with pytest.raises(NightlightError, match="'pie' is no kind of chart"):
        ready.chart(rows, "hour", "n", kind="pie")


def test_importing_nightlight_beside_it_goes_on_working(ready: InNotebooks) -> None:
    import importlib.util

    assert ready.__path__ == list(importlib.util.find_spec("nightlight").submodule_search_locations or ())  # type: ignore[union-attr]
