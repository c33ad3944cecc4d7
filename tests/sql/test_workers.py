"""Queries in real worker processes: what they see, what they cannot reach, how they end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nightlight.sandbox import landlock
from nightlight.sql.fork_server import server_process
from nightlight.sql.workers import Extract, Limits, QueryFailed, Rows, Workers

needs_landlock = pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")
Ask = Callable[..., Rows]
CANARY = "a-word-of-somebody-else"
ENDLESS = "select count(*) from range(1000000000) a, range(1000000000) b where hash(a.range) = hash(b.range) + 1"
ONE_LONG_CALL = "select list_sort(list_transform(range(100000000), lambda x: hash(x)))"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(production=bool(landlock.version())) as workers:
        yield workers


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return make_extract(tmp_path_factory.mktemp("extracts") / "hidden-name.duckdb", "'words ' || i")


def make_extract(file: Path, text: str, table: str = "messages") -> Extract:
    import duckdb

    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"create table data as select i as id, {text} as body, timestamp '2026-01-01' + to_minutes(i) as sent_at "
            "from range(10000) t(i)"
        )
    return Extract("silver", table, file)


def limits(**changes: Any) -> Limits:
    return Limits(**{"seconds": 20, "memory_mb": 512, "rows": 1000, "bytes": 1 << 20, **changes})


@pytest.fixture
def ask(workers: Workers, extract: Extract) -> Ask:
    """Rows of one statement over silver.messages; keywords are limits."""

    def run(text: str, **changes: Any) -> Rows:
        return workers.run(text, [extract], limits(**changes))

    return run


def children_of_server() -> list[int]:
    server = server_process()
    return [int(child) for child in Path(f"/proc/{server}/task/{server}/children").read_text().split()]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it becomes true within ten seconds."""
    end = time.monotonic() + 10
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


# What a query sees


def test_a_query_sees_its_extracts_under_the_names_people_know(
    workers: Workers, extract: Extract, tmp_path: Path
) -> None:
    other = make_extract(tmp_path / "other.duckdb", "'b' || i", table="odd \"name'; drop")
    text = """select m.body, o.body as other from silver.messages m
              join silver."odd ""name'; drop" o using (id) where id = 7"""
    assert workers.run(text, [extract, other], limits()).table.to_pylist() == [{"body": "words 7", "other": "b7"}]


def test_columns_keep_their_order_and_types(ask: Ask) -> None:
    schema = ask("select * from silver.messages").table.schema
    assert [(field.name, str(field.type)) for field in schema] == [
        ("id", "int64"),
        ("body", "string"),
        ("sent_at", "timestamp[us]"),
    ]


def test_names_without_a_schema_are_looked_up_where_the_person_says(workers: Workers, extract: Extract) -> None:
    rows = workers.run("select count(*) as n from messages", [extract], limits(), search_path="silver")
    assert rows.table.to_pylist() == [{"n": 10_000}]
    with pytest.raises(QueryFailed, match="messages does not exist"):
        workers.run("select * from messages", [extract], limits(), search_path="gold")


@pytest.mark.parametrize("schema", ["memory", "main", "x1", "extract", "database", "select"])
def test_a_schema_may_have_any_name_of_a_lake(workers: Workers, extract: Extract, schema: str) -> None:
    named = Extract(schema, "messages", extract.file)
    rows = workers.run(f'select "{schema}".messages.id from "{schema}".messages limit 1', [named], limits())
    assert rows.table.num_rows == 1


def test_an_answer_without_rows_has_its_columns(ask: Ask) -> None:
    table = ask("select id, body from silver.messages where false").table
    assert (table.num_rows, table.column_names) == (0, ["id", "body"])


def test_columns_of_one_name_and_rare_types_travel(ask: Ask) -> None:
    text = """select 1 as a, 2 as a, 'x'::enum('x', 'y') as e, {'k': [1, null]} as s, map {'a': 1} as m, null as n,
              interval 1 month as i, 1.5::decimal(9, 2) as d, uuid() as u, '2026-01-01 12:00+00'::timestamptz as t"""
    table = ask(text).table
    assert table.column_names == ["a", "a", "e", "s", "m", "n", "i", "d", "u", "t"]
    assert table.column("e").to_pylist() == ["x"]
    assert table.column("s").to_pylist() == [{"k": [1, None]}]


@pytest.mark.parametrize("command", ["describe silver.messages", "summarize silver.messages", "explain select 1"])
def test_commands_about_authorised_rows_are_answered(ask: Ask, command: str) -> None:
    assert ask(command).table.num_rows > 0


