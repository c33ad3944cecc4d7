"""Answers as files: every value arrives, nothing runs in a spreadsheet, and text never leaves in one."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.conftest import Deliver

from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.statements import read_statements
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies
from nightlight.web.downloads import FORMS, ROWS_AT_ONCE, closed_columns, write_arrow, write_csv, write_json

TABLE = pa.table(
    {
        "=name": ["=1+1", "-2", " @x", "plain", None],
        "n": [1, -2, None, 2**60, 0],
        "share": [0.5, float("nan"), None, 1.0, -0.1],
        "at": pa.array([datetime(2026, 3, 1, 2, 30, tzinfo=UTC)] * 5),
        "parts": [["a", "b"], [], None, ["é"], [None]],
        "exact": [Decimal("1.10"), None, Decimal("-2.00"), Decimal("0.00"), Decimal("3.25")],
    }
)


@pytest.fixture
def broker(line: Home) -> Iterator[Broker]:
    with Broker(line) as broker:
        yield broker


def test_a_spreadsheet_runs_nothing_of_it() -> None:
    heads, *rows = csv.reader(io.StringIO(b"".join(write_csv(TABLE)).decode()))
    assert heads[0] == "'=name"
    assert [row[0] for row in rows] == ["'=1+1", "'-2", "' @x", "plain", ""]
    assert [row[1] for row in rows] == ["1", "-2", "", str(2**60), "0"]
    assert rows[0][4] == '["a", "b"]'


@pytest.mark.parametrize("form", FORMS)
def test_every_row_arrives_in_every_form(form: str) -> None:
    rows = ROWS_AT_ONCE + 3
    written = b"".join(FORMS[form].write(pa.table({"n": list(range(rows)), "word": ["a,\n'b\""] * rows})))
    match form:
        case "csv":
            read = [
                {"n": int(row["n"]), "word": row["word"]} for row in csv.DictReader(io.StringIO(written.decode(), ""))
            ]
        case "json":
            read = json.loads(written)
        case _:
            read = pa.ipc.open_stream(written).read_all().to_pylist()
    assert read == [{"n": n, "word": "a,\n'b\""} for n in range(rows)]


def test_arrow_is_what_it_was_and_compressed() -> None:
    repeated = pa.concat_tables([TABLE] * 2000)
    written = b"".join(write_arrow(repeated))
    read = pa.ipc.open_stream(written).read_all()
    assert (read.schema, read.num_rows) == (repeated.schema, repeated.num_rows)
    assert read.column("exact").to_pylist() == repeated.column("exact").to_pylist()
    assert len(written) < repeated.nbytes / 5


def test_an_empty_answer_is_a_file_too() -> None:
    empty = TABLE.slice(0, 0)
    assert json.loads(b"".join(write_json(empty))) == []
    assert b"".join(write_csv(empty)).count(b"\n") == 1
    assert pa.ipc.open_stream(b"".join(write_arrow(empty))).read_all().num_rows == 0


def test_an_answer_made_from_text_or_identities_is_closed(broker: Broker) -> None:
    def closed(sql: str, who: str, purpose: str) -> list[str]:
        return closed_columns(broker, who, broker.sql(sql, principal=who, purpose=purpose))

    assert closed("SELECT text FROM silver.messages", "sam", "quality_review") == ["silver.messages.text (text)"]
    assert closed("SELECT * FROM silver.messages", "ana", "improve_service") == []
    assert closed("SELECT author FROM silver.messages", "sam", "quality_review") == []


def test_tags_that_travelled_close_it_too_masked_or_not(broker: Broker, line: Home, deliver: Deliver) -> None:
    deliver(line, "gold.words", [{"word": "exams"}], pa.schema([("word", pa.string())]))
    record_lineage(line.database_url, "gold.words", {"word": [("silver.messages", "text")]}, ["silver.messages"])
    policies = (
        "GRANT SELECT (word) ON TABLE gold.words TO analysts; SET MASK ON COLUMN gold.words.word hash TO analysts;"
    )
    apply_policies(line, list(read_statements(policies, "test")), by="ada", text=policies)
    answer = broker.sql("SELECT word FROM gold.words", principal="ana", purpose="improve_service")
    assert closed_columns(broker, "ana", answer) == ["gold.words.word (text)"]
