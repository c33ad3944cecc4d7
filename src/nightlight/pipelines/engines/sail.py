"""Sail, a Spark Connect server inside this process: no Java, started once, bound to the loopback interface."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from nightlight.pipelines.engines.session import Session
from nightlight.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa


def open_sail(settings: Settings) -> Session:
    """A session on the embedded server; the memory bound is that of the first call in this process."""
    from pyspark.sql import SparkSession

    with _keeping_signals():
        host, port = _start_server(settings.engine_memory_mb)
        spark = SparkSession.builder.remote(f"sc://{host}:{port}").create()
        return Session("sail", spark, write_options)


def write_options(schema: "pa.Schema") -> Mapping[str, str]:
    """Sail turns statistics on or off for a whole file: off as soon as any column is not a number or a time."""
    from nightlight.lakehouse.commit import has_statistics

    numbers_only = all(has_statistics(field.type) for field in schema)
    return {"statistics_enabled": "chunk" if numbers_only else "none", "write_batch_size": "8192"}


@contextmanager
def _keeping_signals() -> Iterator[None]:
    """Sail's server would end at SIGINT, under the query of a process that may not; whoever runs it decides that."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    if threading.current_thread() is threading.main_thread():
        for number, handler in handlers.items():
            signal.signal(number, handler)


@lru_cache(maxsize=1)
def _start_server(memory_mb: int) -> tuple[str, int]:
    return start_server(memory_mb, tempfile.gettempdir())


def start_server(memory_mb: int, temporary: str) -> tuple[str, int]:
    """Start the server in this process, once; it answers on this host and port as long as the process lives."""
    _bound_allocators()
    os.environ.setdefault("RUST_LOG", "error")
    os.environ.setdefault("SAIL_RUNTIME__MEMORY_POOL__TYPE", "greedy")
    os.environ.setdefault("SAIL_RUNTIME__MEMORY_POOL__GREEDY__MAX_SIZE", str(memory_mb << 20))
    os.environ.setdefault("SAIL_RUNTIME__TEMPORARY_FILES__PATHS", f'["{temporary}"]')
    os.environ.setdefault("SAIL_EXECUTION__DEFAULT_PARALLELISM", str(os.cpu_count() or 1))
    os.environ.setdefault("SAIL_EXECUTION__BATCH_SIZE", "32768")  # measured: a tenth cheaper than 8,192
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(port=0)
    server.start(background=True)
    _servers.append(server)
    host, port = server.listening_address
    return str(host), int(port)


def _bound_allocators() -> None:
    """Have freed memory given back: the engine's many threads would otherwise each keep their own (measured: 2x)."""
    import ctypes

    if hasattr(libc := ctypes.CDLL(None), "mallopt"):  # glibc
        libc.mallopt(_M_ARENA_MAX, 2)


_M_ARENA_MAX = -8
_servers: list[object] = []  # a server lives as long as somebody holds it
