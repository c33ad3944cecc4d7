"""A project's graph: in order whatever the files' order, and every mistake in it named at the user's line."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.project import find_projects, read_project

if TYPE_CHECKING:
    from tests.pipelines.conftest import Pipeline

    from nightlight.pipelines.engines.session import Session


def test_the_order_comes_from_the_graph_not_from_the_files(pipeline: "Pipeline") -> None:
    pipeline.define("CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM silver.b JOIN c USING (x);", "1.sql")
    pipeline.define("CREATE TEMPORARY VIEW c AS SELECT x FROM silver.d;\nCREATE STREAMING TABLE silver.e;", "2.sql")
    pipeline.define(
        "CREATE MATERIALIZED VIEW silver.d AS SELECT * FROM silver.b;\n"
        "CREATE MATERIALIZED VIEW silver.b AS SELECT x FROM silver.e UNION SELECT x FROM quarantine.silver_f;\n"
        "CREATE STREAMING TABLE silver.f AS SELECT x FROM STREAM bronze.x;\n"
        "CREATE FLOW e AS INSERT INTO silver.e BY NAME SELECT x FROM STREAM silver.f;",
        "3.sql",
    )
    order = [dataset.name for dataset in pipeline.read().datasets]
    assert sorted(order) == ["c", "gold.a", "silver.b", "silver.d", "silver.e", "silver.f"]
    for before, after in [("silver.f", "silver.e"), ("silver.e", "silver.b"), ("silver.b", "silver.d")]:
        assert order.index(before) < order.index(after)
    assert order[-1] == "gold.a"


def test_sources_are_found_through_views_of_views(pipeline: "Pipeline") -> None:
    pipeline.define(
        """
        CREATE TEMPORARY VIEW one AS SELECT * FROM bronze.a;
        CREATE TEMPORARY VIEW two AS SELECT * FROM one JOIN bronze.b USING (x);
        CREATE MATERIALIZED VIEW gold.g AS SELECT * FROM two, one;
        """
    )
    project = pipeline.read()
    assert project.sources("gold.g") == {"bronze.a": False, "bronze.b": False}
    assert project.views("gold.g") == ["one", "two"]
    assert [dataset.name for dataset in project.tables()] == ["gold.g"]


def test_a_ring_is_named_in_full(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        "CREATE MATERIALIZED VIEW g.a AS SELECT * FROM g.c;\n"
        "CREATE TEMPORARY VIEW b AS SELECT * FROM g.a;\n"
        "CREATE MATERIALIZED VIEW g.c AS SELECT * FROM b;"
    )
    with pytest.raises(NightlightError, match=r"in a ring: g\.a -> g\.c -> b -> g\.a") as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:1: ")


def test_a_dataset_that_reads_itself_is_a_ring(pipeline: "Pipeline") -> None:
    pipeline.define("CREATE MATERIALIZED VIEW g.a AS SELECT * FROM g.a;")
    with pytest.raises(NightlightError, match=r"in a ring: g\.a -> g\.a"):
        pipeline.read()


def test_a_dataset_declared_twice_names_both_places(pipeline: "Pipeline") -> None:
    first = pipeline.define("CREATE STREAMING TABLE g.a;", "1.sql")
    second = pipeline.define("\nCREATE MATERIALIZED VIEW g.a AS SELECT 1 AS x;", "2.sql")
    with pytest.raises(NightlightError) as refused:
        pipeline.read()
    assert str(refused.value) == f"{second}:2: g.a is declared twice, first at {first}:1"


def test_two_flows_of_one_name_are_refused(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        "CREATE STREAMING TABLE g.a;\n"
        "CREATE FLOW f AS INSERT INTO g.a BY NAME SELECT 1 AS x FROM STREAM b.c;\n"
        "CREATE FLOW f AS INSERT INTO g.a BY NAME SELECT 2 AS x FROM STREAM b.c;"
    )
    with pytest.raises(NightlightError, match=r"'?f'? is declared twice") as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:3: ")


def test_a_flow_into_nothing_suggests_what_was_meant(pipeline: "Pipeline") -> None:
    path = pipeline.define(
        "CREATE STREAMING TABLE silver.messages;\n"
        "CREATE FLOW f AS INSERT INTO silver.mesages BY NAME SELECT * FROM STREAM b.c;"
    )
    with pytest.raises(NightlightError) as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:2: flow 'f' fills 'silver.mesages', which is not declared")
    assert "did you mean 'silver.messages'?" in str(refused.value)


@pytest.mark.parametrize("name", ["messages", "a.b.c", "Gold.daily"])
def test_a_name_that_is_no_table_name_is_refused_at_its_line(pipeline: "Pipeline", name: str) -> None:
    path = pipeline.define(f"\nCREATE MATERIALIZED VIEW {name} AS SELECT 1 AS x;")
    with pytest.raises(NightlightError, match=r"write schema\.table, in lower case") as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:2: ")


def test_a_property_nobody_reads_is_refused(pipeline: "Pipeline") -> None:
    path = pipeline.define("CREATE STREAMING TABLE g.a TBLPROPERTIES ('expct.x' = 'DROP x > 1');")
    with pytest.raises(NightlightError, match=r"unknown table property 'expct\.x'; known: .*expect\.<name>") as refused:
        pipeline.read()
    assert str(refused.value).startswith(f"{path}:1: ")


SPECIFICATIONS = {
    "broken YAML": ("name: [x\nlibraries", "not valid YAML"),
    "no name": ("libraries:\n  - glob:\n      include: d/**\n", "'name' and 'libraries' are needed"),
    "a list": ("- name", "'name' and 'libraries' are needed"),
    "an unknown key": ("name: x\nlibaries: []\nlibraries:\n  - glob:\n      include: d/**\n", "unknown key 'libaries'"),
    "a library without glob": ("name: x\nlibraries:\n  - include: d/**\n", "glob"),
    "not UTF-8": ("name: ö", "not valid YAML"),
}


@pytest.mark.parametrize(("text", "message"), SPECIFICATIONS.values(), ids=SPECIFICATIONS)
def test_a_broken_specification_is_one_clear_line(
    tmp_path: Path, sail_session: "Session", text: str, message: str
) -> None:
    (tmp_path / "spark-pipeline.yml").write_bytes(text.encode("latin-1"))
    with pytest.raises(NightlightError) as refused:
        read_project(tmp_path, sail_session)
    assert str(refused.value).startswith(f"{tmp_path / 'spark-pipeline.yml'}")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_where_there_is_no_project_that_is_said(tmp_path: Path, sail_session: "Session") -> None:
    with pytest.raises(NightlightError, match="there is no pipeline project here"):
        read_project(tmp_path, sail_session)


def test_only_files_that_the_specification_names_are_read(pipeline: "Pipeline") -> None:
    pipeline.define("CREATE STREAMING TABLE g.a;", "1.sql")
    pipeline.define("not SQL at all", "notes.txt")
    (pipeline.folder / "deeper").mkdir()
    pipeline.define("CREATE STREAMING TABLE g.b;", "deeper/2.sql")
    (pipeline.root / "elsewhere.sql").write_text("not SQL either")
    assert [dataset.name for dataset in pipeline.read().datasets] == ["g.a", "g.b"]


def test_projects_are_the_folders_with_a_specification(tmp_path: Path) -> None:
    for folder in ("b", "a", "c/deeper"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "spark-pipeline.yml").touch()
    assert find_projects(tmp_path) == [tmp_path / "a", tmp_path / "b"]