# What an answer may hold


def test_rows_beyond_the_cap_are_not_made(ask: Ask) -> None:
    rows = ask("select * from range(300000000000)", rows=50_000)
    assert (rows.table.num_rows, rows.truncated) == (50_000, True)
    assert rows.cpu_seconds < 2


def test_an_answer_of_just_the_cap_is_whole(ask: Ask) -> None:
    rows = ask("select id from silver.messages", rows=10_000)
    assert (rows.table.num_rows, rows.truncated) == (10_000, False)


def test_bytes_beyond_the_cap_are_not_sent(ask: Ask) -> None:
    rows = ask("select repeat('x', 1000) from silver.messages", rows=10_000, bytes=100_000)
    assert rows.truncated
    assert 20 < rows.table.num_rows < 100


def test_one_row_beyond_the_cap_is_a_failure_of_size(ask: Ask) -> None:
    with pytest.raises(QueryFailed, match="one row is larger") as failure:
        ask("select repeat('x', 1000000)", bytes=1000)
    assert failure.value.kind == "size"


# How a query ends


@pytest.mark.parametrize("text", [ENDLESS, ONE_LONG_CALL, "select sleep_ms(10000000000)"])
def test_a_query_is_killed_at_its_deadline(ask: Ask, text: str) -> None:
    ask("select 1")
    start = time.monotonic()
    with pytest.raises(QueryFailed, match=r"did not end within 0\.5 s") as failure:
        ask(text, seconds=0.5)
    assert failure.value.kind == "time"
    assert time.monotonic() - start < 1.5
    assert eventually(lambda: len(children_of_server()) <= 1)


@pytest.mark.parametrize(
    "text",
    [
        "select count(*) from (select hash(range) from range(100000000) order by all)",
        "select bit_count(repeat('1', 4000000000)::bit)",
    ],
)
def test_a_query_that_needs_too_much_memory_fails_of_it(ask: Ask, text: str) -> None:
    with pytest.raises(QueryFailed) as failure:
        ask(text, memory_mb=64)
    assert failure.value.kind == "memory"


def test_a_query_that_nobody_waits_for_is_ended(workers: Workers, extract: Extract) -> None:
    start = time.monotonic()
    with pytest.raises(QueryFailed, match="cancelled"):
        workers.run(ENDLESS, [extract], limits(), cancelled=lambda: time.monotonic() > start + 0.3)
    assert time.monotonic() - start < 5
    assert eventually(lambda: len(children_of_server()) <= 1)


def test_progress_is_told_while_a_query_runs(workers: Workers, extract: Extract) -> None:
    shares: list[float] = []
    text = "select count(*) from range(10000000000) r"
    with pytest.raises(QueryFailed, match="did not end"):
        workers.run(text + " where hash(r.range) = 1", [extract], limits(seconds=2), on_progress=shares.append)
    assert len(shares) > 2
    assert all(0 <= share <= 1 for share in shares)


def test_closed_workers_end_what_runs_and_take_no_more(extract: Extract) -> None:
    workers = Workers(production=False)
    threading.Timer(0.3, workers.close).start()
    for text in (ENDLESS, "select 1"):
        with pytest.raises(QueryFailed, match="no more queries") as failure:
            workers.run(text, [extract], limits())
        assert failure.value.kind == "worker"


# What a person is told


@pytest.mark.parametrize(
    "text",
    [
        "select body::int from silver.messages",
        "select body::date from silver.messages",
        "select cast(body as timestamp) from silver.messages",
        "select strptime(body, '%Y') from silver.messages",
        "select error(body) from silver.messages",
        "select json(body) from silver.messages",
        "select (id + 9223372036854775807) || body from silver.messages",
        "select (select body from silver.messages)",
        "select body::enum('a', 'b') from silver.messages",
        "select regexp_matches('x', body || '(') from silver.messages",
        "select printf(body || '%d', 'x') from silver.messages",
        "select body::uuid from silver.messages",
        "select unhex(body) from silver.messages",
        "select map_from_entries([(body, 1), (body, 2)]) from silver.messages",
        "create table mine (body varchar primary key); insert into mine select 'words' from silver.messages",
        "select getvariable(body) from silver.messages; select current_setting('words ' || 1)",
    ],
)
def test_an_error_repeats_no_value_of_a_row(ask: Ask, text: str) -> None:
    with pytest.raises(QueryFailed) as failure:
        ask(text)
    assert failure.value.kind == "query"
    assert "words" not in str(failure.value)


