"""Promises of `nightlight erase`: it says what it took out, and one clear line where there is nothing or no right."""

import json

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from typer.testing import CliRunner, Result

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import add_principal
from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home

APP = with_commands()


def run(home: Home, *words: str) -> Result:
    return CliRunner().invoke(APP, ["erase", *words, "--home", str(home.root)])


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    """Two texters' conversations in one table."""
    add_principal(home.database_url, "otto", "user", by="setup")
    schema = pa.schema([("conversation_id", pa.int64()), ("texter_key", pa.string())])
    rows = [{"conversation_id": number, "texter_key": key} for number, key in ((1, "k1"), (2, "k1"), (3, "k2"))]
    deliver(home, "silver.conversations", rows, schema)
    return home


def left(home: Home) -> list[int]:
    return list(Lake(home.lake).table("silver.conversations").read()["conversation_id"].to_pylist())


def test_it_says_what_it_took_out_and_what_is_left_to_do(line: Home) -> None:
    said = run(line, "k1").output
    assert "silver.conversations" in said
    assert "erased 2 conversations; take them out of the systems that delivered them, and of backups" in said
    assert left(line) == [3]


def test_scripts_read_counts(line: Home) -> None:
    found = json.loads(run(line, "k2", "--conversation", "live-1", "--json").output)
    assert found == {"conversations": 2, "rows": {"silver.conversations": 1}}


def test_a_mistyped_key_is_one_line_and_takes_nothing(line: Home) -> None:
    refused = run(line, "k11")
    assert isinstance(refused.exception, NightlightError)
    assert "no conversation of this texter is known here" in str(refused.exception)
    assert left(line) == [1, 2, 3]


def test_whoever_does_not_manage_the_home_is_refused_and_the_audit_has_it(line: Home) -> None:
    refused = run(line, "k1", "--as", "otto")
    assert isinstance(refused.exception, NightlightError)
    assert left(line) == [1, 2, 3]
    record = tail(line, 1)[0]
    assert (record["action"], record["principal"], record["outcome"]) == ("erase texter", "otto", "refused")
    assert "k1" not in str(record)
