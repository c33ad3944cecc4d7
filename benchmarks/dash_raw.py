"""The raw arm of the dash benchmark: one DuckDB connection to a file with the same tables whole, no policy, no audit.

`python -m benchmarks.dash_raw FILE REPETITIONS` asks the questions one after the other."""

import sys
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from benchmarks.measure import report
from benchmarks.questions import LITTLE, NOTHING, QUESTIONS

THREADS = 2  # as many as a worker has


def per_question(connection: duckdb.DuckDBPyConnection, times: int) -> dict[str, float]:
    """CPU-seconds of each question, the mean of `times`."""
    spent = dict.fromkeys(QUESTIONS, 0.0)
    for _ in range(times):
        for name, text in QUESTIONS.items():
            begun = time.process_time()
            connection.sql(text).to_arrow_table()
            spent[name] += (time.process_time() - begun) / times
    return spent


def of(connection: duckdb.DuckDBPyConnection, text: str, times: int) -> tuple[float, float]:
    """CPU-seconds and wall seconds of one question, the mean of `times`."""
    begun, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        connection.sql(text).to_arrow_table()
    return (time.process_time() - begun) / times, (time.perf_counter() - wall) / times


def answer(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Rows in the form in which two arms' answers are compared."""
    return [[plain(value) for value in row.values()] for row in rows]


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, int | float | str) else str(value)


if __name__ == "__main__":
    times = int(sys.argv[2])
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        connection.execute(f"SET threads = {THREADS}")
        connection.execute("SET TimeZone = 'UTC'")
        answers = {name: answer(connection.sql(text).to_arrow_table().to_pylist()) for name, text in QUESTIONS.items()}
        nothing, nothing_wall = of(connection, NOTHING, 10 * times)
        little, _ = of(connection, LITTLE, 10 * times)
        questions = per_question(connection, times)
    report(questions=questions, nothing=nothing, nothing_wall=nothing_wall, little=little, answers=answers)