def test_an_error_says_what_to_do_instead(ask: Ask) -> None:
    with pytest.raises(QueryFailed, match=r"^a value could not be converted; use try_cast$"):
        ask("select body::int from silver.messages")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "select nope from silver.messages",
            "there is no column 'nope' that you may read; DESCRIBE a table to see yours",
        ),
        (
            "select m.nope from silver.messages m",
            "there is no column 'nope' that you may read; DESCRIBE a table to see yours",
        ),
        ("selec 1", 'syntax error at or near "selec"'),
        ("select nope(1)", "Scalar Function with name nope does not exist!"),
    ],
)
def test_an_error_in_the_words_of_a_query_is_told_in_one_line(ask: Ask, text: str, line: str) -> None:
    with pytest.raises(QueryFailed) as failure:
        ask(text)
    assert str(failure.value) == line


def test_an_extract_that_is_missing_or_damaged_is_not_the_query_s_fault(workers: Workers, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"not a database" * 1000)
    for file in (tmp_path / "missing.duckdb", damaged):
        with pytest.raises(QueryFailed) as failure:
            workers.run("select 1", [Extract("silver", "messages", file)], limits())
        assert failure.value.kind == "worker"
        assert str(tmp_path) not in str(failure.value)


# What a query cannot reach, although no gate looks at it here

ATTACKS = [
    "select * from read_text('{file}')",
    "select * from read_blob('{file}')",
    "select * from read_csv('{file}')",
    "select * from read_json_objects('{file}')",
    "select * from read_parquet('{file}')",
    "select * from '{file}'",
    'select * from "{file}"',
    "select * from glob('{folder}/*')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_text('/etc/passwd')",
    "select * from query('select * from read_text(''{file}'')')",
    "attach '{other}' as other (read_only); select * from other.data",
    "attach '/proc/self/fd/4' as other; select * from other.main.data",
    "copy (select 1) to '{folder}/written'",
    "copy (select 1) to '/proc/self/fd/1'",
    "create table mine (body varchar); copy mine from '{file}'",
    "export database '{folder}/written'",
    "import database '{folder}'",
    "install httpfs",
    "load httpfs",
    "load '{file}'",
    "select * from read_text('https://example.org/')",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set allowed_directories = ['{folder}']",
    "set temp_directory = '{folder}'",
    "set memory_limit = '100GB'",
    "reset memory_limit",
    "pragma enable_profiling; set profiling_output = '{folder}/written'",
    "call enable_logging(storage = 'file', storage_path = '{folder}/written'); select 1",
    "create secret (type s3, key_id 'a', secret 'b')",
    "create persistent secret (type http)",
    "delete from silver.messages",
    "insert into \"extract 1\".main.data values (1, 'x', now())",
    'drop table "extract 1".main.data',
    "update \"extract 1\".main.data set body = ''",
    'detach "extract 1"; attach \'{other}\' as "extract 1"',
]


@needs_landlock
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_query_reaches_nothing_but_its_rows(ask: Ask, extract: Extract, tmp_path: Path, attack: str) -> None:
    (tmp_path / "file").write_text(f'{{"word": "{CANARY}"}}')
    other = make_extract(tmp_path / "other.duckdb", f"'{CANARY}'")
    before = sorted(tmp_path.iterdir()), extract.file.read_bytes()
    text = attack.format(file=tmp_path / "file", folder=tmp_path, other=other.file)
    with pytest.raises(QueryFailed) as failure:
        ask(text)
    assert failure.value.kind == "query"
    assert CANARY not in str(failure.value)
    assert (sorted(tmp_path.iterdir()), extract.file.read_bytes()) == before


@needs_landlock
@pytest.mark.parametrize(
    "text",
    [
        "select * from duckdb_databases()",
        "pragma database_list",
        "select * from duckdb_settings()",
        "select * from duckdb_views()",
        "select * from pragma_database_size()",
        "select * from duckdb_memory()",
        "select * from duckdb_temporary_files()",
        "select current_query(), current_setting('secret_directory')",
        "select * from duckdb_logs()",
        "select * from duckdb_secrets()",
        "show all tables",
    ],
)
def test_no_view_of_the_engine_shows_where_the_home_is(ask: Ask, extract: Extract, text: str) -> None:
    shown = str(ask(text).table.to_pylist())
    assert "hidden-name" not in shown
    assert str(extract.file.parent) not in shown
    assert str(Path.home()) not in shown


