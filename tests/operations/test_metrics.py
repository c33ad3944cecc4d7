"""Promises of the measures' files: what is wrong names its line; their worth and their uses are told."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.operations.test_overview import GOLD

from nightlight.catalog.statements import read_statements
from nightlight.dashboards.files import read_dashboards
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations.metrics import (
    Metric,
    dashboards_using,
    definitions,
    notebooks_using,
    read_metric,
    read_metrics,
)
from nightlight.operations.overview import read_overview
from nightlight.settings import Home, shipped
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

SOUND = """title: Wait, median
definition: Half of the people waited no longer.
unit: seconds
owner: program_health
good: down
target: 300
table: gold.queue_wait
columns: [wait_p50]
sql: |
  SELECT day AS period, wait_p50 AS value FROM gold.queue_wait ORDER BY day DESC
"""
SAME_AS_OVERVIEW = {  # measures that mean what a number of the overview means
    "wait_median": "Wait, median",
    "wait_p90": "Wait, 90th percentile",
    "rating": "Mean rating (1 to 5)",
    "active_counselors": "Active counselors",
    "retention_3_months": "Retention, 3 months",
    "rows_refused": "Rows refused",
}
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable'; ALLOW PURPOSE improve_service TO analysts;
GRANT USE SCHEMA ON SCHEMA gold TO analysts; GRANT SELECT ON SCHEMA gold TO analysts;
"""


def write(folder: Path, text: str, name: str = "wait_median") -> Path:
    file = folder / f"{name}.yml"
    file.write_text(text)
    return file


def test_a_measure_is_read_whole(tmp_path: Path) -> None:
    metric = read_metric(write(tmp_path, SOUND))
    assert (metric.name, metric.title, metric.unit, metric.good, metric.target) == (
        *("wait_median", "Wait, median", "seconds", "down", 300.0),
    )
    assert (metric.table, metric.columns) == ("gold.queue_wait", ("wait_p50",))
    assert metric.tables == {"gold.queue_wait"}


WRONG: Mapping[str, tuple[str, str, str]] = {  # what is replaced, by what, the error
    "unknown key": ("good: down", "godo: down", "wait_median.yml:5: unknown key 'godo'; did you mean 'good'?"),
    "missing key": ("owner: program_health\n", "", "'owner' is missing"),
    "no unit": ("unit: seconds", "unit: parsecs", "wait_median.yml:3: 'parsecs' is not possible here"),
    "no number": ("target: 300", "target: soon", "wait_median.yml:6: here belongs a number"),
    "no better": ("good: down\n", "", "wait_median.yml:5: a target needs to know where better is"),
    "no table": ("table: gold.queue_wait", "table: Gold", "wait_median.yml:7: 'Gold' is no table's name"),
    "another table": ("table: gold.queue_wait", "table: gold.other", "the SQL does not read gold.other"),
    "another column": ("[wait_p50]", "[wait_p90]", "wait_median.yml:8: the SQL does not read the column 'wait_p90'"),
    "SQL that changes": ("SELECT day", "DELETE day", "wait_median.yml:9: the SQL is refused"),
    "SQL that reads files": ("FROM gold.queue_wait", "FROM read_text('/etc/passwd'), gold.queue_wait", "is refused"),
    "no schema": ("FROM gold.queue_wait", "FROM queue_wait, gold.queue_wait", "a table without its schema"),
    "no YAML": ("title: Wait", "title: [Wait", "not valid YAML"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_file_is_named_with_its_line(tmp_path: Path, wrong: str) -> None:
    old, new, message = WRONG[wrong]
    assert old in SOUND
    with pytest.raises(NightlightError) as raised:
        read_metric(write(tmp_path, SOUND.replace(old, new)))
    assert message in str(raised.value)
    assert str(tmp_path.parent) not in str(raised.value)  # where a home lies is nobody's business


def test_a_broken_file_harms_no_other_and_is_read_again_when_it_is_mended(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    write(tmp_path, "title: x", "broken")
    found = read_metrics(tmp_path)
    assert isinstance(found["wait_median"], Metric)
    assert isinstance(found["broken"], NightlightError)
    write(tmp_path, SOUND, "broken")
    assert isinstance(read_metrics(tmp_path)["broken"], Metric)


def test_the_measures_of_the_example_are_sound() -> None:
    found = read_metrics(shipped("examples/line/metrics"))
    assert [str(each) for each in found.values() if isinstance(each, NightlightError)] == []
    assert len(found) >= 15


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    for table, rows in GOLD.items():
        more: dict[str, Any] = {}
        if table == "gold.ratings_monthly":
            more = {"ratings": 10}
        if table == "gold.rejected":
            more = {"newest_refusal": GOLD["gold.queue_wait"][0]["day"]}
        if table == "gold.counselor_activity":
            more = {"conversations": 1}
        content = pa.Table.from_pylist([{**row, **more} for row in rows])
        deliver(home, table, content.to_pylist(), content.schema)
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "p.sql")), by="ada", text=POLICIES)
    return home


