"""Whatever breaks, nothing comes out: each fault is a denial of one clear line, audited when the audit can be written.

A small home with three people: olga may read all, carl sees hashed words of open rooms, stan has no grant. Every fault
is met twice: by a broker that has answered before, whose caches are warm, and by a fresh one without extracts."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.faults import FAULTS, NOT_AUDITED, NOT_NEEDED_AGAIN, OTHER_SECRET, SECRET, change, damage_log

from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP supervisors; CREATE GROUP analysts; CREATE GROUP visitors;
CREATE PURPOSE look OF research 'to look';
ALLOW PURPOSE look TO supervisors; ALLOW PURPOSE look TO analysts; ALLOW PURPOSE look TO visitors;
ADD USER olga TO GROUP supervisors; ADD USER carl TO GROUP analysts; ADD USER stan TO GROUP visitors;
GRANT USE SCHEMA ON SCHEMA s TO supervisors; GRANT USE SCHEMA ON SCHEMA s TO analysts;
GRANT SELECT ON TABLE s.letters TO supervisors;
GRANT SELECT ON TABLE s.letters TO analysts; DENY SELECT (note) ON TABLE s.letters TO analysts;
SET TAG ON COLUMN s.letters.word kept = 'apart';
SET MASK ON TAG kept = 'apart' hash EXCEPT supervisors;
SET MASK ON COLUMN s.letters.born year TO analysts;
SET ROW FILTER ON TABLE s.letters (kind IN (SELECT r.kind FROM s.rooms r WHERE r.is_open)) EXCEPT supervisors;
"""
ASKED = "SELECT * FROM s.letters"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, empty_catalog: Path) -> Path:
    import pyarrow as pa

    from nightlight.catalog.policies import apply_statements
    from nightlight.catalog.statements import read_statements
    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.registration import register_tables
    from nightlight.lakehouse.tables import Lake
    from nightlight.sql.broker import Broker

    home = Home.create(tmp_path_factory.mktemp("closed") / "home")
    shutil.copy(empty_catalog, home.root / "catalog.db")
    lake = Lake(home.lake)
    rooms = pa.table({"kind": ["a", "b"], "is_open": [True, False]})
    letters = pa.table(
        {
            "id": [1, 2, 3],
            "word": ["one", "two", OTHER_SECRET],
            "kind": ["a", "a", "b"],
            "born": [date(1990, 5, 6), date(1991, 7, 8), date(1992, 9, 10)],
            "note": [SECRET, SECRET, SECRET],
        }
    )
    for name, table in (("s.rooms", rooms), ("s.letters", letters)):
        write(lake.table(name), table.to_batches(), schema=table.schema, transactions={})
    register_tables(home.database_url, lake)
    apply_statements(home.database_url, read_statements(POLICIES, "closed.sql"), by="root")
    with Broker(home) as broker:
        for person in ("carl", "olga"):
            broker.sql(ASKED, principal=person, purpose="look")
    return home.root


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    """A copy of the home whose extracts are built, under a path of its own: nothing is cached for it."""
    shutil.copytree(template, tmp_path / "home", copy_function=shutil.copy2)
    return Home.open(tmp_path / "home")


def ask(home: Home, person: str = "carl", text: str = ASKED, *, production: bool = False) -> list[dict[str, Any]]:
    from dataclasses import replace

    from nightlight.sql.broker import Broker

    settings = replace(home.settings, production=production)
    with Broker(replace(home, settings=settings)) as broker:
        return rows_of(broker.sql(text, principal=person, purpose="look").table)


def rows_of(table: Any) -> list[dict[str, Any]]:
    return list(table.to_pylist())


def audited(home: Home) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(home.root / "catalog.db")) as connection:
        return connection.execute("SELECT principal, outcome FROM audit ORDER BY sequence").fetchall()


def denied(call: Callable[[], list[dict[str, Any]]], *, may_say_where: bool = False) -> str:
    """The one line of the refusal. It says no hidden name and no path, but where no audit can keep it for later."""
    with pytest.raises(NightlightError) as caught:
        call()
    line = str(caught.value)
    assert line
    assert "\n" not in line
    hidden = [SECRET, OTHER_SECRET, "rooms", "note", "is_open", *([] if may_say_where else [tempfile.gettempdir()])]
    told = [word for word in hidden if word in line]
    assert told == [], line
    return line


