"""Statements that would take the machine for themselves end in time and in their memory."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from nightlight.sql.fork_server import server_process
from nightlight.sql.workers import Extract, Limits, QueryFailed, Workers

FILE = Path(__file__).with_name("denial_of_service.sql")
WRITTEN = {
    match["name"]: match["text"]
    for match in re.finditer(r"^-- (?P<name>.+)\n(?P<text>(?:select|with|create|pivot)[^;]+);$", FILE.read_text(), re.M)
}
# Statements that are hostile by their length.
GENERATED = {
    "! parentheses without end": "select " + "(" * 20_000 + "1" + ")" * 20_000,
    "a negation without end": "select " + "not " * 50_000 + "true",
    "a sum without end": "select 1" + "+1" * 100_000,
    "lists in lists": "select " + "[" * 5000 + "1" + "]" * 5000,
    "cases in cases": "select " + "case when true then " * 5000 + "1" + " end" * 5000,
    "queries in queries": "select * from (" * 3000 + "select 1" + ")" * 3000,
    "a list of two hundred thousand": "select 1 in (" + ",".join(map(str, range(200_000))) + ")",
    "a union of five thousand": " union all ".join(["select 1"] * 5000),
    "a join of sixty": "select count(*) from " + ", ".join(f"messages m{n}" for n in range(60)),
    "tables that double": "with c0 as (select 1)"
    + "".join(f", c{n} as (select * from c{n - 1} union all select * from c{n - 1})" for n in range(1, 40))
    + " select count(*) from c39",
}
STATEMENTS = WRITTEN | GENERATED
MOST_MEMORY_KB = 3_000_000


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(production=False) as workers:
        workers.run("select 1", [], Limits(20, 256, 10, 1000))
        yield workers


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    import duckdb

    file = tmp_path_factory.mktemp("extracts") / "messages.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table data as select i as id, 'm' || i as body from range(10000) t(i)")
    return Extract("silver", "messages", file)


@contextmanager
def most_memory() -> Iterator[list[int]]:
    """The largest sizes (kB, in memory and swapped out) that workers were seen with."""
    sizes, ended = [0], threading.Event()

    def watch() -> None:
        server = server_process()
        while not ended.wait(0.01):
            for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
                try:
                    status = Path(f"/proc/{child}/status").read_text()
                except OSError:
                    continue
                sizes.append(sum(int(size) for size in re.findall(r"Vm(?:RSS|Swap):\s+(\d+)", status)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield sizes
    finally:
        ended.set()
        watcher.join()


def attack(workers: Workers, extract: Extract, text: str, seconds: float) -> None:
    limits = Limits(seconds=seconds, memory_mb=1024, rows=1000, bytes=10_000_000)
    start = time.monotonic()
    rows, lines = 0, 1
    with most_memory() as sizes:
        try:
            rows = workers.run(text, [extract], limits, search_path="silver").table.num_rows
        except QueryFailed as failure:
            lines = len(str(failure).splitlines())
    assert (rows <= limits.rows, lines) == (True, 1)
    assert time.monotonic() - start < seconds + 1
    assert max(sizes) < MOST_MEMORY_KB


def test_there_are_enough_of_them() -> None:
    assert len(WRITTEN) == FILE.read_text().count(";\n")
    assert len(STATEMENTS) >= 34


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name.startswith("!")])
def test_a_hostile_statement_ends_within_a_second_and_its_deadline(
    workers: Workers, extract: Extract, name: str
) -> None:
    attack(workers, extract, STATEMENTS[name], seconds=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", STATEMENTS)
def test_every_hostile_statement_ends_within_its_deadline_of_five_seconds(
    workers: Workers, extract: Extract, name: str
) -> None:
    attack(workers, extract, STATEMENTS[name], seconds=5)


def test_others_are_answered_while_a_hostile_statement_runs(extract: Extract) -> None:
    with Workers(production=False, concurrent=2) as busy:
        limits = Limits(seconds=3, memory_mb=512, rows=1000, bytes=10_000_000)
        with ThreadPoolExecutor() as pool:
            hostile = pool.submit(busy.run, WRITTEN["! a sleep"], [], limits)
            rows = busy.run("select count(*) as n from messages", [extract], limits, search_path="silver")
            assert not hostile.done()
            busy.close()
    assert rows.table.to_pylist() == [{"n": 10_000}]
