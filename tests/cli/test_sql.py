"""Promises of `nightlight sql` on a screen: values and names as they are, whatever the terminal's width."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from typer.testing import CliRunner, Result

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.cli.app import with_commands
from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP analysts; ADD USER olga TO GROUP analysts;
CREATE PURPOSE numbers OF operations 'plan shifts'; ALLOW PURPOSE numbers TO analysts;
GRANT USE SCHEMA, SELECT ON SCHEMA silver TO analysts;
"""
Ask = Callable[..., Result]


@pytest.fixture(scope="module")
def app() -> object:
    return with_commands()


@pytest.fixture
def ask(home: Home, deliver: Deliver, app: object, monkeypatch: pytest.MonkeyPatch) -> Ask:
    deliver(home, "silver.days", [{"n": n} for n in range(250)], pa.schema([("n", pa.int64())]))
    apply_statements(home.database_url, read_statements(POLICIES, "p.sql"), by="test")

    def run(*arguments: str, columns: int = 100) -> Result:
        monkeypatch.setenv("COLUMNS", str(columns))
        who = ["--as", "olga", "--purpose", "numbers", "--home", str(home.root)]
        return CliRunner().invoke(app, ["sql", *who, *arguments], catch_exceptions=True)  # type: ignore[arg-type]

    return run


def test_names_and_values_are_shown_as_they_are(ask: Ask) -> None:
    values = "788309334396027047 AS _file, 0.1234567::DOUBLE AS mean_wait, 1.10::DECIMAL(5, 2) AS d, true AS b"
    lines = ask(f"SELECT {values}, TIMESTAMP '2026-01-02 03:04:05' AS at, 'nan'::DOUBLE AS x").stdout.splitlines()
    assert lines[0].split() == ["_file", "mean_wait", "d", "b", "at", "x"]
    assert lines[1].split() == ["788309334396027047", "0.1234567", "1.10", "true", "2026-01-02", "03:04:05", "nan"]
    assert len(lines) == 2


def test_what_is_wider_than_the_terminal_is_a_line_per_value(ask: Ask) -> None:
    result = ask("SELECT 788309334396027047 AS id, n, 'a longer text' AS words FROM silver.days ORDER BY n", columns=30)
    lines = result.stdout.splitlines()
    assert lines[:5] == ["row 1", "id:    788309334396027047", "n:     0", "words: a longer text", "row 2"]
    assert (len(lines), lines[-4]) == (20 * 4, "row 20")
    assert "shown: 20 of 250 rows" in result.stderr
    assert "--format csv gives a table" in result.stderr


def test_a_summary_can_be_read_at_a_hundred_columns(ask: Ask) -> None:
    lines = ask("SUMMARIZE silver.days").stdout.splitlines()
    assert lines[:2] == ["row 1", "column_name:     n"]
    assert "max:             249" in lines
    assert max(map(len, lines)) <= 100


def test_a_long_table_says_how_much_of_it_is_shown(ask: Ask) -> None:
    result = ask("SELECT n FROM silver.days")
    assert len(result.stdout.splitlines()) == 1 + 200
    assert "shown: 200 of 250 rows; --format csv prints all of these" in result.stderr


def test_arrow_is_not_written_to_a_terminal(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("SELECT 1", "--format", "arrow").exit_code == 0
    monkeypatch.setattr("nightlight.cli.sql.is_terminal", lambda: True)
    refused = ask("SELECT 1", "--format", "arrow")
    assert isinstance(refused.exception, NightlightError)
    assert "redirect it" in str(refused.exception)
    assert refused.stdout == ""


def test_a_background_answer_is_printed_and_kept_under_the_id_that_is_told(ask: Ask) -> None:
    result = ask("SELECT count(*) AS n FROM silver.days", "--background")
    assert result.stdout.split() == ["n", "250"]
    query = result.stderr.partition("--result ")[2].split()[0]
    assert ask("--result", query).stdout == result.stdout
    assert query in ask("--results").stdout