def test_without_a_fault_carl_gets_his_rows_and_stan_none(home: Home) -> None:
    rows = ask(home)
    assert [row["id"] for row in rows] == [1, 2]
    assert [row["born"] for row in rows] == [date(1990, 1, 1), date(1991, 1, 1)]
    assert {"one", "two"}.isdisjoint(row["word"] for row in rows)
    assert "note" not in rows[0]
    assert len(ask(home, "olga")) == 3
    assert "there is no table 's.letters' that you may read" in denied(lambda: ask(home, "stan"))


def test_there_are_many_faults() -> None:
    assert len(FAULTS) >= 25


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_comes_out_of_a_fresh_broker(fault: str, home: Home) -> None:
    FAULTS[fault](home)
    before = [] if fault in NOT_AUDITED else audited(home)
    denied(lambda: ask(home), may_say_where=fault in NOT_AUDITED)
    if fault not in NOT_AUDITED:
        assert audited(home)[len(before) :] in ([("carl", "refused")], [("carl", "failed")])


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_comes_out_of_a_broker_that_has_answered_before(fault: str, home: Home) -> None:
    from nightlight.sql.broker import Broker

    with Broker(home) as broker:

        def again() -> list[dict[str, Any]]:
            return rows_of(broker.sql(ASKED, principal="carl", purpose="look", cancelled=never).table)

        right = again()
        assert len(right) == 2
        FAULTS[fault](home)
        if fault in NOT_NEEDED_AGAIN:
            assert again() == right
        else:
            denied(again, may_say_where=fault in NOT_AUDITED)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_kept_answer_is_right_or_not_given(fault: str, home: Home) -> None:
    """Where the fault is in files that the answer was made of, what was kept of it may still be given; nothing else."""
    from nightlight.sql.broker import Broker

    with Broker(home) as broker:
        right = rows_of(broker.sql(ASKED, principal="carl", purpose="look").table)
        FAULTS[fault](home)
        with suppress(NightlightError):
            assert rows_of(broker.sql(ASKED, principal="carl", purpose="look").table) == right


def never() -> bool:
    """For questions that could be cancelled nothing is kept."""
    return False


def test_a_tag_value_that_nobody_knows_counts_as_text(home: Home) -> None:
    change(home, "UPDATE tags SET key = 'sensitivity', value = 'harmless' WHERE key = 'kept'")
    assert "word" not in ask(home)[0]


def test_a_damaged_table_is_told_to_nobody_who_may_not_know_of_it(home: Home) -> None:
    damage_log(home)
    line = denied(lambda: ask(home, "stan"))
    assert line == denied(lambda: ask(home, "stan", "SELECT * FROM s.lettres")).replace("lettres", "letters")


def test_one_damaged_table_does_not_close_the_others(home: Home) -> None:
    (home.lake / "s" / "rooms" / "_delta_log" / f"{1:020d}.json").write_text("{broken")
    assert ask(home, "olga", "SHOW TABLES") == [{"schema": "s", "table": "letters"}]


def test_a_table_made_anew_is_read_anew(home: Home) -> None:
    """Deleted and delivered again, its versions begin at the same number."""
    import pyarrow as pa

    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.tables import Lake
    from nightlight.sql.broker import Broker

    with Broker(home) as broker:
        broker.sql(ASKED, principal="olga", purpose="look")
        shutil.rmtree(home.lake / "s" / "letters")
        new = pa.table({"id": [7], "word": ["w"], "kind": ["a"], "born": [date(2000, 1, 2)], "note": ["n"]})
        write(Lake(home.lake).table("s.letters"), new.to_batches(), schema=new.schema, transactions={})
        assert [row["id"] for row in rows_of(broker.sql(ASKED, principal="olga", purpose="look").table)] == [7]
    assert [row["id"] for row in ask(home, "olga")] == [7]


