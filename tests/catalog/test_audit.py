"""Promises of the audit: every act is written durably or fails, by however many at once, and can be read back."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.postgres import running_server

from nightlight.catalog import audit
from nightlight.catalog.audit import Entry, append, os_user, tail, verify
from nightlight.db import open_database, transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home, Settings

ASKED = Entry(
    "query",
    "ana",
    "quality",
    "done",
    statement="SELECT count(*)\nFROM gold.daily",
    fingerprint="abc",
    tables=("gold.daily", "gold.weeks"),
    columns=("gold.daily.day",),
    versions={"gold.daily": 7},
    rows=1,
    detail="cached",
    seconds=0.25,
)
REFUSED = Entry("query", "sam", None, "refused", statement="SELECT 1", detail="there is no such purpose")
IMPOSSIBLE = "the audit cannot be written; nothing is shown without it"
APPENDING = """
import sys
from pathlib import Path
from nightlight.catalog.audit import Entry, append
from nightlight.settings import Home
home = Home.open(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    print(append(home, Entry("query", sys.argv[3], "quality", "done", statement="-- " + "x" * 20_000)), flush=True)
"""
FULL_DISK = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
{APPENDING}"""


def damage(home: Home, statement: str) -> None:
    """Change the database as whoever owns its file can."""
    with closing(sqlite3.connect(home.root / "catalog.db", isolation_level=None)) as connection:
        connection.execute(statement)


def appending(home: Home, number: int, principal: str, program: str = APPENDING) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", program, str(home.root), str(number), principal]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_is_written_can_be_read_back(home: Home) -> None:
    before = datetime.now(UTC)
    assert append(home, ASKED) == 1
    assert append(home, REFUSED) == 2
    first, second = tail(home, 10)
    assert before <= first["at"] <= second["at"] <= datetime.now(UTC)
    assert (first["sequence"], first["os_user"], first["process"]) == (1, os_user(), os.getpid())
    assert first["host"]
    assert {name: first[name] for name in asdict(ASKED)} == {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(ASKED).items()
    }
    assert (second["principal"], second["purpose"], second["rows"], second["seconds"]) == ("sam", None, None, None)


def test_each_asks_for_what_concerns_them(home: Home) -> None:
    for number in range(6):
        append(home, replace(ASKED if number % 2 else REFUSED, rows=number))
    append(home, Entry("grant", "lin", None, "done"))
    assert [record["rows"] for record in tail(home, 2, principal="sam")] == [2, 4]
    assert [record["rows"] for record in tail(home, 9, outcome="refused")] == [0, 2, 4]
    assert [record["principal"] for record in tail(home, 9, action="grant", outcome="done")] == ["lin"]
    assert tail(home, 9, principal="ana", outcome="refused") == []
    assert tail(home, 9, principal="nobody") == []


def test_a_new_home_has_an_audit_that_verifies(home: Home) -> None:
    found = verify(home)
    assert (found.ok, found.records, found.first_bad, found.problems) == (True, 0, None, ())
    assert tail(home, 5) == []


def test_the_operating_system_says_who_it_was_and_not_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    append(home, ASKED)
    assert tail(home, 1)[0]["os_user"] == os_user() != "somebody-else"


@pytest.mark.parametrize(
    "text", ["\udce9\ud800", "a\0b", "\x1b[2J", "\u202eevil", "'; DROP TABLE audit; --", "😀" * 1000]
)
def test_no_text_is_too_strange_to_be_written(home: Home, text: str) -> None:
    append(home, Entry(text, text, text, "refused", text, text, (text,), (text,), {text: 1}, detail=text))
    assert verify(home).ok
    assert tail(home, 1)[0]["principal"].encode("utf-8")


def test_an_endless_statement_is_cut_and_its_digest_kept(home: Home) -> None:
    append(home, replace(REFUSED, statement="SELECT 1 -- " + "x" * 5_000_000))
    kept = tail(home, 1)[0]["statement"]
    assert len(kept) < 101_000
    assert "5000012 characters, SHA-256 " in kept
    assert verify(home).ok


def test_many_processes_append_at_once_and_none_is_lost(home: Home) -> None:
    writers = [appending(home, 50, f"writer {number}") for number in range(8)]
    answers = [writer.communicate() for writer in writers]
    assert [errors for _, errors in answers] == [""] * 8
    sequences = [int(line) for output, _ in answers for line in output.split()]
    assert sorted(sequences) == list(range(1, 401))
    found = verify(home)
    assert (found.ok, found.records) == (True, 400)
    assert len(tail(home, 400, principal="writer 3")) == 50


def test_many_threads_append_at_once_and_none_is_lost(home: Home) -> None:
    with ThreadPoolExecutor(8) as threads:
        sequences = list(threads.map(lambda _: append(home, ASKED), range(200)))
    assert sorted(sequences) == list(range(1, 201))
    assert verify(home).ok


def all_at_once(home: Home, entries: list[Entry]) -> list[int | NightlightError]:
    """What each of the entries hears that have all come before the first is written."""

    def hear(entry: Entry) -> int | NightlightError:
        try:
            return append(home, entry)
        except NightlightError as error:
            return error

    queue = audit._QUEUES[home.root, home.database_url]
    with ThreadPoolExecutor(len(entries)) as threads:
        with audit._APPENDING:
            heard = [threads.submit(hear, entry) for entry in entries]
            while len(queue) < len(entries):
                pass
        return [each.result() for each in heard]


def test_those_who_wait_are_written_in_one_commit_and_each_hears_its_own_sequence(home: Home) -> None:
    from sqlalchemy import event

    commits: list[object] = []
    event.listen(open_database(home.database_url), "commit", commits.append)
    entries = [replace(ASKED, statement=f"SELECT {number}") for number in range(6)]
    heard = all_at_once(home, entries)
    assert len(commits) == 1
    told = {record["sequence"]: record["statement"] for record in tail(home, 6)}
    assert [told[sequence] for sequence in heard if isinstance(sequence, int)] == [each.statement for each in entries]
    assert (verify(home).ok, verify(home).records) == (True, 6)


def test_what_cannot_be_written_harms_none_of_those_that_wait_with_it(home: Home) -> None:
    heard = all_at_once(home, [ASKED, replace(ASKED, seconds=float("nan")), ASKED])
    assert sorted(each for each in heard if isinstance(each, int)) == [1, 2]
    assert isinstance(heard[1], NightlightError)
    assert (verify(home).ok, verify(home).records) == (True, 2)


def test_when_the_commit_fails_everybody_who_waited_hears_so(home: Home) -> None:
    with transaction(home.database_url) as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    assert all(isinstance(each, NightlightError) for each in all_at_once(home, [ASKED] * 3))


@pytest.mark.parametrize("after", [1, 7, 20])
def test_what_was_acknowledged_outlives_a_killed_process(home: Home, after: int) -> None:
    writer = appending(home, 10_000, "ana")
    assert writer.stdout
    acknowledged = [int(writer.stdout.readline()) for _ in range(after)][-1]
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    found = verify(home)
    assert found.ok
    assert found.records >= acknowledged
    assert append(home, ASKED) == found.records + 1


def test_on_a_full_disk_nothing_is_shown_and_nothing_half_written(home: Home) -> None:
    writer = appending(home, 10_000, "ana", FULL_DISK)
    output, errors = writer.communicate()
    assert f"NightlightError: {IMPOSSIBLE}" in errors
    written = len(output.split())
    assert written >= 1
    found = verify(home)
    assert (found.ok, found.records) == (True, written)
    assert append(home, ASKED) == written + 1


def with_database(home: Home, url: str) -> Home:
    return Home(home.root, Settings(database=url))


def test_a_read_only_database_is_an_error(home: Home) -> None:
    append(home, ASKED)
    read_only = with_database(home, f"sqlite:///file:{home.root}/catalog.db?mode=ro&uri=true")
    with pytest.raises(NightlightError, match=IMPOSSIBLE):
        append(read_only, ASKED)
    assert verify(home).records == 1


@pytest.mark.parametrize("statement", ["DROP TABLE audit", "DROP TABLE audit_head", "DELETE FROM audit_head"])
def test_a_damaged_database_is_an_error(home: Home, statement: str) -> None:
    append(home, ASKED)
    damage(home, statement)
    with pytest.raises(NightlightError, match=IMPOSSIBLE) as refused:
        append(home, ASKED)
    assert "\n" not in str(refused.value)


def test_an_error_does_not_repeat_the_statement(home: Home) -> None:
    damage(home, "DROP TABLE audit")
    with pytest.raises(NightlightError) as refused:
        append(home, replace(ASKED, statement="SELECT 'canary'", principal="canary"))
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b"short"])
def test_without_its_key_nothing_is_written_and_nothing_verifies(home: Home, content: bytes | None) -> None:
    key = home.root / "keys" / "audit"
    key.unlink()
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(NightlightError, match=f"{IMPOSSIBLE}.*key 'audit'"):
        append(home, ASKED)
    with pytest.raises(NightlightError, match="key 'audit'"):
        verify(home)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_what_cannot_be_written_exactly_is_not_written(home: Home, seconds: float) -> None:
    with pytest.raises(NightlightError, match=IMPOSSIBLE):
        append(home, replace(ASKED, seconds=seconds))
    assert verify(home).records == 0


