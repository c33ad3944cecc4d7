"""Parquet files, gzipped ones, and Delta tables elsewhere."""

import gzip
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

LETTERS = """
kind = "parquet"
path = "exports/*.parquet*"
table = "bronze.letters"
[columns.number]
type = "bigint"
[columns.text]
sensitivity = "text"
"""


@pytest.fixture
def letters(line: "Line") -> "Line":
    (line.home.sources / "messages.toml").unlink()
    line.declare("letters", LETTERS)
    return line


def write(line: "Line", name: str, *numbers: int | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = line.exports / name.removesuffix(".gz")
    pq.write_table(pa.table({"number": pa.array(numbers, pa.int32()), "text": [f"letter {n}" for n in numbers]}), path)
    if name.endswith(".gz"):
        (line.exports / name).write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


@pytest.mark.parametrize("name", ["a.parquet", "a.parquet.gz"])
def test_rows_arrive_once_and_a_grown_file_is_read_on(letters: "Line", name: str) -> None:
    write(letters, name, 1, 2)
    assert letters.run().rows == 2
    assert not letters.run().did_something
    write(letters, name, 1, 2, 3)
    assert letters.run().rows == 1
    assert [row["number"] for row in letters.rows("bronze.letters")] == [1, 2, 3]
    write(letters, name, 9)
    assert "fewer than the 3 taken before" in str(letters.run().error)


def test_a_broken_row_is_quarantined_as_json(letters: "Line") -> None:
    letters.declare("letters", LETTERS.replace('"bigint"', '"bigint"\nrequired = true'))
    write(letters, "a.parquet", 1, None)
    letters.run()
    (entry,) = letters.quarantine("quarantine.bronze_letters")
    assert (entry["line"], entry["row"]) == (2, '{"number": null, "text": "letter None"}')


@pytest.mark.parametrize("name", ["a.parquet", "a.parquet.gz"])
def test_an_incomplete_file_is_refused_and_others_are_taken(letters: "Line", name: str) -> None:
    write(letters, name, 1, 2)
    file = letters.exports / name
    file.write_bytes(file.read_bytes()[:-20])
    write(letters, "b.parquet", 3)
    run = letters.run()
    assert f"{name} is not a complete Parquet file" in str(run.error)
    assert run.rows == 1


def test_a_delta_table_elsewhere_is_followed_version_by_version(letters: "Line") -> None:
    import pyarrow as pa

    from nightlight.lakehouse.commit import write as write_lake
    from nightlight.lakehouse.tables import Table, TableName

    elsewhere = Table(TableName("other", "letters"), letters.home.root / "elsewhere")
    schema = pa.schema([("number", pa.int64()), ("text", pa.string())])

    def append(*numbers: int, overwrite: bool = False) -> None:
        rows: list[dict[str, Any]] = [{"number": number, "text": "x"} for number in numbers]
        batch = pa.RecordBatch.from_pylist(rows, schema=schema)
        write_lake(elsewhere.fresh(), [batch], schema=schema, transactions={}, overwrite=overwrite)

    letters.declare("letters", LETTERS.replace("parquet", "delta", 1).replace("exports/*.parquet*", "elsewhere"))
    assert "there is no Delta table at" in str(letters.run().error)
    append(1, 2)
    assert letters.run().rows == 2
    assert not letters.run().did_something
    append(3)
    append(4)
    assert letters.run().rows == 2
    assert [row["number"] for row in letters.rows("bronze.letters")] == [1, 2, 3, 4]
    append(9, overwrite=True)
    assert "changed or deleted since version 2" in str(letters.run().error)
