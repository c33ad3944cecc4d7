"""One-off files: loaded once, under the contract there is, or under types that are inferred."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.errors import NightlightError
from nightlight.ingestion.load import load

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

Message = Callable[..., dict[str, Any]]


def test_types_are_inferred_and_words_count_as_text(line: "Line", tmp_path: Path) -> None:
    file = tmp_path / "letters.csv"
    file.write_text("number,written_at,grade,text\n1,2026-01-01T00:00:00Z,1.5,dear all\n2,,,\n")
    (run,) = load(line.home, "bronze.letters", [file])
    assert (run.rows, run.error) == (2, None)
    schema = line.lake.table("bronze.letters").fresh().schema
    assert [str(schema.field(name).type) for name in ("number", "grade", "text")] == ["int64", "double", "string"]
    assert str(schema.field("written_at").type).startswith("timestamp")
    assert schema.field("text").metadata == {b"nightlight.sensitivity": b"text"}
    assert not schema.field("number").metadata


def test_codes_that_begin_with_a_zero_keep_it(line: "Line", tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text("postcode,visits,share\n01067,10,0.5\n4109,0,07\n")
    load(line.home, "bronze.places", [file])
    rows = line.lake.table("bronze.places").fresh().read(["postcode", "visits", "share"]).to_pylist()
    assert rows == [{"postcode": "01067", "visits": 10, "share": 0.5}, {"postcode": "4109", "visits": 0, "share": 7.0}]


def test_the_same_content_is_loaded_once_whatever_its_name(line: "Line", tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"number": 1}\n{"number": 2}')
    first, second = load(line.home, "bronze.letters", [tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert (first.rows, second.rows, second.note) == (2, 0, "nothing new")
    (elsewhere,) = load(line.home, "bronze.others", [tmp_path / "a.jsonl"])
    assert elsewhere.rows == 2


def test_a_source_of_that_table_gives_the_contract(line: "Line", tmp_path: Path, make_message: Message) -> None:
    file = tmp_path / "late.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (make_message(1), make_message(2, author="robot"))))
    (run,) = load(line.home, "bronze.messages", [file])
    assert (run.rows, run.quarantined) == (1, 1)
    assert line.quarantine()[0]["source"] == "load"


def test_the_columns_of_a_table_hold_for_the_next_file(line: "Line", tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"number": 1}\n')
    (tmp_path / "b.jsonl").write_text('{"number": "two"}\n{"number": 3}\n')
    load(line.home, "bronze.letters", [tmp_path / "a.jsonl"])
    (run,) = load(line.home, "bronze.letters", [tmp_path / "b.jsonl"])
    assert (run.rows, run.quarantined) == (1, 1)


def test_parquet_keeps_its_types(line: "Line", tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"number": pa.array([1], pa.int32()), "tags": [["a"]]}), tmp_path / "a.parquet")
    assert load(line.home, "bronze.letters", [tmp_path / "a.parquet"])[0].rows == 1
    assert line.rows("bronze.letters")[0]["tags"] == ["a"]


@pytest.mark.parametrize(("name", "what"), [("a.xlsx", "unknown kind of file"), ("a.csv", "there is no such file")])
def test_a_file_that_cannot_be_loaded_is_one_line(line: "Line", tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(NightlightError, match=what):
        load(line.home, "bronze.letters", [tmp_path / name])