def test_a_clock_that_goes_back_is_a_note_and_no_alarm(home: Home) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for hours in (0, 1, 0.5, 2, -1):
        append(home, ASKED, clock=lambda hours=hours: now + timedelta(hours=hours))  # type: ignore[misc]
    found = verify(home)
    assert found.ok
    assert found.notes == ("the clock went back by 3:00:00 before record 5",)


def test_a_damaged_record_is_named_where_it_is_read(home: Home) -> None:
    append(home, ASKED)
    damage(home, "UPDATE audit SET record = '[]'")
    with pytest.raises(NightlightError, match="record 1 of the audit is damaged; run `nightlight audit verify`"):
        tail(home, 1)


def test_the_canonical_record_is_plain_json(home: Home) -> None:
    append(home, replace(ASKED, statement="SELECT 'é'"))
    with closing(sqlite3.connect(home.root / "catalog.db")) as connection:
        [[record]] = connection.execute("SELECT record FROM audit")
    read = json.loads(record)
    assert record == json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "é" in record
    assert read["microseconds"] == 250_000, "a fraction would have more than one spelling"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory) as url:
        yield url
        open_database(url).dispose()


def test_postgresql_keeps_the_same_promises(home: Home, server: str, tmp_path: Path) -> None:
    shared = with_database(home, server)
    assert verify(shared).records == 0
    with ThreadPoolExecutor(8) as threads:
        sequences = list(threads.map(lambda _: append(shared, ASKED), range(80)))
    append(shared, replace(REFUSED, statement="a\0b \udce9"))
    assert sorted(sequences) == list(range(1, 81))
    assert (verify(shared).ok, verify(shared).records) == (True, 81)
    with transaction(server) as connection:
        connection.exec_driver_sql("UPDATE audit SET principal = 'somebody' WHERE sequence = 40")
    assert verify(shared).first_bad == 40
    assert tail(shared, 1, principal="sam")[0]["sequence"] == 81
