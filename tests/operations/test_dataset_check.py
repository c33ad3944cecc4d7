"""A dry run from a notebook: it says what is wrong and what there will be, and nothing that the asker may not know."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.statements import read_statements
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations.dataset_check import Checked, check, dry_run, file_name, find_project, folder_of_definitions
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

POLICIES = """
CREATE SERVICE PRINCIPAL workspace_a; CREATE SERVICE PRINCIPAL keeper;
GRANT USE SCHEMA ON SCHEMA gold TO workspace_a; GRANT SELECT ON SCHEMA gold TO workspace_a;
GRANT USE SCHEMA ON SCHEMA silver TO workspace_a; GRANT SELECT ON TABLE silver.messages TO workspace_a;
GRANT MODIFY ON SCHEMA lab TO workspace_a;
GRANT USE SCHEMA ON SCHEMA bronze TO keeper; GRANT SELECT ON SCHEMA bronze TO keeper;
"""
VOLUME = "CREATE MATERIALIZED VIEW {name} TBLPROPERTIES ('owner' = '{owner}') AS SELECT {columns} FROM {table}"


def volume(
    name: str = "lab.days", owner: str = "workspace_a", columns: str = "day, n", table: str = "gold.volume"
) -> str:
    return VOLUME.format(name=name, owner=owner, columns=columns, table=table)


@pytest.fixture
def project(home: Home, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUST_LOG", "off")
    root = home.pipelines / "trial"
    (root / "transformations").mkdir(parents=True)
    (root / "spark-pipeline.yml").write_text("name: trial\nlibraries:\n  - glob:\n      include: transformations/**\n")
    days = pa.schema([("day", pa.date32()), ("n", pa.int64())])
    deliver(home, "gold.volume", [{"day": date(2026, 3, 1), "n": 1}], days)
    text = pa.field("wording", pa.string(), metadata={b"nightlight.sensitivity": b"text"})
    deliver(home, "silver.messages", [{"id": 1, "wording": "hi"}], pa.schema([("id", pa.int64()), text]))
    deliver(home, "bronze.messages", [{"id": 1, "raw": "hi"}], pa.schema([("id", pa.int64()), ("raw", pa.string())]))
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "p.sql")), by="ada", text=POLICIES)
    return root


def look(home: Home, text: str, asker: str | None = "workspace_a", name: str = "lab.days") -> Checked:
    return check(home, find_project(home, None), file_name(name, text), text, asker)


def test_a_definition_in_order_tells_its_columns(home: Home, project: Path) -> None:
    found = look(home, volume(columns="day, sum(n) AS n") + " GROUP BY day")
    assert found == Checked({"lab.days": {"day": "date32[day]", "n": "int64"}}, ())
    assert not list(project.glob("transformations/*"))


def test_what_is_wrong_is_said_at_its_line_without_a_folder_of_ours(home: Home, project: Path) -> None:
    [finding] = look(home, "\n\n" + volume(columns="day, m")).findings
    assert finding.severity == "error"
    assert finding.text == "transformations/lab_days.sql:3: lab.days: unknown column 'm'"
    [finding] = look(home, "DROP TABLE gold.volume").findings
    assert finding.text.startswith("transformations/lab_days.sql:1: not a statement of a pipeline")
    assert look(home, "-- nothing").findings[0].text == "it declares no dataset that is stored"


def test_what_the_owner_lacks_is_named(home: Home, project: Path) -> None:
    found = look(home, volume(name="gold.days"))
    assert not found.is_good
    assert "GRANT MODIFY ON TABLE gold.days TO workspace_a" in found.findings[0].text
    assert found.datasets == {}


@pytest.mark.parametrize("table", ["bronze.messages", "bronze.nothing", "gold.nothing"])
def test_a_table_that_may_not_be_read_is_not_there(home: Home, project: Path, table: str) -> None:
    """Not even for a definition that names an owner who reads it."""
    [finding] = look(home, volume(owner="keeper", columns="id", table=table)).findings
    assert finding.text.endswith(f"there is no table {table} that this workspace may read")


def test_a_column_that_may_not_be_read_is_not_there_and_a_star_does_not_tell_its_name(
    home: Home, project: Path
) -> None:
    [finding] = look(home, volume(columns="id, wording", table="silver.messages")).findings
    assert finding.text.endswith("there is no column wording of silver.messages that this workspace may read")
    [finding] = look(home, volume(columns="*", table="silver.messages")).findings
    assert "name the columns of silver.messages" in finding.text
    assert "wording" not in finding.text
    assert look(home, volume(columns="id", table="silver.messages")).is_good


def test_a_python_definition_that_reads_a_whole_table_has_to_name_columns_too(home: Home, project: Path) -> None:
    text = (
        "from pyspark import pipelines as dp\n"
        "@dp.materialized_view(name='lab.days', table_properties={'owner': 'workspace_a'})\n"
        "def days():\n    return spark.table('gold.volume')\n"
    )
    assert look(home, text).is_good
    [finding] = look(home, text.replace("gold.volume", "silver.messages")).findings
    assert "name the columns of silver.messages" in finding.text


def test_a_dataset_that_the_project_has_is_not_declared_again(home: Home, project: Path) -> None:
    (project / "transformations" / "days.sql").write_text(volume())
    [finding] = look(home, volume()).findings
    assert "declared twice, first at transformations/days.sql" in finding.text
    assert look(home, volume(), name="days").is_good  # the same file: it would be replaced


def test_the_process_of_its_own_says_the_same(home: Home, project: Path) -> None:
    text = volume(columns="day, m")
    assert dry_run(home, project, "lab_days.sql", text, asker="workspace_a") == look(home, text)


def test_a_definition_has_a_bound(home: Home, project: Path) -> None:
    with pytest.raises(NightlightError, match="longer than"):
        dry_run(home, project, "a.sql", "-" * 100_001, asker=None)


@pytest.mark.parametrize("name", ["../../catalog", "a/b", "", ".hidden", "a b", "x" * 90])
def test_a_name_that_leads_elsewhere_is_no_files_name(name: str) -> None:
    with pytest.raises(NightlightError, match="cannot be a file's name"):
        file_name(name, "CREATE ..")


def test_the_kind_of_a_definition_is_told_from_its_text() -> None:
    assert file_name("lab.Days", "CREATE MATERIALIZED VIEW a AS SELECT 1") == "lab_days.sql"
    assert file_name("days", "from pyspark import pipelines as dp\n") == "days.py"


def test_a_project_is_named_where_there_are_several(home: Home, project: Path) -> None:
    other = home.pipelines / "other"
    other.mkdir()
    (other / "spark-pipeline.yml").write_text("name: o\nlibraries: [{glob: {include: '**'}}]\n")
    assert find_project(home, "trial") == project
    with pytest.raises(NightlightError, match="say which project; projects: other, trial"):
        find_project(home, None)
    with pytest.raises(NightlightError, match=r"there is no project '\.\./x'"):
        find_project(home, "../x")
    with pytest.raises(NightlightError, match="lie in no folder of their own"):
        folder_of_definitions(other)