def test_a_filter_that_reads_its_own_table_sees_all_of_it_when_the_table_grows(home: Home) -> None:
    """Or it is refused: anything but rows that it does not let through."""
    import pyarrow as pa

    from nightlight.lakehouse.commit import write
    from nightlight.lakehouse.tables import Lake

    change(home, "UPDATE row_filters SET expression = 'id = (SELECT max(l.id) FROM s.letters l)'")
    with suppress(NightlightError):
        assert [row["id"] for row in ask(home)] == [3]
        more = pa.table({"id": [2], "word": ["w"], "kind": ["b"], "born": [date(2000, 1, 2)], "note": ["n"]})
        write(Lake(home.lake).table("s.letters"), more.to_batches(), schema=more.schema, transactions={})
        assert [row["id"] for row in ask(home)] == [3]


def test_a_filter_that_reads_the_clock_is_obeyed_when_its_time_is_over(home: Home) -> None:
    end = time.time() + 1
    change(home, f"UPDATE row_filters SET expression = 'epoch(now()) < {end}'")
    ask(home)
    while time.time() <= end:
        time.sleep(0.05)
    assert ask(home) == []


def test_a_database_that_cannot_be_opened_denies(home: Home) -> None:
    for content in (b"", os.urandom(4096), b"SQLite format 3\0" + b"\0" * 4080):
        for file in home.root.glob("catalog.db*"):
            file.unlink()
        (home.root / "catalog.db").write_bytes(content)
        denied_in_new_process(home)


def test_a_missing_database_denies(home: Home) -> None:
    for file in home.root.glob("catalog.db*"):
        file.unlink()
    denied_in_new_process(home)


def test_a_database_deleted_below_a_running_broker_denies(home: Home) -> None:
    from nightlight.sql.broker import Broker

    with Broker(home) as broker:
        broker.sql(ASKED, principal="carl", purpose="look")
        for file in home.root.glob("catalog.db*"):
            file.unlink()
        denied(lambda: rows_of(broker.sql(ASKED, principal="carl", purpose="look").table), may_say_where=True)


FULL = "PRAGMA max_page_count = 1"
READ_ONLY = "PRAGMA query_only = ON"


