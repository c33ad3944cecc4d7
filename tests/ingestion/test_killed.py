"""A run that is killed, or whose disk is full, loses nothing and doubles nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

Message = Callable[..., dict[str, Any]]

CHILD = """
import sys
from pathlib import Path
import deltalake, pyarrow.json, pyarrow.parquet
from nightlight.ingestion import delivery, ingest
from nightlight.settings import Home
delivery.COMMIT_ROWS = 300
home = Home.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
ingest.run(home)
"""
FULL_DISK = """
import resource, sys
from pathlib import Path
from nightlight.ingestion import ingest
from nightlight.settings import Home
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
(run,) = ingest.run(Home.open(Path(sys.argv[1])))
print(run.rows, run.error)
"""


def test_killed_ten_times_at_random_and_run_again_everything_is_there_once(line: "Line", make_message: Message) -> None:
    for file in range(25):
        texts = [json.dumps(make_message(file * 100 + number)) for number in range(100)]
        line.export_bytes(f"{file:02d}.jsonl.gz", ("\n".join([*texts, "{broken", ""])).encode())
    chance = random.Random(7)  # noqa: S311
    killed = sum(_run_and_kill(line, chance.uniform(0.0, 0.35)) for _ in range(10))
    assert killed
    line.run()
    rows = line.rows()
    assert sorted(row["message_id"] for row in rows) == list(range(2500))
    assert len({row["_position"] for row in rows}) == 2500
    assert [row["file"] for row in line.quarantine()] == [f"{file:02d}.jsonl.gz" for file in range(25)]
    assert not line.run().did_something


def _run_and_kill(line: "Line", seconds: float) -> bool:
    """Start a run, kill it after so many seconds; whether it was still running."""
    command = [sys.executable, "-c", CHILD, str(line.home.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        child.stdin.write(b"go\n")
        child.stdin.flush()
        time.sleep(seconds)
        child.kill()
        return child.wait() == -signal.SIGKILL


def test_a_full_disk_is_one_clear_line_and_the_next_run_takes_everything(line: "Line", make_message: Message) -> None:
    line.export("a.jsonl", [make_message(number, text=os.urandom(60).hex()) for number in range(1000)])
    command = [sys.executable, "-c", FULL_DISK, str(line.home.root)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("0 ")
    assert "table bronze.messages could not be written" in result.stdout
    assert result.stdout.count("\n") == 1
    assert list(line.lake.table("bronze.messages").path.glob("*.parquet")) == []
    assert line.run().rows == 1000
