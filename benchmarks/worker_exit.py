"""What a worker's end costs: the kernel takes its memory back after it has counted its own CPU-seconds.

`python -m benchmarks.worker_exit REPETITIONS` forks processes as the fork server does and asks the kernel."""

import os
import statistics
import struct
import sys

from benchmarks.measure import cpu_seconds, report
from nightlight.sql import worker

SECONDS = struct.Struct("d")


def exit_seconds(connection: object) -> float:
    """CPU-seconds of one worker between its last count and its burial."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        worker._rehearse(connection)  # type: ignore[arg-type]
        os.write(writing, SECONDS.pack(cpu_seconds()))
        os._exit(0)
    os.close(writing)
    (counted,) = SECONDS.unpack(os.read(reading, SECONDS.size))
    os.close(reading)
    _, _, used = os.wait4(child, 0)
    return float(used.ru_utime + used.ru_stime - counted)


if __name__ == "__main__":
    engine = worker._open_engine()
    report(exit=statistics.median(exit_seconds(engine) for _ in range(int(sys.argv[1]))))
