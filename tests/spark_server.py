"""Runs a command beside a local Spark Connect server: `spark_server.py PYTHON_WITH_PYSPARK COMMAND...`.

The server listens on a free port of the loopback interface, the command finds it in NIGHTLIGHT_SPARK_REMOTE, and it
ends with the command, however that ends. Needs Java 17."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
START_SECONDS = 120


@contextmanager
def spark_server(python: str) -> Iterator[str]:
    """The address (sc://..) of a running server; raises RuntimeError, with the end of its log, if it does not start."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="spark-") as folder:
        log = Path(folder) / "server.log"
        with log.open("w") as output:
            server = subprocess.Popen(
                _command(python, port, folder),
                stdout=output,
                stderr=output,
                cwd=folder,
                env={**os.environ, "PYSPARK_PYTHON": sys.executable},  # Python functions need this package and numpy
                start_new_session=True,
            )
        try:
            _wait(server, port, log)
            yield f"sc://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def _command(python: str, port: int, folder: str) -> list[str]:
    # Each local thread would hold its own buffers; two are plenty for tests.
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
    }
    options = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    submit = str(_spark_home(python) / "bin" / "spark-submit")
    return [submit, "--master", "local[2]", *options, "--class", SERVER_CLASS, "spark-internal"]


def _spark_home(python: str) -> Path:
    code = "import pyspark, pathlib; print(pathlib.Path(pyspark.__file__).parent)"
    return Path(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("Spark did not start:\n" + "\n".join(log.read_text().splitlines()[-20:]))


def main(python: str, *command: str) -> int:
    if not shutil.which("java"):
        sys.stderr.write("Spark needs Java 17 (Debian: apt install openjdk-17-jre-headless)\n")
        return 1
    with spark_server(python) as address:
        return subprocess.run(command, env={**os.environ, "NIGHTLIGHT_SPARK_REMOTE": address}).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
