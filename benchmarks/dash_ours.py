"""Our arm of the dash benchmark: an analyst's questions through the broker, on a home of its own.

CPU-seconds are this process's, the fork server's and the workers', as each worker counts them at the end of its answer;
what its own end costs comes from benchmarks/worker_exit.py.
`python -m benchmarks.dash_ours HOME REPETITIONS` also measures extracts, decisions and sixteen clients."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from benchmarks.dash_raw import answer
from benchmarks.data import append
from benchmarks.measure import report
from benchmarks.questions import LITTLE, NOTHING, QUESTIONS
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.broker import Broker, Question, Result, _Account
from nightlight.sql.commands import read_command

ANALYST = ("ana", "improve_service")
SUPERVISOR = ("sam", "quality_review")
READER = ("rita", "quality_review")
CLIENTS = 16
DECIDED_ON = "SELECT count(*) FROM silver.conversations"


@dataclass
class Used:
    """What a `with asker.measured()` block took, set when it ends: CPU-seconds by process, wall seconds, questions."""

    broker: float = 0.0
    server: float = 0.0
    workers: float = 0.0
    wall: float = 0.0
    asked: int = 0

    @property
    def cpu(self) -> float:
        return self.broker + self.server + self.workers


@dataclass
class Asker:
    """The one who asks, and counts what it costs."""

    broker: Broker
    workers_cpu: list[float] = field(default_factory=list)

    def ask(self, text: str, who: tuple[str, str] = ANALYST) -> Result:
        # One that could be cancelled is computed each time: kept answers would measure nothing.
        result = self.broker.sql(text, principal=who[0], purpose=who[1], cancelled=lambda: False)
        self.workers_cpu.append(result.cpu_seconds)
        return result

    @contextmanager
    def measured(self) -> Iterator[Used]:
        used, asked = Used(), len(self.workers_cpu)
        broker, server, wall = time.process_time(), servers_cpu(), time.perf_counter()
        yield used
        used.broker, used.wall = time.process_time() - broker, time.perf_counter() - wall
        used.server = servers_cpu() - server
        used.workers, used.asked = sum(self.workers_cpu[asked:]), len(self.workers_cpu) - asked


def servers_cpu() -> float:
    """CPU-seconds of this process's children, the fork server: to the nanosecond, where ticks are too coarse."""
    texts = [text for child in children("self") for text in of_threads(child, "schedstat")]
    return sum(int(text.split()[0]) for text in texts) / 1e9


def children(process: int | str) -> list[int]:
    return [int(child) for text in of_threads(process, "children") for child in text.split()]


def of_threads(process: int | str, name: str) -> Iterator[str]:
    """A file of each of a process's threads; threads and processes that end meanwhile are left out."""
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with suppress(OSError):
                yield Path(f"/proc/{process}/task/{thread}/{name}").read_text()


def of(asker: Asker, text: str, times: int) -> tuple[Used, float]:
    """One question asked `times` times, and for how many seconds somebody waits for its answer (median)."""
    walls = []
    with asker.measured() as used:
        for _ in range(times):
            begun = time.perf_counter()
            asker.ask(text)
            walls.append(time.perf_counter() - begun)
    return used, statistics.median(walls)


def per_question(asker: Asker, times: int) -> dict[str, list[Used]]:
    """Every question, `times` times, one after the other."""
    found: dict[str, list[Used]] = {name: [] for name in QUESTIONS}
    for _ in range(times):
        for name, text in QUESTIONS.items():
            with asker.measured() as used:
                asker.ask(text)
            found[name].append(used)
    return found


def by_process(found: list[Used]) -> dict[str, float]:
    """CPU-seconds of one question by process, the mean."""
    return {name: statistics.mean(getattr(used, name) for used in found) for name in ("broker", "server", "workers")}


def of_clients(asker: Asker, times: int) -> Used:
    """Sixteen clients at once, each asking every question, beginning with another one."""
    texts = list(QUESTIONS.values())

    def client(number: int) -> None:
        for text in (texts[number % len(texts) :] + texts[: number % len(texts)]) * times:
            asker.ask(text)

    with asker.measured() as used, ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(client, number) for number in range(CLIENTS)]:
            done.result()
    return used


def decisions(broker: Broker, times: int) -> tuple[float, float]:
    """CPU-seconds from a question to the fingerprint of what it may read: decided before, and never decided."""
    command, question = read_command(DECIDED_ON), Question(DECIDED_ON, *ANALYST)

    def mean(before: Callable[[], None]) -> float:
        spent = 0.0
        for _ in range(times):
            before()
            begun = time.process_time()
            broker._authorize(command, question, _Account())  # between the gate and the extract; nothing public is
            spent += time.process_time() - begun
        return spent / times

    return mean(lambda: None), mean(broker.decisions.forget)


def extract_of(asker: Asker, table: str, who: tuple[str, str]) -> float:
    """CPU-seconds of a first question about a whole table, which builds its extract."""
    begun = time.process_time()
    asker.ask(f"SELECT count(*) FROM {table}", who)
    return time.process_time() - begun


def commit_elsewhere(home: Home) -> None:
    append(Lake(home.lake), "bronze.unrelated", pa.table({"_position": [1], "value": [1]}))


if __name__ == "__main__":
    home, times = Home.open(Path(sys.argv[1])), int(sys.argv[2])
    built: list[str] = []
    with Broker(home, ready=2, on_build=built.append) as broker:
        asker = Asker(broker)
        asker.ask(QUESTIONS["retention"])  # loads what a first question loads
        extracts = {
            "silver.conversations, analyst": extract_of(asker, "silver.conversations", ANALYST),
            "silver.messages, reader": extract_of(asker, "silver.messages", READER),
            "silver.messages, supervisor": extract_of(asker, "silver.messages", SUPERVISOR),
        }
        answers = {name: answer(asker.ask(text).table.to_pylist()) for name, text in QUESTIONS.items()}
        built.clear()
        nothing, nothing_wall = of(asker, NOTHING, 10 * times)
        little, _ = of(asker, LITTLE, 10 * times)
        questions = per_question(asker, times)
        rebuilt = len(built)
        clients = of_clients(asker, max(1, times // 5))
        built.clear()
        commit_elsewhere(home)
        for text in QUESTIONS.values():
            asker.ask(text)
        rebuilt_elsewhere = len(built)
        cached, uncached = decisions(broker, 10 * times)
    report(
        questions={name: statistics.mean(used.cpu for used in found) for name, found in questions.items()},
        by_process=by_process([used for found in questions.values() for used in found]),
        wall_median=statistics.median(used.wall for found in questions.values() for used in found),
        nothing=nothing.cpu / nothing.asked,
        nothing_by_process={name: share / nothing.asked for name, share in by_process([nothing]).items()},
        nothing_wall=nothing_wall,
        little=little.cpu / little.asked,
        clients_cpu=clients.cpu / clients.asked,
        clients_wall=clients.wall / clients.asked,
        extracts=extracts,
        rebuilt=rebuilt,
        rebuilt_elsewhere=rebuilt_elsewhere,
        decision_cached=cached,
        decision_uncached=uncached,
        answers=answers,
    )