@needs_landlock
@pytest.mark.parametrize("function", ["read_text", "read_blob", "glob", "read_duckdb"])
def test_the_file_of_an_extract_is_not_read_around_its_table(ask: Ask, function: str) -> None:
    for number in range(10):
        with suppress(QueryFailed):
            assert ask(f"select * from {function}('/proc/self/fd/{number}')").table.num_rows == 0


@pytest.mark.parametrize(
    ("change", "question"),
    [
        ("create table mine as select 1", "select * from mine"),
        ("create temp view mine as select 1", "select * from mine"),
        ("create macro mine() as 1", "select mine()"),
        ("create or replace view silver.messages as select 1 as id", "select max(id) from silver.messages"),
        ("set variable mine = 'x'", "select getvariable('mine')"),
        ("prepare mine as select 1", "execute mine"),
    ],
)
def test_nothing_of_a_query_is_there_for_the_next(ask: Ask, change: str, question: str) -> None:
    def told(text: str) -> str:
        try:
            return str(ask(text).table.to_pylist())
        except QueryFailed as failure:
            return str(failure)

    before = told(question)
    assert told(f"{change}; {question}") != before
    ask(change)
    assert told(question) == before


@needs_landlock
def test_every_thread_of_a_running_query_is_confined(workers: Workers, extract: Extract) -> None:
    with ThreadPoolExecutor() as pool:
        query = pool.submit(workers.run, ENDLESS, [extract], limits(seconds=2))
        assert eventually(lambda: any(len(threads_of(child)) > 1 for child in children_of_server()))
        running = [status for child in children_of_server() if len(found := threads_of(child)) > 1 for status in found]
        with pytest.raises(QueryFailed):
            query.result()
    assert len(running) > 1
    assert all(re.search(r"NoNewPrivs:\s1", status) and re.search(r"Seccomp:\s2", status) for status in running)


def threads_of(process: int) -> list[str]:
    """What the kernel says of each thread; nothing of a process that has ended."""
    try:
        return [(task / "status").read_text() for task in Path(f"/proc/{process}/task").iterdir()]
    except OSError:
        return []


# Many at once, and what dies


def test_sixteen_at_once_are_all_answered_and_leave_nothing(ask: Ask) -> None:
    ask("select 1")
    files = len(os.listdir("/proc/self/fd"))

    def one(number: int) -> object:
        return ask(f"select body from silver.messages where id = {number}").table.to_pylist()[0]["body"]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(64))) == [f"words {number}" for number in range(64)]
    assert len(os.listdir("/proc/self/fd")) == files
    assert eventually(lambda: len(children_of_server()) <= 1)
    states = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] for child in children_of_server()]
    assert "Z" not in states


def test_queries_beyond_the_places_wait_for_one(extract: Extract) -> None:
    with Workers(production=False, concurrent=1) as workers, ThreadPoolExecutor() as pool:
        first = pool.submit(workers.run, ENDLESS, [extract], limits(seconds=0.5))
        assert eventually(first.running)
        second = pool.submit(workers.run, "select 1 as one", [extract], limits(seconds=5))
        with pytest.raises(QueryFailed):
            first.result()
        assert second.result().table.to_pylist() == [{"one": 1}]


def test_a_background_query_keeps_nobody_waiting(extract: Extract) -> None:
    with Workers(production=False, concurrent=1) as workers, ThreadPoolExecutor() as pool:
        background = pool.submit(workers.run, ENDLESS, [extract], limits(seconds=60, spill_mb=100))
        assert eventually(background.running)
        assert workers.run("select 1 as one", [extract], limits()).table.to_pylist() == [{"one": 1}]
        assert not background.done()
        workers.close()
        with pytest.raises(QueryFailed, match="no more queries"):
            background.result()


def test_a_killed_server_is_replaced(ask: Ask) -> None:
    ask("select 1")
    killed = server_process()
    assert killed
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: not _runs(killed))
    assert ask("select 1 as one").table.to_pylist() == [{"one": 1}]
    assert server_process() != killed


def test_the_server_knows_no_variable_and_no_file_of_the_home(ask: Ask, extract: Extract) -> None:
    ask("select body from silver.messages")
    server = Path(f"/proc/{server_process()}")
    names = [variable.partition(b"=")[0] for variable in (server / "environ").read_bytes().split(b"\0")]
    assert not {b"HOME", b"PATH", b"USER", b"NIGHTLIGHT_HOME"} & set(names)
    assert os.readlink(server / "cwd") == "/"
    opened = [os.readlink(file) for file in (server / "fd").iterdir()]
    assert all(re.match(r"/dev/null|socket:|anon_inode:\[?pidfd", file) for file in opened), opened