def test_the_examples_measures_say_what_the_overview_says(line: Home) -> None:
    overview = {number.name: number.value for number in read_overview(Lake(line.lake))}
    metrics = read_metrics(shipped("examples/line/metrics"))
    with Broker(line) as broker:
        for name, number in SAME_AS_OVERVIEW.items():
            metric = metrics[name]
            assert isinstance(metric, Metric)
            answer = broker.sql(metric.sql, principal="ana", purpose="improve_service", action="metric").table
            values = [value for value in answer["value"].to_pylist() if value is not None]
            assert values[0] == pytest.approx(overview[number]), name


DASHBOARD = """title: {title}
question: How long do people wait?
owner: program_health
purposes: [improve_service]
charts:
  - name: waits
    title: Waits
    question: How long?
    sql: {sql}
"""


def test_dashboards_that_read_its_column_are_found_through_aliases_and_placeholders(tmp_path: Path) -> None:
    metric = read_metric(write(tmp_path, SOUND))
    (tmp_path / "boards").mkdir()
    for name, sql in {
        "uses": "SELECT q.wait_p50 AS w FROM gold.queue_wait AS q",
        "stars": "SELECT * FROM gold.queue_wait",
        "other_column": "SELECT wait_p90 FROM gold.queue_wait",
        "other_table": "SELECT wait_p50 FROM gold.other",
    }.items():
        text = DASHBOARD.format(title=name, sql=sql) + "    unsuppressed: to test with\n"
        (tmp_path / "boards" / f"{name}.yml").write_text(text)
    (tmp_path / "boards" / "broken.yml").write_text("title: x")
    found = dashboards_using(metric, read_dashboards(tmp_path / "boards"))
    assert [dashboard.name for dashboard in found] == ["stars", "uses"]


def test_notebooks_that_name_its_column_are_found_and_damaged_ones_are_not_read(tmp_path: Path) -> None:
    metric = read_metric(write(tmp_path, SOUND))
    (tmp_path / "care").mkdir()
    cell = {"source": ["df = nightlight.sql('''SELECT wait_p50\n", "FROM gold.queue_wait''')"]}
    (tmp_path / "care" / "waits.ipynb").write_text(json.dumps({"cells": [cell]}))
    (tmp_path / "care" / "other.ipynb").write_text(json.dumps({"cells": [{"source": ["gold.queue_wait"]}]}))
    (tmp_path / "care" / "damaged.ipynb").write_text("{")
    assert notebooks_using(metric, tmp_path) == ["care/waits.ipynb"]


def test_a_definition_names_all_that_it_reads_through_views_too() -> None:
    found = definitions(shipped("examples/line/pipelines"))
    assert "percentile(wait_seconds, 0.5) AS wait_p50" in found["gold.queue_wait"].text
    assert found["gold.queue_wait"].reads == {"silver.conversations", "silver.partner_conversations"}
