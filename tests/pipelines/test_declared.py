"""What a home's SQL files declare, read without an engine and without minding one that is wrong."""

import os
from pathlib import Path

from nightlight.pipelines.declared import declared_datasets, declared_expectations, declared_owner

SPECIFICATION = "name: p\nlibraries:\n  - glob: {include: '**'}\n"
VIEW = """
CREATE MATERIALIZED VIEW gold.a TBLPROPERTIES ('owner' = 'quality', 'expect.positive' = 'WARN n > 0')
AS SELECT n FROM silver.b;
CREATE TEMPORARY VIEW helper AS SELECT 1 AS n;
"""


def project(folder: Path, sql: str) -> Path:
    root = folder / "p"
    root.mkdir(exist_ok=True)
    (root / "spark-pipeline.yml").write_text(SPECIFICATION)
    (root / "a.sql").write_text(sql)
    return root


def test_stored_datasets_say_whose_they_are_and_what_their_rows_should_be(tmp_path: Path) -> None:
    project(tmp_path, VIEW)
    found = declared_datasets(tmp_path)
    assert list(found) == ["gold.a"]
    assert declared_owner(found["gold.a"]) == "quality"
    assert [(each.name, each.condition) for each in declared_expectations(found["gold.a"])] == [("positive", "n > 0")]


def test_what_is_not_declared_has_no_owner_and_no_expectations() -> None:
    assert declared_owner(None) == ""
    assert declared_expectations(None) == ()


def test_a_file_that_is_wrong_hides_no_other(tmp_path: Path) -> None:
    root = project(tmp_path, VIEW)
    (root / "b.sql").write_text("CREATE MATERIALIZED VIEW AS SELECT FROM WHERE;")
    assert list(declared_datasets(tmp_path)) == ["gold.a"]
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "spark-pipeline.yml").write_text("name: [")
    assert list(declared_datasets(tmp_path)) == ["gold.a"]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    root = project(tmp_path, VIEW)
    assert declared_owner(declared_datasets(tmp_path)["gold.a"]) == "quality"
    (root / "a.sql").write_text(VIEW.replace("'quality'", "'harbour'"))
    os.utime(root / "a.sql", ns=(1, 1))
    assert declared_owner(declared_datasets(tmp_path)["gold.a"]) == "harbour"


def test_a_home_without_a_pipeline_declares_nothing(tmp_path: Path) -> None:
    assert declared_datasets(tmp_path) == {}