BROKER = """
import sys, time
from pathlib import Path
from nightlight.sql.fork_server import server_process
from nightlight.sql.workers import Extract, Limits, Workers
def tell(share):
    server = server_process()
    print(server, Path(f"/proc/{server}/task/{server}/children").read_text(), flush=True)
Workers(production=False).run(sys.argv[1], [], Limits(60, 256, 10, 1000), on_progress=tell)
"""


def test_when_the_broker_is_killed_everything_ends() -> None:
    command = [sys.executable, "-c", BROKER, ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as broker:
        assert broker.stdout
        processes = [int(number) for number in broker.stdout.readline().split()]
        broker.kill()
    assert len(processes) >= 2
    assert eventually(lambda: not any(_runs(process) for process in processes))


def test_when_the_interpreter_ends_everything_ends() -> None:
    command = [sys.executable, "-W", "error", "-c", BROKER + "time.sleep(0.5)\ntell(0)\n", "select 1"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    processes = [int(number) for number in result.stdout.split()]
    assert len(processes) >= 2
    assert result.stderr == ""
    assert eventually(lambda: not any(_runs(process) for process in processes))


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


WITHOUT_LANDLOCK = """
import json, platform
from nightlight.sandbox import landlock, seccomp
from nightlight.sql.workers import Limits, QueryFailed, Workers
column, architecture = seccomp.MACHINES[platform.machine()]
calls = [landlock.CREATE_RULESET, landlock.ADD_RULE, landlock.RESTRICT_SELF]
rules = [*seccomp._answers(calls, seccomp.ERRNO | seccomp.ENOSYS), (seccomp.RETURN, 0, 0, seccomp.ALLOW)]
seccomp.install(seccomp._program(architecture, rules))
limits = Limits(20, 256, 10, 1000)
told = {"sandboxed": Workers(production=False).run("select 1", [], limits).sandboxed}
try:
    Workers(production=True).run("select 1", [], limits)
except QueryFailed as failure:
    told |= {"kind": failure.kind, "line": str(failure)}
print(json.dumps(told))
"""


def test_on_a_kernel_without_landlock_production_refuses_and_others_are_told() -> None:
    result = subprocess.run([sys.executable, "-c", WITHOUT_LANDLOCK], capture_output=True, text=True)
    told = json.loads(result.stdout or "{}")
    assert told["sandboxed"] is False, result.stderr
    assert told["kind"] == "worker"
    assert "cannot confine" in told["line"]


@needs_landlock
def test_with_landlock_an_answer_says_that_it_was_confined(ask: Ask) -> None:
    assert ask("select 1").sandboxed


# Spilling

SORTED = """select max(h) from (select hash(i) h, repeat('x', 20) || i s from range(3000000) t(i)
            order by s limit 2999999)"""


def test_a_background_query_spills_and_leaves_no_file(workers: Workers, extract: Extract) -> None:
    with pytest.raises(QueryFailed) as failure:
        workers.run(SORTED, [extract], limits(memory_mb=64))
    assert failure.value.kind == "memory"
    rows = workers.run(SORTED, [extract], limits(memory_mb=64, spill_mb=2000, seconds=60))
    assert rows.table.num_rows == 1
    assert list(extract.file.parent.iterdir()) == [extract.file]


@needs_landlock
def test_a_background_query_reaches_no_file_either(workers: Workers, extract: Extract, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(CANARY)
    spilling = limits(spill_mb=10)
    for text in (f"select * from read_text('{tmp_path}/file')", f"copy (select 1) to '{tmp_path}/written'"):
        with pytest.raises(QueryFailed):
            workers.run(text, [extract], spilling)
    shown = workers.run("select current_setting('temp_directory') as folder", [extract], spilling)
    assert str(extract.file.parent) not in str(shown.table.to_pylist())
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_numbers_that_arrow_cannot_hold_are_refused_and_not_changed(ask: Ask) -> None:
    for text in ("select 340282366920938463463374607431768211455", "select [md5_number('a')] as x"):
        with pytest.raises(QueryFailed, match="cast it to VARCHAR"):
            ask(text)
    assert ask("select 340282366920938463463374607431768211455::varchar as x").table.num_rows == 1
