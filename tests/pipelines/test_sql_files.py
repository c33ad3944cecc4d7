"""SQL definition files: the fixtures are pairs, a file as a user writes it and what is read from it."""

import json
from pathlib import Path
from typing import Any

import pytest

from nightlight.errors import NightlightError
from nightlight.pipelines.definitions import Dataset, Flow, SqlQuery
from nightlight.pipelines.sql_files import read_sql_file, split_statements, substitute

FIXTURES = Path(__file__).parent / "fixtures"


def described(file: Path) -> dict[str, Any]:
    """What a file declares, in the form of the fixtures' JSON."""
    datasets, flows, configuration = read_sql_file(file)
    return {
        "datasets": [dataset_as_json(dataset) for dataset in datasets],
        "flows": [flow_as_json(flow) for flow in flows],
        "configuration": configuration,
    }


def dataset_as_json(dataset: Dataset) -> dict[str, Any]:
    found: dict[str, Any] = {"name": dataset.name, "kind": str(dataset.kind), "line": dataset.location.line}
    if dataset.comment:
        found["comment"] = dataset.comment
    if dataset.properties:
        found["properties"] = dict(dataset.properties)
    return found


def flow_as_json(flow: Flow) -> dict[str, Any]:
    """`rewritten` is the query as an engine gets it: `T_` and `S_` stand for a table and a stream."""
    assert isinstance(flow.query, SqlQuery)
    views = {
        (ref.name, ref.streaming): ("S_" if ref.streaming else "T_") + ref.name.replace(".", "_")
        for ref in flow.query.references
    }
    rewritten = substitute(flow.query, views)
    return {
        "name": flow.name,
        "target": flow.target,
        "line": flow.query.line,
        "rewritten": rewritten if len(rewritten.splitlines()) == 1 else rewritten.splitlines(),
    }


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.sql")), ids=lambda file: file.stem)
def test_a_file_is_read_as_its_fixture_says(file: Path) -> None:
    assert described(file) == json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))


def test_every_fixture_has_its_pair() -> None:
    assert {file.stem for file in FIXTURES.glob("*.sql")} == {file.stem for file in FIXTURES.glob("*.json")}


MISTAKES = {
    "unknown statement": ("\n\nDROP TABLE a.b;", 3, "not a statement of a pipeline; use CREATE MATERIALIZED VIEW"),
    "plain table": ("CREATE TABLE a.b AS SELECT 1 AS x;", 1, "not a statement of a pipeline"),
    "plain view": ("CREATE VIEW a.b AS SELECT 1 AS x;", 1, "not a statement of a pipeline"),
    "append without BY NAME": ("CREATE FLOW f AS INSERT INTO a.b SELECT 1 AS x;", 1, "not a statement of a pipeline"),
    "AUTO CDC": ("CREATE FLOW f AS AUTO CDC INTO a.b FROM STREAM c.d KEYS (x) SEQUENCE BY y;", 1, "not a statement"),
    "misspelt word": (
        "CREATE MATERIALIZED VIEW a.b AS\nSELECT x\nFROM c.d\nWHERE x = = 1;",
        4,
        "not valid SQL near '='",
    ),
    "after other statements": (
        "CREATE STREAMING TABLE a.b;\n\n-- about c\nCREATE MATERIALIZED VIEW a.c AS\nSELECT (1 AS x;",
        5,
        "not valid SQL",
    ),
    "in an append flow": (
        "CREATE STREAMING TABLE a.b;\nCREATE FLOW f AS INSERT INTO a.b BY NAME\nSELECT (1 AS x;",
        3,
        "not valid SQL",
    ),
    "open quote": ("CREATE MATERIALIZED VIEW a.b AS\nSELECT 'x AS y FROM c.d;", 1, "a quote or comment is not closed"),
    "no query": ("CREATE STREAMING TABLE a.b;\nCREATE MATERIALIZED VIEW a.c;", 2, "query"),
    "renamed columns": ("CREATE MATERIALIZED VIEW a.b (x, y) AS SELECT 1 AS p, 2 AS q;", 1, "column"),
}


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_that_names_file_and_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text(text)
    with pytest.raises(NightlightError) as refused:
        read_sql_file(file)
    assert str(refused.value).startswith(f"{file}:{line}: ")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_bytes("-- Größe\nCREATE STREAMING TABLE a.b;".encode("latin-1"))
    with pytest.raises(NightlightError, match=r"a\.sql: not UTF-8"):
        read_sql_file(file)


def test_statements_know_their_lines_whatever_stands_between(tmp_path: Path) -> None:
    text = "-- one;\nA 1;\n\n/* two;\nlines */ B '--;' ; ;\nC"
    assert list(split_statements(text, tmp_path)) == [("A 1", 2), ("B '--;'", 5), ("C", 6)]