@pytest.mark.parametrize("pragma", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_a_database_that_takes_no_record_denies(pragma: str, home: Home) -> None:
    from sqlalchemy import event

    from nightlight.db import open_database

    engine = open_database(home.database_url)
    engine.dispose()

    @event.listens_for(engine, "connect")
    def restrict(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(pragma)
        cursor.close()

    fill = "x" * 20_000  # more than is left on the pages there are
    denied(lambda: ask(home, text=f"{ASKED} WHERE word <> '{fill[:15_000]}'"))
    engine.dispose()


def test_a_disk_that_is_full_denies(home: Home) -> None:
    ignore = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    denied_in_new_process(home, f"{ignore}; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))")


# A seccomp filter that answers one system call with "there is no such call", inherited by everything started after.
REFUSE_CALL = """
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
program = [(0x20, 0, 0, 0)]
for call in {calls}:
    program += [(0x15, 0, 1, call), (0x06, 0, 0, 0x00050000 | 38)]
program += [(0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(filter_), 0, 0) == 0
"""
LANDLOCK, SECCOMP = (444, 445, 446), (317,)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of calls are those of x86-64")
@pytest.mark.parametrize("calls", [LANDLOCK, SECCOMP], ids=["landlock", "seccomp"])
def test_production_answers_nothing_where_the_kernel_cannot_confine(calls: tuple[int, ...], home: Home) -> None:
    refuse = REFUSE_CALL.format(calls=calls)
    line = denied_in_new_process(home, refuse, production=True, may_be_open=calls is SECCOMP)
    assert not line or "confine" in line


def denied_in_new_process(
    home: Home, before: str = "", *, production: bool = False, fill: int = 0, may_be_open: bool = False
) -> str:
    """Ask in a process of its own after running `before`; its one line."""
    text = ASKED + (f" WHERE word <> '{'x' * fill}'" if fill else "")
    program = f"""
        from dataclasses import replace
        from pathlib import Path
        from nightlight.errors import NightlightError
        from nightlight.settings import Home
        from nightlight.sql.broker import Broker
        home = Home.open(Path({str(home.root)!r}))
        home = replace(home, settings=replace(home.settings, production={production}))
        try:
            with Broker(home) as broker:
                print("rows", broker.sql({text!r}, principal="carl", purpose="look").table.num_rows)
        except NightlightError as error:
            print("denied", error)
    """
    done = subprocess.run(
        [sys.executable, "-c", before + "\n" + textwrap.dedent(program)], capture_output=True, text=True
    )
    assert SECRET not in done.stdout + done.stderr
    if may_be_open and done.stdout.startswith("rows"):
        return ""
    assert done.stdout.startswith("denied "), done.stdout + done.stderr
    assert done.stdout.count("\n") == 1
    return done.stdout


def test_a_worker_that_dies_gives_no_rows_and_the_next_one_answers(home: Home) -> None:
    from nightlight.sql.broker import Broker

    endless = "SELECT count(*) FROM s.letters a, range(100000000) b, range(100000) c"
    with Broker(home) as broker:
        broker.sql(ASKED, principal="carl", purpose="look")
        ended = threading.Event()
        killer = threading.Thread(target=kill_busy_workers, args=(ended,))
        killer.start()
        denied(lambda: rows_of(broker.sql(endless, principal="carl", purpose="look").table))
        ended.set()
        killer.join()
        assert len(rows_of(broker.sql(ASKED, principal="carl", purpose="look").table)) == 2
    assert audited(home)[-2:] == [("carl", "failed"), ("carl", "done")]


def kill_busy_workers(ended: threading.Event) -> None:
    """Kill every process below the fork server of this process that computes, until told to stop."""
    from nightlight.sql.fork_server import server_process

    while not ended.wait(0.05):
        for worker in children(server_process() or 0):
            if cpu_ticks(worker) > 20:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)


def children(process: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def cpu_ticks(process: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def test_a_killed_fork_server_is_replaced(home: Home) -> None:
    from nightlight.sql.broker import Broker
    from nightlight.sql.fork_server import server_process

    with Broker(home) as broker:
        broker.sql(ASKED, principal="carl", purpose="look", cancelled=never)
        server = server_process()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        with suppress(NightlightError):  # the worker that was waiting may die while it answers
            broker.sql(ASKED, principal="carl", purpose="look", cancelled=never)
        assert len(rows_of(broker.sql(ASKED, principal="carl", purpose="look", cancelled=never).table)) == 2
        assert server_process() != server


def test_a_result_that_is_cut_says_so(home: Home) -> None:
    from nightlight.sql.broker import Broker
    from nightlight.sql.workers import Limits

    with Broker(home) as broker:
        few = Limits(seconds=5, memory_mb=512, rows=1, bytes=1_000_000)
        result = broker.sql(ASKED, principal="olga", purpose="look", limits=few)
        assert result.table.num_rows == 1
        assert result.truncated
        assert result.notes


def test_the_gate_cannot_be_left_out_in_production(home: Home) -> None:
    from dataclasses import replace

    from nightlight.sql.broker import Broker

    with Broker(replace(home, settings=replace(home.settings, production=True))) as broker:
        denied(lambda: rows_of(broker.sql(ASKED, principal="carl", purpose="look", gate=False).table))


def test_answers_of_people_who_ask_at_once_are_never_mixed_up(home: Home) -> None:
    from nightlight.sql.broker import Broker

    wrong: list[str] = []
    with Broker(home) as broker:

        def keep_asking(person: str, count: int) -> None:
            for number in range(8):
                try:
                    text = f"SELECT count(*) AS n, '{person}' AS who, {number} AS turn FROM s.letters"
                    got = rows_of(broker.sql(text, principal=person, purpose="look").table)
                except NightlightError:
                    got = [{"n": 0, "who": person, "turn": number}]
                if got != [{"n": count, "who": person, "turn": number}]:
                    wrong.append(f"{person} got {got}")

        people = [("olga", 3), ("carl", 2), ("stan", 0)] * 2
        threads = [threading.Thread(target=keep_asking, args=each) for each in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
